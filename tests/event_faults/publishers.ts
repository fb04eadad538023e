/**
 * Publishers of events over HTTP, and what they were told.
 *
 * @module
 */
import { uuidV7 } from "../../domain/uuid.ts";
import { sleep } from "../../scripts/server_process.ts";
import { askJson } from "../faults/http.ts";
import type { Instance } from "../faults/instance.ts";
import type { Chance } from "../simulation/chance.ts";
import type { Publication } from "./model.ts";

/** The channels that are published to. */
export const CHANNELS = ["setup.received", "signal.triggered"] as const;

/** The channel of what a group's handlers append. */
export const EFFECTS = "signals.generated";

/** Events of a key have an order among each other for groups. */
const KEYS = Array.from({ length: 12 }, (_, i) => `key-${i}`);

/** How long a publisher insists. */
const INSIST_MS = 15_000;

/** The status with which a commit may have been made that nobody confirmed. */
const IN_DOUBT = 504;

/** Publishers at work. */
export interface Publishers {
  /** All that was tried, in the order in which it was settled. */
  readonly publications: readonly Publication[];
  /** Publishes one event through `instance`, and insists if told to. */
  publish(instance: Instance, insists?: boolean): Promise<Publication>;
  /** Publishes until `signal` aborts, through every instance. */
  run(signal: AbortSignal): Promise<void>;
}

/** Creates `each` publishers for each of `instances`. */
export function createPublishers(
  instances: readonly Instance[],
  chance: Chance,
  each: number,
  pauseMs: readonly [number, number],
): Publishers {
  const publications: Publication[] = [];

  async function publish(
    instance: Instance,
    insists = true,
  ): Promise<Publication> {
    const event = anEvent(chance);
    const { id, event_type: channel, key } = event;
    const sentAt = performance.now();
    let outcome: Publication["outcome"] = "refused";
    let place: Pick<Publication, "position" | "at"> = {};
    for (;;) {
      const answer = await send(instance, event);
      if (answer.position !== undefined) {
        outcome = "acknowledged";
        place = { position: answer.position, at: performance.now() };
        break;
      }
      if (answer.isInDoubt) outcome = "unknown";
      if (!insists || performance.now() - sentAt > INSIST_MS) break;
      await sleep(chance.between(20, 80));
    }
    const publication = { id, channel, key, sentAt, outcome, ...place };
    publications.push(publication);
    return publication;
  }

  return {
    publications,
    publish,
    async run(signal) {
      const work = instances.flatMap((instance) =>
        Array.from({ length: each }, async () => {
          while (!signal.aborted) {
            await publish(instance, chance.happens(0.8));
            await sleep(chance.between(...pauseMs));
          }
        })
      );
      await Promise.all(work);
    },
  };
}

function anEvent(chance: Chance) {
  const id = uuidV7(Date.now(), chance.entropy.bytes(10));
  const key = chance.pick(KEYS);
  const event_type = chance.pick(CHANNELS);
  const data = event_type === "setup.received"
    ? { setup_id: key }
    : { ticker: key, setup_id: id };
  return { id, event_type, key, data };
}

/** Whether a publisher was told a position, or why not. */
async function send(
  { url }: Instance,
  event: object,
): Promise<{ position?: number; isInDoubt: boolean }> {
  try {
    const answer = await askJson(`${url}/api/v1/events`, "POST", event);
    if (answer.http === 201) {
      return { position: answer.position, isInDoubt: false };
    }
    if (answer.http === 503 || answer.http === IN_DOUBT) {
      return { isInDoubt: answer.http === IN_DOUBT };
    }
    throw new Unexpected(`Cannot publish: ${JSON.stringify(answer)}`);
  } catch (error) {
    if (error instanceof Unexpected) throw error;
    // Nobody knows what became of a request without an answer.
    return { isInDoubt: true };
  }
}

/** An answer that no fault may lead to. */
export class Unexpected extends Error {
  override readonly name = "Unexpected";
}
