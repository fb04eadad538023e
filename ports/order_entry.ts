/**
 * The order entry port: the execution gateway, as those see it who send it
 * orders: in this process or in another one.
 *
 * @module
 */
import type { Decimal } from "../domain/decimal.ts";
import type { Order, OrderRequest } from "../domain/order/order.ts";
import type { TradingSymbol } from "../domain/symbol.ts";
import type { UserId } from "../domain/user_id.ts";

/** An order that somebody wants. */
export interface WantedOrder extends OrderRequest {
  /**
   * Its client order id; one that follows from the request and the day in UTC
   * when absent: not safe to repeat across midnight, when it is another order.
   * One without an id that was denied is checked again, and is a new order
   * where that comes to something else.
   */
  readonly id?: string | undefined;
}

/** What came of a request. */
export interface EnteredOrder {
  /** The order as it stands. */
  readonly order: Order;
  /** Whether it was there before. */
  readonly isRepeat: boolean;
}

/** What a user holds of a symbol, or has held. */
export interface PositionView {
  /** Of what. */
  readonly symbol: TradingSymbol;
  /** Units; below 0 when short, 0 when closed. */
  readonly qty: Decimal;
  /** What a unit was entered at, on average; 0 when closed. */
  readonly avgEntryPrice: Decimal;
  /** The newest price; the average entry where there is none. */
  readonly currentPrice: Decimal;
  /** What closing it at that price would earn, without commission. */
  readonly unrealizedPnl: Decimal;
  /** What its closed parts have earned, less all commission. */
  readonly realizedPnl: Decimal;
  /** What the venue took for it, all fills together. */
  readonly commission: Decimal;
  /** When it was changed last: milliseconds since the Unix epoch. */
  readonly updatedAt: number;
}

/** Takes orders and tells of them. */
export interface OrderEntry {
  /**
   * Enters an order, or finds the one that is there under its id.
   *
   * @throws {InvalidInput} When the request can never be sent.
   * @throws {PortError} `conflict` when the id is that of another request;
   * `not_found` when no price is known of what it trades, and nothing was kept;
   * `unavailable` while orders cannot be taken, and nothing was kept;
   * `timeout` when nobody knows: the same request again tells, where it has an
   * id.
   */
  submit(
    user: UserId,
    wanted: WantedOrder,
    signal?: AbortSignal,
  ): Promise<EnteredOrder>;

  /** The order of `user` with that id. */
  find(
    user: UserId,
    id: string,
    signal?: AbortSignal,
  ): Promise<Order | undefined>;

  /**
   * Cancels what is open of an order: it is over in the answer, or will be once
   * the venue says so. One that is over stays as it is.
   *
   * @throws {PortError} `not_found` when `user` has no such order.
   */
  cancel(user: UserId, id: string, signal?: AbortSignal): Promise<Order>;

  /**
   * What `user` holds and has held, by symbol.
   *
   * @throws {PortError} `unavailable`, `timeout` when it, or the price of what
   * is held, cannot be told now.
   */
  positions(
    user: UserId,
    signal?: AbortSignal,
  ): Promise<readonly PositionView[]>;
}
