/**
 * The signal service in another process.
 *
 * @module
 */
import { z } from "zod";
import type { TradingSymbol } from "../../domain/symbol.ts";
import type { TradingDate } from "../../domain/trading_date.ts";
import type { SignalSet, SignalSource } from "../../ports/signal_source.ts";
import type { HttpClient } from "./client.ts";
import { readAnswer } from "./read_answer.ts";

const Signals = z.object({
  signals: z.array(z.object({
    symbol: z.string(),
    predicted_return: z.number(),
    score: z.number(),
    rank: z.int(),
    target_weight: z.number(),
  })),
  metadata: z.object({
    as_of_date: z.iso.date(),
    model_version: z.string(),
    strategy: z.string(),
    top_n: z.int(),
    bottom_n: z.int(),
  }),
});

/** Creates the source over `client`. */
export function createHttpSignalSource(client: HttpClient): SignalSource {
  return {
    async signals({ symbols, asOf, topN, bottomN, publish }, signal) {
      const { json } = await client.ask({
        method: "POST",
        path: "/api/v1/signals/generate",
        body: {
          symbols,
          as_of_date: asOf,
          top_n: topN,
          bottom_n: bottomN,
          publish,
        },
      }, signal);
      return signalSetOf(readAnswer(Signals, json, "signals"));
    },
  };
}

function signalSetOf(
  { signals, metadata }: z.infer<typeof Signals>,
): SignalSet {
  return {
    signals: signals.map((one) => ({
      symbol: one.symbol as TradingSymbol,
      score: one.score,
      predictedReturn: one.predicted_return,
      rank: one.rank,
      targetWeight: one.target_weight,
    })),
    asOf: metadata.as_of_date as TradingDate,
    strategyId: metadata.strategy,
    modelVersion: metadata.model_version,
    topN: metadata.top_n,
    bottomN: metadata.bottom_n,
  };
}
