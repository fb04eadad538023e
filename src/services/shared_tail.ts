/**
 * The newest stretch of the log, read once for all who follow it.
 *
 * @module
 */
import type { LoggedEvent, LogHead } from "../../domain/event/event.ts";
import {
  type EventBus,
  type EventPage,
  type EventQuery,
  MAX_EVENT_PAGE,
} from "../../ports/event_bus.ts";
import { abortable, onFirstAbort } from "../../ports/waiting.ts";

/** Events that are held, at most. */
export const MAX_HELD_EVENTS = 1024;

/** Characters of their data, at most, unless a single page has more. */
const MAX_HELD_CHARS = 4 * 1024 * 1024;

/** Events of one read for everybody. */
const SHARED_PAGE = 256;

/** What following the log takes of a bus. */
export type FollowedLog = Pick<EventBus, "read" | "wait">;

/** Events that follow one another, of one life of the log. */
interface Stretch {
  readonly epoch: string;
  /** Everything above this position up to `end` is held. */
  readonly after: number;
  readonly end: number;
  readonly events: readonly LoggedEvent[];
  readonly head: LogHead;
}

/** A read for everybody who stands at `after`. */
interface SharedRead {
  readonly epoch: string;
  readonly after: number;
  /** It is the how manieth. */
  readonly serial: number;
  readonly head: Promise<LogHead>;
}

/** Those who wait for the log to grow above one position. */
interface Waiters {
  readonly settle: Set<(error?: { readonly reason: unknown }) => void>;
  readonly stop: AbortController;
}

/**
 * Creates what reads of `bus` the same for one reader as for a thousand: near
 * the head, those who stand at one position share a read and a wait, and who
 * comes a little later takes what is held. Others read by themselves.
 *
 * Holds the promises of `EventBus`, but for these: the head of a page may be as
 * old as what is held, and what is held is given out although the log may have
 * dropped it meanwhile. A page without events comes of a read that began after
 * the call.
 */
export function createSharedTail(bus: FollowedLog): FollowedLog {
  let held: Stretch | undefined;
  let newest: LogHead | undefined;
  let underWay: SharedRead | undefined;
  let reads = 0;
  const waits = new Map<number, Waiters>();

  /** Reads for everybody at `after`; the events are held from then on. */
  function readOn(epoch: string, after: number): SharedRead {
    const read = async () => {
      try {
        const query = { after, epoch, limit: SHARED_PAGE };
        const page = await bus.read(query);
        newest = page.head;
        held = extend(held, page, epoch, after);
        return page.head;
      } catch (error) {
        held = undefined;
        throw error;
      } finally {
        underWay = undefined;
      }
    };
    return underWay = { epoch, after, serial: ++reads, head: read() };
  }

  /** The read that one at `after` may share; `undefined` when he is to read by himself. */
  function sharedRead(epoch: string, after: number): SharedRead | undefined {
    const isNear = newest?.epoch === epoch &&
      newest.position - after <= MAX_HELD_EVENTS;
    const isBehind = held?.epoch === epoch && after < held.end;
    if (!isNear || isBehind) return undefined;
    if (!underWay) return readOn(epoch, after);
    const fits = underWay.epoch === epoch && underWay.after === after;
    return fits ? underWay : undefined;
  }

  async function readAlone(
    query: EventQuery,
    signal: AbortSignal | undefined,
  ): Promise<EventPage> {
    const page = await bus.read(query, signal);
    newest = page.head;
    return page;
  }

  function join(after: number): Waiters {
    const found = waits.get(after);
    if (found) return found;
    const waiters: Waiters = { settle: new Set(), stop: new AbortController() };
    waits.set(after, waiters);
    const end = (error?: { readonly reason: unknown }) => {
      if (waits.get(after) === waiters) waits.delete(after);
      for (const settle of [...waiters.settle]) settle(error);
    };
    bus.wait(after, waiters.stop.signal).then(
      () => end(),
      (reason: unknown) => end({ reason }),
    );
    return waiters;
  }

  function leave(
    after: number,
    waiters: Waiters,
    settle: (error?: { readonly reason: unknown }) => void,
  ): void {
    waiters.settle.delete(settle);
    if (waiters.settle.size > 0 || waits.get(after) !== waiters) return;
    waits.delete(after);
    waiters.stop.abort();
  }

  return {
    async read(query, signal) {
      const { after, epoch } = query;
      const before = reads;
      while (epoch !== undefined && isPlain(query)) {
        const page = held && pageOf(held, query, epoch);
        if (page) return page;
        // Of a read that fails for nobody the failure would end the process.
        signal?.throwIfAborted();
        const shared = sharedRead(epoch, after);
        if (!shared) break;
        const head = await abortable(shared.head, signal);
        const found = held && pageOf(held, query, epoch);
        if (found) return found;
        // One that had begun before this call may have come too early.
        if (shared.serial > before) {
          return { events: [], scannedTo: after, head };
        }
      }
      return await readAlone(query, signal);
    },

    async wait(after, signal) {
      signal?.throwIfAborted();
      await new Promise<void>((resolve, reject) => {
        const waiters = join(after);
        const release = onFirstAbort([signal], (reason) => settle({ reason }));
        const settle = (error?: { readonly reason: unknown }) => {
          leave(after, waiters, settle);
          release();
          if (error) reject(error.reason);
          else resolve();
        };
        waiters.settle.add(settle);
      });
    },
  };
}

/** What is held once `page` was read after `after`: the newest of all of it. */
function extend(
  held: Stretch | undefined,
  page: EventPage,
  epoch: string,
  after: number,
): Stretch {
  const goesOn = held?.epoch === epoch && held.end === after;
  const all = goesOn ? [...held.events, ...page.events] : page.events;
  let from = all.length;
  let chars = 0;
  while (from > 0 && all.length - from < MAX_HELD_EVENTS) {
    chars += all[from - 1]!.json.length;
    const isOfPage = from > all.length - page.events.length;
    if (chars > MAX_HELD_CHARS && !isOfPage) break;
    from--;
  }
  const events = all.slice(from);
  const end = page.scannedTo;
  return {
    epoch,
    after: events.length > 0 ? events[0]!.position - 1 : end,
    end,
    events,
    head: page.head,
  };
}

/** Whether `query` asks for what can be had; the bus refuses all else. */
function isPlain({ after, limit }: EventQuery): boolean {
  return Number.isSafeInteger(after) && after >= 0 &&
    Number.isSafeInteger(limit) && limit >= 1 && limit <= MAX_EVENT_PAGE;
}

/** What `held` has of `query`; `undefined` when that is nothing to go on with. */
function pageOf(
  held: Stretch,
  { after, limit, channels }: EventQuery,
  epoch: string,
): EventPage | undefined {
  const isHeld = held.epoch === epoch && after >= held.after &&
    after < held.end;
  if (!isHeld) return undefined;
  const events: LoggedEvent[] = [];
  let scannedTo = held.end;
  for (let i = after - held.after; i < held.events.length; i++) {
    const event = held.events[i]!;
    if (!(channels?.(event.channel) ?? true)) continue;
    events.push(event);
    if (events.length < limit) continue;
    scannedTo = event.position;
    break;
  }
  return { events, scannedTo, head: held.head };
}
