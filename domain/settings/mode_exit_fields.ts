/**
 * The fields of a mode that say where a position ends: its stop loss and
 * take profits.
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
  number,
  numbers,
  percent,
  times,
  ZERO_IS_DANGEROUS,
} from "./field_words.ts";

const PERCENT = between(0, 100);
const STOP = between(0, 20);
const PROFIT = between(0, 50);
const FACTOR = between(0, 100);
const WEIGHT = between(0, 1);

/** Most steps in which a position takes its profit. */
const MAX_LEVELS = 4;

/** The group sltp of a mode. */
export const MODE_EXIT_FIELDS: ModeFieldTree = {
  sltp: {
    stop_loss_percent: percent(
      "medium",
      byMode(1, 1.5, 2.5, 3.5),
      STOP,
      "How far the price may go against a position before it is closed",
      {
        ...ZERO_IS_DANGEROUS,
        impact: "high: decides what a losing trade costs",
        recommendation: "Between 0.5 and 5; never 0",
      },
    ),
    take_profit_percent: percent(
      "medium",
      byMode(2, 3, 5, 8),
      PROFIT,
      "How far the price must go for a position to take its profit",
      { recommendation: "At least twice the stop loss" },
    ),
    trailing_stop_enabled: flag(
      "medium",
      byMode(false, false, true, true),
      "Whether the stop follows a price that goes our way",
    ),
    trailing_stop_percent: percent(
      "medium",
      byMode(0, 0.5, 1.5, 2.5),
      between(0, 10),
      "Distance at which the stop follows the best price",
    ),
    trailing_stop_activation: percent(
      "medium",
      byMode(0, 0.5, 1, 2),
      STOP,
      "Profit from which the stop begins to follow",
    ),
    trailing_activation_price: number(
      "medium",
      0,
      between(0, 10_000_000),
      "Price from which the stop begins to follow; 0 for none",
      { unit: "quote currency" },
    ),
    max_hold_duration: duration(
      "medium",
      byMode("3s", "4h", "3d", "14d"),
      "A position that is older than this is closed; 0 for never",
    ),
    use_single_tp: flag(
      "medium",
      byMode(true, true, false, false),
      "Whether the whole position takes its profit at once",
    ),
    single_tp_percent: percent(
      "medium",
      byMode(2, 3, 5, 8),
      PROFIT,
      "Gain at which a single take profit closes the position",
    ),
    tp_gain_levels: numbers(
      "medium",
      null,
      {
        maxItems: MAX_LEVELS,
        min: 0,
        max: 50,
        isRising: true,
        isNullable: true,
      },
      "Gain of each take-profit step; null spreads them up to the take profit",
      { unit: "percent" },
    ),
    tp_allocation: numbers(
      "medium",
      byMode(
        [100, 0, 0, 0],
        [100, 0, 0, 0],
        [50, 50, 0, 0],
        [40, 30, 20, 10],
      ),
      { maxItems: MAX_LEVELS, min: 0, max: 100, sum: 100 },
      "Share of the position that each take-profit step closes",
      { unit: "percent" },
    ),
    trailing_activation_mode: choice(
      "medium",
      byMode(
        "immediate",
        "after_tp1",
        "after_tp1_and_breakeven",
        "after_tp1_and_breakeven",
      ),
      [
        "immediate",
        "after_tp1",
        "after_breakeven",
        "after_tp1_and_breakeven",
      ],
      "What must have happened before the stop begins to follow",
    ),
    use_roi_based_sltp: flag(
      "medium",
      false,
      "Whether the exits count gain on margin instead of price",
    ),
    roi_stop_loss_percent: percent(
      "medium",
      byMode(-5, -8, -12, -15),
      between(-100, 0),
      "Loss on the margin that closes a position, with use_roi_based_sltp",
      { ...ZERO_IS_DANGEROUS, impact: "high: -100 gives up the whole margin" },
    ),
    roi_take_profit_percent: percent(
      "medium",
      byMode(10, 15, 20, 30),
      between(0, 1_000),
      "Gain on the margin that closes a position, with use_roi_based_sltp",
    ),
    margin_type: choice(
      "medium",
      byMode("CROSS", "CROSS", "CROSS", "ISOLATED"),
      ["CROSS", "ISOLATED"],
      "Whether a position can lose the whole account or its own margin only",
      {
        impact: "high: on CROSS one liquidation can reach the whole balance",
        recommendation: "ISOLATED while you try a mode out",
      },
    ),
    isolated_margin_percent: percent(
      "medium",
      byMode(25, 30, 40, 50),
      between(10, 100),
      "Share of the mode's balance that isolated positions may bind",
    ),
    atr_sl_multiplier: times(
      "medium",
      0,
      FACTOR,
      "Stop loss in average true ranges; 0 for not in use",
    ),
    atr_tp_multiplier: times(
      "medium",
      0,
      FACTOR,
      "Take profit in average true ranges; 0 for not in use",
    ),
    atr_sl_min: percent(
      "medium",
      0,
      STOP,
      "Nearest stop loss that the range may lead to",
    ),
    atr_sl_max: percent(
      "medium",
      0,
      STOP,
      "Farthest stop loss that the range may lead to; 0 for no bound",
    ),
    atr_tp_min: percent(
      "medium",
      0,
      PROFIT,
      "Nearest take profit that the range may lead to",
    ),
    atr_tp_max: percent(
      "medium",
      0,
      PROFIT,
      "Farthest take profit that the range may lead to; 0 for no bound",
    ),
    llm_weight: number(
      "medium",
      0,
      WEIGHT,
      "Say of the language model in where the exits lie",
      { unit: "fraction" },
    ),
    atr_weight: number(
      "medium",
      0,
      WEIGHT,
      "Say of the average true range in where the exits lie",
      { unit: "fraction" },
    ),
    auto_sltp_enabled: flag(
      "medium",
      false,
      "Whether model and range may move the exits by themselves",
      { impact: "medium: your own exits then are a starting point only" },
    ),
    auto_trailing_enabled: flag(
      "medium",
      false,
      "Whether the distance of a following stop adapts by itself",
    ),
    min_profit_to_trail_pct: percent(
      "medium",
      byMode(0.3, 0.5, 1, 2),
      between(0, 10),
      "Profit below which no stop follows",
    ),
    min_sl_distance_from_zero: percent(
      "medium",
      byMode(0.1, 0.1, 0.15, 0.2),
      PERCENT,
      "How far beyond the entry price a following stop stays at least",
    ),
  },
};
