/**
 * Calendar dates of trading, without a time and without a zone.
 *
 * @module
 */
import { InvalidInput } from "./invalid_input.ts";

/** A real calendar date, written `YYYY-MM-DD`; text order is date order. */
export type TradingDate = string & { readonly __tradingDate: unique symbol };

const DAY_MS = 86_400_000;
const SHAPE = /^\d{4}-\d{2}-\d{2}$/;

/**
 * Reads a date written `YYYY-MM-DD`.
 *
 * @throws {InvalidInput} When the text is not a date of the calendar.
 */
export function parseTradingDate(text: string): TradingDate {
  const ms = SHAPE.test(text) ? Date.parse(`${text}T00:00:00Z`) : NaN;
  if (Number.isNaN(ms) || !new Date(ms).toISOString().startsWith(text)) {
    throw new InvalidInput(
      `Cannot use date ${
        JSON.stringify(text.slice(0, 64))
      } as it must be a calendar date written YYYY-MM-DD`,
    );
  }
  return text as TradingDate;
}

/** Whole days from 1970-01-01 to `date`. */
export function epochDayOf(date: TradingDate): number {
  return Date.parse(`${date}T00:00:00Z`) / DAY_MS;
}

/** The date `day` whole days after 1970-01-01. */
export function dateOfEpochDay(day: number): TradingDate {
  return new Date(day * DAY_MS).toISOString().slice(0, 10) as TradingDate;
}
