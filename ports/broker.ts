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
import type {
  Fill,
  VenueOrder,
  VenueReport,
  VenueStatus,
} from "../domain/order/report.ts";
import type { TradingSymbol } from "../domain/symbol.ts";
import type { UserId } from "../domain/user_id.ts";

/** An order as it is sent. */
export type BrokerOrder = VenueOrder;

/** A part of an order that has been filled. */
export type BrokerFill = Fill;

/** What the venue makes of an order. */
export type BrokerStatus = VenueStatus;

/** An order at the venue. */
export type BrokerReport = VenueReport;

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
   * Sends an order. While an order of that id is open, the same id and terms
   * are answered with it; it is not sent twice. Of one that is over a venue may
   * know nothing here, and take the id for a new order: who does not know what
   * has become of an order asks with `find` first.
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
