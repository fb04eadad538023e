/**
 * What the laws of the broker are held against, and what they do with it.
 *
 * @module
 */
import { type Decimal, ONE } from "../../domain/decimal.ts";
import type { OrderTerms } from "../../domain/order/order.ts";
import type { TradingSymbol } from "../../domain/symbol.ts";
import { parseUserId, type UserId } from "../../domain/user_id.ts";
import type { Broker, BrokerOrder, BrokerReport } from "../../ports/broker.ts";
import { ok } from "../support/assert.ts";

/** A venue at which no account has done anything yet. */
export interface BrokerSubject extends AsyncDisposable {
  readonly broker: Broker;
  /** Two symbols that trade at `price`, give or take 10 %, until they are moved. */
  readonly symbols: readonly [TradingSymbol, TradingSymbol];
  readonly price: Decimal;
  /** Makes the first symbol trade at another price. */
  readonly move: (price: Decimal) => void;
  /** Comes back when the venue has filled what it will fill at these prices. */
  readonly settle: () => Promise<void>;
  /** Holds up what the venue is asked from now on, until the result is called. */
  readonly holdUp: () => () => void;
  /** Lets time pass. */
  readonly pass: (ms: number) => Promise<void>;
}

export const ANN = parseUserId("ann");
export const BOB = parseUserId("bob@example.com");

/** What is said of an order. */
export type Some = Partial<OrderTerms> & { user?: UserId; id?: string };

/** An order to buy 10 units at the market, unless something else is said. */
export function order({ symbols: [symbol] }: BrokerSubject, some: Some = {}) {
  return {
    user: ANN,
    id: "ULT-06JAN-00001-E",
    symbol,
    side: "buy",
    qty: 10n * ONE,
    kind: "market",
    timeInForce: "gtc",
    reduceOnly: false,
    ...some,
  } satisfies BrokerOrder;
}

/** Terms that are not met at the price of `subject`. */
export function far({ price }: BrokerSubject) {
  return { kind: "limit", limitPrice: price / 2n } as const;
}

/** Sends an order; how it stands when all is done. */
export async function trade(subject: BrokerSubject, some: Some) {
  const sent = order(subject, some);
  await subject.broker.submit(sent);
  await subject.settle();
  const found = await subject.broker.find(sent.user, sent.id);
  ok(found);
  return found;
}

/** Units that are filled. */
export function filledQty({ fills }: BrokerReport): Decimal {
  return fills.reduce((sum, { qty }) => sum + qty, 0n);
}

/** What `user` holds, as `[symbol, qty]`. */
export async function held({ broker }: BrokerSubject, user: UserId = ANN) {
  const positions = await broker.positions(user);
  return positions.map(({ symbol, qty }) => [symbol, qty]);
}

/** The ids of the open orders of `user`. */
export async function openIds({ broker }: BrokerSubject, user: UserId = ANN) {
  return (await broker.open(user)).map(({ order }) => order.id).sort();
}
