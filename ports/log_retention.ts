/**
 * The log retention port: dropping the events that nobody needs any more.
 *
 * `tests/contracts/log_retention.ts` is the definition of this port. It belongs
 * to the database of record: what groups need is looked at in the transaction
 * that drops.
 *
 * @module
 */
import type { LogHead } from "../domain/event/event.ts";
import type { LogPin, TrimLimits } from "../domain/event/retention.ts";

/** Events that one call drops, at most. */
export const MAX_EVENT_TRIM = 1000;

/** A group that holds events back, and since when. */
export interface HeldBack extends LogPin {
  /** When the event was committed that it needs: milliseconds since the Unix epoch. */
  readonly committedAt: number;
}

/** What one call has done, and how the log stands after it. */
export interface LogTrim {
  /** How many events are gone, at most `MAX_EVENT_TRIM`. */
  readonly dropped: number;
  /** Whether another call would drop more. */
  readonly isMore: boolean;
  /** Groups that have lost an event that they needed: they will say `expired`. */
  readonly passed: readonly string[];
  /** Groups that hold events back which are due, by name. */
  readonly pins: readonly HeldBack[];
  /** Where the log ends and begins. */
  readonly head: LogHead;
  /** When the oldest event held was committed; `undefined` when there is none. */
  readonly oldestAt: number | undefined;
}

/** Drops the oldest events of the log. */
export interface LogRetention extends AsyncDisposable {
  /**
   * Drops the oldest events that are due by `limits`, in one bounded
   * transaction. It never passes what a group has not settled, unless that was
   * committed before `forceMs`; neither does it pass a group that is made or
   * sent back at the same moment: of the two, one sees the other. The newest
   * event always stays.
   *
   * With an event goes what the log knows of its id: published again it is
   * another event. Documents keep their versions and their past, dead letters
   * their events. Readers that are behind hear `expired`. Several may call at
   * once.
   *
   * @throws {PortError} `unavailable`, `full`; `timeout` when nobody knows
   * whether it was done: calling again is safe.
   */
  trim(limits: TrimLimits, signal?: AbortSignal): Promise<LogTrim>;

  /** Releases every resource. Safe to call twice. */
  [Symbol.asyncDispose](): Promise<void>;
}
