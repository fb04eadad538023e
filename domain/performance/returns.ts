/**
 * Daily returns and how much they vary.
 *
 * @module
 */
import type { Decimal } from "../decimal.ts";
import type { Mark } from "./equity_curve.ts";
import { ratio } from "./ratio.ts";

/** Trading days of a year, by which daily figures become annual ones. */
export const DAYS_PER_YEAR = 252;

/** Returns are rounded to this. */
const RESOLUTION = 1e-12;

/** Figures of the daily returns, annual; `undefined` where they cannot be told. */
export interface Variation {
  /** Sample standard deviation of the daily returns, times the root of 252. */
  readonly volatility: number | undefined;
  /**
   * Mean of the daily returns over their sample standard deviation, times the
   * root of 252; money at rest is taken to earn nothing.
   */
  readonly sharpe: number | undefined;
}

/**
 * Figures of the returns from each mark to the next. They cannot be told from
 * fewer than two returns, nor once the equity was not above 0, and the Sharpe
 * ratio not where nothing varies.
 */
export function variationOf(marks: readonly Mark[]): Variation {
  const returns = marks.slice(1).map(({ equity }, i) =>
    dailyReturn(marks[i]!.equity, equity)
  );
  const known = returns.filter((one) => one !== undefined);
  if (known.length < Math.max(2, returns.length)) {
    return { volatility: undefined, sharpe: undefined };
  }
  const mean = known.reduce((sum, one) => sum + one, 0) / known.length;
  // Multiplied out: `**` may differ in the last bit once it is compiled.
  const squares = known.reduce(
    (sum, one) => sum + (one - mean) * (one - mean),
    0,
  );
  const deviation = Math.sqrt(squares / (known.length - 1));
  const year = Math.sqrt(DAYS_PER_YEAR);
  return {
    volatility: deviation * year,
    sharpe: deviation > RESOLUTION ? mean / deviation * year : undefined,
  };
}

function dailyReturn(before: Decimal, after: Decimal): number | undefined {
  return ratio(after - before, before);
}
