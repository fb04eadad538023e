/**
 * What a run has earned, and at what risk.
 *
 * @module
 */
import type { Decimal } from "../decimal.ts";
import type { TradingSymbol } from "../symbol.ts";
import type { TradingDate } from "../trading_date.ts";
import {
  type Drawdown,
  equityCurve,
  type EquityPoint,
  type Mark,
  maxDrawdown,
} from "./equity_curve.ts";
import { ratio } from "./ratio.ts";
import { DAYS_PER_YEAR, type Variation, variationOf } from "./returns.ts";

/** What was filled of one symbol on one day. */
export interface Trade {
  /** Of what. */
  readonly symbol: TradingSymbol;
  /** When. */
  readonly date: TradingDate;
  /** Units times prices; above 0. */
  readonly value: Decimal;
  /**
   * What it earned less its commission, where it brought a position nearer to
   * 0 or through it; `undefined` where it only opened one or added to it.
   */
  readonly closedPnl: Decimal | undefined;
}

/** What is held of a symbol, or was. */
export interface Holding {
  /** Of what. */
  readonly symbol: TradingSymbol;
  /** Units; below 0 when short, 0 when closed. */
  readonly qty: Decimal;
  /** What a unit was entered at, on average; 0 when closed. */
  readonly avgEntryPrice: Decimal;
  /** The price that it is marked at. */
  readonly currentPrice: Decimal;
  /** What closing it at that price would earn, without commission. */
  readonly unrealizedPnl: Decimal;
  /** What its closed parts have earned, less all commission. */
  readonly realizedPnl: Decimal;
  /** What the venue took for it, all fills together. */
  readonly commission: Decimal;
}

/** A holding, and how often it was traded. */
export interface SymbolResult extends Holding {
  /** Whether there is something left of it. */
  readonly status: "open" | "closed";
  /** Days on which it was traded. */
  readonly tradeCount: number;
}

/** The figures of a run. */
export interface Performance extends Variation {
  /** What closed parts have earned, less all commission, closed positions included. */
  readonly realizedPnl: Decimal;
  /** What closing the rest at the last close would earn, without commission. */
  readonly unrealizedPnl: Decimal;
  /** Realized and unrealized. */
  readonly totalPnl: Decimal;
  /** What the venue took, all fills together. */
  readonly commission: Decimal;
  /** The total P&L as a share of the capital. */
  readonly totalReturn: number;
  /** By symbol, ascending; symbols that were never traded are not among them. */
  readonly perSymbol: readonly SymbolResult[];
  /** Positions that are open at the end. */
  readonly openCount: number;
  /** Positions that were closed by then. */
  readonly closedCount: number;
  /** A point a date. */
  readonly curve: readonly EquityPoint[];
  /** The largest of the curve. */
  readonly drawdown: Drawdown;
  /** Units times prices, all trades together. */
  readonly tradedValue: Decimal;
  /** The traded value over the mean equity of all dates. */
  readonly turnover: number | undefined;
  /** The turnover times 252 over the number of dates. */
  readonly annualTurnover: number | undefined;
  /** Trades that brought a position nearer to 0 or through it. */
  readonly closingCount: number;
  /** The share of these that earned more than their commission. */
  readonly hitRate: number | undefined;
}

/**
 * Measures a run.
 *
 * @param run.marks One a date, ascending.
 * @param run.trades In any order.
 * @param run.holdings At the last mark, closed ones included.
 */
export function measurePerformance(run: {
  readonly capital: Decimal;
  readonly marks: readonly Mark[];
  readonly trades: readonly Trade[];
  readonly holdings: readonly Holding[];
}): Performance {
  const { capital, marks, trades } = run;
  const perSymbol = resultsOf(run.holdings, trades);
  const realizedPnl = sum(perSymbol.map((one) => one.realizedPnl));
  const unrealizedPnl = sum(perSymbol.map((one) => one.unrealizedPnl));
  const totalPnl = realizedPnl + unrealizedPnl;
  const curve = equityCurve(capital, marks);
  const openCount = perSymbol.filter(({ qty }) => qty !== 0n).length;
  const tradedValue = sum(trades.map(({ value }) => value));
  const turnover = turnoverOf(tradedValue, marks);
  const closings = trades.flatMap(({ closedPnl }) => closedPnl ?? []);
  const hits = closings.filter((pnl) => pnl > 0n).length;
  return {
    realizedPnl,
    unrealizedPnl,
    totalPnl,
    commission: sum(perSymbol.map((one) => one.commission)),
    totalReturn: ratio(totalPnl, capital) ?? 0,
    perSymbol,
    openCount,
    closedCount: perSymbol.length - openCount,
    curve,
    drawdown: maxDrawdown(curve),
    tradedValue,
    turnover,
    annualTurnover: turnover && turnover * DAYS_PER_YEAR / marks.length,
    closingCount: closings.length,
    hitRate: closings.length > 0 ? hits / closings.length : undefined,
    ...variationOf(marks),
  };
}

function resultsOf(
  holdings: readonly Holding[],
  trades: readonly Trade[],
): readonly SymbolResult[] {
  return holdings
    .map((holding): SymbolResult => ({
      ...holding,
      status: holding.qty === 0n ? "closed" : "open",
      tradeCount: trades.filter(({ symbol }) => symbol === holding.symbol)
        .length,
    }))
    .sort((a, b) => a.symbol < b.symbol ? -1 : 1);
}

/** The mean equity is its sum over the dates: both are multiplied out. */
function turnoverOf(
  value: Decimal,
  marks: readonly Mark[],
): number | undefined {
  const total = sum(marks.map(({ equity }) => equity));
  return ratio(value * BigInt(marks.length), total);
}

function sum(amounts: readonly Decimal[]): Decimal {
  return amounts.reduce((total, amount) => total + amount, 0n);
}
