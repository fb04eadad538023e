/**
 * The log, read from the fast layer as far as it goes and from the database
 * beyond that.
 *
 * Whatever the fast layer lacks or cannot tell is read from the database at the
 * same position, so that a reader may go to and fro without loss, repeat or
 * disorder. A page that reaches the end of what the fast layer has is held
 * against a head that the database was asked for after the read began: nothing
 * that has been acknowledged is passed over for want of draining.
 *
 * @module
 */
import type { LoggedEvent } from "../../domain/event/event.ts";
import { admit } from "../../ports/arguments.ts";
import type { Clock } from "../../ports/clock.ts";
import {
  type EventBus,
  type EventPage,
  type EventQuery,
  MAX_EVENT_PAGE,
  MAX_EVENT_PAGE_CHARS,
} from "../../ports/event_bus.ts";
import type { FastEvents, FastLayer, Fenced } from "../../ports/fast_layer.ts";
import { PortError } from "../../ports/port_error.ts";
import { onFirstAbort } from "../../ports/waiting.ts";
import type { Gate } from "./gate.ts";
import { createHeads } from "./heads.ts";
import type { Session } from "./session.ts";

/** Events that are looked at in one call of the fast layer, at most. */
const MAX_SCAN = 256;

/** How long the fast layer is left alone after it has failed. */
const REST_MS = 250;

/** What the bus is made of. */
export interface FollowedEventParts {
  /** The log of the database of record. */
  readonly bus: EventBus;
  /** What follows it. */
  readonly fast: Pick<FastLayer, "events">;
  /** Whether that is believed. */
  readonly gate: Pick<Gate, "open" | "close">;
  /** Measures pauses. */
  readonly clock: Clock;
}

/** Opens the bus; closing it leaves the parts open. */
export function openFollowedEventBus(parts: FollowedEventParts): EventBus {
  const { bus, fast, gate, clock } = parts;
  const closing = new AbortController();
  const heads = createHeads(bus, clock);
  /** When the fast layer is tried again; `undefined` while it answers. */
  let retryAt: number | undefined;

  const enter = (signal?: AbortSignal) =>
    admit("event bus", closing.signal.aborted, signal);

  /** What the fast layer has of `query`; `undefined` when the database is to be asked. */
  async function readFast(query: EventQuery): Promise<EventPage | undefined> {
    const session = gate.open?.session;
    if (!session || !isPlain(query)) return undefined;
    const { epoch, position: seen } = session.checkpoint;
    if (query.epoch !== undefined && query.epoch !== epoch) return undefined;
    // The bell rings before the drain: there is nothing new as far as is known.
    if (query.after >= seen) return undefined;
    const found = await ask(session, query);
    if (!found || !isBelieved(found, session, epoch)) return undefined;
    const { position } = found.checkpoint!;
    const { events, scannedTo } = pageOf(found.events, query);
    if (scannedTo === query.after) return undefined;
    const head = scannedTo < position
      ? await heads.recent(epoch)
      : await heads.fresh();
    const isInLog = head.epoch === epoch && head.earliest <= query.after + 1;
    if (!isInLog) return undefined;
    const known = Math.max(head.position, position, scannedTo);
    return { events, scannedTo, head: { ...head, position: known } };
  }

  async function ask(
    session: Session,
    query: EventQuery,
  ): Promise<FastEvents | undefined> {
    if (retryAt !== undefined) {
      const now = clock.monotonic();
      if (now < retryAt) return undefined;
      // The others go on without it while one tries.
      retryAt = now + REST_MS;
    }
    const limit = query.channels ? MAX_SCAN : Math.min(query.limit, MAX_SCAN);
    let found: FastEvents | Fenced;
    try {
      found = await fast.events(session.history, query.after, limit);
    } catch (error) {
      if (!(error instanceof PortError)) throw error;
      retryAt = clock.monotonic() + REST_MS;
      return undefined;
    }
    retryAt = undefined;
    if (found !== "fenced") return found;
    gate.close("it is not the server that it was", session);
    return undefined;
  }

  function isBelieved(
    { checkpoint }: FastEvents,
    session: Session,
    epoch: string,
  ): boolean {
    if (gate.open?.session !== session) return false;
    if (checkpoint?.epoch !== epoch) {
      // It was flushed, or lost its checkpoint: the drain mends that.
      gate.close("its checkpoint was lost", session);
      return false;
    }
    session.saw(checkpoint);
    return true;
  }

  return {
    async publish(events, signal) {
      enter(signal);
      return await bus.publish(events, signal);
    },

    async read(query, signal) {
      enter(signal);
      const page = await readFast(query);
      enter(signal);
      return page ?? heads.note(await bus.read(query, signal));
    },

    async wait(after, signal) {
      enter(signal);
      const stop = new AbortController();
      const release = onFirstAbort(
        [signal, closing.signal],
        (reason) => stop.abort(reason),
      );
      try {
        await bus.wait(after, stop.signal);
      } finally {
        release();
      }
    },

    async head(signal) {
      enter(signal);
      return await bus.head(signal);
    },

    async positionAt(timeMs, signal) {
      enter(signal);
      return await bus.positionAt(timeMs, signal);
    },

    async [Symbol.asyncDispose]() {
      closing.abort(
        new PortError("closed", "Cannot wait for events as the bus is closed"),
      );
    },
  };
}

/** Whether `query` asks for what can be had; the database refuses all else. */
function isPlain({ after, limit }: EventQuery): boolean {
  return Number.isSafeInteger(after) && after >= 0 &&
    Number.isSafeInteger(limit) && limit >= 1 && limit <= MAX_EVENT_PAGE;
}

/** The page that `found` gives, up to the first event that is not the next. */
function pageOf(
  found: readonly LoggedEvent[],
  { after, limit, channels }: EventQuery,
): Omit<EventPage, "head"> {
  const events: LoggedEvent[] = [];
  let scannedTo = after;
  let chars = 0;
  for (const event of found) {
    const isFull = events.length >= limit || chars >= MAX_EVENT_PAGE_CHARS;
    if (isFull || event.position !== scannedTo + 1) break;
    scannedTo++;
    if (!(channels?.(event.channel) ?? true)) continue;
    events.push(event);
    chars += event.json.length;
  }
  return { events, scannedTo };
}
