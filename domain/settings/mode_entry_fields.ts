/**
 * The fields of a mode that say when to enter, how large, and when to pause.
 *
 * @module
 */
import type { ModeFieldTree } from "./field.ts";
import {
  between,
  byMode,
  flag,
  minutes,
  number,
  percent,
  timeframe,
  times,
  usd,
  whole,
  ZERO_IS_DANGEROUS,
} from "./field_words.ts";

const USD = between(0, 1_000_000);
const PERCENT = between(0, 100);
const COUNT = between(0, 10_000);

/** The groups timeframe, confidence, size and circuit_breaker of a mode. */
export const MODE_ENTRY_FIELDS: ModeFieldTree = {
  enabled: flag(
    "high",
    byMode(false, true, true, true),
    "Whether the autopilot may trade in this mode at all",
    {
      impact: "high: the mode starts or stops opening positions",
      recommendation: "Enable one mode at a time, ultra last",
    },
  ),
  timeframe: {
    trend_timeframe: timeframe(
      "low",
      byMode("5m", "15m", "1h", "4h"),
      "Candle on which the direction of the market is judged",
    ),
    entry_timeframe: timeframe(
      "low",
      byMode("1m", "5m", "15m", "1h"),
      "Candle on which the moment of an entry is chosen",
    ),
    analysis_timeframe: timeframe(
      "low",
      byMode("1m", "15m", "4h", "1d"),
      "Candle on which indicators are computed",
    ),
  },
  confidence: {
    min_confidence: percent(
      "high",
      byMode(50, 60, 65, 75),
      PERCENT,
      "Signals less certain than this open nothing",
      {
        ...ZERO_IS_DANGEROUS,
        impact: "high: a low value trades on signals near chance",
        recommendation: "Stay at 50 or above",
      },
    ),
    high_confidence: percent(
      "high",
      byMode(70, 75, 80, 85),
      PERCENT,
      "From here on a signal counts as strong",
    ),
    ultra_confidence: percent(
      "high",
      byMode(85, 88, 90, 92),
      PERCENT,
      "From here on a signal counts as very strong",
    ),
  },
  size: {
    base_size_usd: usd(
      "high",
      0,
      USD,
      "Usual size of a position; 0 until the user has chosen one",
      {
        impact: "high: every gain and loss grows with it",
        recommendation: "Begin with an amount that you can lose",
      },
    ),
    max_size_usd: usd(
      "high",
      0,
      USD,
      "Largest size of a position; 0 until the user has chosen one",
      {
        impact: "high: bounds what one bad trade can cost",
        recommendation: "At most three times base_size_usd",
      },
    ),
    max_positions: whole(
      "high",
      byMode(5, 4, 3, 2),
      between(0, 1_000),
      "Most positions of this mode that are open at once",
    ),
    leverage: whole(
      "high",
      byMode(10, 8, 5, 3),
      between(1, 125),
      "How many times its margin a position is worth",
      {
        ...ZERO_IS_DANGEROUS,
        unit: "x",
        impact: "high: at 100x a move of 1 % takes the whole margin",
        recommendation: "Keep at 10 or below",
      },
    ),
    size_multiplier_lo: times(
      "medium",
      1,
      between(0, 100),
      "Factor on the size for the weakest accepted signal",
    ),
    size_multiplier_hi: times(
      "medium",
      byMode(1.5, 1.8, 2, 2.5),
      between(0, 100),
      "Factor on the size for the strongest signal",
    ),
    safety_margin: number(
      "medium",
      byMode(0.9, 0.9, 0.9, 0.85),
      between(0, 1),
      "Part of the free balance that positions may use",
      { unit: "fraction" },
    ),
    min_balance_usd: usd(
      "medium",
      byMode(25, 25, 50, 100),
      USD,
      "With less balance than this the mode opens nothing",
      ZERO_IS_DANGEROUS,
    ),
    min_position_size_usd: usd(
      "medium",
      byMode(10, 10, 15, 25),
      USD,
      "Positions smaller than this are not worth opening",
    ),
    risk_multiplier_conservative: times(
      "medium",
      byMode(0.6, 0.6, 0.5, 0.4),
      between(0, 10),
      "Factor on the size for a conservative user",
    ),
    risk_multiplier_moderate: times(
      "medium",
      byMode(0.8, 0.8, 0.7, 0.6),
      between(0, 10),
      "Factor on the size for a moderate user",
    ),
    risk_multiplier_aggressive: times(
      "medium",
      byMode(1, 1, 0.9, 0.8),
      between(0, 10),
      "Factor on the size for an aggressive user",
    ),
    confidence_multiplier_base: times(
      "high",
      0.5,
      between(0, 10),
      "Factor on the size that a signal of no confidence would get",
    ),
    confidence_multiplier_scale: times(
      "medium",
      0.7,
      between(0, 10),
      "What full confidence adds to the factor on the size",
    ),
    auto_size_enabled: flag(
      "medium",
      false,
      "Whether the size follows from the balance instead of base_size_usd",
    ),
    auto_size_min_cover_fee: usd(
      "medium",
      byMode(15, 15, 20, 25),
      USD,
      "Least automatic size, so that a gain outweighs its fees",
    ),
  },
  circuit_breaker: {
    max_loss_per_hour: usd(
      "high",
      byMode(20, 40, 80, 150),
      USD,
      "Loss within an hour that pauses the mode; 0 for no limit",
      {
        ...ZERO_IS_DANGEROUS,
        impact: "high: without it a bad hour goes on",
        recommendation: "At most 2 % of the balance",
      },
    ),
    max_loss_per_day: usd(
      "high",
      byMode(50, 100, 200, 400),
      USD,
      "Loss within a day that pauses the mode; 0 for no limit",
      {
        ...ZERO_IS_DANGEROUS,
        impact: "high: without it a bad day goes on",
        recommendation: "At most 5 % of the balance",
      },
    ),
    max_consecutive_losses: whole(
      "medium",
      byMode(3, 5, 7, 10),
      COUNT,
      "Losses in a row that pause the mode; 0 for no limit",
      ZERO_IS_DANGEROUS,
    ),
    cooldown_minutes: minutes(
      "medium",
      byMode(15, 30, 60, 120),
      between(0, 10_080),
      "How long a paused mode stays paused",
      ZERO_IS_DANGEROUS,
    ),
    max_trades_per_minute: whole(
      "medium",
      byMode(5, 3, 2, 1),
      COUNT,
      "Most entries of the mode a minute; 0 for no limit",
      ZERO_IS_DANGEROUS,
    ),
    max_trades_per_hour: whole(
      "medium",
      byMode(30, 20, 10, 5),
      COUNT,
      "Most entries of the mode an hour; 0 for no limit",
      ZERO_IS_DANGEROUS,
    ),
    max_trades_per_day: whole(
      "medium",
      byMode(100, 50, 20, 10),
      COUNT,
      "Most entries of the mode a day; 0 for no limit",
      ZERO_IS_DANGEROUS,
    ),
    win_rate_check_after: whole(
      "medium",
      byMode(10, 15, 20, 25),
      COUNT,
      "Closed trades after which the win rate counts; 0 for never",
      ZERO_IS_DANGEROUS,
    ),
    min_win_rate: percent(
      "medium",
      byMode(45, 50, 55, 60),
      PERCENT,
      "Share of winning trades below which the mode pauses",
      ZERO_IS_DANGEROUS,
    ),
  },
};
