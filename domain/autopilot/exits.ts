/**
 * Where a position ends: its stop loss and its take profits.
 *
 * @module
 */
import type { Bars } from "../bars.ts";
import type { Side } from "./confidence.ts";
import {
  type Decimal,
  formatDecimal,
  ONE,
  over,
  parseDecimal,
  roundTo,
  times,
} from "../decimal.ts";
import type { AtrDistance, ExitSettings } from "./settings.ts";

/** Bars that an average true range is taken over. */
export const ATR_ROWS = 14;

/** Decimals of a price. */
const PRICE_PLACES = 8;

/** A part of a position that takes its profit. */
export interface Target {
  /** At which price. */
  readonly price: string;
  /** Percent of the position. */
  readonly percent: number;
}

/** Where a position ends. */
export interface Exits {
  /** Price at which all of it is closed at a loss. */
  readonly stop: string;
  /** Where it takes its profit, the nearest first. */
  readonly targets: readonly Target[];
  /** What the distances come from. */
  readonly basis: "percent" | "roi" | "atr";
}

/** What exits follow from. */
export interface EntryPoint {
  /** Which way the position gains. */
  readonly side: Side;
  /** The price of the entry. */
  readonly price: Decimal;
  /** How many times its margin the position is worth. */
  readonly leverage: Decimal;
  /** The average true range in percent of the price, where bars give one. */
  readonly atrPercent: number | undefined;
}

/**
 * The mean true range of the newest bars in percent of the newest close, over
 * `ATR_ROWS` of them or as many as there are. The true range of a bar is what
 * it spans together with the close before it. `undefined` when no bar has one.
 */
export function atrPercentOf(bars: Bars): number | undefined {
  const { length, high, low, close } = bars;
  const ranges: number[] = [];
  for (let row = Math.max(0, length - ATR_ROWS); row < length; row++) {
    const before = row > 0 && Number.isFinite(close[row - 1]!)
      ? [close[row - 1]!]
      : [];
    const range = Math.max(high[row]!, ...before) -
      Math.min(low[row]!, ...before);
    if (Number.isFinite(range)) ranges.push(range);
  }
  const mean = ranges.reduce((a, b) => a + b, 0) / ranges.length;
  const percent = 100 * mean / close[length - 1]!;
  return Number.isFinite(percent) && percent > 0 ? percent : undefined;
}

/**
 * Stop and targets, or why there are none, the end of a sentence.
 *
 * Each distance is, by precedence: `multiplier` average true ranges, between
 * its bounds, where that is set; the gain or loss on the margin / leverage,
 * where those count; the percent that the mode names. A stop lies below the
 * entry of a long and above that of a short, targets on the other side. With
 * several targets their gains are `tp_gain_levels` when the take profit is a
 * percent and there is one for each, else they divide the way to the take
 * profit evenly. One of them must not be nearer than the stop: who risks more
 * than he can gain has set something else than he meant.
 */
export function exitsOf(
  settings: ExitSettings,
  entry: EntryPoint,
): Exits | string {
  const isByRange = settings.atrStop.multiplier > 0n ||
    settings.atrTake.multiplier > 0n;
  if (isByRange && entry.atrPercent === undefined) {
    return "the bars give no average true range for the exits";
  }
  const { roi } = settings;
  if (roi && entry.leverage <= 0n) return "exits on margin need a leverage";
  const stopAway = rangeAway(settings.atrStop, entry) ??
    (roi ? over(roi.stopLoss, entry.leverage) : settings.stopLoss);
  const far = rangeAway(settings.atrTake, entry) ??
    (roi ? over(roi.takeProfit, entry.leverage) : undefined);
  if (stopAway <= 0n) return "no stop loss is set";
  const away = (percent: Decimal, direction: bigint): Decimal =>
    roundTo(
      times(entry.price, ONE + direction * percent / 100n),
      PRICE_PLACES,
    );
  const gain = entry.side === "long" ? 1n : -1n;
  const stop = away(stopAway, -gain);
  const steps = stepsOf(settings, far);
  const targets = steps.map(({ percent, share }) => ({
    at: away(percent, gain),
    share,
  }));
  const isBeyond = (at: Decimal) =>
    entry.side === "long" ? at > entry.price : at < entry.price;
  if (targets.length === 0) return "no take profit is set";
  if (stop <= 0n || targets.some(({ at }) => at <= 0n)) {
    return "an exit would lie at a price of 0 or below";
  }
  if (isBeyond(stop) || stop === entry.price) {
    return "the stop loss is too near to tell it from the entry";
  }
  if (!targets.every(({ at }) => isBeyond(at))) {
    return "a take profit would earn nothing";
  }
  if (steps.every(({ percent }) => percent < stopAway)) {
    return "every take profit is nearer than the stop loss";
  }
  return {
    stop: formatDecimal(stop),
    targets: targets.map(({ at, share }) => ({
      price: formatDecimal(at),
      percent: share,
    })),
    basis: isByRange ? "atr" : roi ? "roi" : "percent",
  };
}

/** The distance in percent, where average true ranges are in use. */
function rangeAway(
  { multiplier, min, max }: AtrDistance,
  { atrPercent }: EntryPoint,
): Decimal | undefined {
  const range = parseDecimal(atrPercent);
  if (multiplier <= 0n || range === undefined) return undefined;
  const wanted = times(multiplier, range);
  if (max > 0n && wanted > max) return max;
  return wanted < min ? min : wanted;
}

/** The gains, in percent, and the shares of the position that take them. */
function stepsOf(
  settings: ExitSettings,
  far: Decimal | undefined,
): readonly { readonly percent: Decimal; readonly share: number }[] {
  const { isSingle, singleTakeProfit, takeProfit, gains } = settings;
  if (isSingle) return [{ percent: far ?? singleTakeProfit, share: 100 }];
  const shares = settings.allocations.filter((share) => share > 0);
  const isNamed = far === undefined && gains.length >= shares.length;
  return shares.map((share, i) => ({
    share,
    percent: isNamed
      ? parseDecimal(gains[i]) ?? 0n
      : (far ?? takeProfit) * BigInt(i + 1) / BigInt(shares.length),
  }));
}
