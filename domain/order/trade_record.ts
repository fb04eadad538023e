/**
 * Fills, positions and trading days as rows of the ledger.
 *
 * @module
 */
import { type Decimal, formatDecimal, parseDecimal } from "../decimal.ts";
import type { JsonObject } from "../json_value.ts";
import type { TradingSymbol } from "../symbol.ts";
import type { Order } from "./order.ts";
import type { Position } from "./position.ts";
import type { Fill } from "./report.ts";

/** What closed trades of a day have earned. */
export interface TradingDay {
  /** Without commission. */
  readonly realized: Decimal;
  /** What the venue took on that day. */
  readonly commission: Decimal;
}

/** A day without trades. */
export const NO_TRADES_YET: TradingDay = { realized: 0n, commission: 0n };

/** Writes a fill of `order` as one JSON text. */
export function printFill(
  order: Order,
  fill: Fill,
  earned: Decimal,
): string {
  return JSON.stringify({
    client_order_id: order.id,
    fill_id: fill.id,
    symbol: order.symbol,
    side: order.side,
    qty: formatDecimal(fill.qty),
    price: formatDecimal(fill.price),
    commission: formatDecimal(fill.commission),
    realized_pnl: formatDecimal(earned),
    strategy_id: order.strategyId,
    run_id: order.runId,
    filled_at: fill.at,
  });
}

/** Reads what `printFill` has written; `undefined` when it cannot be understood. */
export function readFill(data: JsonObject | undefined): Fill | undefined {
  const qty = parseDecimal(data?.["qty"]);
  const price = parseDecimal(data?.["price"]);
  const commission = parseDecimal(data?.["commission"]);
  const id = data?.["fill_id"];
  if (!data || typeof id !== "string" || qty === undefined) return undefined;
  if (price === undefined || commission === undefined) return undefined;
  return { id, qty, price, commission, at: Number(data["filled_at"]) };
}

/** Writes a position as one JSON text. */
export function printPosition(position: Position): string {
  return JSON.stringify({
    qty: formatDecimal(position.qty),
    cost: formatDecimal(position.cost),
    realized_pnl: formatDecimal(position.realized),
    commission: formatDecimal(position.commission),
    updated_at: position.updatedAt,
  });
}

/** Reads what `printPosition` has written; `undefined` when it cannot be understood. */
export function readPosition(
  symbol: TradingSymbol,
  data: JsonObject | undefined,
): Position | undefined {
  const qty = parseDecimal(data?.["qty"]);
  const cost = parseDecimal(data?.["cost"]);
  const realized = parseDecimal(data?.["realized_pnl"]);
  const commission = parseDecimal(data?.["commission"]);
  if (!data || qty === undefined || cost === undefined) return undefined;
  if (realized === undefined || commission === undefined) return undefined;
  const updatedAt = Number(data["updated_at"]);
  return { symbol, qty, cost, realized, commission, updatedAt };
}

/** Writes a day as one JSON text. */
export function printDay({ realized, commission }: TradingDay): string {
  return JSON.stringify({
    realized_pnl: formatDecimal(realized),
    commission: formatDecimal(commission),
  });
}

/** Reads what `printDay` has written; `undefined` when it cannot be understood. */
export function readDay(data: JsonObject | undefined): TradingDay | undefined {
  const realized = parseDecimal(data?.["realized_pnl"]);
  const commission = parseDecimal(data?.["commission"]);
  if (realized === undefined || commission === undefined) return undefined;
  return { realized, commission };
}
