/**
 * Events on their way to the log, in order and each once.
 *
 * @module
 */
import { isUuid, uuidV7 } from "../../domain/uuid.ts";
import type { Service } from "./http_client.ts";
import { membersOf, objectOf } from "./json_text.ts";
import { CommandFailed, UsageError } from "./failures.ts";
import { type Fault, ServiceFailure } from "./service_failure.ts";
import type { Terminal } from "./terminal.ts";

/** Most events of one request. */
const MAX_EVENTS = 500;

/** Most characters of one request: the service takes 2 MiB. */
const MAX_CHARS = 500_000;

/** An event to be published. */
export interface Publication {
  /** Its id, in lower case. */
  readonly id: string;
  /** The whole event, as the service takes it. */
  readonly text: string;
  /** The line that it came from. */
  readonly line: number;
}

/** What became of an event. */
export interface Published {
  /** Its id. */
  readonly id: string;
  /** `durable` or `volatile`. */
  readonly lane: string;
  /** Where it stands in the log. */
  readonly position?: number;
  /** Whether the service knew it before this run, as far as it can tell. */
  readonly duplicate: boolean;
  /** Volatile: how many have got it. */
  readonly receivers?: number;
  /** What was left out of it. */
  readonly ignored?: readonly string[];
}

/** An event that the service does not take. */
export interface Refusal {
  /** The event. */
  readonly event: Publication;
  /** What is wrong with its parts; none where the sentence says it all. */
  readonly faults: readonly Fault[];
  /** A sentence of the service about it. */
  readonly message: string;
}

/** What became of a request. */
export interface Outcome {
  /** The events that are published, in order. */
  readonly published: readonly { event: Publication; result: Published }[];
  /** Whether an attempt before the last may be the one that stored them. */
  readonly wasInDoubt: boolean;
  /** Those whose id is that of another event; the others are published. */
  readonly conflicts: readonly Refusal[];
  /** Those that are no events the service takes. */
  readonly refusals: readonly Refusal[];
}

/** Which events of a request are published when others are refused. */
export type Onward = "before-refused" | "all-others";

/**
 * Publishes `events` together. When some are refused, those before the first of
 * them are published and no others, so that the order is kept; or `all-others`.
 * An id of another event holds nothing back: the service has published the rest
 * by then.
 *
 * @throws {ServiceFailure} When the service refuses for another reason, or
 * cannot be asked for longer than the client's patience.
 */
export async function publishTogether(
  service: Service,
  events: readonly Publication[],
  onward: Onward = "before-refused",
): Promise<Outcome> {
  if (events.length === 0) return NOTHING;
  try {
    const { text, wasInDoubt } = await service.ask("POST", "/api/v1/events", {
      body: `{"events":[${events.map(({ text }) => text).join(",")}]}`,
      isRepeatable: true,
    });
    const results = [...membersOf(objectOf(text).get("results")!)];
    const published = events.map((event, i) => ({
      event,
      result: JSON.parse(results[i]!.text) as Published,
    }));
    return { ...NOTHING, published, wasInDoubt };
  } catch (error) {
    if (!(error instanceof ServiceFailure)) throw error;
    if (error.facts.code === "conflict") {
      return await afterConflict(service, events, onward, error.message);
    }
    const refusals = refusalsOf(events, error);
    const [first] = refusals;
    if (!first) throw error;
    const others = onward === "all-others"
      ? events.filter((event) => !refusals.some((one) => one.event === event))
      : events.slice(0, events.indexOf(first.event));
    const outcome = await publishTogether(service, others, onward);
    const more = [...refusals, ...outcome.refusals];
    return {
      ...outcome,
      refusals: onward === "all-others" ? more : [first],
    };
  }
}

const NOTHING: Outcome = {
  ...{ published: [], wasInDoubt: false },
  ...{ conflicts: [], refusals: [] },
};

/**
 * Finds out which of `events` have the ids of others, by halves: the service
 * does not say, and has published the rest.
 */
async function afterConflict(
  service: Service,
  events: readonly Publication[],
  onward: Onward,
  message: string,
): Promise<Outcome> {
  const [event] = events;
  if (event && events.length === 1) {
    return { ...NOTHING, conflicts: [{ event, faults: [], message }] };
  }
  const half = Math.ceil(events.length / 2);
  const head = await publishTogether(service, events.slice(0, half), onward);
  const tail = await publishTogether(service, events.slice(half), onward);
  return {
    published: [...head.published, ...tail.published],
    wasInDoubt: true,
    conflicts: [...head.conflicts, ...tail.conflicts],
    refusals: [...head.refusals, ...tail.refusals],
  };
}

/** The events that `failure` names, in order; one that is alone is meant. */
function refusalsOf(
  events: readonly Publication[],
  { message, facts: { faults = [], status } }: ServiceFailure,
): readonly Refusal[] {
  const refusals = events.flatMap((event, i): Refusal[] => {
    const own = faults.filter(({ path }) => indexIn(path) === i)
      .map(({ path, message }) => ({ path: path.replace(PLACE, ""), message }));
    return own.length > 0 ? [{ event, faults: own, message }] : [];
  });
  const [event] = events;
  const isMeant = refusals.length === 0 && events.length === 1 &&
    (status === 413 || status === 400);
  return isMeant ? [{ event: event!, faults: [], message }] : refusals;
}

const PLACE = /^body\.events\[(\d+)\]\.?/;

function indexIn(path: string): number {
  return Number(PLACE.exec(path)?.[1]);
}

/** Parts of `events` that fit into a request each, no id twice in one. */
export function* parts(
  events: readonly Publication[],
): Generator<readonly Publication[], void> {
  let part: Publication[] = [];
  let ids = new Set<string>();
  let chars = 0;
  for (const event of events) {
    const isFull = part.length === MAX_EVENTS || ids.has(event.id) ||
      chars + event.text.length > MAX_CHARS;
    if (isFull && part.length > 0) {
      yield part;
      part = [];
      ids = new Set();
      chars = 0;
    }
    part.push(event);
    ids.add(event.id);
    chars += event.text.length;
  }
  if (part.length > 0) yield part;
}

/** An id for an event that has none. */
export function newId({ clock, entropy }: Terminal): string {
  return uuidV7(clock.now(), entropy.bytes(10));
}

/**
 * Reads an id that was typed.
 *
 * @throws {UsageError} When it is none.
 */
export function parseId(text: string): string {
  const id = text.toLowerCase();
  if (isUuid(id)) return id;
  throw new UsageError(`Cannot use --id ${text} as it must be a UUID`);
}

/** Lines that say what is wrong with a refused event. */
export function refusalLines({ event, faults, message }: Refusal): string {
  const where = event.line > 0 ? ` line ${event.line}` : "";
  if (faults.length === 0) {
    return where === "" ? message : `Cannot publish${where}: ${message}`;
  }
  return [
    `Cannot publish${where} as it is refused:`,
    ...faults.map(({ path, message }) =>
      `  ${path === "" ? "the event" : path} ${message}`
    ),
  ].join("\n");
}

/** Says what may have become of events when nothing else can be said. */
export function inDoubt(error: unknown, what: string): Error {
  if (!(error instanceof ServiceFailure) || !error.facts.isInDoubt) {
    return error as Error;
  }
  return new CommandFailed(
    `${error.message}; ${what}`,
    { cause: error },
  );
}
