/**
 * What an order is meant to do: when two requests mean the same, and the id of
 * one that names none.
 *
 * @module
 */
import { type Decimal, formatDecimal, roundTo } from "../decimal.ts";
import type { OrderRequest, OrderTerms } from "./order.ts";

/**
 * What a client order id looks like, as a regular expression source. `.` and
 * `..` are none, as no address can name them.
 */
export const ORDER_ID_PATTERN = "^(?!\\.{1,2}$)[.A-Z:/a-z0-9_-]{1,36}$";

/** Whether an id is one that the orchestrator gives the orders of its runs. */
export function isRunOrderId(id: string): boolean {
  return /^R-[0-9a-f]{24}$/.test(id);
}

/** Hexadecimal digits of an id that follows from the intent. */
export const INTENT_ID_DIGITS = 24;

/** Decimals that prices have in the text of an intent. */
const PRICE_PLACES = 2;

/**
 * The text whose SHA-256 begins with the id of an order that names none:
 * `symbol|side|qty|limit|stop|strategy|date|order_type|time_in_force`, then
 * `|reduce_only` where it is, then `|run=` and the run where there is one, then
 * `|attempt=` and which one it is after one that was denied.
 * Prices have two decimals, absent ones are empty; `date` is the day in UTC at
 * `now`. The user is no part of it: orders are told apart by user anyway.
 *
 * So the same request means the same order on one day. Prices that differ only
 * behind the second decimal share an id, and the second order is a conflict:
 * who trades such prices gives ids himself.
 *
 * @param now Milliseconds since the Unix epoch.
 * @param attempt From 1 on.
 */
export function intentText(
  request: OrderRequest,
  now: number,
  attempt = 1,
): string {
  const { symbol, side, qty, kind, timeInForce, strategyId, runId } = request;
  return [
    symbol,
    side,
    formatDecimal(qty),
    priceText(request.limitPrice),
    priceText(request.stopPrice),
    strategyId,
    new Date(now).toISOString().slice(0, 10),
    kind,
    timeInForce,
    ...request.reduceOnly ? ["reduce_only"] : [],
    ...runId === undefined ? [] : [`run=${runId}`],
    ...attempt === 1 ? [] : [`attempt=${attempt}`],
  ].join("|");
}

/** The terms in which two orders differ, by their names on the wire. */
export function differingTerms(
  a: OrderTerms,
  b: OrderTerms,
): readonly string[] {
  return [
    ...a.symbol === b.symbol ? [] : ["symbol"],
    ...a.side === b.side ? [] : ["side"],
    ...a.qty === b.qty ? [] : ["qty"],
    ...a.kind === b.kind ? [] : ["order_type"],
    ...a.limitPrice === b.limitPrice ? [] : ["limit_price"],
    ...a.stopPrice === b.stopPrice ? [] : ["stop_price"],
    ...a.timeInForce === b.timeInForce ? [] : ["time_in_force"],
    ...a.reduceOnly === b.reduceOnly ? [] : ["reduce_only"],
  ];
}

/** The fields in which two requests differ, by their names on the wire. */
export function differingFields(
  a: OrderRequest,
  b: OrderRequest,
): readonly string[] {
  return [
    ...differingTerms(a, b),
    ...a.strategyId === b.strategyId ? [] : ["strategy_id"],
    ...a.runId === b.runId ? [] : ["run_id"],
  ];
}

/**
 * A field of a request as it is written, by its name on the wire, such as
 * `limit_price`; `none` where it is absent.
 */
export function fieldText(request: OrderRequest, field: string): string {
  const { limitPrice, stopPrice } = request;
  const texts: Readonly<Record<string, string | undefined>> = {
    symbol: request.symbol,
    side: request.side,
    qty: formatDecimal(request.qty),
    order_type: request.kind,
    limit_price: limitPrice === undefined
      ? undefined
      : formatDecimal(limitPrice),
    stop_price: stopPrice === undefined ? undefined : formatDecimal(stopPrice),
    time_in_force: request.timeInForce,
    reduce_only: String(request.reduceOnly),
    strategy_id: request.strategyId,
    run_id: request.runId,
  };
  return texts[field] ?? "none";
}

function priceText(price: Decimal | undefined): string {
  if (price === undefined) return "";
  const [whole, fraction = ""] = formatDecimal(roundTo(price, PRICE_PLACES))
    .split(".");
  return `${whole}.${fraction.padEnd(PRICE_PLACES, "0")}`;
}
