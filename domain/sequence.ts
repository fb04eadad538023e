/**
 * Order sequence numbers: one series a user and day.
 *
 * @module
 */
import { InvalidInput } from "./invalid_input.ts";
import { isTimeZone, wallTime } from "./time_zone.ts";
import type { UserId } from "./user_id.ts";

/** A day of a series, written `YYYYMMDD`. */
export type SequenceDay = string & { readonly __sequenceDay: unique symbol };

/** A series of numbers. */
export interface SequenceName {
  /** Whose. */
  readonly user: UserId;
  /** Of which day. */
  readonly day: SequenceDay;
}

/** Consecutive numbers, both ends included. */
export interface SequenceRange {
  /** The lowest of them. */
  readonly first: number;
  /** The highest of them. */
  readonly last: number;
}

/** How many numbers one call may ask for. */
export const MAX_SEQUENCE_COUNT = 1000;

/** Years whose days have numbers; others are typing errors. */
const YEARS = [1970, 2199] as const;

/**
 * Reads a day written `YYYYMMDD`.
 *
 * @throws {InvalidInput} When the text is not a day of the calendar, or of no
 * year from 1970 to 2199.
 */
export function parseSequenceDay(text: string): SequenceDay {
  const iso = text.replace(/^(\d{4})(\d{2})(\d{2})$/, "$1-$2-$3");
  const ms = iso === text ? NaN : Date.parse(`${iso}T00:00:00Z`);
  if (Number.isNaN(ms) || !new Date(ms).toISOString().startsWith(iso)) {
    throw new InvalidInput(
      `Cannot use day ${
        JSON.stringify(text.slice(0, 64))
      } as it must be a calendar day written YYYYMMDD`,
    );
  }
  const year = Number(text.slice(0, 4));
  if (year < YEARS[0] || year > YEARS[1]) {
    throw new InvalidInput(
      `Cannot use day ${text} as it must be of a year from ${YEARS[0]} to ${
        YEARS[1]
      }`,
    );
  }
  return text as SequenceDay;
}

/**
 * The calendar day at `ms` milliseconds since the Unix epoch.
 *
 * @param timeZone Of whom; UTC where there is no such zone.
 */
export function sequenceDayAt(ms: number, timeZone = "UTC"): SequenceDay {
  const time = timeZone !== "UTC" && isTimeZone(timeZone)
    ? wallTime(ms, timeZone)
    : new Date(ms).toISOString();
  return time.slice(0, 10).replaceAll("-", "") as SequenceDay;
}
