/**
 * The fields that pause one mode by rate, by loss and by win rate, whatever
 * its own circuit breaker says.
 *
 * @module
 */
import {
  fieldsOfMode,
  type FieldTree,
  type ModeFieldTree,
  TRADING_MODES,
} from "./field.ts";
import {
  between,
  byMode,
  flag,
  minutes,
  percent,
  whole,
  ZERO_IS_DANGEROUS,
} from "./field_words.ts";

const PERCENT = between(0, 100);
const COUNT = between(0, 10_000);
const WEEK_MIN = between(0, 10_080);

const SAFETY: ModeFieldTree = {
  max_trades_per_minute: whole(
    "medium",
    byMode(10, 8, 10, 5),
    COUNT,
    "Most trades of the mode a minute; 0 for no limit",
    ZERO_IS_DANGEROUS,
  ),
  max_trades_per_hour: whole(
    "medium",
    byMode(20, 30, 30, 15),
    COUNT,
    "Most trades of the mode an hour; 0 for no limit",
    ZERO_IS_DANGEROUS,
  ),
  max_trades_per_day: whole(
    "medium",
    byMode(50, 100, 80, 50),
    COUNT,
    "Most trades of the mode a day; 0 for no limit",
    ZERO_IS_DANGEROUS,
  ),
  enable_profit_monitor: flag(
    "high",
    true,
    "Whether a loss within a window of time pauses the mode",
  ),
  profit_window_minutes: minutes(
    "medium",
    byMode(10, 15, 60, 120),
    WEEK_MIN,
    "How far back the loss of the mode is counted",
    ZERO_IS_DANGEROUS,
  ),
  max_loss_percent_in_window: percent(
    "high",
    byMode(-1.5, -2, -3, -5),
    between(-100, 0),
    "Result within the window at which the mode pauses; 0 for no limit",
    ZERO_IS_DANGEROUS,
  ),
  pause_cooldown_minutes: minutes(
    "medium",
    byMode(30, 30, 60, 120),
    WEEK_MIN,
    "How long a loss within the window pauses the mode",
    ZERO_IS_DANGEROUS,
  ),
  enable_win_rate_monitor: flag(
    "medium",
    true,
    "Whether too few winning trades pause the mode",
  ),
  win_rate_sample_size: whole(
    "medium",
    byMode(15, 20, 25, 30),
    COUNT,
    "How many of the last trades the win rate is taken from",
    ZERO_IS_DANGEROUS,
  ),
  min_win_rate_threshold: percent(
    "medium",
    byMode(50, 50, 55, 60),
    PERCENT,
    "Share of winning trades below which the mode pauses",
    ZERO_IS_DANGEROUS,
  ),
  win_rate_cooldown_minutes: minutes(
    "medium",
    byMode(60, 60, 120, 180),
    WEEK_MIN,
    "How long too few winning trades pause the mode",
    ZERO_IS_DANGEROUS,
  ),
};

/** The group `safety_settings`: the same fields for every mode. */
export const SAFETY_FIELDS: FieldTree = Object.fromEntries(
  TRADING_MODES.map((mode) => [mode, fieldsOfMode(SAFETY, mode)]),
);
