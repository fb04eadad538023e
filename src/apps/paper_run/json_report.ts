/**
 * A paper run as JSON: the same run always gives the same bytes.
 *
 * @module
 */
import { type Decimal, formatDecimal, over } from "../../../domain/decimal.ts";
import type { Performance } from "../../../domain/performance/performance.ts";
import { closeOf } from "./market_day.ts";
import {
  countByStatus,
  isWhole,
  type PaperOrder,
  type PaperOutcome,
  type PaperParameters,
} from "./outcome.ts";

/** Decimals of a ratio; money has all of its own. */
const RATIO_PLACES = 6;

/** What came of a run but its orders; money is text, ratios are numbers. */
export type PaperReport = ReturnType<typeof reportOf>;

/** Writes `outcome` as one JSON text, with its orders. */
export function writeJsonReport(outcome: PaperOutcome): string {
  const orders = outcome.orders.map(orderOf);
  const report = { ...reportOf(outcome), orders };
  return `${JSON.stringify(report, undefined, 2)}\n`;
}

/** Reports `outcome`. */
export function reportOf(outcome: PaperOutcome) {
  const { runId, parameters, performance, orders, gaps, skips } = outcome;
  return {
    // Of the run, not of the machine: else no two reports would be the same.
    timestamp: new Date(closeOf(parameters.to)).toISOString(),
    run_id: runId,
    status: isWhole(outcome) ? "completed" as const : "partial" as const,
    parameters: parametersOf(parameters),
    results: resultsOf(performance, orders),
    gaps: gaps.map(({ symbol, ...gap }) => ({
      symbol: symbol ?? null,
      ...gap,
    })),
    skips,
  };
}

function parametersOf(parameters: PaperParameters) {
  return {
    symbols: parameters.symbols,
    from: parameters.from,
    to: parameters.to,
    capital: formatDecimal(parameters.capital),
    max_position_size: formatDecimal(parameters.maxPositionSize),
    lots: parameters.lots,
    top_n: parameters.topN,
    bottom_n: parameters.bottomN,
    strategy_id: parameters.strategyId,
    model_version: parameters.modelVersion,
    ...parameters.venue,
    bars: parameters.bars,
  };
}

function resultsOf(figures: Performance, orders: readonly PaperOrder[]) {
  const trades = figures.perSymbol.map(({ tradeCount }) => tradeCount);
  return {
    realized_pnl: formatDecimal(figures.realizedPnl),
    unrealized_pnl: formatDecimal(figures.unrealizedPnl),
    total_pnl: formatDecimal(figures.totalPnl),
    commission: formatDecimal(figures.commission),
    total_return: rounded(figures.totalReturn),
    max_drawdown: formatDecimal(figures.drawdown.amount),
    max_drawdown_share: rounded(figures.drawdown.share),
    volatility: rounded(figures.volatility),
    sharpe: rounded(figures.sharpe),
    traded_value: formatDecimal(figures.tradedValue),
    turnover: rounded(figures.turnover),
    annual_turnover: rounded(figures.annualTurnover),
    num_closing_trades: figures.closingCount,
    hit_rate: rounded(figures.hitRate),
    num_days: figures.curve.length,
    num_orders: orders.length,
    num_trades: trades.reduce((sum, count) => sum + count, 0),
    orders_by_status: Object.fromEntries(
      [...countByStatus(orders)].sort(([a], [b]) => a < b ? -1 : 1),
    ),
    num_open_positions: figures.openCount,
    num_closed_positions: figures.closedCount,
    total_positions: figures.perSymbol.length,
    per_symbol: Object.fromEntries(
      figures.perSymbol.map((one) => [one.symbol, {
        realized_pnl: formatDecimal(one.realizedPnl),
        unrealized_pnl: formatDecimal(one.unrealizedPnl),
        commission: formatDecimal(one.commission),
        qty: formatDecimal(one.qty),
        avg_entry_price: formatDecimal(one.avgEntryPrice),
        current_price: formatDecimal(one.currentPrice),
        status: one.status,
        num_trades: one.tradeCount,
      }]),
    ),
    equity_curve: figures.curve.map((point) => ({
      date: point.date,
      equity: formatDecimal(point.equity),
      drawdown: formatDecimal(point.drawdown),
      drawdown_share: rounded(point.drawdownShare),
    })),
  };
}

function orderOf({ decidedOn, filledOn, order }: PaperOrder) {
  return {
    client_order_id: order.id,
    decided_on: decidedOn,
    symbol: order.symbol,
    side: order.side,
    qty: formatDecimal(order.qty),
    status: order.status,
    filled_on: filledOn ?? null,
    filled_qty: formatDecimal(order.filledQty),
    filled_value: formatDecimal(order.filledValue),
    avg_fill_price: averageOf(order.filledValue, order.filledQty),
    commission: formatDecimal(order.commission),
    reason: order.reason ?? null,
  };
}

function averageOf(value: Decimal, qty: Decimal): string | null {
  return qty > 0n ? formatDecimal(over(value, qty)) : null;
}

function rounded(ratio: number): number;
function rounded(ratio: number | undefined): number | null;
function rounded(ratio: number | undefined): number | null {
  return ratio === undefined ? null : Number(ratio.toFixed(RATIO_PLACES));
}
