/**
 * What comes of a paper run.
 *
 * @module
 */
import type { Decimal } from "../../../domain/decimal.ts";
import type { Order, OrderStatus } from "../../../domain/order/order.ts";
import type { Performance } from "../../../domain/performance/performance.ts";
import type { TradingSymbol } from "../../../domain/symbol.ts";
import type { TradingDate } from "../../../domain/trading_date.ts";

/** What a run was asked to do, and what it was done with. */
export interface PaperParameters {
  /** Symbols that were asked for. */
  readonly symbols: readonly TradingSymbol[];
  /** The first and the last date of the run. */
  readonly from: TradingDate;
  readonly to: TradingDate;
  readonly capital: Decimal;
  /** Most money in one position. */
  readonly maxPositionSize: Decimal;
  /** Whether orders are for whole units only. */
  readonly lots: "whole" | "fractional";
  readonly topN: number;
  readonly bottomN: number;
  readonly strategyId: string;
  readonly modelVersion: string;
  /** What the venue was told to do, by the names of the flags. */
  readonly venue: Readonly<Record<string, string | number>>;
  /** By symbol, the fingerprint of the bars. */
  readonly bars: Readonly<Record<string, string>>;
}

/** An order of the run. */
export interface PaperOrder {
  /** At the close of this date it was entered. */
  readonly decidedOn: TradingDate;
  /** The first date on which a part of it was filled. */
  readonly filledOn: TradingDate | undefined;
  /** As it stood at the end. */
  readonly order: Order;
}

/** Days on which something was missing. */
export interface Gap {
  /** Of what; `undefined` when it is about all symbols. */
  readonly symbol: TradingSymbol | undefined;
  readonly reason: string;
  readonly from: TradingDate;
  readonly to: TradingDate;
  /** Days of the run from `from` to `to` on which it was so. */
  readonly days: number;
}

/** What came of a run. */
export interface PaperOutcome {
  /** Follows from the parameters. */
  readonly runId: string;
  readonly parameters: PaperParameters;
  readonly performance: Performance;
  /** In the order in which they were entered. */
  readonly orders: readonly PaperOrder[];
  readonly gaps: readonly Gap[];
  /** How often a symbol got no order, by reason. */
  readonly skips: Readonly<Record<string, number>>;
}

/**
 * Whether everything went as asked. It did not where an order was not filled
 * whole, or a symbol sat out on any day.
 */
export function isWhole({ orders, gaps }: PaperOutcome): boolean {
  return gaps.length === 0 &&
    orders.every(({ order }) => order.status === "filled");
}

/** How many orders there are of each status. */
export function countByStatus(
  orders: readonly PaperOrder[],
): ReadonlyMap<OrderStatus, number> {
  const counts = new Map<OrderStatus, number>();
  for (const { order: { status } } of orders) {
    counts.set(status, (counts.get(status) ?? 0) + 1);
  }
  return counts;
}

/** The days and reasons of gaps, as they come. */
export interface GapList {
  /** Notes that something is missing on `date`; dates ascend. */
  note(
    symbol: TradingSymbol | undefined,
    reason: string,
    date: TradingDate,
  ): void;
  /** What was noted: a row for each symbol and reason. */
  list(): readonly Gap[];
}

/** Creates an empty list. */
export function createGapList(): GapList {
  const gaps = new Map<string, Gap>();
  return {
    note(symbol, reason, date) {
      const key = `${symbol ?? ""}\n${reason}`;
      const { from = date, days = 0 } = gaps.get(key) ?? {};
      gaps.set(key, { symbol, reason, from, to: date, days: days + 1 });
    },
    list: () => [...gaps.values()],
  };
}
