/**
 * Orders: what is to be traded, on which terms, and what has become of it.
 *
 * @module
 */
import type { Decimal } from "../decimal.ts";
import type { TradingSymbol } from "../symbol.ts";
import type { UserId } from "../user_id.ts";

/** Which way. */
export const SIDES = ["buy", "sell"] as const;

/** Which way. */
export type Side = typeof SIDES[number];

/** How the price comes about; `order_type` on the wire. */
export const ORDER_KINDS = ["market", "limit", "stop", "stop_limit"] as const;

/** How the price comes about. */
export type OrderKind = typeof ORDER_KINDS[number];

/**
 * How long an order stands: until the end of the trading day; until it is
 * canceled; at once or not at all, in part (`ioc`) or whole (`fok`).
 */
export const TIMES_IN_FORCE = ["day", "gtc", "ioc", "fok"] as const;

/** How long an order stands. */
export type TimeInForce = typeof TIMES_IN_FORCE[number];

/** In which units is traded: whole ones, or with up to 8 decimals. */
export const LOTS = ["whole", "fractional"] as const;

/** In which units is traded. */
export type Lots = typeof LOTS[number];

/** What is to be traded, as a venue is told. */
export interface OrderTerms {
  /** Of what. */
  readonly symbol: TradingSymbol;
  /** Which way. */
  readonly side: Side;
  /** How many units; above 0. */
  readonly qty: Decimal;
  /** How the price comes about. */
  readonly kind: OrderKind;
  /** The worst price taken; `limit` and `stop_limit` have one, others none. */
  readonly limitPrice?: Decimal | undefined;
  /** The price that wakes it; `stop` and `stop_limit` have one, others none. */
  readonly stopPrice?: Decimal | undefined;
  /** How long it stands. */
  readonly timeInForce: TimeInForce;
  /** Whether it may only bring a position nearer to 0. */
  readonly reduceOnly: boolean;
}

/** What a caller wants: the terms, and on whose account they count. */
export interface OrderRequest extends OrderTerms {
  /** The strategy, such as `alpha_baseline`; `manual` where nobody says. */
  readonly strategyId: string;
  /** The run of an orchestrator that it belongs to. */
  readonly runId?: string | undefined;
}

/**
 * What has become of an order.
 *
 * - `pending_new`: kept here, and not known to be at the venue.
 * - `accepted`: at the venue, nothing filled.
 * - `partially_filled`: at the venue, a part of it filled.
 * - `pending_cancel`: the venue has been asked to cancel it.
 * - `filled`, `canceled`, `expired`, `rejected` (by the venue): over.
 * - `denied`: our own checks refused it; it was never sent.
 * - `failed`: it never reached the venue, and will not be sent any more.
 * - `dry_run`: it would have been sent.
 */
export const ORDER_STATUSES = [
  "pending_new",
  "accepted",
  "partially_filled",
  "pending_cancel",
  "filled",
  "canceled",
  "expired",
  "rejected",
  "denied",
  "failed",
  "dry_run",
] as const;

/** What has become of an order. */
export type OrderStatus = typeof ORDER_STATUSES[number];

/** An order as the gateway keeps it. */
export interface Order extends OrderRequest {
  /** Whose. */
  readonly user: UserId;
  /** Its client order id: one of a kind among the orders of its user. */
  readonly id: string;
  /** What has become of it. */
  readonly status: OrderStatus;
  /** What the venue calls it, once it is there. */
  readonly brokerId?: string | undefined;
  /** Units filled, from 0 to `qty`. */
  readonly filledQty: Decimal;
  /** What these cost or brought: the sum of units times prices. */
  readonly filledValue: Decimal;
  /** What the venue took for it, all fills together. */
  readonly commission: Decimal;
  /** Why it was denied, rejected, canceled or has failed. */
  readonly reason?: string | undefined;
  /** When it was first kept: milliseconds since the Unix epoch. */
  readonly createdAt: number;
  /** When it was changed last. */
  readonly updatedAt: number;
}
