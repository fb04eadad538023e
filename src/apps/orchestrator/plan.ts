/**
 * The plan of a run: everything that it is going to do, before it does any of
 * it.
 *
 * @module
 */
import type { Decimal } from "../../../domain/decimal.ts";
import {
  type Holding,
  planMoves,
  type Wanted,
} from "../../../domain/rebalance/moves.ts";
import type { Run, RunLine, RunTerms } from "../../../domain/rebalance/run.ts";
import type { TradingSymbol } from "../../../domain/symbol.ts";
import type { UserId } from "../../../domain/user_id.ts";
import { hasCode } from "../../../ports/port_error.ts";
import type { SignalSet } from "../../../ports/signal_source.ts";
import type { Prices } from "../../services/prices.ts";
import { orderIdOf } from "./ids.ts";
import { inTurns } from "../../services/in_turns.ts";

/** What a plan follows from. */
export interface Situation {
  /** The id of the run. */
  readonly id: string;
  /** Whose. */
  readonly user: UserId;
  /** Which plan of it, from 1. */
  readonly attempt: number;
  /** What was asked for. */
  readonly terms: RunTerms;
  /** The signals. */
  readonly set: SignalSet;
  /** What a unit costs, where somebody knows. */
  readonly prices: ReadonlyMap<TradingSymbol, Decimal>;
  /** What is held. */
  readonly holdings: ReadonlyMap<TradingSymbol, Holding>;
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
}

/** Makes the plan. */
export function planRun(situation: Situation): Run {
  const { id, user, attempt, terms, set, prices, holdings, now } = situation;
  const { strategyId, asOf, modelVersion, signals } = set;
  const wanted = signals.map(({ symbol, targetWeight }): Wanted => ({
    symbol,
    weight: targetWeight,
    price: prices.get(symbol),
  }));
  const moves = planMoves(wanted, holdings, terms);
  const name = { user, strategyId, asOf };
  const bySymbol = new Map(signals.map((one) => [one.symbol, one]));
  const lines = moves.map(({ trade, ...move }, i): RunLine => {
    const { symbol } = move;
    const { predictedReturn, rank, targetWeight } = bySymbol.get(symbol)!;
    // Of two of a symbol the first one closes.
    const isClose = moves[i + 1]?.symbol === symbol;
    const order = trade &&
      { id: orderIdOf(name, { symbol, attempt, isClose }), ...trade };
    const price = prices.get(symbol);
    return { ...move, predictedReturn, rank, targetWeight, price, order };
  });
  return {
    id,
    strategyId,
    asOf,
    terms,
    modelVersion,
    attempt,
    lines,
    startedAt: now,
    isDryRun: false,
  };
}

/**
 * The prices of the symbols that have a weight; those that have no usable bars
 * are left out.
 *
 * @throws {PortError} What else the prices throw.
 */
export async function readPrices(
  prices: Prices,
  { signals }: SignalSet,
  concurrency: number,
  signal?: AbortSignal,
): Promise<ReadonlyMap<TradingSymbol, Decimal>> {
  const found = new Map<TradingSymbol, Decimal>();
  const weighed = signals.filter(({ targetWeight }) => targetWeight !== 0);
  await inTurns(weighed, concurrency, async ({ symbol }) => {
    try {
      const { price } = await prices.latest(symbol, signal);
      found.set(symbol, price);
    } catch (error) {
      if (!hasCode(error, "not_found", "corrupt", "quarantined")) throw error;
    }
  });
  return found;
}
