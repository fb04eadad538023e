/**
 * What the fields of each settings document must keep together.
 *
 * @module
 */
import { parseDuration } from "./duration.ts";
import { TRADING_MODES } from "./field.ts";
import { VOLATILITIES } from "./mode_filter_fields.ts";
import { addUpTo, notFalling, rising, type Rule } from "./rule.ts";

/** The rules of a mode. */
export const MODE_RULES: readonly Rule[] = [
  ...rising(
    "confidence.min_confidence",
    "confidence.high_confidence",
    "confidence.ultra_confidence",
  ),
  ...notAboveUnlessZero("size.base_size_usd", "size.max_size_usd"),
  ...notFalling("size.size_multiplier_lo", "size.size_multiplier_hi"),
  ...riskMultipliers("size"),
  ...riskMultipliers("risk"),
  ...notAboveUnlessZero(
    "circuit_breaker.max_loss_per_hour",
    "circuit_breaker.max_loss_per_day",
  ),
  ...notAboveUnlessZero(
    "circuit_breaker.max_trades_per_minute",
    "circuit_breaker.max_trades_per_hour",
    "circuit_breaker.max_trades_per_day",
  ),
  ...rising("sltp.stop_loss_percent", "sltp.take_profit_percent"),
  oneLevelPerShare("sltp.tp_gain_levels", "sltp.tp_allocation"),
  ...notAboveUnlessZero("sltp.atr_sl_min", "sltp.atr_sl_max"),
  ...notAboveUnlessZero("sltp.atr_tp_min", "sltp.atr_tp_max"),
  oneOrNone("sltp.llm_weight", "sltp.atr_weight"),
  oneShareAStep(
    "averaging.staged_entry_percent",
    "averaging.staged_entry_levels",
  ),
  ...rising("stale_release.stale_zone_lo", "stale_release.stale_zone_hi"),
  inOrderOf(
    VOLATILITIES,
    "assignment.volatility_min",
    "assignment.volatility_max",
  ),
  notLonger("assignment.expected_hold_min", "assignment.expected_hold_max"),
  ...rising("assignment.confidence_min", "assignment.confidence_max"),
  ...notFalling(
    "assignment.profit_potential_min",
    "assignment.profit_potential_max",
  ),
  ...notAboveUnlessZero(
    "funding_rate.max_funding_rate",
    "funding_rate.extreme_funding_rate",
  ),
  addUpTo(
    1,
    0.01,
    "mtf.primary_weight",
    "mtf.secondary_weight",
    "mtf.tertiary_weight",
  ),
  ...notAboveUnlessZero(
    "dynamic_ai_exit.min_hold_before_ai_ms",
    "dynamic_ai_exit.max_hold_time_ms",
  ),
];

/** The rules of scalp re-entry. */
export const SCALP_REENTRY_RULES: readonly Rule[] = [
  ...rising("tp1_percent", "tp2_percent", "tp3_percent"),
  addUpTo(100, 0, "dynamic_sl_protect_pct", "dynamic_sl_max_loss_pct"),
  ...notFalling("adaptive_min_trades", "adaptive_window_trades"),
  ...rising("neg_tp1_percent", "neg_tp2_percent", "neg_tp3_percent"),
];

/** The rules of the global circuit breaker. */
export const CIRCUIT_BREAKER_RULES: readonly Rule[] = [
  ...notFalling("max_loss_per_hour", "max_daily_loss"),
  ...notFalling("max_trades_per_minute", "max_daily_trades"),
];

/** The rules of capital allocation. */
export const CAPITAL_ALLOCATION_RULES: readonly Rule[] = [
  addUpTo(
    100,
    0.1,
    "ultra_fast_percent",
    "scalp_percent",
    "swing_percent",
    "position_percent",
  ),
];

/** The rules of the part `trading` of the user settings. */
export const TRADING_RULES: readonly Rule[] = [
  oneShareAStep(
    "position_optimization.averaging.staged_entry_percent",
    "position_optimization.averaging.staged_entry_levels",
  ),
  ...notFalling(
    "position_optimization.hedging.hedge_default_percent",
    "position_optimization.hedging.max_hedge_size_percent",
  ),
  ...TRADING_MODES.flatMap((mode) =>
    notAboveUnlessZero(
      `safety_settings.${mode}.max_trades_per_minute`,
      `safety_settings.${mode}.max_trades_per_hour`,
      `safety_settings.${mode}.max_trades_per_day`,
    )
  ),
];

/** The rules of the part `notifications`: its fields are free of each other. */
export const NOTIFICATION_RULES: readonly Rule[] = [];

/** Who dares more must not take less. */
function riskMultipliers(group: string): readonly Rule[] {
  return notFalling(
    `${group}.risk_multiplier_conservative`,
    `${group}.risk_multiplier_moderate`,
    `${group}.risk_multiplier_aggressive`,
  );
}

/** No number may lie above a later one, save where the later is 0: no limit. */
function notAboveUnlessZero(...paths: readonly string[]): readonly Rule[] {
  return paths.flatMap((low, i) =>
    paths.slice(i + 1).map((high) => ({
      paths: [low, high],
      says: `must not be above ${high}, unless that is 0`,
      holds: (a, b) => b === 0 || (a as number) <= (b as number),
    }))
  );
}

/** Both are 0, or they add up to 1. */
function oneOrNone(weight: string, other: string): Rule {
  const one = addUpTo(1, 0.01, weight, other);
  return {
    ...one,
    says: `${one.says}, or be 0 with it`,
    holds: (a, b) => (a === 0 && b === 0) || one.holds(a!, b!),
  };
}

/** Levels, where there are any, are as many as the shares. */
function oneLevelPerShare(levels: string, shares: string): Rule {
  return {
    paths: [levels, shares],
    says: `must have an entry for each of ${shares}, or be null`,
    holds: (a, b) => a === null || lengthOf(a) === lengthOf(b),
  };
}

/** Shares, where there are any, are as many as the steps. */
function oneShareAStep(shares: string, steps: string): Rule {
  return {
    paths: [shares, steps],
    says: `must have ${steps} entries, or none`,
    holds: (a, b) => lengthOf(a) === 0 || lengthOf(a) === b,
  };
}

/** The first word must not come after the second in `words`. */
function inOrderOf(words: readonly string[], low: string, high: string): Rule {
  return {
    paths: [low, high],
    says: `must not be above ${high}`,
    holds: (a, b) => words.indexOf(a as string) <= words.indexOf(b as string),
  };
}

/** The first duration must not be longer than the second. */
function notLonger(short: string, long: string): Rule {
  return {
    paths: [short, long],
    says: `must not be longer than ${long}`,
    holds: (a, b) => parseDuration(a as string)! <= parseDuration(b as string)!,
  };
}

function lengthOf(list: unknown): number {
  return (list as readonly number[]).length;
}
