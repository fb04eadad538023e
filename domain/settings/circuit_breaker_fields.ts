/**
 * The fields of the global circuit breaker, which pauses every mode of a user
 * at once.
 *
 * @module
 */
import type { FieldTree } from "./field.ts";
import {
  between,
  flag,
  minutes,
  percent,
  usd,
  whole,
  ZERO_IS_DANGEROUS,
} from "./field_words.ts";

/** The fields of the global circuit breaker. */
export const CIRCUIT_BREAKER_FIELDS: FieldTree = {
  enabled: flag(
    "high",
    true,
    "Whether losses pause trading at all",
    {
      impact: "high: without it nothing bounds what a bad day costs",
      recommendation: "Leave on, always",
    },
  ),
  max_loss_per_hour: usd(
    "high",
    100,
    between(1, 100_000),
    "Loss of all modes within an hour that pauses trading",
    {
      ...ZERO_IS_DANGEROUS,
      impact: "high: decides what a bad hour costs",
      recommendation: "At most 2 % of the balance",
    },
  ),
  max_daily_loss: usd(
    "high",
    500,
    between(1, 1_000_000),
    "Loss of all modes within a day that pauses trading",
    {
      ...ZERO_IS_DANGEROUS,
      impact: "high: decides what a bad day costs",
      recommendation: "At most 5 % of the balance",
    },
  ),
  max_consecutive_losses: whole(
    "medium",
    5,
    between(1, 100),
    "Losses in a row, of any mode, that pause trading",
    {
      ...ZERO_IS_DANGEROUS,
      impact: "medium: a high number lets a losing streak run on",
    },
  ),
  cooldown_minutes: minutes(
    "medium",
    30,
    between(1, 1_440),
    "How long trading stays paused",
    ZERO_IS_DANGEROUS,
  ),
  max_trades_per_minute: whole(
    "medium",
    10,
    between(1, 100),
    "Most entries of all modes a minute",
    ZERO_IS_DANGEROUS,
  ),
  max_daily_trades: whole(
    "medium",
    100,
    between(1, 10_000),
    "Most entries of all modes a day",
    ZERO_IS_DANGEROUS,
  ),
  win_rate_check_after: whole(
    "medium",
    20,
    between(0, 10_000),
    "Closed trades after which the win rate counts; 0 for never",
    ZERO_IS_DANGEROUS,
  ),
  min_win_rate: percent(
    "medium",
    50,
    between(0, 100),
    "Share of winning trades below which trading pauses",
    ZERO_IS_DANGEROUS,
  ),
};
