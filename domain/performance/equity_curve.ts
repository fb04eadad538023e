/**
 * What an account was worth at each close, and how far below its best that was.
 *
 * @module
 */
import type { Decimal } from "../decimal.ts";
import type { TradingDate } from "../trading_date.ts";
import { ratio } from "./ratio.ts";

/** What an account was worth at the close of a date. */
export interface Mark {
  /** The date. */
  readonly date: TradingDate;
  /** The capital and everything earned since, open positions at the close. */
  readonly equity: Decimal;
}

/** A mark, and the best one before it. */
export interface EquityPoint extends Mark {
  /** The highest equity so far, the capital included, less the equity. */
  readonly drawdown: Decimal;
  /** The drawdown as a share of that highest equity. */
  readonly drawdownShare: number;
}

/** The worst of a curve. */
export interface Drawdown {
  /** The largest drawdown in money. */
  readonly amount: Decimal;
  /** The largest drawdown as a share, perhaps that of another day. */
  readonly share: number;
}

/** Adds the drawdowns to `marks`, which are in the order of their dates. */
export function equityCurve(
  capital: Decimal,
  marks: readonly Mark[],
): readonly EquityPoint[] {
  let highest = capital;
  return marks.map((mark) => {
    if (mark.equity > highest) highest = mark.equity;
    const drawdown = highest - mark.equity;
    return { ...mark, drawdown, drawdownShare: ratio(drawdown, highest) ?? 0 };
  });
}

/** The largest drawdowns of a curve. */
export function maxDrawdown(curve: readonly EquityPoint[]): Drawdown {
  return curve.reduce<Drawdown>(
    ({ amount, share }, { drawdown, drawdownShare }) => ({
      amount: drawdown > amount ? drawdown : amount,
      share: Math.max(share, drawdownShare),
    }),
    { amount: 0n, share: 0 },
  );
}
