/**
 * The fields of scalp re-entry: take profit in steps, and enter again when
 * the price comes back.
 *
 * @module
 */
import type { FieldTree } from "./field.ts";
import {
  above,
  between,
  flag,
  number,
  percent,
  seconds,
  usd,
  whole,
  ZERO_IS_DANGEROUS,
} from "./field_words.ts";
import { SCALP_HEDGE_FIELDS } from "./scalp_hedge_fields.ts";

const PERCENT = between(0, 100);
const LEVEL = above(0, 10);
const COUNT = between(0, 10_000);
const WEEK_S = between(0, 604_800);

const TAKE_PROFIT: FieldTree = {
  tp1_percent: percent("medium", 0.4, LEVEL, "Gain of the first take profit"),
  tp1_sell_percent: percent(
    "medium",
    30,
    above(0, 50),
    "Share of the position that the first take profit sells",
  ),
  tp2_percent: percent("medium", 0.7, LEVEL, "Gain of the second take profit"),
  tp2_sell_percent: percent(
    "medium",
    50,
    above(0, 80),
    "Share of what is left that the second take profit sells",
  ),
  tp3_percent: percent("medium", 1, LEVEL, "Gain of the third take profit"),
  tp3_sell_percent: percent(
    "medium",
    80,
    above(0, 100),
    "Share of what is left that the third take profit sells",
  ),
};

const REENTRY: FieldTree = {
  reentry_percent: percent(
    "low",
    80,
    between(50, 100),
    "Share of what was sold that a re-entry buys back",
  ),
  reentry_price_buffer: percent(
    "low",
    0.05,
    between(0, 1),
    "How near the price must come to break-even for a re-entry",
  ),
  max_reentry_attempts: whole(
    "low",
    3,
    between(0, 100),
    "How often a re-entry is tried after one take profit",
  ),
  reentry_timeout_sec: seconds(
    "low",
    300,
    WEEK_S,
    "How long a re-entry is waited for",
  ),
  final_trailing_percent: percent(
    "low",
    5,
    PERCENT,
    "Distance at which a stop follows the last part of a position",
  ),
  final_hold_min_percent: percent(
    "low",
    20,
    PERCENT,
    "Share of the position that is kept for the last part at least",
  ),
};

const PROTECTION: FieldTree = {
  dynamic_sl_max_loss_pct: percent(
    "medium",
    40,
    PERCENT,
    "Share of the gain so far that the moving stop may give back",
  ),
  dynamic_sl_protect_pct: percent(
    "medium",
    60,
    PERCENT,
    "Share of the gain so far that the moving stop keeps",
    {
      ...ZERO_IS_DANGEROUS,
      impact: "medium: a low share lets gains already made go again",
      recommendation: "Stay at 50 or above",
    },
  ),
  dynamic_sl_update_int: seconds(
    "medium",
    30,
    WEEK_S,
    "How often the moving stop is set anew",
  ),
};

const MODELS: FieldTree = {
  use_ai_decisions: flag("low", true, "Whether a model decides on re-entries"),
  ai_min_confidence: number(
    "low",
    0.65,
    between(0, 1),
    "Certainty below which the model's word is ignored",
    { ...ZERO_IS_DANGEROUS, unit: "fraction" },
  ),
  ai_tp_optimization: flag(
    "low",
    true,
    "Whether the model may shift take profits",
  ),
  ai_dynamic_sl: flag("low", true, "Whether the model may shift the stop"),
  use_multi_agent: flag(
    "low",
    true,
    "Whether several agents vote instead of one model",
  ),
  enable_sentiment_agent: flag(
    "low",
    true,
    "Whether the agent that reads the mood of the market votes",
  ),
  enable_risk_agent: flag(
    "low",
    true,
    "Whether the agent that weighs risk votes",
  ),
  enable_tp_agent: flag(
    "low",
    true,
    "Whether the agent that places take profits votes",
  ),
  enable_adaptive_learning: flag(
    "low",
    true,
    "Whether re-entries adapt to how the last ones went",
  ),
  adaptive_window_trades: whole(
    "low",
    20,
    COUNT,
    "How many of the last trades that adapting looks at",
  ),
  adaptive_min_trades: whole(
    "low",
    10,
    COUNT,
    "Trades without which nothing is adapted",
  ),
  adaptive_max_reentry_adjust: percent(
    "low",
    20,
    PERCENT,
    "Most by which the size of a re-entry is adapted",
  ),
};

const LIMITS: FieldTree = {
  max_cycles_per_position: whole(
    "medium",
    10,
    between(0, 1_000),
    "How often one position may sell and enter again",
  ),
  max_daily_reentries: whole("medium", 50, COUNT, "Most re-entries a day"),
  min_position_size_usd: usd(
    "medium",
    10,
    between(0, 1_000_000),
    "Positions smaller than this are left alone",
  ),
  stop_loss_percent: percent(
    "medium",
    2,
    between(0, 20),
    "How far the price may go against a position before it is closed",
    {
      ...ZERO_IS_DANGEROUS,
      impact: "high: decides what a losing trade costs",
      recommendation: "Between 0.5 and 5; never 0",
    },
  ),
};

/** The fields of scalp re-entry, under flat names. */
export const SCALP_REENTRY_FIELDS: FieldTree = {
  enabled: flag(
    "high",
    false,
    "Whether scalp positions are sold in steps and entered again",
    {
      impact: "high: one signal can lead to dozens of orders",
      recommendation: "Enable once plain scalping has proved itself",
    },
  ),
  ...TAKE_PROFIT,
  ...REENTRY,
  ...PROTECTION,
  ...MODELS,
  ...LIMITS,
  ...SCALP_HEDGE_FIELDS,
};
