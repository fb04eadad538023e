/**
 * What a user holds for certain, once nothing of his runs before is open.
 *
 * Only then a plan can count on it: an order that is open or in doubt may be
 * filled or not. Orders that no run has entered are not looked at: what they
 * will bring counts when they are filled.
 *
 * @module
 */
import { isOver } from "../../../domain/order/order_state.ts";
import type { Order } from "../../../domain/order/order.ts";
import type { Holding } from "../../../domain/rebalance/moves.ts";
import type { TradingSymbol } from "../../../domain/symbol.ts";
import type { UserId } from "../../../domain/user_id.ts";
import type { Clock } from "../../../ports/clock.ts";
import type { OrderEntry } from "../../../ports/order_entry.ts";
import { isTransient, PortError } from "../../../ports/port_error.ts";
import { inTurns } from "../../services/in_turns.ts";
import { PATIENCE_MS, watchOrders } from "./watching.ts";

/** What `user` holds, by symbol. @throws {PortError} What the gateway throws. */
export async function readHoldings(
  orders: Pick<OrderEntry, "positions">,
  user: UserId,
  signal?: AbortSignal,
): Promise<ReadonlyMap<TradingSymbol, Holding>> {
  const positions = await orders.positions(user, signal);
  return new Map(
    positions.map(({ symbol, qty }) => [symbol, { qty, pending: 0n }]),
  );
}

/**
 * Cancels what is open of the orders `ids`, and waits some seconds until all of
 * them are over; those that the gateway does not know are.
 *
 * @throws {PortError} What the gateway throws; `unavailable` when some are
 * still open or in doubt (facts: `run_id`, of one of them).
 */
export async function endOrders(
  parts: {
    readonly orders: Pick<OrderEntry, "find" | "cancel">;
    readonly clock: Pick<Clock, "monotonic" | "sleep">;
    readonly concurrency: number;
  },
  user: UserId,
  ids: readonly string[],
  signal?: AbortSignal,
): Promise<void> {
  const { orders, clock, concurrency } = parts;
  const ended = await inTurns(ids, concurrency, async (id) => {
    const order = await orders.find(user, id, signal);
    return order && !isOver(order.status) ? await cancel(order) : undefined;
  });
  const some = ended.filter((order) => order !== undefined);
  const until = clock.monotonic() + PATIENCE_MS;
  const isDone = ({ status }: Order) => isOver(status);
  const watch = { ...parts, isDone, until };
  const [open] = await watchOrders(watch, user, some, signal);
  if (!open) return;
  throw new PortError(
    "unavailable",
    `Cannot plan as orders of run ${open.runId} are in doubt: try again`,
    { facts: { run_id: open.runId } },
  );

  async function cancel(order: Order): Promise<Order> {
    try {
      return await orders.cancel(user, order.id, signal);
    } catch (error) {
      // It may be canceled all the same: what is seen of it tells.
      if (isTransient(error)) return order;
      throw error;
    }
  }
}
