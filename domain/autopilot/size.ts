/**
 * How large a position is.
 *
 * @module
 */
import {
  cutTo,
  type Decimal,
  divideRounded,
  formatDecimal,
  least,
  ONE,
  parseDecimal,
  times,
} from "../decimal.ts";
import type { ModeCapital, ModeSettings, TradingSettings } from "./settings.ts";

/** What a size follows from. */
export interface SizeInput {
  /** From 0 to 100. */
  readonly confidence: number;
  /** What the mode says. */
  readonly mode: ModeSettings;
  /** What the mode may use. */
  readonly capital: ModeCapital;
  /** What all modes may use, and how much the user dares. */
  readonly trading: TradingSettings;
  /** What the mode has in use, in USD. */
  readonly inUse: Decimal;
}

/**
 * The size in USD, or why there is none, the end of a sentence.
 *
 * ```
 * free = max_usd_allocation × mode percent / 100 − in use
 * base = base_size_usd, or usd_per_position where that is 0
 * most = the less of max_size_usd (where not 0) and usd_per_position
 * by   = size_multiplier_lo + (hi − lo) × (confidence − min) / (100 − min)
 * size = the least of base × by × risk multiplier, most, free × safety_margin,
 *        cut to cents
 * ```
 *
 * Sizes are what a position is worth, not the margin that it binds: leverage
 * makes none larger.
 */
export function sizeOf(input: SizeInput): Decimal | string {
  const { mode: { size }, capital, trading } = input;
  const { usdPerPosition } = capital;
  const allocated = allocatedOf(trading, capital);
  const free = allocated - input.inUse;
  if (free <= 0n || free < size.minBalanceUsd) {
    return `${usd(free < 0n ? 0n : free)} of its ${usd(allocated)} are left: ` +
      `at least ${usd(size.minBalanceUsd)} are needed`;
  }
  const base = size.baseUsd > 0n ? size.baseUsd : usdPerPosition;
  const most = size.maxUsd > 0n
    ? least(size.maxUsd, usdPerPosition)
    : usdPerPosition;
  const dared = times(base, size.riskMultipliers[trading.riskLevel]);
  const wanted = multiplied(dared, input);
  const fit = cutTo(least(wanted, most, times(free, size.safetyMargin)), 2);
  if (fit <= 0n || fit < size.minPositionUsd) {
    return `a position would have ${usd(fit)}: ` +
      `at least ${usd(size.minPositionUsd)} are needed`;
  }
  return fit;
}

/** USD that a mode may use. */
export function allocatedOf(
  { maxUsdAllocation }: TradingSettings,
  { percent }: ModeCapital,
): Decimal {
  return times(maxUsdAllocation, percent) / 100n;
}

/** `amount` times what lies between the two multipliers, with one rounding. */
function multiplied(amount: Decimal, { confidence, mode }: SizeInput): Decimal {
  const { multiplierLo: lo, multiplierHi: hi } = mode.size;
  const [from, sure] = [mode.minConfidence, confidence].map((percent) =>
    parseDecimal(Math.min(100, percent)) ?? 0n
  ) as [Decimal, Decimal];
  const span = 100n * ONE - from;
  if (span <= 0n) return times(amount, hi);
  const part = sure > from ? sure - from : 0n;
  return divideRounded(amount * (lo * span + (hi - lo) * part), ONE * span);
}

function usd(value: Decimal): string {
  return `${formatDecimal(cutTo(value, 2))} USD`;
}
