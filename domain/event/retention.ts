/**
 * What the log drops, and when: what is old or too much, unless somebody needs it.
 * `log_watch.ts` says what is old when clocks are wrong.
 *
 * @module
 */

import { type LogWatch, oldTo } from "./log_watch.ts";

const DAY_MS = 86_400_000;

/**
 * Nothing younger is dropped, whatever else is said: so long at least an event
 * that is published again gets its first position, and a question its answer.
 */
export const DUPLICATE_WINDOW_MS = 3_600_000;

/** How long the log is kept. Of days and count the tighter one holds. */
export interface RetentionPolicy {
  /** Events are due to be dropped after so many days; 0: age is no reason. */
  readonly days: number;
  /** All but the newest so many are due; 0: their number is no reason. */
  readonly count: number;
  /**
   * What is due is dropped after so many days even where a consumer group
   * needs it; 0: never.
   */
  readonly maxDays: number;
  /** What readers beside the groups look back, in milliseconds: it is kept. */
  readonly lookBackMs: number;
}

/** The policy at one moment. Times are milliseconds since the Unix epoch. */
export interface TrimLimits {
  /** Events committed before are due to be dropped. */
  readonly beforeMs: number;
  /** So are all but the newest so many. */
  readonly keep: number;
  /** Nothing committed from here on is dropped. */
  readonly youngMs: number;
  /** What is due and was committed before is dropped even where a group needs it. */
  readonly forceMs: number;
}

/** How long an event is young, in milliseconds: nothing younger is dropped. */
export function youngFor({ lookBackMs }: RetentionPolicy): number {
  return Math.max(DUPLICATE_WINDOW_MS, lookBackMs);
}

/** What `policy` comes to at `nowMs`. */
export function limitsAt(policy: RetentionPolicy, nowMs: number): TrimLimits {
  const { days, count, maxDays } = policy;
  const ago = (days: number) =>
    days === 0 ? 0 : Math.floor(nowMs - days * DAY_MS);
  return {
    beforeMs: ago(days),
    keep: count === 0 ? Number.MAX_SAFE_INTEGER : count,
    youngMs: Math.floor(nowMs - youngFor(policy)),
    forceMs: ago(maxDays),
  };
}

/**
 * What `policy` comes to after `watch`. Where the clock of the log is ahead,
 * stamps do not tell what is young: what follows the newest position that is
 * known to be old is, and as long as none is known, what the stamps call so.
 */
export function limitsOf(policy: RetentionPolicy, watch: LogWatch): TrimLimits {
  const limits = limitsAt(policy, watch.nowMs);
  const old = watch.aheadMs > 0 ? oldTo(watch, youngFor(policy)) : undefined;
  if (old === undefined) return limits;
  const { beforeMs, keep, youngMs, forceMs } = limits;
  return {
    beforeMs: Math.min(beforeMs, youngMs),
    keep: Math.max(keep, watch.last.position - old),
    youngMs: Number.MAX_SAFE_INTEGER,
    forceMs: Math.min(forceMs, youngMs),
  };
}

/** The log, as far as it matters which events go. */
export interface LogExtent {
  /** Position of the oldest event held. */
  readonly earliest: number;
  /** Position of the newest one. */
  readonly position: number;
  /** The position after which every event was committed at or after a time. */
  positionAt(timeMs: number): number;
}

/** The oldest event held that a group needs: it has not settled it. */
export interface GroupNeed {
  /** Name of the group. */
  readonly group: string;
  /** Where the event is, or will be. */
  readonly position: number;
}

/** A group because of which events are held that are due to be dropped. */
export interface LogPin extends GroupNeed {
  /** How many events that are due stand from there on. */
  readonly events: number;
}

/** What one step drops. */
export interface TrimPlan {
  /** Everything up to here goes; less than `earliest` when nothing does. */
  readonly upTo: number;
  /** Whether there is more to drop than one step may. */
  readonly isMore: boolean;
  /** Groups that lose an event which they need. */
  readonly passed: readonly string[];
  /** Groups that hold events back. */
  readonly pins: readonly LogPin[];
}

/**
 * Plans one step over at most `most` events. The newest event is never dropped:
 * it tells where the log ends. A group that has lost its place needs nothing
 * that it could still lose, so that it holds nothing back.
 */
export function planTrim(
  log: LogExtent,
  limits: TrimLimits,
  needs: readonly GroupNeed[],
  most: number,
): TrimPlan {
  const { earliest, position } = log;
  const due = Math.min(
    position - 1,
    Math.max(log.positionAt(limits.beforeMs), position - limits.keep),
    log.positionAt(limits.youngMs),
  );
  const forced = Math.min(due, log.positionAt(limits.forceMs));
  const needed = Math.min(...needs.map((need) => need.position));
  const allowed = Math.max(forced, Math.min(due, needed - 1));
  const upTo = Math.min(allowed, earliest + most - 1);
  return {
    upTo,
    isMore: upTo < allowed,
    passed: needs.filter((need) => need.position <= upTo)
      .map(({ group }) => group),
    pins: needs.filter((need) => need.position > upTo && need.position <= due)
      .map((need) => ({ ...need, events: due - need.position + 1 })),
  };
}

/**
 * The oldest position, held or yet to come, of what a group has not settled;
 * `undefined` when it has lost all of that.
 *
 * @param outstanding Positions of events that it has looked at and has not
 * settled; of dead letters it has copies.
 */
export function neededBy(
  cursor: number,
  outstanding: readonly number[],
  earliest: number,
): number | undefined {
  const held = [cursor + 1, ...outstanding].filter((at) => at >= earliest);
  return held.length > 0 ? Math.min(...held) : undefined;
}
