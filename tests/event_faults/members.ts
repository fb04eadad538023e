/**
 * Members of consumer groups that take events over HTTP, settle them, refuse
 * some, and die with some.
 *
 * @module
 */
import { uuidV7 } from "../../domain/uuid.ts";
import { sleep } from "../../scripts/server_process.ts";
import { askJson } from "../faults/http.ts";
import type { Instance } from "../faults/instance.ts";
import type { Chance } from "../simulation/chance.ts";
import type { GroupHistory, Handling } from "./model.ts";
import { EFFECTS, Unexpected } from "./publishers.ts";

/** A group and its members at work. */
export interface Members extends GroupHistory {
  /** What was done with deliveries. */
  readonly counts: Readonly<Record<"acks" | "nacks" | "deaths", number>>;
  /** Makes the group. */
  create(): Promise<void>;
  /** Whether everything in the log has been settled. */
  isDone(): Promise<boolean>;
  /** Lets the members work until `signal` aborts. */
  run(signal: AbortSignal): Promise<void>;
}

/** How long a delivery is its member's. */
const LEASE_MS = 1500;

const RETRY_MS = 50;
const ATTEMPTS = 4;

interface Taken {
  readonly position: number;
  readonly token: string;
  readonly event: { readonly id: string; readonly metadata: { key?: string } };
}

/** Creates a group with a member at each of `instances`. */
export function createMembers(
  name: string,
  instances: readonly Instance[],
  channels: readonly string[],
  chance: Chance,
  effects?: string,
): Members {
  const handlings: Handling[] = [];
  const counts = { acks: 0, nacks: 0, deaths: 0 };
  const pathOf = ({ url }: Instance) => `${url}/api/v1/events/groups/${name}`;
  const ask = (instance: Instance, path: string, body?: unknown) =>
    askJson(
      `${pathOf(instance)}/${path}`,
      body === undefined ? "GET" : "POST",
      body,
    );

  async function turn(instance: Instance, member: string): Promise<void> {
    const answer = await ask(instance, `next?wait=1&limit=8&member=${member}`);
    if (answer.http >= 500) return await sleep(RETRY_MS);
    if (answer.http !== 200) {
      throw new Unexpected(`Cannot take: ${JSON.stringify(answer)}`);
    }
    const takenAt = performance.now();
    const deliveries: Taken[] = answer.deliveries;
    const failed = deliveries.filter(() => chance.happens(0.05));
    const dead = chance.happens(0.03) ? deliveries : [];
    for (const { position, event } of [...failed, ...dead]) {
      const { id, metadata } = event;
      handlings.push({ position, id, key: metadata.key, takenAt });
    }
    if (dead.length > 0) return void counts.deaths++;
    const done = deliveries.filter((one) => !failed.includes(one));
    if (done.length > 0) await ack(instance, done, takenAt);
    if (failed.length > 0) await nack(instance, failed);
  }

  async function ack(
    instance: Instance,
    done: readonly Taken[],
    takenAt: number,
  ): Promise<void> {
    const body = {
      deliveries: done.map(({ position, token }) => ({ position, token })),
      ...effects !== undefined && {
        effects: done.map(({ event }) => effectOf(event.id, chance)),
      },
    };
    const ackedAt = performance.now();
    const outcome = await settle(instance, "ack", body);
    counts.acks++;
    for (const { position, event: { id, metadata: { key } } } of done) {
      handlings.push({ position, id, key, takenAt, ackedAt, outcome });
    }
  }

  async function nack(
    instance: Instance,
    failed: readonly Taken[],
  ): Promise<void> {
    counts.nacks++;
    await settle(instance, "nack", {
      deliveries: failed.map(({ position, token }) => ({
        position,
        token,
        error: "it is to come again",
        retry_ms: chance.below(100),
      })),
    });
  }

  async function settle(
    instance: Instance,
    how: "ack" | "nack",
    body: unknown,
  ): Promise<NonNullable<Handling["outcome"]>> {
    let outcome: "unknown" | "refused" = "refused";
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const answer = await ask(instance, how, body).catch(() => ({ http: 0 }));
      if (answer.http === 200) return "acknowledged";
      if (answer.http === 409) break;
      if (answer.http !== 503) outcome = "unknown";
      await sleep(RETRY_MS);
    }
    return outcome;
  }

  return {
    name,
    channels,
    ...effects !== undefined && { effects },
    handlings,
    counts,
    async create() {
      const policy = {
        channels,
        start: "head",
        max_attempts: 100,
        lease_ms: LEASE_MS,
        backoff: { first_ms: 10, factor: 2, max_ms: 200 },
      };
      const path = pathOf(instances[0]!);
      const made = await askJson(path, "PUT", policy);
      if (made.http !== 201) throw new Unexpected(JSON.stringify(made));
    },
    async isDone() {
      const path = pathOf(instances[0]!);
      const group = await askJson(path).catch(() => undefined);
      return group?.lag === 0 && group.outstanding === 0;
    },
    async run(signal) {
      await Promise.all(instances.map(async (instance) => {
        while (!signal.aborted) {
          try {
            await turn(instance, `${name}-${instance.name}`);
          } catch (error) {
            if (error instanceof Unexpected) throw error;
            await sleep(RETRY_MS);
          }
        }
      }));
    },
  };
}

/** An effect with an id of its own, so that nothing but the ack keeps it from being there twice. */
function effectOf(cause: string, chance: Chance) {
  return {
    id: uuidV7(Date.now(), chance.entropy.bytes(10)),
    event_type: EFFECTS,
    data: {
      strategy_id: "desk",
      symbols: ["SPY"],
      num_signals: 1,
      as_of_date: "2026-01-02",
      cause,
    },
  };
}
