/**
 * What a venue says, as it is kept and shown.
 *
 * @module
 */
import { formatDecimal } from "../../domain/decimal.ts";
import type { BrokerPosition, BrokerReport } from "../../ports/broker.ts";
import type {
  ExchangeOrder,
  ExchangePosition,
} from "../../ports/exchange_cache.ts";

/** A position as it is kept and shown. */
export function positionRow(position: BrokerPosition): ExchangePosition {
  return {
    symbol: position.symbol,
    qty: formatDecimal(position.qty),
    avg_entry_price: formatDecimal(position.avgEntryPrice),
  };
}

/** An open order as it is kept and shown. */
export function orderRow(
  { order, brokerId, fills }: BrokerReport,
): ExchangeOrder {
  const { limitPrice, stopPrice } = order;
  const filled = fills.reduce((sum, { qty }) => sum + qty, 0n);
  return {
    client_order_id: order.id,
    broker_order_id: brokerId,
    symbol: order.symbol,
    side: order.side,
    order_type: order.kind,
    qty: formatDecimal(order.qty),
    filled_qty: formatDecimal(filled),
    limit_price: limitPrice === undefined ? null : formatDecimal(limitPrice),
    stop_price: stopPrice === undefined ? null : formatDecimal(stopPrice),
    time_in_force: order.timeInForce,
    reduce_only: order.reduceOnly,
  };
}
