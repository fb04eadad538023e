/**
 * Written by `deno task openapi` from the contract of the service.
 *
 * @module
 */

/** `ModeConfig` of the contract. */
export interface ModeConfig {
  readonly enabled: boolean;
  readonly timeframe: {
    readonly trend_timeframe:
      | "1m"
      | "3m"
      | "5m"
      | "15m"
      | "30m"
      | "1h"
      | "2h"
      | "4h"
      | "6h"
      | "8h"
      | "12h"
      | "1d"
      | "3d"
      | "1w"
      | "1M";
    readonly entry_timeframe:
      | "1m"
      | "3m"
      | "5m"
      | "15m"
      | "30m"
      | "1h"
      | "2h"
      | "4h"
      | "6h"
      | "8h"
      | "12h"
      | "1d"
      | "3d"
      | "1w"
      | "1M";
    readonly analysis_timeframe:
      | "1m"
      | "3m"
      | "5m"
      | "15m"
      | "30m"
      | "1h"
      | "2h"
      | "4h"
      | "6h"
      | "8h"
      | "12h"
      | "1d"
      | "3d"
      | "1w"
      | "1M";
  };
  readonly confidence: {
    readonly min_confidence: number;
    readonly high_confidence: number;
    readonly ultra_confidence: number;
  };
  readonly size: {
    readonly base_size_usd: number;
    readonly max_size_usd: number;
    readonly max_positions: number;
    readonly leverage: number;
    readonly size_multiplier_lo: number;
    readonly size_multiplier_hi: number;
    readonly safety_margin: number;
    readonly min_balance_usd: number;
    readonly min_position_size_usd: number;
    readonly risk_multiplier_conservative: number;
    readonly risk_multiplier_moderate: number;
    readonly risk_multiplier_aggressive: number;
    readonly confidence_multiplier_base: number;
    readonly confidence_multiplier_scale: number;
    readonly auto_size_enabled: boolean;
    readonly auto_size_min_cover_fee: number;
  };
  readonly circuit_breaker: {
    readonly max_loss_per_hour: number;
    readonly max_loss_per_day: number;
    readonly max_consecutive_losses: number;
    readonly cooldown_minutes: number;
    readonly max_trades_per_minute: number;
    readonly max_trades_per_hour: number;
    readonly max_trades_per_day: number;
    readonly win_rate_check_after: number;
    readonly min_win_rate: number;
  };
  readonly sltp: {
    readonly stop_loss_percent: number;
    readonly take_profit_percent: number;
    readonly trailing_stop_enabled: boolean;
    readonly trailing_stop_percent: number;
    readonly trailing_stop_activation: number;
    readonly trailing_activation_price: number;
    readonly max_hold_duration: string;
    readonly use_single_tp: boolean;
    readonly single_tp_percent: number;
    readonly tp_gain_levels: readonly number[] | null;
    readonly tp_allocation: readonly number[];
    readonly trailing_activation_mode:
      | "immediate"
      | "after_tp1"
      | "after_breakeven"
      | "after_tp1_and_breakeven";
    readonly use_roi_based_sltp: boolean;
    readonly roi_stop_loss_percent: number;
    readonly roi_take_profit_percent: number;
    readonly margin_type: "CROSS" | "ISOLATED";
    readonly isolated_margin_percent: number;
    readonly atr_sl_multiplier: number;
    readonly atr_tp_multiplier: number;
    readonly atr_sl_min: number;
    readonly atr_sl_max: number;
    readonly atr_tp_min: number;
    readonly atr_tp_max: number;
    readonly llm_weight: number;
    readonly atr_weight: number;
    readonly auto_sltp_enabled: boolean;
    readonly auto_trailing_enabled: boolean;
    readonly min_profit_to_trail_pct: number;
    readonly min_sl_distance_from_zero: number;
  };
  readonly hedge: {
    readonly allow_hedge: boolean;
    readonly min_confidence_for_hedge: number;
    readonly existing_must_be_in_profit: number;
    readonly max_hedge_size_percent: number;
    readonly allow_same_mode_hedge: boolean;
    readonly max_total_exposure_multiplier: number;
  };
  readonly averaging: {
    readonly allow_averaging: boolean;
    readonly average_up_profit_percent: number;
    readonly average_down_loss_percent: number;
    readonly add_size_percent: number;
    readonly max_averages: number;
    readonly min_confidence_for_average: number;
    readonly use_llm_for_averaging: boolean;
    readonly staged_entry_enabled: boolean;
    readonly staged_entry_levels: number;
    readonly staged_entry_percent: readonly number[];
    readonly staged_entry_price_improve: number;
    readonly staged_entry_cooldown_sec: number;
    readonly staged_entry_max_wait_sec: number;
  };
  readonly stale_release: {
    readonly enabled: boolean;
    readonly max_hold_duration: string;
    readonly min_profit_to_keep: number;
    readonly max_loss_to_force_close: number;
    readonly stale_zone_lo: number;
    readonly stale_zone_hi: number;
    readonly stale_zone_close_action: "close" | "reduce_50" | "wait_signal";
  };
  readonly dynamic_ai_exit: {
    readonly dynamic_ai_exit_enabled: boolean;
    readonly min_hold_before_ai_ms: number;
    readonly ai_check_interval_ms: number;
    readonly use_llm_for_loss: boolean;
    readonly use_llm_for_profit: boolean;
    readonly max_hold_time_ms: number;
  };
  readonly reversal: {
    readonly reversal_enabled: boolean;
    readonly reversal_min_llm_confidence: number;
    readonly reversal_consecutive_candles: number;
    readonly reversal_limit_timeout_sec: number;
    readonly reversal_require_all_tfs: boolean;
    readonly use_market_entry: boolean;
  };
  readonly assignment: {
    readonly volatility_min: "low" | "medium" | "high" | "extreme";
    readonly volatility_max: "low" | "medium" | "high" | "extreme";
    readonly expected_hold_min: string;
    readonly expected_hold_max: string;
    readonly confidence_min: number;
    readonly confidence_max: number;
    readonly risk_score_max: number;
    readonly profit_potential_min: number;
    readonly profit_potential_max: number;
    readonly requires_trend_align: boolean;
    readonly priority_weight: number;
  };
  readonly funding_rate: {
    readonly enabled: boolean;
    readonly max_funding_rate: number;
    readonly exit_time_minutes: number;
    readonly fee_threshold_percent: number;
    readonly extreme_funding_rate: number;
    readonly high_rate_reduction: number;
    readonly elevated_rate_reduction: number;
    readonly block_time_minutes: number;
  };
  readonly risk: {
    readonly risk_level: "conservative" | "moderate" | "aggressive";
    readonly risk_multiplier_conservative: number;
    readonly risk_multiplier_moderate: number;
    readonly risk_multiplier_aggressive: number;
    readonly max_drawdown_percent: number;
    readonly max_daily_loss_percent: number;
    readonly min_adx: number;
  };
  readonly trend_divergence: {
    readonly enabled: boolean;
    readonly min_divergence_percent: number;
    readonly block_on_divergence: boolean;
    readonly divergence_weight: number;
  };
  readonly mtf: {
    readonly mtf_enabled: boolean;
    readonly primary_timeframe:
      | "1m"
      | "3m"
      | "5m"
      | "15m"
      | "30m"
      | "1h"
      | "2h"
      | "4h"
      | "6h"
      | "8h"
      | "12h"
      | "1d"
      | "3d"
      | "1w"
      | "1M";
    readonly primary_weight: number;
    readonly secondary_timeframe:
      | "1m"
      | "3m"
      | "5m"
      | "15m"
      | "30m"
      | "1h"
      | "2h"
      | "4h"
      | "6h"
      | "8h"
      | "12h"
      | "1d"
      | "3d"
      | "1w"
      | "1M";
    readonly secondary_weight: number;
    readonly tertiary_timeframe:
      | "1m"
      | "3m"
      | "5m"
      | "15m"
      | "30m"
      | "1h"
      | "2h"
      | "4h"
      | "6h"
      | "8h"
      | "12h"
      | "1d"
      | "3d"
      | "1w"
      | "1M";
    readonly tertiary_weight: number;
    readonly min_consensus: number;
    readonly min_weighted_strength: number;
    readonly trend_stability_check: boolean;
  };
}
