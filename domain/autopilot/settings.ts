/**
 * The settings that the autopilot goes by, read from a user's documents.
 *
 * @module
 */
import { RISK_LEVELS } from "../settings/field_words.ts";
import type { TradingMode } from "../settings/field.ts";
import type { BreakerLimits } from "./breaker.ts";
import type { Decimal } from "../decimal.ts";
import type { SafetySettings } from "./safety.ts";
import { readSettings, type SettingsReader } from "./settings_reader.ts";

/** How much a user dares. */
export type RiskLevel = typeof RISK_LEVELS[number];

/** What `settings:all` says. */
export interface TradingSettings {
  /** How much the user dares. */
  readonly riskLevel: RiskLevel;
  /** USD that all modes may use together. */
  readonly maxUsdAllocation: Decimal;
  /** IANA name of the user's time zone; UTC when not chosen. */
  readonly timeZone: string;
  /** What pauses each mode, whatever its own circuit breaker says. */
  readonly safety: Readonly<Record<TradingMode, SafetySettings>>;
}

/** How large positions of a mode are. */
export interface SizeSettings {
  /** Usual size in USD; 0 when not configured. */
  readonly baseUsd: Decimal;
  /** Greatest size in USD; 0 when not configured. */
  readonly maxUsd: Decimal;
  /** Factor at the least accepted confidence. */
  readonly multiplierLo: Decimal;
  /** Factor at full confidence. */
  readonly multiplierHi: Decimal;
  /** Part of what is free that may be used. */
  readonly safetyMargin: Decimal;
  /** With less left than this, in USD, the mode opens nothing. */
  readonly minBalanceUsd: Decimal;
  /** Positions smaller than this, in USD, are not opened. */
  readonly minPositionUsd: Decimal;
  /** Factor by what the user dares. */
  readonly riskMultipliers: Readonly<Record<RiskLevel, Decimal>>;
}

/** Where positions of a mode end; distances in percent of the price. */
export interface ExitSettings {
  /** To the stop. */
  readonly stopLoss: Decimal;
  /** To the last take profit. */
  readonly takeProfit: Decimal;
  /** Whether all of a position takes its profit at once, at `singleTakeProfit`. */
  readonly isSingle: boolean;
  /** To the only take profit. */
  readonly singleTakeProfit: Decimal;
  /** Gain of each step; empty when they are spread up to the take profit. */
  readonly gains: readonly number[];
  /** Percent of the position that each step closes. */
  readonly allocations: readonly number[];
  /** Gain and loss in percent of the margin, where these count instead. */
  readonly roi:
    | {
      /** Loss that closes the position, above 0. */
      readonly stopLoss: Decimal;
      /** Gain that does. */
      readonly takeProfit: Decimal;
    }
    | undefined;
  /** Average true ranges to the stop; 0 when not in use. */
  readonly atrStop: AtrDistance;
  /** Average true ranges to the take profit; 0 when not in use. */
  readonly atrTake: AtrDistance;
}

/** A distance in average true ranges. */
export interface AtrDistance {
  /** How many; 0 when not in use. */
  readonly multiplier: Decimal;
  /** Least percent of the price. */
  readonly min: Decimal;
  /** Greatest percent of the price; 0 for no bound. */
  readonly max: Decimal;
}

/** What a mode's document says. */
export interface ModeSettings {
  /** Whether it may open positions. */
  readonly isEnabled: boolean;
  /** Least confidence, from 0 to 100. */
  readonly minConfidence: number;
  /** Positions that may be open at once. */
  readonly maxPositions: number;
  /** How many times its margin a position is worth. */
  readonly leverage: Decimal;
  /** How large positions are. */
  readonly size: SizeSettings;
  /** Its own circuit breaker. */
  readonly breaker: BreakerLimits;
  /** Where positions end. */
  readonly exits: ExitSettings;
}

/** What the capital allocation gives a mode. */
export interface ModeCapital {
  /** Percent of what all modes may use. */
  readonly percent: Decimal;
  /** Positions that may be open at once. */
  readonly maxPositions: number;
  /** USD of one position at most. */
  readonly usdPerPosition: Decimal;
}

/** All that a decision goes by. */
export interface AutopilotSettings {
  /** What holds for all modes. */
  readonly trading: TradingSettings;
  /** The breaker of the user as a whole. */
  readonly breaker: BreakerLimits;
  /** What each mode may use. */
  readonly capital: Readonly<Record<TradingMode, ModeCapital>>;
  /** By mode; or why its document cannot be used. */
  readonly modes: Readonly<Record<TradingMode, ModeSettings | Unusable>>;
}

/** A document that cannot be used. */
export interface Unusable {
  /** Why, in one sentence. */
  readonly fault: string;
}

/** Reads `settings:all`; throws `InvalidInput`, as the others here. */
export function readTrading(document: unknown): TradingSettings {
  const read = readSettings("settings:all", document);
  const of = (name: string) => `trading.global_trading.${name}`;
  return {
    riskLevel: read.choice(of("risk_level"), RISK_LEVELS),
    maxUsdAllocation: read.decimal(of("max_usd_allocation")),
    timeZone: read.text(of("timezone"), "UTC"),
    safety: {
      ultra: readSafety(read, "ultra"),
      scalp: readSafety(read, "scalp"),
      swing: readSafety(read, "swing"),
      position: readSafety(read, "position"),
    },
  };
}

