/**
 * The calendar day of a user.
 *
 * @module
 */

import {
  isTimeZone,
  QUARTER_MS,
  rememberByQuarter,
  wallTime,
} from "../time_zone.ts";

const MINUTE_MS = 60_000;

/** Longest leap of a clock that a search goes through. */
const MAX_LEAP_MS = 4 * 60 * MINUTE_MS;

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

/** `startOfDay` with a memory. */
export function createDayStarts(): DayStarts {
  return rememberByQuarter(startOfDay);
}

/** How far the clock on the wall is ahead of UTC. */
function aheadAt(ms: number, zone: string): number {
  const second = Math.floor(ms / 1000) * 1000;
  return Date.parse(`${wallTime(second, zone)}Z`) - second;
}
