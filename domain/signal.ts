/**
 * From scores to ranks and target weights.
 *
 * @module
 */
import type { TradingSymbol } from "./symbol.ts";

/** Standard deviation that predicted returns are scaled to. */
export const PREDICTED_RETURN_STD = 0.02;

/** What the model says of one symbol. */
export interface Score {
  /** The symbol scored. */
  readonly symbol: TradingSymbol;
  /** The model's output as it is. */
  readonly score: number;
}

/** A symbol's place among those that were asked for. */
export interface Signal extends Score {
  /**
   * The score brought to the scale of daily returns: mean 0 and population
   * standard deviation 0.02 over the symbols of the request. A single symbol
   * keeps its score; equal scores are all 0.
   */
  readonly predictedReturn: number;
  /** 1 is the highest; equal scores share a rank and the next one follows on. */
  readonly rank: number;
  /** Share of the capital: above 0 long, below 0 short. */
  readonly targetWeight: number;
}

/**
 * Ranks `scores` and gives the `topN` highest +1/topN each and the `bottomN`
 * lowest -1/bottomN each; the others get 0.
 *
 * Equal scores stand in the order given, both when ranked and when the ends
 * are filled, so that the same request always gives the same weights. Where
 * the ends overlap, a symbol in both is short.
 *
 * @returns The signals, highest first.
 */
export function rankSignals(
  scores: readonly Score[],
  topN: number,
  bottomN: number,
): readonly Signal[] {
  const returns = scaleToReturns(scores.map(({ score }) => score));
  const order = scores.map((_, i) => i).sort((a, b) =>
    scores[b]!.score - scores[a]!.score || a - b
  );
  let rank = 0;
  return order.map((index, place) => {
    const { symbol, score } = scores[index]!;
    const before = place === 0 ? undefined : scores[order[place - 1]!]!.score;
    if (score !== before) rank++;
    const isShort = place >= scores.length - bottomN;
    const isLong = place < topN;
    const targetWeight = isShort ? -1 / bottomN : isLong ? 1 / topN : 0;
    return {
      symbol,
      score,
      predictedReturn: returns[index]!,
      rank,
      targetWeight,
    };
  });
}

function scaleToReturns(scores: readonly number[]): readonly number[] {
  if (scores.length < 2) return scores;
  // Counted from one of them, equal scores have no deviation at all.
  const base = scores[0]!;
  const mean = base +
    scores.reduce((sum, score) => sum + (score - base), 0) / scores.length;
  // Multiplied out: `**` may differ in the last bit once it is compiled.
  const squares = scores.map((score) => (score - mean) * (score - mean));
  const variance = squares.reduce((sum, square) => sum + square, 0) /
    scores.length;
  const std = Math.sqrt(variance);
  if (std <= 1e-10) return scores.map(() => 0);
  return scores.map((score) => (score - mean) / std * PREDICTED_RETURN_STD);
}

/** How many symbols to hold at each end. */
export interface Ends {
  /** Symbols to be long. */
  readonly topN: number;
  /** Symbols to be short. */
  readonly bottomN: number;
}

/**
 * Fills in the ends that a request leaves open: the defaults, made smaller
 * where there are too few symbols for both, the larger one first. What a
 * request asks for explicitly is never changed.
 *
 * @returns The ends, or `undefined` when the request asks for more symbols
 * than there are.
 */
export function chooseEnds(
  symbolCount: number,
  asked: { readonly topN?: number; readonly bottomN?: number },
  defaults: Ends,
): Ends | undefined {
  const half = Math.floor(symbolCount / 2);
  const leftBy = (end: keyof Ends) =>
    asked[end] === undefined
      ? Math.max(half, symbolCount - defaults[end])
      : Math.max(0, symbolCount - asked[end]);
  const topN = asked.topN ?? Math.min(defaults.topN, leftBy("bottomN"));
  const bottomN = asked.bottomN ?? Math.min(defaults.bottomN, leftBy("topN"));
  return topN + bottomN > symbolCount ? undefined : { topN, bottomN };
}
