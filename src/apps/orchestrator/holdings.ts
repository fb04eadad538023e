/**
 * What a user holds, with what his orders under way will still bring.
 *
 * @module
 */
import type { Decimal } from "../../../domain/decimal.ts";
import type { Order } from "../../../domain/order/order.ts";
import { isOver } from "../../../domain/order/order_state.ts";
import type { Holding } from "../../../domain/rebalance/moves.ts";
import type { TradingSymbol } from "../../../domain/symbol.ts";
import type { UserId } from "../../../domain/user_id.ts";
import type { OrderEntry } from "../../../ports/order_entry.ts";
import { PortError } from "../../../ports/port_error.ts";
import { inTurns } from "./in_turns.ts";

/** Times that it is looked at anew, as orders were filled meanwhile. */
const ATTEMPTS = 10;

/** What there is. */
export interface Holdings {
  /** By symbol. */
  readonly bySymbol: ReadonlyMap<TradingSymbol, Holding>;
  /** Those of the orders asked about that are under way. */
  readonly underWay: readonly string[];
}

/**
 * What `user` holds and what the orders `ids` will still bring, as of one
 * moment: positions are read between two readings of the orders that agree.
 *
 * @throws {PortError} What the gateway throws; `unavailable` when orders are
 * filled faster than they can be read.
 */
export async function readHoldings(
  orders: Pick<OrderEntry, "find" | "positions">,
  user: UserId,
  ids: readonly string[],
  concurrency: number,
  signal?: AbortSignal,
): Promise<Holdings> {
  const read = async () => {
    const find = (id: string) => orders.find(user, id, signal);
    const found = await inTurns(ids, concurrency, find);
    return found.filter((order) => order && !isOver(order.status)) as Order[];
  };
  let before = await read();
  for (let i = 0; i < ATTEMPTS; i++) {
    const positions = await orders.positions(user, signal);
    const after = before.length === 0 ? before : await read();
    if (signOf(before) === signOf(after)) {
      const bySymbol = new Map<TradingSymbol, Holding>();
      for (const { symbol, qty } of positions) {
        bySymbol.set(symbol, { qty, pending: 0n });
      }
      for (const order of after) {
        const { qty = 0n, pending = 0n } = bySymbol.get(order.symbol) ?? {};
        bySymbol.set(order.symbol, { qty, pending: pending + leftOf(order) });
      }
      return { bySymbol, underWay: after.map(({ id }) => id) };
    }
    before = after;
  }
  throw new PortError(
    "unavailable",
    "Cannot tell what is held as orders are being filled: try again",
  );
}

/** What tells one reading of orders from another. */
function signOf(orders: readonly Order[]): string {
  return orders.map(({ id, filledQty }) => `${id} ${filledQty}`).join();
}

function leftOf({ side, qty, filledQty }: Order): Decimal {
  return side === "buy" ? qty - filledQty : filledQty - qty;
}
