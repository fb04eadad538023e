/**
 * Orders that are over, and are looked at once more: a venue may tell of the
 * last fills after it has told of the end.
 *
 * @module
 */
import type { Order } from "../../../domain/order/order.ts";
import type { UserId } from "../../../domain/user_id.ts";
import type { GatewayParts } from "./parts.ts";

/** Most orders that wait; the oldest are left to the next comparison. */
const MAX_WAITING = 10_000;

/** An order by its name. */
export interface OrderName {
  /** Whose. */
  readonly user: UserId;
  /** Its client order id. */
  readonly id: string;
}

/** Whether more fills of an order that is over can become known. */
export function mayFillLate({ status }: Pick<Order, "status">): boolean {
  return status === "canceled" || status === "expired" || status === "failed";
}

/** The orders that are looked at once more. */
export interface LateLooks {
  /** Has `order`, which has just ended, looked at once more if it can matter. */
  note(order: Order): void;

  /** Takes out those whose time has come: of `user`, or of everybody. */
  take(user?: UserId): readonly OrderName[];
}

/** Creates it, with nobody waiting. */
export function createLateLooks(
  { clock, broker }: Pick<GatewayParts, "clock" | "broker">,
  maxWaiting: number = MAX_WAITING,
): LateLooks {
  const waiting = new Map<string, OrderName & { readonly dueAt: number }>();
  return {
    note(order) {
      if (!mayFillLate(order)) return;
      const { user, id } = order;
      const name = `${user} ${id}`;
      // The newest stand last.
      waiting.delete(name);
      if (waiting.size >= maxWaiting) {
        waiting.delete(waiting.keys().next().value!);
      }
      const dueAt = clock.monotonic() + broker.inFlightMs;
      waiting.set(name, { user, id, dueAt });
    },

    take(user) {
      const due = [];
      for (const [name, one] of waiting) {
        if (one.dueAt > clock.monotonic()) break;
        if (user !== undefined && one.user !== user) continue;
        waiting.delete(name);
        due.push(one);
      }
      return due;
    },
  };
}
