/**
 * Following the log for programs outside, over whatever gaps it has.
 *
 * @module
 */
import type { ChannelMatcher } from "../../domain/event/channel_pattern.ts";
import type {
  LoggedEvent,
  LogHead,
  ResumeToken,
} from "../../domain/event/event.ts";
import { checkEventQuery } from "../../ports/arguments.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Entropy } from "../../ports/entropy.ts";
import type { EventBus, EventPage, EventQuery } from "../../ports/event_bus.ts";
import { hasCode, type PortError } from "../../ports/port_error.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import { type EventCaller, visibleTo } from "./event_visibility.ts";
import { retry } from "./retry.ts";
import { createSharedTail, type FollowedLog } from "./shared_tail.ts";
import { subscribe } from "./subscription.ts";

/** Where reading begins: after a position, or at a time. */
export type EventStart =
  | {
    /** The last position that was read. */
    readonly after: number;
    /** The epoch it belongs to, where the reader knows it. */
    readonly epoch?: string | undefined;
  }
  | {
    /** Milliseconds since the Unix epoch. */
    readonly fromTimeMs: number;
  };

/** What to read. */
export interface EventSelection {
  /** Only channels that match; all when absent. */
  readonly channels?: ChannelMatcher | undefined;
}

/** Events that a reader asked for and that are no longer to be had. */
export interface EventGap {
  /** The position after which they stood. */
  readonly requested: number;
  /** The epoch it belongs to, where that is known. */
  readonly requestedEpoch?: string | undefined;
  /** The log as it is now. */
  readonly head: LogHead;
}

/** A step of a stream. */
export interface EventStep {
  /** What was missed just before, if anything. */
  readonly gap?: EventGap;
  /** Events, in order; may be none. */
  readonly events: readonly LoggedEvent[];
  /** Everything up to here has been looked at: resume after it. */
  readonly at: ResumeToken;
}

/** Streams of the durable lane. */
export interface EventStreams {
  /**
   * Finds where a stream begins: at the head when `start` is absent, and at
   * the oldest event held, with a gap, when `start` is no longer to be had. A
   * token of this epoch from beyond the head, as before a backup was restored,
   * is a gap too: the stream goes on from the head.
   *
   * @throws {PortError} `invalid` when a `start` without an epoch lies beyond
   * the head.
   */
  locate(
    start: EventStart | undefined,
    signal?: AbortSignal,
  ): Promise<EventStep>;

  /**
   * Follows the log after `from` until `signal` aborts. A reader that is too
   * slow, or whose log began another life, gets a gap and goes on after it.
   */
  streamFrom(
    from: ResumeToken,
    selection: EventSelection,
    caller: EventCaller,
    signal: AbortSignal,
  ): AsyncGenerator<EventStep, void>;
}

/** Creates the streams of `bus`. */
export function createEventStreams(ports: {
  readonly bus: EventBus;
  /** The tail of `bus` that others follow too; one of its own when absent. */
  readonly tail?: FollowedLog;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly telemetry: Telemetry;
}): EventStreams {
  const { bus, telemetry, tail = createSharedTail(bus) } = ports;
  let open = 0;

  async function* follow(
    from: ResumeToken,
    { channels }: EventSelection,
    caller: EventCaller,
    signal: AbortSignal,
  ): AsyncGenerator<EventStep, void> {
    for (let at = from; !signal.aborted;) {
      const { position: after, epoch } = at;
      const options = { ...ports, after, epoch, channels, signal };
      try {
        for await (const page of subscribe(tail, options)) {
          at = { epoch, position: page.scannedTo };
          yield { events: visibleTo(caller, page.events), at };
        }
      } catch (error) {
        if (!isGap(error)) throw error;
        const head = await headNow(signal);
        if (!head) return;
        const { position: requested, epoch: requestedEpoch } = at;
        const step = afterGap({ requested, requestedEpoch, head });
        at = step.at;
        yield step;
      }
    }
  }

  /** The head of a bus that may be away; nothing when `signal` aborts. */
  async function headNow(signal: AbortSignal): Promise<LogHead | undefined> {
    try {
      return await retry(() => bus.head(signal), ports, Infinity, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  return {
    async locate(start, signal) {
      const from = start && await positionOf(bus, start, signal);
      // After the position, so that it cannot lie beyond this head.
      const head = await bus.head(signal);
      const { epoch } = head;
      const newest = { events: [], at: { epoch, position: head.position } };
      if (!from) return newest;
      const { after, epoch: asked } = from;
      if (asked === epoch && after > head.position) {
        const gap = { requested: after, requestedEpoch: asked, head };
        return { ...newest, gap };
      }
      try {
        const query = { after, limit: 1, ...(asked && { epoch: asked }) };
        checkEventQuery(query, head);
        return { events: [], at: { epoch, position: after } };
      } catch (error) {
        if (!isGap(error)) throw error;
        return afterGap({ requested: after, requestedEpoch: asked, head });
      }
    },

    async *streamFrom(from, selection, caller, signal) {
      telemetry.gauge("holdfast_event_streams", ++open);
      try {
        yield* follow(from, selection, caller, signal);
      } finally {
        telemetry.gauge("holdfast_event_streams", --open);
      }
    },
  };
}

/** The position that `start` means on `bus`. */
async function positionOf(
  bus: EventBus,
  start: EventStart,
  signal: AbortSignal | undefined,
): Promise<{ after: number; epoch?: string | undefined }> {
  if ("after" in start) return start;
  return { after: await bus.positionAt(start.fromTimeMs, signal) };
}

/**
 * Reads from `start`, from the oldest event held when absent. Unless `start`
 * is a position, what is trimmed away meanwhile is passed over, once.
 */
export async function readFrom(
  bus: EventBus,
  start: EventStart | undefined,
  query: Omit<EventQuery, "after" | "epoch">,
  signal: AbortSignal | undefined,
): Promise<EventPage> {
  const read = async () => {
    const { after, epoch } = start
      ? await positionOf(bus, start, signal)
      : { after: (await bus.head(signal)).earliest - 1 };
    const life = epoch === undefined ? {} : { epoch };
    return await bus.read({ ...query, ...life, after }, signal);
  };
  try {
    return await read();
  } catch (error) {
    const isPosition = start !== undefined && "after" in start;
    if (isPosition || !isExpired(error)) throw error;
    return await read();
  }
}

/** Whether the events that were asked for are no longer held. */
export function isExpired(error: unknown): error is PortError {
  return hasCode(error, "expired");
}

function isGap(error: unknown): boolean {
  return hasCode(error, "expired", "epoch_changed");
}

/** Goes on with the oldest event held. */
function afterGap(gap: EventGap): EventStep {
  const { epoch, earliest } = gap.head;
  return { gap, events: [], at: { epoch, position: earliest - 1 } };
}
