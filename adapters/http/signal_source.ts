/**
 * The signal service in another process.
 *
 * @module
 */
import { z } from "zod";
import type { TradingSymbol } from "../../domain/symbol.ts";
import { PortError } from "../../ports/port_error.ts";
import type { SignalSet, SignalSource } from "../../ports/signal_source.ts";
import type { HttpClient } from "./client.ts";
import { DateText, readAnswer, SymbolText } from "./read_answer.ts";

const Signals = z.object({
  signals: z.array(z.object({
    symbol: SymbolText,
    predicted_return: z.number(),
    score: z.number(),
    rank: z.int(),
    target_weight: z.number().min(-1).max(1),
  })),
  metadata: z.object({
    as_of_date: DateText,
    model_version: z.string(),
    strategy: z.string(),
    top_n: z.int(),
    bottom_n: z.int(),
  }),
});

/**
 * Creates the source over `client`. Signals that are not one of each symbol
 * asked for, or whose weights are no shares, are `corrupt`.
 */
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
      const answer = readAnswer(Signals, json, "signals");
      checkSymbols(answer.signals, symbols);
      return signalSetOf(answer);
    },
  };
}

/** Refuses signals that are not one of each of `asked`. */
function checkSymbols(
  signals: readonly { readonly symbol: TradingSymbol }[],
  asked: readonly TradingSymbol[],
): void {
  const told = signals.map(({ symbol }) => symbol);
  if (told.toSorted().join() === asked.toSorted().join()) return;
  throw new PortError(
    "corrupt",
    `Cannot use the signals of another process as they must be one of each of the ${asked.length} symbols asked for: current value is a list of ${told.length}`,
  );
}

function signalSetOf(
  { signals, metadata }: z.infer<typeof Signals>,
): SignalSet {
  return {
    signals: signals.map((one) => ({
      symbol: one.symbol,
      score: one.score,
      predictedReturn: one.predicted_return,
      rank: one.rank,
      targetWeight: one.target_weight,
    })),
    asOf: metadata.as_of_date,
    strategyId: metadata.strategy,
    modelVersion: metadata.model_version,
    topN: metadata.top_n,
    bottomN: metadata.bottom_n,
  };
}
