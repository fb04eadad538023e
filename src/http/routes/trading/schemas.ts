/**
 * What orders and positions look like on the wire.
 *
 * @module
 */
import { z } from "zod";
import {
  type Decimal,
  formatDecimal,
  over,
} from "../../../../domain/decimal.ts";
import { TRADE_NAME_PATTERN } from "../../../../domain/order/check_order.ts";
import {
  type Order,
  ORDER_KINDS,
  ORDER_STATUSES,
  SIDES,
  TIMES_IN_FORCE,
} from "../../../../domain/order/order.ts";
import { ORDER_ID_PATTERN } from "../../../../domain/order/order_intent.ts";
import type {
  PositionView,
  WantedOrder,
} from "../../../../ports/order_entry.ts";
import { DecimalInput, nameLike } from "./inputs.ts";
import { Instant, instantOf, SymbolInput } from "../../schemas.ts";

/** Where the routes of orders stand on the reference page. */
export const TAGS = ["Trading"];

/** A decimal in an answer. */
const DecimalText = z.string().meta({
  description: "A decimal, exact.",
  example: "187.25",
});

const TradeName = nameLike(TRADE_NAME_PATTERN);

/** The body of `POST /api/v1/orders`. */
export const OrderRequest = z.strictObject({
  symbol: SymbolInput,
  side: z.enum(SIDES),
  qty: DecimalInput.meta({ description: "Units; above 0." }),
  order_type: z.enum(ORDER_KINDS),
  limit_price: DecimalInput.optional().meta({
    description: "The worst price taken; for `limit` and `stop_limit` only.",
  }),
  stop_price: DecimalInput.optional().meta({
    description: "The price that wakes it; for `stop` and `stop_limit` only.",
  }),
  time_in_force: z.enum(TIMES_IN_FORCE).default("day").meta({
    description: "How long it stands; `ioc` and `fok` not for stop orders.",
  }),
  client_order_id: nameLike(ORDER_ID_PATTERN).optional().meta({
    description: "Names the order among those of the caller. Absent: the " +
      "first 24 hex digits of SHA-256 of symbol|side|qty|limit|stop|" +
      "strategy|date|order_type|time_in_force, with prices to the cent, " +
      "the date in UTC, then |reduce_only and |run= where they are given, " +
      "then |attempt=2 and so on where the one before was denied.",
    example: "ULT-06JAN-00001-E",
  }),
  strategy_id: TradeName.default("manual"),
  reduce_only: z.boolean().default(false).meta({
    description: "Whether it may only bring a position nearer to 0.",
  }),
  run_id: TradeName.optional().meta({
    description: "The run of an orchestrator that it belongs to.",
  }),
}).meta({
  id: "OrderRequest",
  example: { symbol: "SYNA", side: "buy", qty: "10", order_type: "market" },
});

const EXAMPLE = {
  client_order_id: "5f0c7d1e2b8a4c6f9e3d1a7b",
  status: "filled",
  broker_order_id: "paper-1",
  symbol: "SYNA",
  side: "buy",
  qty: "10",
  order_type: "market",
  limit_price: null,
  stop_price: null,
  time_in_force: "day",
  reduce_only: false,
  filled_qty: "10",
  filled_avg_price: "187.25",
  filled_value: "1872.5",
  commission: "0.5",
  reason: null,
  strategy_id: "manual",
  run_id: null,
  created_at: "2025-06-30T20:00:00.000Z",
  updated_at: "2025-06-30T20:00:00.012Z",
  message: "The order is filled",
} as const;

/** An order in an answer. */
export const OrderAnswer = z.object({
  client_order_id: z.string(),
  status: z.enum(ORDER_STATUSES).meta({
    description: "`denied` is our own check, `rejected` the venue's. " +
      "`pending_new`: it is kept, and not yet known to be at the venue.",
  }),
  broker_order_id: z.string().nullable(),
  symbol: z.string(),
  side: z.enum(SIDES),
  qty: DecimalText,
  order_type: z.enum(ORDER_KINDS),
  limit_price: DecimalText.nullable(),
  stop_price: DecimalText.nullable(),
  time_in_force: z.enum(TIMES_IN_FORCE),
  reduce_only: z.boolean(),
  filled_qty: DecimalText,
  filled_avg_price: DecimalText.nullable(),
  filled_value: DecimalText.meta({
    description: "The sum of units times prices.",
  }),
  commission: DecimalText,
  reason: z.string().nullable().meta({
    description: "Why it was denied, rejected or canceled, has failed, or " +
      "is in doubt.",
  }),
  strategy_id: z.string(),
  run_id: z.string().nullable(),
  created_at: Instant,
  updated_at: Instant,
  message: z.string(),
}).meta({ id: "Order", example: { ...EXAMPLE } });

