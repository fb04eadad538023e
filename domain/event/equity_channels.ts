/**
 * The channels of the equity signal platform.
 *
 * @module
 */
import { z } from "zod";
import type { Channel } from "./channel.ts";
import { ORDER_STATUSES, SIDES } from "../order/order.ts";
import {
  count,
  date,
  decimal,
  decimalText,
  must,
  name,
  someSymbols,
  text,
} from "./fields.ts";

/** Which way an order goes. */
const side = z.enum(SIDES, must(`one of ${SIDES.join(", ")}`));

/** What has become of an order. */
const status = z.enum(
  ORDER_STATUSES,
  must(`one of ${ORDER_STATUSES.join(", ")}`),
);

/** What a strategy, its orders and its positions tell of. */
export const EQUITY_CHANNELS: readonly Channel[] = [
  {
    name: "signals.generated",
    summary: "A strategy has computed target weights.",
    isOwned: true,
    isTraded: true,
    lane: "durable",
    version: 1,
    schema: z.looseObject({
      strategy_id: name,
      symbols: someSymbols,
      num_signals: count,
      as_of_date: date,
      model_version: name.optional(),
    }),
    key: "strategy_id",
    large: "claim-check",
    example: {
      strategy_id: "alpha_baseline",
      symbols: ["AAPL", "MSFT", "GOOGL"],
      num_signals: 3,
      as_of_date: "2026-01-02",
    },
  },
  {
    name: "orders.executed",
    summary:
      "A run has sent its orders to the broker, or one of them has changed.",
    isOwned: true,
    lane: "durable",
    version: 1,
    schema: z.looseObject({
      run_id: name,
      strategy_id: name.optional(),
      num_orders: count,
      num_accepted: count,
      num_rejected: count,
      client_order_id: name.optional(),
      symbol: name.optional(),
      side: side.optional(),
      qty: decimal.optional(),
      status: status.optional(),
      filled_qty: decimal.optional(),
      filled_avg_price: decimalText.optional(),
      reason: text.optional(),
    }),
    key: "run_id",
    large: "refuse",
    example: {
      run_id: "7f1c2a9e-2f6b-4a53-9d0e-3b8f5a1c6d42",
      strategy_id: "alpha_baseline",
      num_orders: 6,
      num_accepted: 5,
      num_rejected: 1,
    },
  },
  {
    name: "positions.updated",
    summary: "A position has changed.",
    isOwned: true,
    lane: "durable",
    version: 1,
    schema: z.looseObject({
      symbol: name,
      action: z.enum(
        ["buy", "sell", "fill", "partial_fill"],
        must("one of buy, sell, fill, partial_fill"),
      ),
      qty_change: decimal,
      new_qty: decimal,
      price: decimalText,
      strategy_id: name,
      client_order_id: name.optional(),
      run_id: name.optional(),
      side: side.optional(),
      commission: decimalText.optional(),
      realized_pnl: decimalText.optional(),
    }),
    key: "symbol",
    large: "refuse",
    example: {
      symbol: "AAPL",
      action: "buy",
      qty_change: 100,
      new_qty: 300,
      price: "187.2500",
      strategy_id: "alpha_baseline",
    },
  },
];
