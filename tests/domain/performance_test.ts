/**
 * The figures of a run, from books that are small enough to be done by hand.
 *
 * @module
 */
import { type Decimal, parseDecimal } from "../../domain/decimal.ts";
import {
  equityCurve,
  type Mark,
  maxDrawdown,
} from "../../domain/performance/equity_curve.ts";
import {
  type Holding,
  measurePerformance,
  type Trade,
} from "../../domain/performance/performance.ts";
import { variationOf } from "../../domain/performance/returns.ts";
import { parseSymbol } from "../../domain/symbol.ts";
import { dateOfEpochDay } from "../../domain/trading_date.ts";
import { deepEqual, equal, ok } from "../support/assert.ts";

const money = (text: string | number): Decimal => parseDecimal(text)!;

/** Marks of days that follow each other. */
const marks = (...equities: readonly (string | number)[]): readonly Mark[] =>
  equities.map((equity, i) => ({
    date: dateOfEpochDay(20_000 + i),
    equity: money(equity),
  }));

const trade = (
  symbol: string,
  value: number,
  closedPnl?: number,
): Trade => ({
  symbol: parseSymbol(symbol),
  date: dateOfEpochDay(20_000),
  value: money(value),
  closedPnl: closedPnl === undefined ? undefined : money(closedPnl),
});

const holding = (
  symbol: string,
  qty: number,
  realized: string,
  unrealized: string,
): Holding => ({
  symbol: parseSymbol(symbol),
  qty: money(qty),
  avgEntryPrice: money(qty === 0 ? 0 : 10),
  currentPrice: money(11),
  unrealizedPnl: money(unrealized),
  realizedPnl: money(realized),
  commission: money("0.3"),
});

const NOTHING = { marks: [], trades: [], holdings: [] };

/** Whether a figure is what the hand calculation says, to nine digits. */
function close(actual: number | undefined, expected: number): void {
  ok(
    actual !== undefined && Math.abs(actual - expected) < 1e-9,
    `${actual} is not ${expected}`,
  );
}

Deno.test("performance: the drawdown is counted from the highest equity so far", () => {
  const curve = equityCurve(money(100), marks(100, 120, 90, 110, 130, 117));
  deepEqual(
    curve.map(({ drawdown }) => drawdown),
    [0, 0, 30, 10, 0, 13].map(money),
  );
  close(curve[2]!.drawdownShare, 0.25);
  deepEqual(maxDrawdown(curve), { amount: money(30), share: 0.25 });
});

Deno.test("performance: the first day may already be below the capital", () => {
  const curve = equityCurve(money(100), marks(95, 99));
  deepEqual(maxDrawdown(curve), { amount: money(5), share: 0.05 });
});

Deno.test("performance: the largest drawdown and the largest share may be of two days", () => {
  // 40 of 100 is more of it than 50 of 200 is.
  const curve = equityCurve(money(100), marks(100, 60, 200, 150));
  deepEqual(maxDrawdown(curve), { amount: money(50), share: 0.4 });
});

Deno.test("performance: volatility and Sharpe are those of the sample, annual", () => {
  // Returns 0.1, -0.1, 0.1: mean 1/30, deviation root of 4/300.
  const { volatility, sharpe } = variationOf(marks(100, 110, 99, "108.9"));
  const deviation = Math.sqrt(0.04 / 3);
  close(volatility, deviation * Math.sqrt(252));
  close(sharpe, (1 / 30) / deviation * Math.sqrt(252));
});

Deno.test("performance: what cannot be told is not told", () => {
  const none = { volatility: undefined, sharpe: undefined };
  deepEqual(variationOf(marks(100, 110)), none);
  deepEqual(variationOf(marks(100, 0, 50, 60)), none);
  deepEqual(variationOf(marks(100, 100, 100)), {
    volatility: 0,
    sharpe: undefined,
  });
  const empty = measurePerformance({ capital: money(100), ...NOTHING });
  equal(empty.turnover, undefined);
  equal(empty.annualTurnover, undefined);
  equal(empty.hitRate, undefined);
  deepEqual(empty.drawdown, { amount: 0n, share: 0 });
});

Deno.test("performance: closed positions count like open ones", () => {
  const run = measurePerformance({
    capital: money(1000),
    ...NOTHING,
    holdings: [
      holding("BBB", 0, "-7.7", "0"),
      holding("AAA", 5, "12.345678901234", "5"),
    ],
  });
  equal(run.realizedPnl, money("4.645678901234"));
  equal(run.unrealizedPnl, money(5));
  equal(run.totalPnl, money("9.645678901234"));
  equal(run.commission, money("0.6"));
  close(run.totalReturn, 0.009645678901);
  deepEqual(
    run.perSymbol.map(({ symbol, status }) => [symbol, status]),
    [["AAA", "open"], ["BBB", "closed"]],
  );
  deepEqual([run.openCount, run.closedCount], [1, 1]);
});

Deno.test("performance: turnover is what was traded over the mean equity, a year has 252 days", () => {
  const run = measurePerformance({
    capital: money(1000),
    marks: marks(1000, 1200, 800, 1000),
    trades: [trade("AAA", 300), trade("BBB", 200)],
    holdings: [holding("AAA", 1, "0", "0"), holding("BBB", 1, "0", "0")],
  });
  equal(run.tradedValue, money(500));
  close(run.turnover, 0.5);
  close(run.annualTurnover, 0.5 * 252 / 4);
  deepEqual(run.perSymbol.map(({ tradeCount }) => tradeCount), [1, 1]);
});

Deno.test("performance: a hit is a closing trade that earned more than its commission", () => {
  const { closingCount, hitRate } = measurePerformance({
    capital: money(1000),
    ...NOTHING,
    trades: [
      trade("AAA", 10),
      trade("AAA", 10, 3),
      trade("AAA", 10, 0),
      trade("BBB", 10, -2),
      trade("BBB", 10, 1),
    ],
  });
  equal(closingCount, 4);
  close(hitRate, 0.5);
});
