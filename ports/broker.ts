/**
 * The broker port: a venue that takes orders and may answer, or not.
 *
 * `tests/contracts/broker.ts` is the definition of this port. It is shaped
 * after real venues: requests are lost on the way there or on the way back,
 * and who does not know what has become of an order asks for it by its client
 * order id before anything is sent again.
 *
 * @module
 */
import type { Decimal } from "../domain/decimal.ts";
import type { OrderTerms } from "../domain/order/order.ts";
import type { TradingSymbol } from "../domain/symbol.ts";
import type { UserId } from "../domain/user_id.ts";

/** An order as it is sent. */
export interface BrokerOrder extends OrderTerms {
  /** Whose account. */
  readonly user: UserId;
  /** Client order id, `^[.A-Z:/a-z0-9_-]{1,36}$`. */
  readonly id: string;
}

/** A part of an order that has been filled. */
export interface BrokerFill {
  /** One of a kind among the fills of the account. */
  readonly id: string;
  /** Units; above 0. */
  readonly qty: Decimal;
  /** At which price; above 0. */
  readonly price: Decimal;
  /** What the venue took for it; 0 or more. */
  readonly commission: Decimal;
  /** When: milliseconds since the Unix epoch. */
  readonly at: number;
}

/** What the venue makes of an order. */
export type BrokerStatus =
  | "open"
  | "filled"
  | "canceled"
  | "expired"
  | "rejected";

/** An order at the venue. */
export interface BrokerReport {
  /** The order, as the venue understood it. */
  readonly order: BrokerOrder;
  /** What the venue calls it. */
  readonly brokerId: string;
  /** What the venue makes of it; `open` with or without fills. */
  readonly status: BrokerStatus;
  /** Every fill so far, oldest first. */
  readonly fills: readonly BrokerFill[];
  /** Why it was rejected, canceled or has expired. */
  readonly reason?: string | undefined;
}

/** What the venue holds for an account. */
export interface BrokerPosition {
  /** Of what. */
  readonly symbol: TradingSymbol;
  /** Units; below 0 when short, never 0. */
  readonly qty: Decimal;
  /** What a unit was entered at, on average. */
  readonly avgEntryPrice: Decimal;
}

/**
 * Sends orders and asks for them. Calls may run concurrently. Callers own
 * retries; adapters never retry.
 *
 * Every call throws `PortError`s: `unavailable` when the request has surely not
 * reached the venue, or was turned away for being one too many (facts:
 * `retryAfterMs`); `timeout` when nobody knows whether it has.
 */
export interface Broker extends AsyncDisposable {
  /** The name of the venue, such as `paper`. */
  readonly name: string;

  /**
   * So long after it was sent, a request whose answer is missing can still
   * take effect, in milliseconds; not after that.
   */
  readonly inFlightMs: number;

  /**
   * Sends an order. The same id and terms again are answered with the order
   * that is there, as long as the venue knows it; it is not sent twice.
   *
   * @returns The order as the venue has it; `rejected` is an answer.
   * @throws {PortError} `timeout` when the outcome is unknown: look with
   * `find` before sending it again; `unavailable` when it was not sent;
   * `conflict` when the id is that of an order with other terms; `invalid`
   * when it is not of the form of an id.
   */
  submit(order: BrokerOrder, signal?: AbortSignal): Promise<BrokerReport>;

  /**
   * Cancels what is open of an order. One that is over stays as it is.
   *
   * @returns The order as it stands; `undefined` when the venue has none.
   */
  cancel(
    user: UserId,
    id: string,
    signal?: AbortSignal,
  ): Promise<BrokerReport | undefined>;

  /** The order with client order id `id`; `undefined` when the venue has none. */
  find(
    user: UserId,
    id: string,
    signal?: AbortSignal,
  ): Promise<BrokerReport | undefined>;

  /** Every open order of an account, conditional ones included. */
  open(user: UserId, signal?: AbortSignal): Promise<readonly BrokerReport[]>;

  /** What an account holds, by symbol. */
  positions(
    user: UserId,
    signal?: AbortSignal,
  ): Promise<readonly BrokerPosition[]>;

  /**
   * Calls `listener` when an order may have changed by itself, until the
   * result is called. A hint: some are missed, so that who must know asks.
   */
  onChange(listener: (user: UserId, id: string) => void): () => void;

  /** Releases every resource. Safe to call twice. */
  [Symbol.asyncDispose](): Promise<void>;
}
