/**
 * What is held to be the time, and to be old, when clocks may be wrong.
 *
 * Retention goes by two clocks: the one that stamped the events, and the one of
 * whoever drops them. Each may be set wrong.
 *
 * - A clock that leaps ahead is followed by a day, and then by a day in an hour;
 *   one that is ahead at the first look, by a day from the newest event on. So a
 *   clock that is wrong for an hour costs two days of events at most.
 * - Stamps never go back. Where the clock that gives them once ran ahead, it has
 *   stopped until that time comes, and tells of no event how old it is. Events
 *   with such a stamp count as committed now: age is no reason to drop them. By
 *   their number they go all the same: then those are old that this process
 *   itself has seen stand there for as long, by a clock that nobody sets.
 *
 * @module
 */

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** The clock of the log is ahead when it is so by more than this. */
const TOLERANCE_MS = MINUTE_MS;

/** Beyond a day, a clock that leaps is followed so many times as fast as time goes by. */
const FASTEST = 24;

/** Between looking and dropping others append: what is old is older by this. */
const MARGIN_MS = MINUTE_MS;

/** Two of the places that are remembered lie in each such part of a window, at most. */
const PARTS = 64;

/** What one look at the log has found. */
export interface LogSight {
  /** The wall clock: milliseconds since the Unix epoch. */
  readonly nowMs: number;
  /** A clock that nobody sets, in milliseconds. */
  readonly monotonicMs: number;
  /** The life of the log. */
  readonly epoch: string;
  /** Position of the newest event. */
  readonly position: number;
  /** When it was committed, by its stamp; `undefined` when there is none. */
  readonly newestAt: number | undefined;
}

/** What is made of all looks so far. */
export interface LogWatch {
  /** What is held to be the time, in milliseconds since the Unix epoch. */
  readonly nowMs: number;
  /** No later time would have been believed. */
  readonly latestMs: number;
  /** So far is the clock of the log ahead, in milliseconds; 0 when it is not. */
  readonly aheadMs: number;
  /** The log as it was seen last. */
  readonly last: LogSight;
  /** Where the log ended, and when, on the clock that nobody sets. */
  readonly marks: readonly Pick<LogSight, "position" | "monotonicMs">[];
}

/** Looks again; `windowMs` is how long an event is young. */
export function watchLog(
  before: LogWatch | undefined,
  sight: LogSight,
  windowMs: number,
): LogWatch {
  const { nowMs, monotonicMs, newestAt = nowMs } = sight;
  const latestMs = before
    ? before.latestMs + FASTEST * (monotonicMs - before.last.monotonicMs)
    : newestAt + DAY_MS;
  const aheadMs = newestAt - nowMs;
  return {
    nowMs: Math.min(nowMs, latestMs),
    latestMs: Math.min(nowMs + DAY_MS, latestMs),
    aheadMs: aheadMs > TOLERANCE_MS ? aheadMs : 0,
    last: sight,
    marks: markOn(before, sight, windowMs),
  };
}

/**
 * The newest position that is known to be older than `windowMs`, whatever its
 * stamp; `undefined` when none is: the process has not seen the log so long.
 */
export function oldTo(
  { marks, last }: LogWatch,
  windowMs: number,
): number | undefined {
  const since = last.monotonicMs - windowMs - MARGIN_MS;
  return marks.findLast((mark) => mark.monotonicMs <= since)?.position;
}

function markOn(
  before: LogWatch | undefined,
  { position, monotonicMs, epoch }: LogSight,
  windowMs: number,
): LogWatch["marks"] {
  const isSame = before?.last.epoch === epoch &&
    before.last.position <= position;
  const marks = isSame ? before.marks : [];
  const since = monotonicMs - windowMs - MARGIN_MS;
  const first = marks.findLastIndex((mark) => mark.monotonicMs <= since);
  // The newest mark gives way while the one before it is near, so that no place
  // is forgotten for one that was seen much later.
  const near = (marks.at(-2)?.monotonicMs ?? -Infinity) + windowMs / PARTS;
  const kept = marks.slice(
    Math.max(0, first),
    monotonicMs < near ? -1 : undefined,
  );
  return [...kept, { position, monotonicMs }];
}
