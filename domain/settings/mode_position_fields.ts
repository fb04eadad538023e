/**
 * The fields of a mode that say what happens to an open position: hedging,
 * adding to it, giving it up, and letting a model end or turn it.
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
  milliseconds,
  number,
  numbers,
  percent,
  seconds,
  times,
  whole,
  ZERO_IS_DANGEROUS,
} from "./field_words.ts";

const PERCENT = between(0, 100);
const GAIN_OR_LOSS = between(-100, 100);
const LOSS = between(-100, 0);
const WEEK_S = between(0, 604_800);
const DAY_MS = between(0, 86_400_000);

/** The groups hedge, averaging, stale_release, dynamic_ai_exit and reversal. */
export const MODE_POSITION_FIELDS: ModeFieldTree = {
  hedge: {
    allow_hedge: flag(
      "high",
      true,
      "Whether a position may be opened against one that is open",
      { impact: "high: two positions bind margin and pay fees at once" },
    ),
    min_confidence_for_hedge: percent(
      "medium",
      byMode(70, 75, 80, 85),
      PERCENT,
      "Signals less certain than this open no hedge",
      ZERO_IS_DANGEROUS,
    ),
    existing_must_be_in_profit: percent(
      "medium",
      byMode(0, 0, 1, 2),
      GAIN_OR_LOSS,
      "Gain that the open position must show before it is hedged",
    ),
    max_hedge_size_percent: percent(
      "high",
      byMode(100, 75, 50, 50),
      PERCENT,
      "Largest hedge, as a share of the position it is against",
    ),
    allow_same_mode_hedge: flag(
      "medium",
      false,
      "Whether a position may be hedged by its own mode",
    ),
    max_total_exposure_multiplier: times(
      "high",
      2,
      between(1, 10),
      "Most that position and hedge together may be, in positions",
      { ...ZERO_IS_DANGEROUS, impact: "high: bounds what both sides bind" },
    ),
  },
  averaging: {
    allow_averaging: flag(
      "low",
      byMode(false, true, true, true),
      "Whether an open position may be added to",
    ),
    average_up_profit_percent: percent(
      "low",
      byMode(0, 0.5, 1, 2),
      PERCENT,
      "Gain from which a winning position is added to",
    ),
    average_down_loss_percent: percent(
      "low",
      byMode(0, -1, -1.5, -2),
      LOSS,
      "Loss from which a losing position is added to",
      { impact: "medium: adding to a loser makes its loss larger" },
    ),
    add_size_percent: percent(
      "low",
      byMode(0, 50, 50, 30),
      PERCENT,
      "What is added, as a share of the first entry",
    ),
    max_averages: whole(
      "low",
      byMode(0, 2, 3, 2),
      between(0, 100),
      "How often a position is added to at most",
    ),
    min_confidence_for_average: percent(
      "low",
      byMode(0, 65, 70, 80),
      PERCENT,
      "Signals less certain than this add nothing",
    ),
    use_llm_for_averaging: flag(
      "low",
      byMode(false, true, true, true),
      "Whether the language model is asked before adding",
    ),
    staged_entry_enabled: flag(
      "low",
      false,
      "Whether a position is entered in steps",
    ),
    staged_entry_levels: whole(
      "low",
      0,
      between(0, 10),
      "In how many steps a position is entered",
    ),
    staged_entry_percent: numbers(
      "low",
      [],
      { maxItems: 10, min: 0, max: 100, sum: 100 },
      "Share of the position that each step enters; empty for equal shares",
      { unit: "percent" },
    ),
    staged_entry_price_improve: percent(
      "low",
      0,
      PERCENT,
      "How much better the price must be for the next step",
    ),
    staged_entry_cooldown_sec: seconds(
      "low",
      0,
      WEEK_S,
      "Least time between two steps of an entry",
    ),
    staged_entry_max_wait_sec: seconds(
      "low",
      0,
      WEEK_S,
      "Time after which the steps still missing are given up; 0 for never",
    ),
  },
  stale_release: {
    enabled: flag(
      "low",
      true,
      "Whether positions that go nowhere are given up",
    ),
    max_hold_duration: duration(
      "low",
      byMode("10s", "6h", "5d", "21d"),
      "Age from which a position can be stale; 0 for never",
    ),
    min_profit_to_keep: percent(
      "low",
      byMode(0.3, 0.5, 1, 2),
      GAIN_OR_LOSS,
      "An old position that gained this much is kept",
    ),
    max_loss_to_force_close: percent(
      "low",
      byMode(-0.5, -1, -1.5, -2),
      LOSS,
      "An old position that lost this much is closed at once",
    ),
    stale_zone_lo: percent(
      "low",
      byMode(-0.3, -0.5, -1, -1.5),
      GAIN_OR_LOSS,
      "Lower end of the zone in which an old position is stale",
    ),
    stale_zone_hi: percent(
      "low",
      byMode(0.3, 0.5, 1, 1.5),
      GAIN_OR_LOSS,
      "Upper end of the zone in which an old position is stale",
    ),
    stale_zone_close_action: choice(
      "low",
      "close",
      ["close", "reduce_50", "wait_signal"],
      "What is done with a stale position",
    ),
  },
  dynamic_ai_exit: {
    dynamic_ai_exit_enabled: flag(
      "low",
      true,
      "Whether a model may end a position before its exits are reached",
    ),
    min_hold_before_ai_ms: milliseconds(
      "low",
      byMode(3_000, 10_000, 60_000, 300_000),
      DAY_MS,
      "Age before which the model is not asked",
    ),
    ai_check_interval_ms: milliseconds(
      "low",
      byMode(5_000, 30_000, 300_000, 1_800_000),
      DAY_MS,
      "How often the model is asked",
    ),
    use_llm_for_loss: flag(
      "low",
      true,
      "Whether the model is asked about losing positions",
    ),
    use_llm_for_profit: flag(
      "low",
      byMode(false, true, true, true),
      "Whether the model is asked about winning positions",
    ),
    max_hold_time_ms: milliseconds(
      "low",
      byMode(0, 14_400_000, 259_200_000, 1_209_600_000),
      between(0, 31_536_000_000),
      "Age at which the model must let go; 0 for never",
    ),
  },
  reversal: {
    reversal_enabled: flag(
      "low",
      byMode(false, true, false, false),
      "Whether a position may be turned into its opposite",
    ),
    reversal_min_llm_confidence: number(
      "low",
      byMode(0, 0.65, 0, 0),
      between(0, 1),
      "Certainty that the language model must have for a turn",
      { unit: "fraction" },
    ),
    reversal_consecutive_candles: whole(
      "low",
      byMode(0, 3, 0, 0),
      between(0, 100),
      "Candles in a row that must speak for a turn",
    ),
    reversal_limit_timeout_sec: seconds(
      "low",
      byMode(0, 120, 0, 0),
      WEEK_S,
      "Time after which a turn whose limit order is not filled is given up",
    ),
    reversal_require_all_tfs: flag(
      "low",
      false,
      "Whether every timeframe must speak for a turn",
    ),
    use_market_entry: flag(
      "low",
      false,
      "Whether a turn enters at the market price instead of a limit",
    ),
  },
};
