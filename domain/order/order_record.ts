/**
 * Orders as rows of the ledger.
 *
 * @module
 */
import { type Decimal, formatDecimal, parseDecimal } from "../decimal.ts";
import { InvalidInput } from "../invalid_input.ts";
import type { JsonObject } from "../json_value.ts";
import { parseSymbol, type TradingSymbol } from "../symbol.ts";
import type { UserId } from "../user_id.ts";
import { ORDER_KINDS, SIDES, TIMES_IN_FORCE } from "./order.ts";
import type { Order } from "./order.ts";
import { parseOrderStatus } from "./order_state.ts";

/** An order, and who may send it. */
export interface OrderRecord extends Order {
  /** The instance that has sent it, or is about to. */
  readonly heldBy: string;
  /**
   * As a request of the holder may still take effect, others may send it only
   * after they have seen it unchanged for so long, in milliseconds. A span and
   * no moment, as their clocks differ; absent in rows that tell of none.
   */
  readonly heldMs?: number | undefined;
  /** Whether it is to be canceled. */
  readonly isCanceling: boolean;
}

/** Writes a record as one JSON text. */
export function printOrder(record: OrderRecord): string {
  return JSON.stringify({
    symbol: record.symbol,
    side: record.side,
    qty: formatDecimal(record.qty),
    order_type: record.kind,
    limit_price: printed(record.limitPrice),
    stop_price: printed(record.stopPrice),
    time_in_force: record.timeInForce,
    reduce_only: record.reduceOnly,
    strategy_id: record.strategyId,
    run_id: record.runId,
    status: record.status,
    broker_order_id: record.brokerId,
    filled_qty: formatDecimal(record.filledQty),
    filled_value: formatDecimal(record.filledValue),
    commission: formatDecimal(record.commission),
    reason: record.reason,
    created_at: record.createdAt,
    updated_at: record.updatedAt,
    held_by: record.heldBy,
    held_ms: record.heldMs,
    canceling: record.isCanceling,
  });
}

/**
 * Reads what `printOrder` has written; `undefined` when it cannot be
 * understood.
 */
export function readOrder(
  user: UserId,
  id: string,
  data: JsonObject | undefined,
): OrderRecord | undefined {
  if (!data) return undefined;
  const side = SIDES.find((one) => one === data["side"]);
  const kind = ORDER_KINDS.find((one) => one === data["order_type"]);
  const timeInForce = TIMES_IN_FORCE.find((one) =>
    one === data["time_in_force"]
  );
  const status = parseOrderStatus(data["status"]);
  const symbol = symbolOf(data["symbol"]);
  const qty = parseDecimal(data["qty"]);
  const filledQty = parseDecimal(data["filled_qty"]);
  const filledValue = parseDecimal(data["filled_value"]);
  const commission = parseDecimal(data["commission"]);
  if (!side || !kind || !timeInForce || !status || !symbol) return undefined;
  if (qty === undefined || filledQty === undefined) return undefined;
  if (filledValue === undefined || commission === undefined) return undefined;
  return {
    user,
    id,
    symbol,
    side,
    qty,
    kind,
    ...optional("limitPrice", parseDecimal(data["limit_price"])),
    ...optional("stopPrice", parseDecimal(data["stop_price"])),
    timeInForce,
    reduceOnly: data["reduce_only"] === true,
    strategyId: textOf(data["strategy_id"]) ?? "manual",
    ...optional("runId", textOf(data["run_id"])),
    status,
    ...optional("brokerId", textOf(data["broker_order_id"])),
    filledQty,
    filledValue,
    commission,
    ...optional("reason", textOf(data["reason"])),
    createdAt: Number(data["created_at"]),
    updatedAt: Number(data["updated_at"]),
    heldBy: textOf(data["held_by"]) ?? "",
    ...optional("heldMs", countOf(data["held_ms"])),
    isCanceling: data["canceling"] === true,
  };
}

function symbolOf(value: unknown): TradingSymbol | undefined {
  if (typeof value !== "string") return undefined;
  try {
    return parseSymbol(value);
  } catch (error) {
    if (error instanceof InvalidInput) return undefined;
    throw error;
  }
}

function countOf(value: unknown): number | undefined {
  return typeof value === "number" && value >= 0 ? value : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function printed(value: Decimal | undefined): string | undefined {
  return value === undefined ? undefined : formatDecimal(value);
}

function optional<Name extends string, Value>(
  name: Name,
  value: Value | undefined,
): { readonly [name in Name]?: Value } {
  return (value === undefined ? {} : { [name]: value }) as {
    readonly [name in Name]?: Value;
  };
}
