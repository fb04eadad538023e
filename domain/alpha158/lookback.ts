/**
 * The bars that the features of one row are computed from.
 *
 * @module
 */
import type { Bars } from "../bars.ts";

/** Bars that one row needs: the longest window and the bar before it. */
export const LOOKBACK_ROWS = 61;

/**
 * The last bars up to one row, newest first: entry 0 is today, entry `k` the
 * bar `k` rows earlier.
 *
 * Every array has `LOOKBACK_ROWS` entries; those from before the first bar are
 * NaN. Nearly all operators skip NaN, so that a window which the beginning of
 * history cuts short needs no care; the few that count rows consult `rows`.
 */
export interface Lookback {
  /** How many bars there are, at most `LOOKBACK_ROWS`. */
  rows: number;
  /** Highest prices. */
  readonly high: Float64Array;
  /** Lowest prices. */
  readonly low: Float64Array;
  /** Last prices. */
  readonly close: Float64Array;
  /** Quantities traded. */
  readonly volume: Float64Array;
}

/** A lookback over no bars. */
export function createLookback(): Lookback {
  return {
    rows: 0,
    high: new Float64Array(LOOKBACK_ROWS),
    low: new Float64Array(LOOKBACK_ROWS),
    close: new Float64Array(LOOKBACK_ROWS),
    volume: new Float64Array(LOOKBACK_ROWS),
  };
}

/** Makes `into` look back from row `row` of `bars`. */
export function lookBack(bars: Bars, row: number, into: Lookback): void {
  into.rows = Math.min(row + 1, LOOKBACK_ROWS);
  for (let k = 0; k < LOOKBACK_ROWS; k++) {
    const exists = k < into.rows;
    into.high[k] = exists ? bars.high[row - k]! : NaN;
    into.low[k] = exists ? bars.low[row - k]! : NaN;
    into.close[k] = exists ? bars.close[row - k]! : NaN;
    into.volume[k] = exists ? bars.volume[row - k]! : NaN;
  }
}