/** A page of orders. */
export const OrderList = z.object({
  orders: z.array(OrderAnswer).meta({ description: "The newest first." }),
  next: z.string().nullable().meta({
    description: "What to give as `after` for the next page, if there is one.",
  }),
}).meta({ id: "OrderList", example: { orders: [{ ...EXAMPLE }], next: null } });

/** Positions and what they come to. */
export const Positions = z.object({
  positions: z.array(z.object({
    symbol: z.string(),
    qty: DecimalText.meta({ description: "Below 0 when short." }),
    avg_entry_price: DecimalText,
    current_price: DecimalText,
    unrealized_pl: DecimalText,
    realized_pl: DecimalText.meta({ description: "Less all commission." }),
    commission: DecimalText,
    updated_at: Instant,
  })).meta({ description: "Those that are closed included." }),
  total_positions: z.int(),
  total_unrealized_pl: DecimalText,
  total_realized_pl: DecimalText,
}).meta({
  id: "Positions",
  example: {
    positions: [{
      symbol: "SYNA",
      qty: "10",
      avg_entry_price: "187.25",
      current_price: "190",
      unrealized_pl: "27.5",
      realized_pl: "-0.5",
      commission: "0.5",
      updated_at: "2025-06-30T20:00:00.012Z",
    }],
    total_positions: 1,
    total_unrealized_pl: "27.5",
    total_realized_pl: "-0.5",
  },
});

/** The request that a body means. */
export function wantedOf(body: z.output<typeof OrderRequest>): WantedOrder {
  return {
    ...optional("id", body.client_order_id),
    symbol: body.symbol,
    side: body.side,
    qty: body.qty,
    kind: body.order_type,
    ...optional("limitPrice", body.limit_price),
    ...optional("stopPrice", body.stop_price),
    timeInForce: body.time_in_force,
    reduceOnly: body.reduce_only,
    strategyId: body.strategy_id,
    ...optional("runId", body.run_id),
  };
}

/** An order as it is answered with. */
export function orderOf(order: Order): z.output<typeof OrderAnswer> {
  const { filledQty, filledValue } = order;
  return {
    client_order_id: order.id,
    status: order.status,
    broker_order_id: order.brokerId ?? null,
    symbol: order.symbol,
    side: order.side,
    qty: formatDecimal(order.qty),
    order_type: order.kind,
    limit_price: textOf(order.limitPrice),
    stop_price: textOf(order.stopPrice),
    time_in_force: order.timeInForce,
    reduce_only: order.reduceOnly,
    filled_qty: formatDecimal(filledQty),
    filled_avg_price: filledQty === 0n
      ? null
      : formatDecimal(over(filledValue, filledQty)),
    filled_value: formatDecimal(filledValue),
    commission: formatDecimal(order.commission),
    reason: order.reason ?? null,
    strategy_id: order.strategyId,
    run_id: order.runId ?? null,
    created_at: instantOf(order.createdAt),
    updated_at: instantOf(order.updatedAt),
    message: messageOf(order),
  };
}

/** Positions as they are answered with. */
export function positionsOf(
  views: readonly PositionView[],
): z.output<typeof Positions> {
  const total = (of: (view: PositionView) => Decimal) =>
    formatDecimal(views.reduce((sum, view) => sum + of(view), 0n));
  return {
    positions: views.map((view) => ({
      symbol: view.symbol,
      qty: formatDecimal(view.qty),
      avg_entry_price: formatDecimal(view.avgEntryPrice),
      current_price: formatDecimal(view.currentPrice),
      unrealized_pl: formatDecimal(view.unrealizedPnl),
      realized_pl: formatDecimal(view.realizedPnl),
      commission: formatDecimal(view.commission),
      updated_at: instantOf(view.updatedAt),
    })),
    total_positions: views.length,
    total_unrealized_pl: total((view) => view.unrealizedPnl),
    total_realized_pl: total((view) => view.realizedPnl),
  };
}

const MESSAGES: Readonly<Record<Order["status"], string>> = {
  pending_new: "The order is kept and not yet known to be at the venue",
  accepted: "The venue has the order",
  partially_filled: "A part of the order is filled",
  pending_cancel: "The venue has been asked to cancel the order",
  filled: "The order is filled",
  canceled: "The order is canceled",
  expired: "The order has expired",
  rejected: "The venue has rejected the order",
  denied: "The order was denied and not sent",
  failed: "The order never reached the venue and is not sent any more",
  dry_run: "The order would have been sent (DRY_RUN)",
};

function messageOf({ status, reason }: Order): string {
  const message = MESSAGES[status];
  return reason === undefined ? message : `${message}: ${reason}`;
}

function textOf(value: Decimal | undefined): string | null {
  return value === undefined ? null : formatDecimal(value);
}

function optional<Name extends string, Value>(
  name: Name,
  value: Value | undefined,
): { readonly [name in Name]?: Value } {
  return (value === undefined ? {} : { [name]: value }) as {
    readonly [name in Name]?: Value;
  };
}
