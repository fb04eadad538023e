/**
 * The exchange cache port: what a venue said of an account, kept for a moment.
 *
 * `tests/contracts/exchange_cache.ts` is the definition of this port.
 *
 * @module
 */
import type { OrderKind, Side, TimeInForce } from "../domain/order/order.ts";
import type { UserId } from "../domain/user_id.ts";

/** So long after the venue was asked, its answer counts; then it is gone. */
export const EXCHANGE_LIFE_MS = 5000;

/** A position, as other programs read it; decimals are text. */
export interface ExchangePosition {
  /** Of what. */
  readonly symbol: string;
  /** Units; below 0 when short. */
  readonly qty: string;
  /** What a unit was entered at, on average. */
  readonly avg_entry_price: string;
}

/** An open order, as other programs read it; decimals are text. */
export interface ExchangeOrder {
  /** What we call it. */
  readonly client_order_id: string;
  /** What the venue calls it. */
  readonly broker_order_id: string;
  /** Of what. */
  readonly symbol: string;
  /** Which way. */
  readonly side: Side;
  /** How the price comes about. */
  readonly order_type: OrderKind;
  /** How many units. */
  readonly qty: string;
  /** How many of them are filled. */
  readonly filled_qty: string;
  /** The worst price taken; `null` where there is none. */
  readonly limit_price: string | null;
  /** The price that wakes it; `null` where there is none. */
  readonly stop_price: string | null;
  /** How long it stands. */
  readonly time_in_force: TimeInForce;
  /** Whether it may only bring a position nearer to 0. */
  readonly reduce_only: boolean;
}

/** What is kept of an account, by part. */
export interface ExchangeRows {
  /** What it holds. */
  readonly positions: readonly ExchangePosition[];
  /** Every open order, conditional ones included. */
  readonly orders: readonly ExchangeOrder[];
}

/** A part of what is kept of an account. */
export type ExchangePart = keyof ExchangeRows;

/** An answer of the venue. */
export interface ExchangeSnapshot<P extends ExchangePart> {
  /** What it said. */
  readonly rows: ExchangeRows[P];
  /** When it was asked: milliseconds since the Unix epoch, for people. */
  readonly fetchedAt: number;
  /** How long before now, or before the token was taken, it was asked. */
  readonly ageMs: number;
}

/**
 * A permission to fill, taken by a read: void once the account is invalidated,
 * and with the life of what it would fill. Only the cache that issued it can
 * read it.
 */
export type ExchangeToken = string & {
  readonly __exchangeToken: unique symbol;
};

/** What a read found. */
export interface ExchangeRead<P extends ExchangePart> {
  /** Less than `EXCHANGE_LIFE_MS` old; `undefined` is a miss. */
  readonly held: ExchangeSnapshot<P> | undefined;
  /** Lets the caller fill what it missed. */
  readonly token: ExchangeToken;
  /**
   * Whether somebody else has missed it a moment ago, and so may be about to
   * fill it. A hint: nobody has to wait, and nobody is bound by it.
   */
  readonly isAsked: boolean;
}

/**
 * Keeps each part of each account for `EXCHANGE_LIFE_MS`, counted from when
 * the venue was asked, however late a call takes effect.
 *
 * What lies there and cannot be understood is a miss. Calls may run
 * concurrently. Callers own retries; adapters never retry.
 */
export interface ExchangeCache extends AsyncDisposable {
  /** Looks up a part of the account of `user`. */
  read<P extends ExchangePart>(
    user: UserId,
    part: P,
    signal?: AbortSignal,
  ): Promise<ExchangeRead<P>>;

  /**
   * Keeps `snapshot`, which replaces what is held, unless the account was
   * invalidated since `token` was taken: the venue may have been asked before
   * that. It has to be asked after the token was taken.
   *
   * @returns Whether it is kept.
   */
  fill<P extends ExchangePart>(
    token: ExchangeToken,
    user: UserId,
    part: P,
    snapshot: ExchangeSnapshot<P>,
    signal?: AbortSignal,
  ): Promise<boolean>;

  /**
   * Forgets every part of the account: a read that begins after this has
   * returned misses, until a fill whose token was taken after it.
   */
  invalidate(user: UserId, signal?: AbortSignal): Promise<void>;

  /** Releases every resource. Safe to call twice. */
  [Symbol.asyncDispose](): Promise<void>;
}
