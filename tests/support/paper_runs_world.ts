/**
 * Paper runs over a few bars in memory, done when a test says so.
 *
 * @module
 */
import { createMemoryMarketData } from "../../adapters/memory/market_data.ts";
import type { Bars } from "../../domain/bars.ts";
import { ONE } from "../../domain/decimal.ts";
import { measurePerformance } from "../../domain/performance/performance.ts";
import { parseSymbol } from "../../domain/symbol.ts";
import { parseTradingDate } from "../../domain/trading_date.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Entropy } from "../../ports/entropy.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import type { PaperOutcome } from "../../src/apps/paper_run/outcome.ts";
import {
  createPaperRuns,
  type DoPaperRun,
  type PaperRuns,
} from "../../src/apps/paper_runs.ts";
import { weekdayBars } from "./market.ts";

/** A run that has been begun. */
export interface BegunRun {
  readonly wish: Parameters<DoPaperRun>[0];
  readonly hooks: Parameters<DoPaperRun>[1];
  readonly signal: AbortSignal;
  /** Ends it. */
  finish(outcome: PaperOutcome): void;
  /** Ends it badly. */
  fail(error: unknown): void;
}

/** Paper runs under a test's control. */
export interface PaperRunsWorld {
  readonly paperRuns: PaperRuns;
  /** The runs that have been begun, in order. */
  readonly begun: readonly BegunRun[];
}

/** Symbols of the world: ten weekdays up to 2026-01-02, and LATE's last two. */
export const BARS: ReadonlyMap<string, Bars> = new Map([
  ["AAA", weekdayBars({ length: 10 })],
  ["BBB", weekdayBars({ seed: 2, length: 10 })],
  ["LATE", weekdayBars({ seed: 3, length: 2 })],
]);

/** Creates the world; its runs do nothing by themselves, and end when aborted. */
export function createPaperRunsWorld(
  parts: {
    readonly clock: Clock;
    readonly entropy: Entropy;
    readonly telemetry: Pick<Telemetry, "log">;
  },
  bars: ReadonlyMap<string, Bars> = BARS,
): PaperRunsWorld {
  const begun: BegunRun[] = [];
  const paperRuns = createPaperRuns({
    ...parts,
    market: createMemoryMarketData(bars),
    defaults: { topN: 1, bottomN: 1 },
    doRun(wish, hooks, signal) {
      const { promise, resolve, reject } = Promise.withResolvers<
        PaperOutcome
      >();
      signal.addEventListener("abort", () => reject(signal.reason));
      begun.push({ wish, hooks, signal, finish: resolve, fail: reject });
      return promise;
    },
  });
  return { paperRuns, begun };
}

/** What came of a run of two days. */
export function anOutcome(part: Partial<PaperOutcome> = {}): PaperOutcome {
  const [from, to] = ["2026-01-01", "2026-01-02"].map(parseTradingDate);
  const symbol = parseSymbol("AAA");
  const capital = 100_000n * ONE;
  return {
    runId: "paper-0123456789abcdef",
    parameters: {
      symbols: [symbol],
      from: from!,
      to: to!,
      capital,
      maxPositionSize: capital,
      lots: "whole",
      topN: 1,
      bottomN: 0,
      strategyId: "alpha_baseline",
      modelVersion: "v1",
      venue: { slippage_bps: "0", commission_bps: "0", seed: "1" },
      bars: { AAA: "0123" },
    },
    performance: measurePerformance({
      capital,
      marks: [
        { date: from!, equity: capital },
        { date: to!, equity: capital - 50n * ONE },
      ],
      trades: [{
        symbol,
        date: to!,
        value: 1000n * ONE,
        closedPnl: undefined,
      }],
      holdings: [{
        symbol,
        qty: 10n * ONE,
        avgEntryPrice: 100n * ONE,
        currentPrice: 95n * ONE,
        unrealizedPnl: -50n * ONE,
        realizedPnl: 0n,
        commission: 0n,
      }],
    }),
    orders: [],
    gaps: [],
    skips: {},
    ...part,
  };
}
