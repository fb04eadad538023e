/**
 * Written by `deno task openapi` from the contract of the service.
 *
 * @module
 */

/** `ScalpReentry` of the contract. */
export interface ScalpReentry {
  readonly enabled: boolean;
  readonly tp1_percent: number;
  readonly tp1_sell_percent: number;
  readonly tp2_percent: number;
  readonly tp2_sell_percent: number;
  readonly tp3_percent: number;
  readonly tp3_sell_percent: number;
  readonly reentry_percent: number;
  readonly reentry_price_buffer: number;
  readonly max_reentry_attempts: number;
  readonly reentry_timeout_sec: number;
  readonly final_trailing_percent: number;
  readonly final_hold_min_percent: number;
  readonly dynamic_sl_max_loss_pct: number;
  readonly dynamic_sl_protect_pct: number;
  readonly dynamic_sl_update_int: number;
  readonly use_ai_decisions: boolean;
  readonly ai_min_confidence: number;
  readonly ai_tp_optimization: boolean;
  readonly ai_dynamic_sl: boolean;
  readonly use_multi_agent: boolean;
  readonly enable_sentiment_agent: boolean;
  readonly enable_risk_agent: boolean;
  readonly enable_tp_agent: boolean;
  readonly enable_adaptive_learning: boolean;
  readonly adaptive_window_trades: number;
  readonly adaptive_min_trades: number;
  readonly adaptive_max_reentry_adjust: number;
  readonly max_cycles_per_position: number;
  readonly max_daily_reentries: number;
  readonly min_position_size_usd: number;
  readonly stop_loss_percent: number;
  readonly hedge_mode_enabled: boolean;
  readonly trigger_on_profit_tp: boolean;
  readonly trigger_on_loss_tp: boolean;
  readonly dca_on_loss: boolean;
  readonly max_position_multiple: number;
  readonly combined_roi_exit_pct: number;
  readonly wide_sl_atr_multiplier: number;
  readonly disable_ai_sl: boolean;
  readonly rally_exit_enabled: boolean;
  readonly rally_adx_threshold: number;
  readonly rally_sustained_move_pct: number;
  readonly neg_tp1_percent: number;
  readonly neg_tp1_add_percent: number;
  readonly neg_tp2_percent: number;
  readonly neg_tp2_add_percent: number;
  readonly neg_tp3_percent: number;
  readonly neg_tp3_add_percent: number;
  readonly profit_protection_enabled: boolean;
  readonly profit_protection_percent: number;
  readonly max_loss_of_earned_profit: number;
  readonly allow_hedge_chains: boolean;
  readonly max_hedge_chain_depth: number;
}
