/**
 * Written by `deno task openapi` from the contract of the service.
 *
 * @module
 */
import type { NotificationSettings } from "./parts.ts";
import type { TradingSettings } from "./parts.ts";

/** `UserSettings` of the contract. */
export interface UserSettings {
  readonly trading: TradingSettings;
  readonly notifications: NotificationSettings;
  readonly custom?: Readonly<Record<string, unknown>>;
}

/** `GlobalCircuitBreaker` of the contract. */
export interface GlobalCircuitBreaker {
  readonly enabled: boolean;
  readonly max_loss_per_hour: number;
  readonly max_daily_loss: number;
  readonly max_consecutive_losses: number;
  readonly cooldown_minutes: number;
  readonly max_trades_per_minute: number;
  readonly max_daily_trades: number;
  readonly win_rate_check_after: number;
  readonly min_win_rate: number;
}

/** `CapitalAllocation` of the contract. */
export interface CapitalAllocation {
  readonly ultra_fast_percent: number;
  readonly scalp_percent: number;
  readonly swing_percent: number;
  readonly position_percent: number;
  readonly max_ultra_fast_positions: number;
  readonly max_scalp_positions: number;
  readonly max_swing_positions: number;
  readonly max_position_positions: number;
  readonly max_ultra_fast_usd_per_position: number;
  readonly max_scalp_usd_per_position: number;
  readonly max_swing_usd_per_position: number;
  readonly max_position_usd_per_position: number;
  readonly allow_dynamic_rebalance: boolean;
  readonly rebalance_threshold_pct: number;
}

/** Documents as they stood at one moment, by name. */
export interface SettingsBundle {
  readonly documents: {
    readonly [name: string]: {
      readonly version: number;
      readonly value: Readonly<Record<string, unknown>>;
    };
  };
}
