/**
 * Daily price bars as columns.
 *
 * @module
 */
import { dateOfEpochDay, type TradingDate } from "./trading_date.ts";

/**
 * A run of daily bars, oldest first, one typed array a column.
 *
 * All arrays have `length` entries; row `i` of each is the same bar. A value
 * that the source does not have is NaN. Rows are the rows of the source: a day
 * without a bar takes no slot. Prices are expected split-adjusted, consistently
 * with volume.
 */
export interface Bars {
  /** Number of bars. */
  readonly length: number;
  /** Days since 1970-01-01, strictly ascending. */
  readonly day: Int32Array;
  /** First price of the day, in the currency of the source. */
  readonly open: Float64Array;
  /** Highest price of the day. */
  readonly high: Float64Array;
  /** Lowest price of the day. */
  readonly low: Float64Array;
  /** Last price of the day. */
  readonly close: Float64Array;
  /** Quantity traded, in the units of the source. */
  readonly volume: Float64Array;
  /** Volume-weighted average price, where the source has such a column. */
  readonly vwap: Float64Array | undefined;
}

/** The bars from row `start` up to, not including, row `end`; no copy. */
export function sliceBars(bars: Bars, start: number, end: number): Bars {
  return {
    length: end - start,
    day: bars.day.subarray(start, end),
    open: bars.open.subarray(start, end),
    high: bars.high.subarray(start, end),
    low: bars.low.subarray(start, end),
    close: bars.close.subarray(start, end),
    volume: bars.volume.subarray(start, end),
    vwap: bars.vwap?.subarray(start, end),
  };
}

/** The date of the newest bar of `bars`, which has at least one. */
export function lastDate(bars: Bars): TradingDate {
  return dateOfEpochDay(bars.day[bars.length - 1]!);
}

/**
 * What is wrong with the first bar that cannot be, in one clause: prices are
 * finite and above 0, a high is no lower than its low, volumes are finite and
 * not below 0. A missing value is no fault.
 */
export function findImpossibleBar(bars: Bars): string | undefined {
  const { length, open, high, low, close, volume, vwap } = bars;
  const prices = { open, high, low, close, ...(vwap && { vwap }) };
  for (let row = 0; row < length; row++) {
    for (const [name, column] of Object.entries(prices)) {
      const price = column[row]!;
      if (price <= 0 || price === Infinity) return say(row, name, price);
    }
    if (high[row]! < low[row]!) return say(row, "high below low", high[row]!);
    if (volume[row]! < 0 || volume[row] === Infinity) {
      return say(row, "volume", volume[row]!);
    }
  }

  function say(row: number, what: string, value: number): string {
    return `the bar of ${
      dateOfEpochDay(bars.day[row]!)
    } has an impossible ${what}: current value is ${value}`;
  }
}

/**
 * A 64-bit fingerprint of every number in `bars`, as 16 hexadecimal digits.
 *
 * Equal bars have equal fingerprints on every machine, so that a vector
 * computed elsewhere can be told to come from the same input. Two FNV-1a style
 * lanes over the 32-bit words; not a cryptographic hash.
 */
export function fingerprintBars(bars: Bars): string {
  let a = 0x811c9dc5;
  let b = 0x9747b28c;
  const columns = [
    bars.open,
    bars.high,
    bars.low,
    bars.close,
    bars.volume,
    ...(bars.vwap ? [bars.vwap] : []),
  ];
  for (const column of [bars.day, ...columns.map(withOneNaN)]) {
    const words = new Int32Array(
      column.buffer,
      column.byteOffset,
      column.byteLength / 4,
    );
    for (let i = 0; i < words.length; i++) {
      const word = words[i]!;
      a = Math.imul(a ^ word, 0x01000193);
      b = Math.imul(b ^ (word >>> 15) ^ (word << 17), 0x85ebca6b);
    }
    a = Math.imul(a ^ words.length, 0x01000193);
  }
  const hex = (lane: number) => (lane >>> 0).toString(16).padStart(8, "0");
  return hex(mix(a)) + hex(mix(b));
}

/** `column` with one bit pattern for NaN, of which there are many. */
function withOneNaN(column: Float64Array): Float64Array {
  for (let i = 0; i < column.length; i++) {
    if (!Number.isNaN(column[i]!)) continue;
    return column.map((value) => Number.isNaN(value) ? NaN : value);
  }
  return column;
}

/** Spreads the last words over all bits (MurmurHash3's finaliser). */
function mix(lane: number): number {
  lane ^= lane >>> 16;
  lane = Math.imul(lane, 0x85ebca6b);
  lane ^= lane >>> 13;
  lane = Math.imul(lane, 0xc2b2ae35);
  return lane ^ (lane >>> 16);
}
