/**
 * The fields that hold for all of a user's trading, whatever the mode.
 *
 * @module
 */
import type { FieldTree } from "./field.ts";
import {
  between,
  choice,
  flag,
  milliseconds,
  number,
  numbers,
  percent,
  RISK_LEVELS,
  seconds,
  text,
  times,
  timeZone,
  usd,
  whole,
  ZERO_IS_DANGEROUS,
} from "./field_words.ts";
import { SAFETY_FIELDS } from "./safety_fields.ts";

const PERCENT = between(0, 100);
const USD = between(0, 1_000_000);
const WEEK_S = between(0, 604_800);
const WEEK_MIN = between(0, 10_080);

const GLOBAL_TRADING: FieldTree = {
  risk_level: choice(
    "high",
    "moderate",
    RISK_LEVELS,
    "How much the user dares",
    {
      impact: "high: scales the size of every position",
      recommendation: "Begin with moderate or below",
    },
  ),
  max_usd_allocation: usd(
    "high",
    2_500,
    USD,
    "Most that all positions together may bind; with 0 nothing is opened",
    {
      ...ZERO_IS_DANGEROUS,
      impact: "high: bounds what can be lost in all",
      recommendation: "Begin low, and raise it as you learn the system",
    },
  ),
  profit_reinvest_percent: percent(
    "medium",
    50,
    PERCENT,
    "Share of the gains that is traded with again",
  ),
  profit_reinvest_risk_level: choice(
    "medium",
    "aggressive",
    RISK_LEVELS,
    "How much is dared with reinvested gains",
  ),
  timezone: timeZone("low", "UTC", "Where the user's day begins and ends"),
};

const AVERAGING: FieldTree = {
  enabled: flag("low", true, "Whether open positions may be added to"),
  max_entries: whole(
    "low",
    3,
    between(0, 100),
    "How many entries a position has at most",
  ),
  entry_spacing_percent: percent(
    "low",
    1.5,
    PERCENT,
    "How far apart the prices of two entries are",
  ),
  size_multiplier_per_level: times(
    "low",
    1,
    between(0, 10),
    "Size of an entry in sizes of the entry before it",
    { impact: "high: above 1 each entry into a loser is larger than the last" },
  ),
  staged_entry_enabled: flag(
    "low",
    false,
    "Whether positions are entered in steps",
  ),
  staged_entry_levels: whole(
    "low",
    3,
    between(0, 10),
    "In how many steps a position is entered",
  ),
  staged_entry_percent: numbers(
    "low",
    [40, 30, 30],
    { maxItems: 10, min: 0, max: 100, sum: 100 },
    "Share of the position that each step enters; empty for equal shares",
    { unit: "percent" },
  ),
  staged_entry_cooldown_sec: seconds(
    "low",
    30,
    WEEK_S,
    "Least time between two steps of an entry",
  ),
};

const HEDGING: FieldTree = {
  enabled: flag(
    "high",
    false,
    "Whether positions may be opened against open ones",
    {
      impact: "high: hard to oversee, and able to double a loss",
      recommendation: "Leave off unless you know why you want it",
    },
  ),
  min_confidence_for_hedge: percent(
    "medium",
    75,
    PERCENT,
    "Signals less certain than this open no hedge",
    ZERO_IS_DANGEROUS,
  ),
  existing_must_be_in_profit: percent(
    "medium",
    1,
    between(-100, 100),
    "Gain that the open position must show before it is hedged",
  ),
  max_hedge_size_percent: percent(
    "high",
    50,
    PERCENT,
    "Largest hedge, as a share of the position it is against",
  ),
  allow_same_mode_hedge: flag(
    "medium",
    false,
    "Whether a position may be hedged by its own mode",
  ),
  hedge_price_drop_trigger_pct: percent(
    "medium",
    3,
    PERCENT,
    "Move against a position that opens a hedge",
  ),
  hedge_unrealized_loss_trigger: usd(
    "medium",
    50,
    USD,
    "Loss of an open position that opens a hedge",
  ),
  hedge_ai_enabled: flag(
    "medium",
    true,
    "Whether the language model is asked before hedging",
  ),
  hedge_ai_confidence_min: percent(
    "medium",
    75,
    PERCENT,
    "Certainty below which the model opens no hedge",
    ZERO_IS_DANGEROUS,
  ),
  hedge_default_percent: percent(
    "medium",
    50,
    PERCENT,
    "Usual hedge, as a share of the position it is against",
  ),
  hedge_partial_steps: numbers(
    "medium",
    [25, 50, 75, 100],
    { maxItems: 10, min: 0, max: 100, isRising: true },
    "Shares in which a hedge is built up",
    { unit: "percent" },
  ),
  hedge_profit_take_pct: percent(
    "medium",
    2,
    PERCENT,
    "Gain at which a hedge is closed",
  ),
  hedge_close_on_recovery_pct: percent(
    "medium",
    -1.5,
    between(-100, 100),
    "Result to which a position must recover for its hedge to be closed",
  ),
  hedge_max_simultaneous: whole(
    "medium",
    3,
    between(0, 1_000),
    "Most hedges that are open at once",
  ),
};

const LLM_CONFIG: FieldTree = {
  enabled: flag("medium", true, "Whether a language model is asked at all", {
    impact: "medium: decisions that it would take fall back to fixed rules",
    recommendation: "Leave on where trades are to be judged by it",
  }),
  provider: text(
    "medium",
    "deepseek",
    64,
    "Company whose language model is asked",
  ),
  model: text(
    "medium",
    "deepseek-chat",
    128,
    "Which model of that provider is asked",
  ),
  timeout_ms: milliseconds(
    "medium",
    5_000,
    between(1, 120_000),
    "How long the model's answer is waited for",
  ),
  retry_count: whole(
    "medium",
    0,
    between(0, 10),
    "How often the model is asked again when it fails",
  ),
  cache_duration_sec: seconds(
    "medium",
    300,
    WEEK_S,
    "How long an answer of the model is used again",
  ),
};

const EARLY_WARNING: FieldTree = {
  enabled: flag("low", true, "Whether young positions are watched closely"),
  start_after_minutes: number(
    "low",
    1,
    WEEK_MIN,
    "Age from which a position is watched",
    { unit: "minutes" },
  ),
  check_interval_secs: seconds(
    "low",
    30,
    between(1, 86_400),
    "How often a watched position is looked at",
  ),
  only_underwater: flag(
    "low",
    true,
    "Whether only losing positions are watched",
  ),
  min_loss_percent: percent(
    "low",
    0.3,
    PERCENT,
    "Loss from which a watched position counts as in danger",
  ),
  close_on_reversal: flag(
    "low",
    true,
    "Whether a watched position is closed when the trend turns",
  ),
};

/** The part `trading` of the user settings. */
export const TRADING_FIELDS: FieldTree = {
  global_trading: GLOBAL_TRADING,
  position_optimization: { averaging: AVERAGING, hedging: HEDGING },
  llm_config: LLM_CONFIG,
  early_warning: EARLY_WARNING,
  safety_settings: SAFETY_FIELDS,
};
