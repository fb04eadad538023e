/**
 * Written by `deno task openapi` from the contract of the service.
 *
 * @module
 */

/** `TradingSettings` of the contract. */
export interface TradingSettings {
  readonly global_trading: {
    readonly risk_level: "conservative" | "moderate" | "aggressive";
    readonly max_usd_allocation: number;
    readonly profit_reinvest_percent: number;
    readonly profit_reinvest_risk_level:
      | "conservative"
      | "moderate"
      | "aggressive";
    readonly timezone: string;
  };
  readonly position_optimization: {
    readonly averaging: {
      readonly enabled: boolean;
      readonly max_entries: number;
      readonly entry_spacing_percent: number;
      readonly size_multiplier_per_level: number;
      readonly staged_entry_enabled: boolean;
      readonly staged_entry_levels: number;
      readonly staged_entry_percent: readonly number[];
      readonly staged_entry_cooldown_sec: number;
    };
    readonly hedging: {
      readonly enabled: boolean;
      readonly min_confidence_for_hedge: number;
      readonly existing_must_be_in_profit: number;
      readonly max_hedge_size_percent: number;
      readonly allow_same_mode_hedge: boolean;
      readonly hedge_price_drop_trigger_pct: number;
      readonly hedge_unrealized_loss_trigger: number;
      readonly hedge_ai_enabled: boolean;
      readonly hedge_ai_confidence_min: number;
      readonly hedge_default_percent: number;
      readonly hedge_partial_steps: readonly number[];
      readonly hedge_profit_take_pct: number;
      readonly hedge_close_on_recovery_pct: number;
      readonly hedge_max_simultaneous: number;
    };
  };
  readonly llm_config: {
    readonly enabled: boolean;
    readonly provider: string;
    readonly model: string;
    readonly timeout_ms: number;
    readonly retry_count: number;
    readonly cache_duration_sec: number;
  };
  readonly early_warning: {
    readonly enabled: boolean;
    readonly start_after_minutes: number;
    readonly check_interval_secs: number;
    readonly only_underwater: boolean;
    readonly min_loss_percent: number;
    readonly close_on_reversal: boolean;
  };
  readonly safety_settings: {
    readonly ultra: {
      readonly max_trades_per_minute: number;
      readonly max_trades_per_hour: number;
      readonly max_trades_per_day: number;
      readonly enable_profit_monitor: boolean;
      readonly profit_window_minutes: number;
      readonly max_loss_percent_in_window: number;
      readonly pause_cooldown_minutes: number;
      readonly enable_win_rate_monitor: boolean;
      readonly win_rate_sample_size: number;
      readonly min_win_rate_threshold: number;
      readonly win_rate_cooldown_minutes: number;
    };
    readonly scalp: {
      readonly max_trades_per_minute: number;
      readonly max_trades_per_hour: number;
      readonly max_trades_per_day: number;
      readonly enable_profit_monitor: boolean;
      readonly profit_window_minutes: number;
      readonly max_loss_percent_in_window: number;
      readonly pause_cooldown_minutes: number;
      readonly enable_win_rate_monitor: boolean;
      readonly win_rate_sample_size: number;
      readonly min_win_rate_threshold: number;
      readonly win_rate_cooldown_minutes: number;
    };
    readonly swing: {
      readonly max_trades_per_minute: number;
      readonly max_trades_per_hour: number;
      readonly max_trades_per_day: number;
      readonly enable_profit_monitor: boolean;
      readonly profit_window_minutes: number;
      readonly max_loss_percent_in_window: number;
      readonly pause_cooldown_minutes: number;
      readonly enable_win_rate_monitor: boolean;
      readonly win_rate_sample_size: number;
      readonly min_win_rate_threshold: number;
      readonly win_rate_cooldown_minutes: number;
    };
    readonly position: {
      readonly max_trades_per_minute: number;
      readonly max_trades_per_hour: number;
      readonly max_trades_per_day: number;
      readonly enable_profit_monitor: boolean;
      readonly profit_window_minutes: number;
      readonly max_loss_percent_in_window: number;
      readonly pause_cooldown_minutes: number;
      readonly enable_win_rate_monitor: boolean;
      readonly win_rate_sample_size: number;
      readonly min_win_rate_threshold: number;
      readonly win_rate_cooldown_minutes: number;
    };
  };
}

/** `NotificationSettings` of the contract. */
export interface NotificationSettings {
  readonly enabled: boolean;
  readonly min_profit_usd: number;
  readonly min_loss_usd: number;
  readonly events: {
    readonly order_filled: boolean;
    readonly position_closed: boolean;
    readonly stop_loss: boolean;
    readonly take_profit: boolean;
    readonly circuit_breaker_tripped: boolean;
    readonly system_degraded: boolean;
    readonly daily_summary: boolean;
  };
  readonly quiet_hours: {
    readonly from_hour: number;
    readonly to_hour: number;
  };
}
