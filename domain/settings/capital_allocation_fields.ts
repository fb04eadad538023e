/**
 * The fields that divide a user's capital between the modes. Stored under
 * the names that existing tools read, so `ultra_fast` is the mode `ultra`.
 *
 * @module
 */
import type { FieldTree } from "./field.ts";
import {
  between,
  flag,
  percent,
  usd,
  whole,
  ZERO_IS_DANGEROUS,
} from "./field_words.ts";

const PERCENT = between(0, 100);
const POSITIONS = between(1, 100);
const SIZE = between(10, 100_000);

/** The fields of capital allocation. */
export const CAPITAL_ALLOCATION_FIELDS: FieldTree = {
  ultra_fast_percent: percent(
    "low",
    20,
    PERCENT,
    "Share of the capital that is traded in mode ultra",
  ),
  scalp_percent: percent(
    "low",
    30,
    PERCENT,
    "Share of the capital that is traded in mode scalp",
  ),
  swing_percent: percent(
    "low",
    35,
    PERCENT,
    "Share of the capital that is traded in mode swing",
  ),
  position_percent: percent(
    "low",
    15,
    PERCENT,
    "Share of the capital that is traded in mode position",
  ),
  max_ultra_fast_positions: whole(
    "low",
    3,
    POSITIONS,
    "Most open positions of mode ultra",
  ),
  max_scalp_positions: whole(
    "low",
    10,
    POSITIONS,
    "Most open positions of mode scalp",
  ),
  max_swing_positions: whole(
    "low",
    5,
    POSITIONS,
    "Most open positions of mode swing",
  ),
  max_position_positions: whole(
    "low",
    2,
    POSITIONS,
    "Most open positions of mode position",
  ),
  max_ultra_fast_usd_per_position: usd(
    "low",
    200,
    SIZE,
    "Largest position of mode ultra",
    ZERO_IS_DANGEROUS,
  ),
  max_scalp_usd_per_position: usd(
    "low",
    600,
    SIZE,
    "Largest position of mode scalp",
    ZERO_IS_DANGEROUS,
  ),
  max_swing_usd_per_position: usd(
    "low",
    500,
    SIZE,
    "Largest position of mode swing",
    ZERO_IS_DANGEROUS,
  ),
  max_position_usd_per_position: usd(
    "low",
    600,
    SIZE,
    "Largest position of mode position",
    ZERO_IS_DANGEROUS,
  ),
  allow_dynamic_rebalance: flag(
    "low",
    false,
    "Whether capital that a mode leaves unused may serve the others",
  ),
  rebalance_threshold_pct: percent(
    "low",
    20,
    between(1, 100),
    "How far from its share a mode must be for capital to move",
  ),
};
