/**
 * Which orders wait for the market, by symbol, so that a bar of one symbol
 * costs nothing for the orders of another.
 *
 * @module
 */
import type { PaperOrder } from "../../domain/paper/order.ts";
import type { TradingSymbol } from "../../domain/symbol.ts";
import type { UserId } from "../../domain/user_id.ts";

/** What an order is found by. */
export interface OrderRef {
  /** Whose. */
  readonly user: UserId;
  /** Its client order id. */
  readonly id: string;
  /** Of what. */
  readonly symbol: TradingSymbol;
}

/** The orders that wait. */
export interface OpenOrders {
  /** Notes how an order stands now. */
  note(order: PaperOrder): void;
  /** Those that wait, by symbol, in the order in which they came. */
  all(): readonly (readonly [TradingSymbol, readonly OrderRef[]])[];
}

/** Creates the list. */
export function createOpenOrders(): OpenOrders {
  const symbols = new Map<TradingSymbol, Map<string, OrderRef>>();
  return {
    note({ ticket: { user, id, symbol }, status }) {
      const name = `${user} ${id}`;
      const orders = symbols.get(symbol);
      if (status !== "open") orders?.delete(name);
      else if (orders) orders.set(name, { user, id, symbol });
      else symbols.set(symbol, new Map([[name, { user, id, symbol }]]));
    },
    all: () => [...symbols].map(([symbol, map]) => [symbol, [...map.values()]]),
  };
}
