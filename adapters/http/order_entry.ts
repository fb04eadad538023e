/**
 * The execution gateway in another process.
 *
 * @module
 */
import { z } from "zod";
import { type Decimal, formatDecimal } from "../../domain/decimal.ts";
import {
  type Order,
  ORDER_KINDS,
  ORDER_STATUSES,
  SIDES,
  TIMES_IN_FORCE,
} from "../../domain/order/order.ts";
import type { UserId } from "../../domain/user_id.ts";
import type {
  EnteredOrder,
  OrderEntry,
  PositionView,
} from "../../ports/order_entry.ts";
import { hasCode, type PortErrorCode } from "../../ports/port_error.ts";
import type { HttpClient } from "./client.ts";
import {
  DecimalText,
  InstantText,
  readAnswer,
  SymbolText,
} from "./read_answer.ts";

const OrderAnswer = z.object({
  client_order_id: z.string(),
  status: z.enum(ORDER_STATUSES),
  broker_order_id: z.string().nullish(),
  symbol: SymbolText,
  side: z.enum(SIDES),
  qty: DecimalText,
  order_type: z.enum(ORDER_KINDS),
  limit_price: DecimalText.nullish(),
  stop_price: DecimalText.nullish(),
  time_in_force: z.enum(TIMES_IN_FORCE),
  reduce_only: z.boolean(),
  filled_qty: DecimalText,
  filled_value: DecimalText,
  commission: DecimalText,
  reason: z.string().nullish(),
  strategy_id: z.string(),
  run_id: z.string().nullish(),
  created_at: InstantText,
  updated_at: InstantText,
});

const Positions = z.object({
  positions: z.array(z.object({
    symbol: SymbolText,
    qty: DecimalText,
    avg_entry_price: DecimalText,
    current_price: DecimalText,
    unrealized_pl: DecimalText,
    realized_pl: DecimalText,
    commission: DecimalText,
    updated_at: InstantText,
  })),
});

/**
 * Creates the port over `client`. Whether an order was entered nobody knows
 * where the answer cannot be understood: that is a `timeout`, not the end of it.
 */
export function createHttpOrderEntry(client: HttpClient): OrderEntry {
  return {
    async submit(user, wanted, signal): Promise<EnteredOrder> {
      const { json, isReplayed } = await client.ask({
        method: "POST",
        path: "/api/v1/orders",
        user,
        unreadable: "timeout",
        body: {
          client_order_id: wanted.id,
          symbol: wanted.symbol,
          side: wanted.side,
          qty: formatDecimal(wanted.qty),
          order_type: wanted.kind,
          limit_price: textOf(wanted.limitPrice),
          stop_price: textOf(wanted.stopPrice),
          time_in_force: wanted.timeInForce,
          reduce_only: wanted.reduceOnly,
          strategy_id: wanted.strategyId,
          run_id: wanted.runId,
        },
      }, signal);
      const order = orderOf(user, json, "timeout");
      return { order, isRepeat: isReplayed };
    },

    async find(user, id, signal) {
      const path = `/api/v1/orders/${encodeURIComponent(id)}`;
      try {
        const { json } = await client.ask(
          { method: "GET", path, user },
          signal,
        );
        return orderOf(user, json);
      } catch (error) {
        if (hasCode(error, "not_found")) return undefined;
        throw error;
      }
    },

    async cancel(user, id, signal) {
      const path = `/api/v1/orders/${encodeURIComponent(id)}`;
      const { json } = await client.ask(
        { method: "DELETE", path, user },
        signal,
      );
      return orderOf(user, json);
    },

    async positions(user, signal) {
      const { json } = await client.ask(
        { method: "GET", path: "/api/v1/positions", user },
        signal,
      );
      return readAnswer(Positions, json, "positions").positions.map(viewOf);
    },
  };
}

function orderOf(
  user: UserId,
  json: unknown,
  unreadable?: PortErrorCode,
): Order {
  const answer = readAnswer(OrderAnswer, json, "order", unreadable);
  return {
    user,
    id: answer.client_order_id,
    status: answer.status,
    brokerId: answer.broker_order_id ?? undefined,
    symbol: answer.symbol,
    side: answer.side,
    qty: answer.qty,
    kind: answer.order_type,
    limitPrice: answer.limit_price ?? undefined,
    stopPrice: answer.stop_price ?? undefined,
    timeInForce: answer.time_in_force,
    reduceOnly: answer.reduce_only,
    filledQty: answer.filled_qty,
    filledValue: answer.filled_value,
    commission: answer.commission,
    reason: answer.reason ?? undefined,
    strategyId: answer.strategy_id,
    runId: answer.run_id ?? undefined,
    createdAt: answer.created_at,
    updatedAt: answer.updated_at,
  };
}

function viewOf(
  one: z.infer<typeof Positions>["positions"][number],
): PositionView {
  return {
    symbol: one.symbol,
    qty: one.qty,
    avgEntryPrice: one.avg_entry_price,
    currentPrice: one.current_price,
    unrealizedPnl: one.unrealized_pl,
    realizedPnl: one.realized_pl,
    commission: one.commission,
    updatedAt: one.updated_at,
  };
}

function textOf(value: Decimal | undefined): string | undefined {
  return value === undefined ? undefined : formatDecimal(value);
}
