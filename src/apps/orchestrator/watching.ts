/**
 * Waiting, for some seconds, for what becomes of orders.
 *
 * @module
 */
import type { Order } from "../../../domain/order/order.ts";
import type { UserId } from "../../../domain/user_id.ts";
import type { Clock } from "../../../ports/clock.ts";
import type { OrderEntry } from "../../../ports/order_entry.ts";
import { inTurns } from "../../services/in_turns.ts";

/** How long one who waits for orders does so, in milliseconds. */
export const PATIENCE_MS = 5000;

/** The pause before they are looked at again. */
const PAUSE_MS = 100;

/** Looks at orders until there is nothing to wait for, or time is up. */
export interface Watch {
  /** Where orders are looked for. */
  readonly orders: Pick<OrderEntry, "find">;
  /** Waits. */
  readonly clock: Pick<Clock, "monotonic" | "sleep">;
  /** Orders looked at at one time. */
  readonly concurrency: number;
  /** Whether nothing more is waited for of an order. */
  readonly isDone: (order: Order) => boolean;
  /** When time is up, on the clock that never goes back. */
  readonly until: number;
}

/** Those of `some` that are not done when there is nothing left to wait for, as they are then. */
export async function watchOrders(
  { orders, clock, concurrency, isDone, until }: Watch,
  user: UserId,
  some: readonly Order[],
  signal?: AbortSignal,
): Promise<readonly Order[]> {
  let left = some.filter((order) => !isDone(order));
  while (left.length > 0 && clock.monotonic() < until) {
    await clock.sleep(PAUSE_MS, signal);
    const now = await inTurns(
      left,
      concurrency,
      async (order) => await orders.find(user, order.id, signal) ?? order,
    );
    left = now.filter((order) => !isDone(order));
  }
  return left;
}
