/**
 * What the log is told of orders and positions.
 *
 * @module
 */
import { type Decimal, formatDecimal, over } from "../decimal.ts";
import type { NewEvent } from "../event/event.ts";
import type { Order } from "./order.ts";
import { isRunOrderId } from "./order_intent.ts";
import type { Position } from "./position.ts";
import type { Fill } from "./report.ts";

/** Who tells. */
const SOURCE = "execution-gateway";

/** Most characters of a reason that an event repeats; its data is small. */
const MAX_REASON_CHARS = 100;

/**
 * Builds the `orders.executed` event of an order that has changed.
 *
 * Over all events of an order its counts sum to what has become of it: one
 * order, taken or refused by the venue or by our checks at most once. One that
 * was given up (`failed`, or canceled before it was known to be sent) is
 * neither: it may turn up at the venue, and counts as taken then. An order that
 * the orchestrator has sent for a run is counted by the run.
 *
 * @param before The order as it was told of last; `undefined` when it was not.
 */
export function orderExecuted(
  order: Order,
  before: Order | undefined,
  id: string,
): NewEvent {
  const { status, filledQty, runId = order.id } = order;
  const counts = order.runId === undefined || !isRunOrderId(order.id);
  const isFirst = before === undefined || before.status === "pending_new";
  const isUndecided = before?.brokerId === undefined;
  const isRefused = status === "rejected" || status === "denied";
  const isTaken = order.brokerId !== undefined && !isRefused;
  return {
    id,
    channel: "orders.executed",
    key: runId,
    json: JSON.stringify({
      run_id: runId,
      strategy_id: order.strategyId,
      num_orders: Number(counts && isFirst),
      num_accepted: Number(counts && isUndecided && isTaken),
      num_rejected: Number(counts && isUndecided && isRefused),
      client_order_id: order.id,
      symbol: order.symbol,
      side: order.side,
      qty: formatDecimal(order.qty),
      status,
      filled_qty: formatDecimal(filledQty),
      filled_avg_price: filledQty === 0n
        ? undefined
        : formatDecimal(over(order.filledValue, filledQty)),
      reason: order.reason?.slice(0, MAX_REASON_CHARS).toWellFormed(),
    }),
    meta: metaOf(order),
  };
}

/** Builds the `positions.updated` event of a fill. */
export function positionUpdated(
  order: Order,
  fill: Fill,
  after: Position,
  earned: Decimal,
  isWhole: boolean,
  id: string,
): NewEvent {
  const change = order.side === "buy" ? fill.qty : -fill.qty;
  return {
    id,
    channel: "positions.updated",
    key: order.symbol,
    json: JSON.stringify({
      symbol: order.symbol,
      action: isWhole ? "fill" : "partial_fill",
      side: order.side,
      qty_change: formatDecimal(change),
      new_qty: formatDecimal(after.qty),
      price: formatDecimal(fill.price),
      commission: formatDecimal(fill.commission),
      realized_pnl: formatDecimal(earned),
      strategy_id: order.strategyId,
      client_order_id: order.id,
      run_id: order.runId,
    }),
    meta: metaOf(order),
  };
}

function metaOf({ user, updatedAt }: Order) {
  return {
    timestamp: new Date(updatedAt).toISOString(),
    source: SOURCE,
    user,
  };
}
