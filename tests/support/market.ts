/**
 * Bars for tests, and ways to change them.
 *
 * @module
 */
import type { Bars } from "../../domain/bars.ts";
import { epochDayOf, parseTradingDate } from "../../domain/trading_date.ts";
import { createSeededEntropy } from "./seeded_entropy.ts";

/** The columns of bars that hold prices and quantities. */
export const VALUE_COLUMNS = [
  "open",
  "high",
  "low",
  "close",
  "volume",
  "vwap",
] as const;

/** The columns of bars. */
export const BAR_COLUMNS = ["day", ...VALUE_COLUMNS] as const;

/** Bars of a walk that follows from `seed`: `length` weekdays up to `last`. */
export function weekdayBars(
  { seed = 1, length = 80, last = "2026-01-02", vwap = false } = {},
): Bars {
  const { fraction } = createSeededEntropy(seed);
  const day = new Int32Array(length);
  for (
    let row = length - 1, at = epochDayOf(parseTradingDate(last));
    row >= 0;
  ) {
    if (isWeekday(at)) day[row--] = at;
    at--;
  }
  const close = new Float64Array(length);
  let price = 100;
  for (let row = 0; row < length; row++) {
    close[row] = price *= 1 + (fraction() - 0.5) / 20;
  }
  const near = (from: number, to: number) =>
    close.map((value) => value * (from + (to - from) * fraction()));
  return {
    length,
    day,
    open: near(0.98, 1.02),
    high: near(1.02, 1.04),
    low: near(0.96, 0.98),
    close,
    volume: close.map(() => 1000 + Math.floor(9000 * fraction())),
    vwap: vwap ? near(0.99, 1.01) : undefined,
  };
}

/** `bars` in arrays of their own, with one value replaced. */
export function withValue(
  bars: Bars,
  column: typeof BAR_COLUMNS[number],
  row: number,
  value: number,
): Bars {
  const copy = copyBars(bars);
  copy[column]![row] = value;
  return copy;
}

/** `bars` in arrays of their own. */
export function copyBars(bars: Bars): Bars {
  const { length, day, open, high, low, close, volume, vwap } = bars;
  return {
    length,
    day: day.slice(),
    open: open.slice(),
    high: high.slice(),
    low: low.slice(),
    close: close.slice(),
    volume: volume.slice(),
    vwap: vwap?.slice(),
  };
}

/** 1970-01-01 was a Thursday. */
function isWeekday(epochDay: number): boolean {
  return (epochDay + 3) % 7 < 5;
}
