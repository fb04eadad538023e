/**
 * The calendar day of a user.
 *
 * @module
 */

import { isTimeZone } from "../time_zone.ts";

const MINUTE_MS = 60_000;
const QUARTER_MS = 15 * MINUTE_MS;

/** Longest leap of a clock that a search goes through. */
const MAX_LEAP_MS = 4 * 60 * MINUTE_MS;

/** Days that are kept, of all zones. */
const MAX_KEPT = 1000;

/**
 * When the calendar day of `now` began in `timeZone`; UTC where there is no
 * such zone. All in milliseconds since the Unix epoch.
 */
export function startOfDay(now: number, timeZone: string): number {
  const zone = isTimeZone(timeZone) ? timeZone : "UTC";
  const today = wallTime(now, zone).slice(0, 10);
  const midnight = Date.parse(`${today}T00:00:00Z`);
  // What the clock on the wall is ahead of UTC changes at most once meanwhile.
  let start = midnight - aheadAt(now, zone);
  start = midnight - aheadAt(start, zone);
  // Where clocks leap over midnight, the day begins when they have.
  for (let leap = 0; leap < MAX_LEAP_MS; leap += QUARTER_MS) {
    if (wallTime(start, zone).slice(0, 10) >= today) break;
    start += QUARTER_MS;
  }
  return start;
}

/** Finds the beginnings of days. */
export type DayStarts = (now: number, timeZone: string) => number;

/**
 * `startOfDay` with a memory: clocks change at full quarters of an hour only,
 * so that what holds at one moment of a quarter holds at all of them.
 */
export function createDayStarts(): DayStarts {
  const kept = new Map<string, number>();
  return (now, timeZone) => {
    const key = `${Math.floor(now / QUARTER_MS)} ${timeZone}`;
    let start = kept.get(key);
    if (start === undefined) {
      if (kept.size >= MAX_KEPT) kept.clear();
      kept.set(key, start = startOfDay(now, timeZone));
    }
    return start;
  };
}

/** How far the clock on the wall is ahead of UTC. */
function aheadAt(ms: number, zone: string): number {
  const second = Math.floor(ms / 1000) * 1000;
  return Date.parse(`${wallTime(second, zone)}Z`) - second;
}

/** `2026-01-02T03:04:05` as the clock on the wall shows it. */
function wallTime(ms: number, timeZone: string): string {
  return new Intl.DateTimeFormat("sv-SE", {
    timeZone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  }).format(ms).replace(" ", "T");
}
