/**
 * Feature vectors and how they are written.
 *
 * @module
 */
import type { TradingSymbol } from "./symbol.ts";
import type { TradingDate } from "./trading_date.ts";

/** Names one vector: the features of a symbol as of the close of a date. */
export interface FeatureKey {
  /** Whose features. */
  readonly symbol: TradingSymbol;
  /** As of the close of this date. */
  readonly date: TradingDate;
}

/**
 * From what a vector was computed. A stored vector counts only while its
 * `set` and `window` are those that a fresh computation would have.
 */
export interface FeatureStamp {
  /** Name and version of the feature set, such as `alpha158/1`. */
  readonly set: string;
  /** Fingerprint of the bars used (`fingerprintBars`). */
  readonly window: string;
  /** When it was computed, in milliseconds since the Unix epoch. */
  readonly computedAt: number;
}

/** One computed vector in the form in which it is stored and served. */
export interface FeatureVector extends FeatureKey {
  /**
   * One JSON object, feature name to number or `null`, in feature order.
   * `null` says that the feature is not defined there; it is a value, as
   * `{}` is a vector.
   */
  readonly json: string;
  /** From what it was computed. */
  readonly stamp: FeatureStamp;
}

/** Which vectors to forget: of a symbol, of a date, of both, or all (`{}`). */
export interface FeatureScope {
  /** Only this symbol; every symbol when absent. */
  readonly symbol?: TradingSymbol;
  /** Only this date; every date when absent. */
  readonly date?: TradingDate;
}

/** Whether `key` lies in `scope`. */
export function isInScope(key: FeatureKey, scope: FeatureScope): boolean {
  return (scope.symbol === undefined || scope.symbol === key.symbol) &&
    (scope.date === undefined || scope.date === key.date);
}

/** Writes `values` under `names`; NaN and the infinities become `null`, -0 is 0. */
export function encodeFeatures(
  names: readonly string[],
  values: Float64Array,
): string {
  let json = "{";
  for (let i = 0; i < names.length; i++) {
    const value = values[i]!;
    json += `${i === 0 ? "" : ","}"${names[i]}":${
      Number.isFinite(value) ? value : "null"
    }`;
  }
  return json + "}";
}

/**
 * Reads back what `encodeFeatures` wrote, in the order of `names`; `null` and
 * names that the vector does not have become NaN.
 */
export function decodeFeatures(
  names: readonly string[],
  json: string,
): Float64Array {
  const vector: Record<string, number | null> = JSON.parse(json);
  const values = new Float64Array(names.length);
  for (let i = 0; i < names.length; i++) values[i] = vector[names[i]!] ?? NaN;
  return values;
}
