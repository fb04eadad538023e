/**
 * The fields of scalp re-entry that hedge a position: when, how large, and
 * what of its gains is protected.
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
  times,
  whole,
  ZERO_IS_DANGEROUS,
} from "./field_words.ts";

const PERCENT = between(0, 100);
const LEVEL = above(0, 10);

/** The hedging fields of scalp re-entry, under flat names. */
export const SCALP_HEDGE_FIELDS: FieldTree = {
  hedge_mode_enabled: flag(
    "high",
    false,
    "Whether a position may be opened against the one that is open",
    {
      impact: "high: binds margin and pays fees on both sides",
      recommendation: "Leave off until re-entry alone has proved itself",
    },
  ),
  trigger_on_profit_tp: flag(
    "medium",
    true,
    "Whether a take profit opens the hedge",
  ),
  trigger_on_loss_tp: flag(
    "medium",
    true,
    "Whether a loss level opens the hedge",
  ),
  dca_on_loss: flag(
    "medium",
    true,
    "Whether the losing side is added to at a loss level",
    { impact: "medium: adding to a loser makes its loss larger" },
  ),
  max_position_multiple: times(
    "high",
    3,
    between(1.5, 10),
    "How large both sides may grow, in first entries",
    {
      ...ZERO_IS_DANGEROUS,
      impact: "high: bounds how much is added to a losing side",
      recommendation: "At most 3",
    },
  ),
  combined_roi_exit_pct: percent(
    "medium",
    2,
    between(0.5, 20),
    "Gain of both sides together at which both are closed",
  ),
  wide_sl_atr_multiplier: times(
    "medium",
    2.5,
    between(1.5, 5),
    "Stop loss of a hedged position, in average true ranges",
    ZERO_IS_DANGEROUS,
  ),
  disable_ai_sl: flag(
    "medium",
    true,
    "Whether the model leaves the stop of a hedged position alone",
  ),
  rally_exit_enabled: flag(
    "medium",
    true,
    "Whether the losing side is closed when the market runs away",
  ),
  rally_adx_threshold: number(
    "medium",
    25,
    between(15, 50),
    "Strength of the trend from which the market runs away",
    { unit: "ADX points" },
  ),
  rally_sustained_move_pct: percent(
    "medium",
    3,
    between(1, 10),
    "How far the price must have gone for a market that runs away",
  ),
  neg_tp1_percent: percent("medium", 0.4, LEVEL, "Loss of the first level"),
  neg_tp1_add_percent: percent(
    "medium",
    30,
    PERCENT,
    "What the first loss level adds, as a share of the position",
  ),
  neg_tp2_percent: percent("medium", 0.7, LEVEL, "Loss of the second level"),
  neg_tp2_add_percent: percent(
    "medium",
    50,
    PERCENT,
    "What the second loss level adds, as a share of the position",
  ),
  neg_tp3_percent: percent("medium", 1, LEVEL, "Loss of the third level"),
  neg_tp3_add_percent: percent(
    "medium",
    80,
    PERCENT,
    "What the third loss level adds, as a share of the position",
  ),
  profit_protection_enabled: flag(
    "medium",
    true,
    "Whether gains already made bound what the hedge may lose",
  ),
  profit_protection_percent: percent(
    "medium",
    50,
    PERCENT,
    "Share of the gains already made that is protected",
    ZERO_IS_DANGEROUS,
  ),
  max_loss_of_earned_profit: percent(
    "medium",
    50,
    PERCENT,
    "Share of the gains already made that may be lost again",
  ),
  allow_hedge_chains: flag(
    "medium",
    false,
    "Whether a hedge may be hedged in turn",
    { impact: "high: exposure can grow with every link" },
  ),
  max_hedge_chain_depth: whole(
    "medium",
    2,
    between(0, 10),
    "How many hedges may hedge one another in turn",
  ),
};
