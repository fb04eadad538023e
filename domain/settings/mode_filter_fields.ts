/**
 * The fields of a mode that say which trades are its own, and which are let
 * be.
 *
 * @module
 */
import type { ModeFieldTree } from "./field.ts";
import {
  between,
  byMode,
  choice,
  duration,
  flag,
  minutes,
  number,
  percent,
  RISK_LEVELS,
  timeframe,
  times,
  whole,
} from "./field_words.ts";

const PERCENT = between(0, 100);
const FRACTION = between(0, 1);
const FACTOR = between(0, 10);
const WEEK_MIN = between(0, 10_080);

/** How much a price moves, the least first. */
export const VOLATILITIES = ["low", "medium", "high", "extreme"] as const;

/** The groups assignment, funding_rate, risk, trend_divergence and mtf. */
export const MODE_FILTER_FIELDS: ModeFieldTree = {
  assignment: {
    volatility_min: choice(
      "low",
      byMode("high", "medium", "low", "low"),
      VOLATILITIES,
      "Calmest market that the mode is meant for",
    ),
    volatility_max: choice(
      "low",
      byMode("extreme", "high", "medium", "low"),
      VOLATILITIES,
      "Wildest market that the mode is meant for",
    ),
    expected_hold_min: duration(
      "low",
      byMode("0", "15m", "4h", "3d"),
      "Shortest time that a trade of the mode is expected to last",
    ),
    expected_hold_max: duration(
      "low",
      byMode("5m", "4h", "3d", "30d"),
      "Longest time that a trade of the mode is expected to last",
    ),
    confidence_min: percent(
      "low",
      byMode(50, 60, 65, 75),
      PERCENT,
      "Signals from this confidence on are given to the mode",
    ),
    confidence_max: percent(
      "low",
      byMode(70, 75, 85, 100),
      PERCENT,
      "Signals up to this confidence are given to the mode",
    ),
    risk_score_max: whole(
      "low",
      byMode(50, 45, 40, 30),
      PERCENT,
      "Highest risk score that the mode accepts",
      { unit: "points" },
    ),
    profit_potential_min: percent(
      "low",
      byMode(0.5, 1, 3, 5),
      PERCENT,
      "Smallest gain in sight that makes a trade one of the mode",
    ),
    profit_potential_max: percent(
      "low",
      byMode(2, 3, 8, 15),
      PERCENT,
      "Largest gain in sight that makes a trade one of the mode",
    ),
    requires_trend_align: flag(
      "low",
      byMode(false, false, true, true),
      "Whether a trade must go the way of the trend",
    ),
    priority_weight: times(
      "low",
      byMode(0.8, 1, 1.2, 1.5),
      between(0, 100),
      "How much the mode counts where several want the same trade",
    ),
  },
  funding_rate: {
    enabled: flag(
      "low",
      false,
      "Whether the price of holding a future is taken into account",
    ),
    max_funding_rate: percent(
      "low",
      0,
      PERCENT,
      "Rate above which positions are made smaller; 0 for no limit",
    ),
    exit_time_minutes: minutes(
      "low",
      0,
      WEEK_MIN,
      "How long before funding is due a dear position is closed",
    ),
    fee_threshold_percent: percent(
      "low",
      0,
      PERCENT,
      "Share of its gain that funding may cost a position",
    ),
    extreme_funding_rate: percent(
      "low",
      0,
      PERCENT,
      "Rate above which nothing is opened; 0 for no limit",
    ),
    high_rate_reduction: times(
      "low",
      0,
      FRACTION,
      "Factor on the size while the rate is high",
    ),
    elevated_rate_reduction: times(
      "low",
      0,
      FRACTION,
      "Factor on the size while the rate is raised",
    ),
    block_time_minutes: minutes(
      "low",
      0,
      WEEK_MIN,
      "How long before funding is due nothing is opened",
    ),
  },
  risk: {
    // The code of the facts leaves it empty, which is no level; their file
    // and their recommendation say moderate.
    risk_level: choice(
      "low",
      "moderate",
      RISK_LEVELS,
      "How much the mode dares",
    ),
    risk_multiplier_conservative: times(
      "low",
      0,
      FACTOR,
      "Factor on the risk taken at level conservative; 0 for not set",
    ),
    risk_multiplier_moderate: times(
      "low",
      0,
      FACTOR,
      "Factor on the risk taken at level moderate; 0 for not set",
    ),
    risk_multiplier_aggressive: times(
      "low",
      0,
      FACTOR,
      "Factor on the risk taken at level aggressive; 0 for not set",
    ),
    max_drawdown_percent: percent(
      "low",
      0,
      PERCENT,
      "Fall from its best balance that stops the mode; 0 for no limit",
      { recommendation: "Set one, such as 10" },
    ),
    max_daily_loss_percent: percent(
      "low",
      0,
      PERCENT,
      "Part of the balance that a day may cost; 0 for no limit",
      { recommendation: "Set one, such as 5" },
    ),
    min_adx: number(
      "low",
      0,
      PERCENT,
      "Trends weaker than this are not traded",
      { unit: "ADX points" },
    ),
  },
  trend_divergence: {
    enabled: flag(
      "low",
      false,
      "Whether timeframes that disagree are noticed",
    ),
    min_divergence_percent: percent(
      "low",
      0,
      PERCENT,
      "Disagreement of timeframes from which it counts",
    ),
    block_on_divergence: flag(
      "low",
      false,
      "Whether nothing is opened while timeframes disagree",
    ),
    divergence_weight: number(
      "low",
      0,
      FRACTION,
      "How much disagreement takes off the confidence",
      { unit: "fraction" },
    ),
  },
  mtf: {
    mtf_enabled: flag(
      "low",
      true,
      "Whether three timeframes vote on a trade",
    ),
    primary_timeframe: timeframe(
      "low",
      byMode("5m", "15m", "4h", "1d"),
      "Candle of the first vote",
    ),
    primary_weight: number(
      "low",
      byMode(0.4, 0.4, 0.45, 0.5),
      FRACTION,
      "What the first vote counts",
      { unit: "fraction" },
    ),
    secondary_timeframe: timeframe(
      "low",
      byMode("3m", "5m", "1h", "4h"),
      "Candle of the second vote",
    ),
    secondary_weight: number(
      "low",
      byMode(0.35, 0.35, 0.35, 0.3),
      FRACTION,
      "What the second vote counts",
      { unit: "fraction" },
    ),
    tertiary_timeframe: timeframe(
      "low",
      byMode("1m", "1m", "15m", "1h"),
      "Candle of the third vote",
    ),
    tertiary_weight: number(
      "low",
      byMode(0.25, 0.25, 0.2, 0.2),
      FRACTION,
      "What the third vote counts",
      { unit: "fraction" },
    ),
    min_consensus: whole(
      "low",
      2,
      between(1, 3),
      "How many votes must agree",
    ),
    min_weighted_strength: percent(
      "low",
      byMode(50, 60, 55, 50),
      PERCENT,
      "How strong the votes must be, weighed",
    ),
    trend_stability_check: flag(
      "low",
      true,
      "Whether a trend must have held for a while",
    ),
  },
};
