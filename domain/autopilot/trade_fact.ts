/**
 * What events tell of trades.
 *
 * @module
 */
import type { LoggedEvent } from "../event/event.ts";
import { type JsonObject, parseObject } from "../json_value.ts";
import { modeNamed, type TradingMode } from "../settings/field.ts";
import { type Decimal, parseDecimal } from "../decimal.ts";

/** The channels that tell of trades. */
export const TRADE_CHANNELS = [
  "orders.executed",
  "positions.updated",
  "signal.triggered",
] as const;

/** The beginning of `strategy_id` in events of the autopilot's own trades. */
const OWN_STRATEGY = "autopilot:";

/** The first letters of a client order id, by mode. */
const ORDER_PREFIXES: Readonly<Record<string, TradingMode>> = {
  ULT: "ultra",
  SCA: "scalp",
  SWI: "swing",
  POS: "position",
};

/** What every fact has. */
export interface FactBase {
  /** Whose trade. */
  readonly user: string;
  /** In which mode; `undefined` when in none of ours. */
  readonly mode: TradingMode | undefined;
  /** When it was committed to the log, in milliseconds since the Unix epoch. */
  readonly at: number;
}

/** What ties orders to the changes of positions that they lead to. */
export interface TradeLinks {
  /** The run that sent the order, `run_id`. */
  readonly run: string | undefined;
  /** The order, `client_order_id`. */
  readonly order: string | undefined;
}

/** Orders that were taken. */
export interface OrdersFact extends FactBase {
  /** Tells the facts apart. */
  readonly kind: "orders";
  /** How many. */
  readonly accepted: number;
  /** Which. */
  readonly links: TradeLinks;
}

/** A change of a position. */
export interface PositionFact extends FactBase {
  /** Tells the facts apart. */
  readonly kind: "position";
  /** Of what. */
  readonly symbol: string;
  /** Units bought, or sold when below 0. */
  readonly change: Decimal;
  /** Units of the symbol held afterwards, by the event. */
  readonly after: Decimal;
  /** At which price. */
  readonly price: Decimal;
  /** What it has earned, where the event says so. */
  readonly earned: Decimal | undefined;
  /** By which orders. */
  readonly links: TradeLinks;
}

/** An entry that the autopilot has asked for. */
export interface SignalFact extends FactBase {
  /** Tells the facts apart. */
  readonly kind: "signal";
  /** The mode that asked. */
  readonly mode: TradingMode;
  /** Of what. */
  readonly symbol: string;
  /** How large. */
  readonly sizeUsd: Decimal;
  /** Date of the bar that it follows from; empty when it names none. */
  readonly bar: string;
  /** Which way; empty when it does not say. */
  readonly side: string;
}

/** What one event tells. */
export type TradeFact = OrdersFact | PositionFact | SignalFact;

/**
 * Reads an event of one of `TRADE_CHANNELS`; `undefined` when it tells of no
 * trade of a user.
 *
 * The user is that of the event's metadata, where who publishes cannot name
 * another unless he is the operator; the time is when it was committed.
 */
export function tradeFactOf(event: LoggedEvent): TradeFact | undefined {
  const { user } = event.meta;
  const data = parseObject(event.json);
  if (user === undefined || data === undefined) return undefined;
  const base = { user, mode: modeOf(data), at: event.committedAt };
  switch (event.channel) {
    case "orders.executed":
      return ordersOf(base, data);
    case "positions.updated":
      return positionOf(base, data);
    case "signal.triggered":
      return signalOf(base, data, event.meta.timestamp);
  }
}

/**
 * The mode that an event belongs to: its `mode`, else that of its
 * `client_order_id`, else that of a `strategy_id` written `autopilot:{mode}`.
 */
export function modeOf(data: JsonObject): TradingMode | undefined {
  const { mode, client_order_id: order, strategy_id: strategy } = data;
  const prefix = textOf(order).split("-", 1)[0]!.toUpperCase();
  return modeNamed(textOf(mode)) ??
    (textOf(order).includes("-") ? ORDER_PREFIXES[prefix] : undefined) ??
    (textOf(strategy).startsWith(OWN_STRATEGY)
      ? modeNamed(textOf(strategy).slice(OWN_STRATEGY.length))
      : undefined);
}

function ordersOf(base: FactBase, data: JsonObject): OrdersFact | undefined {
  const { num_accepted: accepted } = data;
  if (!isWhole(accepted) || accepted < 0) return undefined;
  return { ...base, kind: "orders", accepted, links: linksOf(data) };
}

function positionOf(
  base: FactBase,
  data: JsonObject,
): PositionFact | undefined {
  const { symbol } = data;
  const change = parseDecimal(data["qty_change"]);
  const after = parseDecimal(data["new_qty"]);
  const price = parseDecimal(data["price"]);
  if (typeof symbol !== "string") return undefined;
  if (change === undefined || after === undefined) return undefined;
  if (price === undefined || price < 0n) return undefined;
  return {
    ...base,
    kind: "position",
    symbol: symbol.toUpperCase(),
    change,
    after,
    price,
    earned: parseDecimal(data["realized_pnl"]),
    links: linksOf(data),
  };
}

/** A signal counts from when it was given, so that it does so for everybody. */
function signalOf(
  base: FactBase,
  data: JsonObject,
  timestamp: string,
): SignalFact | undefined {
  const { ticker } = data;
  const { mode } = base;
  const sizeUsd = parseDecimal(data["size_usd"]);
  if (typeof ticker !== "string" || mode === undefined) return undefined;
  if (sizeUsd === undefined || sizeUsd < 0n) return undefined;
  const given = Date.parse(timestamp);
  const at = Number.isNaN(given) ? base.at : Math.min(given, base.at);
  return {
    ...base,
    kind: "signal",
    mode,
    at,
    symbol: ticker.toUpperCase(),
    sizeUsd,
    bar: textOf(data["bar_date"]),
    side: textOf(data["side"]),
  };
}

function linksOf({ run_id: run, client_order_id: order }: JsonObject) {
  return { run: textOf(run) || undefined, order: textOf(order) || undefined };
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