function readSafety(read: SettingsReader, mode: TradingMode): SafetySettings {
  const of = (name: string) => `trading.safety_settings.${mode}.${name}`;
  const result = read.signed(of("max_loss_percent_in_window"), 0n);
  return {
    maxTradesPerMinute: read.number(of("max_trades_per_minute")),
    maxTradesPerHour: read.number(of("max_trades_per_hour")),
    maxTradesPerDay: read.number(of("max_trades_per_day")),
    profit: read.flag(of("enable_profit_monitor"))
      ? {
        windowMinutes: read.number(of("profit_window_minutes")),
        maxLossPercent: result < 0n ? -result : result,
        cooldownMinutes: read.number(of("pause_cooldown_minutes")),
      }
      : undefined,
    winRate: read.flag(of("enable_win_rate_monitor"))
      ? {
        sampleSize: read.number(of("win_rate_sample_size")),
        minWinRate: read.number(of("min_win_rate_threshold")),
        cooldownMinutes: read.number(of("win_rate_cooldown_minutes")),
      }
      : undefined,
  };
}

/** Reads `circuit_breaker`; it is in force unless it says that it is not. */
export function readGlobalBreaker(document: unknown): BreakerLimits {
  const read = readSettings("circuit_breaker", document);
  return {
    isEnabled: read.flag("enabled", true),
    maxLossPerHour: read.decimal("max_loss_per_hour"),
    maxLossPerDay: read.decimal("max_daily_loss"),
    maxConsecutiveLosses: read.number("max_consecutive_losses"),
    cooldownMinutes: read.number("cooldown_minutes"),
    maxTradesPerMinute: read.number("max_trades_per_minute"),
    maxTradesPerHour: 0,
    maxTradesPerDay: read.number("max_daily_trades"),
    winRateCheckAfter: read.number("win_rate_check_after", 0),
    minWinRate: read.number("min_win_rate", 0),
  };
}

/** Reads `capital_allocation`. */
export function readCapital(document: unknown): AutopilotSettings["capital"] {
  const read = readSettings("capital_allocation", document);
  const of = (name: string): ModeCapital => ({
    percent: read.decimal(`${name}_percent`),
    maxPositions: read.number(`max_${name}_positions`),
    usdPerPosition: read.decimal(`max_${name}_usd_per_position`),
  });
  return {
    ultra: of("ultra_fast"),
    scalp: of("scalp"),
    swing: of("swing"),
    position: of("position"),
  };
}

/** Reads `mode:{mode}`. */
export function readMode(mode: TradingMode, document: unknown): ModeSettings {
  const read = readSettings(`mode:${mode}`, document);
  return {
    isEnabled: read.flag("enabled"),
    minConfidence: read.number("confidence.min_confidence"),
    maxPositions: read.number("size.max_positions"),
    leverage: read.decimal("size.leverage"),
    size: readSize(read),
    breaker: readBreaker(read),
    exits: readExits(read),
  };
}

function readSize(read: SettingsReader): SizeSettings {
  const risk = (level: RiskLevel) =>
    read.decimal(`size.risk_multiplier_${level}`);
  return {
    baseUsd: read.decimal("size.base_size_usd"),
    maxUsd: read.decimal("size.max_size_usd"),
    multiplierLo: read.decimal("size.size_multiplier_lo"),
    multiplierHi: read.decimal("size.size_multiplier_hi"),
    safetyMargin: read.decimal("size.safety_margin"),
    minBalanceUsd: read.decimal("size.min_balance_usd", 0n),
    minPositionUsd: read.decimal("size.min_position_size_usd"),
    riskMultipliers: {
      conservative: risk("conservative"),
      moderate: risk("moderate"),
      aggressive: risk("aggressive"),
    },
  };
}

function readBreaker(read: SettingsReader): BreakerLimits {
  const of = (name: string) => `circuit_breaker.${name}`;
  return {
    isEnabled: true,
    maxLossPerHour: read.decimal(of("max_loss_per_hour")),
    maxLossPerDay: read.decimal(of("max_loss_per_day")),
    maxConsecutiveLosses: read.number(of("max_consecutive_losses")),
    cooldownMinutes: read.number(of("cooldown_minutes")),
    maxTradesPerMinute: read.number(of("max_trades_per_minute")),
    maxTradesPerHour: read.number(of("max_trades_per_hour")),
    maxTradesPerDay: read.number(of("max_trades_per_day")),
    winRateCheckAfter: read.number(of("win_rate_check_after")),
    minWinRate: read.number(of("min_win_rate")),
  };
}

function readExits(read: SettingsReader): ExitSettings {
  const of = (name: string) => `sltp.${name}`;
  const atr = (exit: "sl" | "tp"): AtrDistance => ({
    multiplier: read.decimal(of(`atr_${exit}_multiplier`), 0n),
    min: read.decimal(of(`atr_${exit}_min`), 0n),
    max: read.decimal(of(`atr_${exit}_max`), 0n),
  });
  const stop = read.signed(of("roi_stop_loss_percent"), 0n);
  return {
    stopLoss: read.decimal(of("stop_loss_percent")),
    takeProfit: read.decimal(of("take_profit_percent")),
    isSingle: read.flag(of("use_single_tp")),
    singleTakeProfit: read.decimal(of("single_tp_percent")),
    gains: read.numbers(of("tp_gain_levels")),
    allocations: read.numbers(of("tp_allocation")),
    roi: read.flag(of("use_roi_based_sltp"), false)
      ? {
        stopLoss: stop < 0n ? -stop : stop,
        takeProfit: read.decimal(of("roi_take_profit_percent")),
      }
      : undefined,
    atrStop: atr("sl"),
    atrTake: atr("tp"),
  };
}
