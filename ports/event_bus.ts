/**
 * The event bus port: one log of events, in one order for everybody.
 *
 * `tests/contracts/event_bus.ts` is the definition of this port. Following the
 * log (`src/services/subscription.ts`) is `read` and `wait` in turn, so that a
 * subscription is nothing but a position and can move between adapters.
 *
 * @module
 */
import type {
  LoggedEvent,
  LogHead,
  NewEvent,
  Receipt,
} from "../domain/event/event.ts";
import type { ChannelMatcher } from "../domain/event/channel_pattern.ts";

/** Most events that one `read` returns. */
export const MAX_EVENT_PAGE = 1000;

/** A page ends with the event that takes its data to this length, or before. */
export const MAX_EVENT_PAGE_CHARS = 4 * 1024 * 1024;

/** Which events to read. */
export interface EventQuery {
  /** Read events above this position; 0 reads from the beginning. */
  readonly after: number;
  /** Most events to return, from 1 to `MAX_EVENT_PAGE`. */
  readonly limit: number;
  /** Only channels that match; all when absent. */
  readonly channels?: ChannelMatcher;
  /** The epoch that `after` belongs to, where the caller knows it. */
  readonly epoch?: string;
}

/** A stretch of the log. */
export interface EventPage {
  /** Matching events in the order of their positions, without a gap. */
  readonly events: readonly LoggedEvent[];
  /** Every event up to this position has been looked at: read on after it. */
  readonly scannedTo: number;
  /** The log as it was when the page was read. */
  readonly head: LogHead;
}

/**
 * A durable, ordered log. Positions are dense and rise in commit order: who
 * has read up to a position has missed nothing below it. Callers own retries;
 * publishing an event again with the same id is safe as long as the log holds
 * it: an hour at least (`ports/log_retention.ts`), in memory while there is room.
 */
export interface EventBus extends AsyncDisposable {
  /**
   * Commits `events` together, at consecutive positions in the order given
   * (duplicates aside). When it returns, they are as durable as the adapter can
   * make them; when it throws, none was stored, unless the code is `timeout`.
   *
   * @throws {PortError} `invalid` when the list is empty or names an id twice;
   * `full`, `unavailable`, `timeout`; `unsupported` when events are switched off.
   */
  publish(
    events: readonly NewEvent[],
    signal?: AbortSignal,
  ): Promise<readonly Receipt[]>;

  /**
   * Reads a stretch of the log. Looks at a bounded number of events and of
   * their data: a page may be empty although the log goes on behind
   * `scannedTo`, and ends before its limit where its events hold more than
   * `MAX_EVENT_PAGE_CHARS` together.
   *
   * @throws {PortError} `expired` when events above `after` are no longer held
   * (facts: `earliest`); `epoch_changed` when `epoch` is not the log's (facts:
   * `epoch`); `invalid` when `after` lies beyond the head or a number is out of
   * range.
   */
  read(query: EventQuery, signal?: AbortSignal): Promise<EventPage>;

  /**
   * Resolves when the log holds an event above `after`, or may do so: the
   * caller reads, and waits again if there was nothing.
   *
   * @throws The signal's reason when `signal` aborts.
   */
  wait(after: number, signal?: AbortSignal): Promise<void>;

  /** Where the log ends and begins. */
  head(signal?: AbortSignal): Promise<LogHead>;

  /**
   * The position after which every event was committed at or after `timeMs`.
   *
   * @param timeMs Milliseconds since the Unix epoch.
   */
  positionAt(timeMs: number, signal?: AbortSignal): Promise<number>;

  /** Releases every resource; calls under way and waits end. Safe to call twice. */
  [Symbol.asyncDispose](): Promise<void>;
}
