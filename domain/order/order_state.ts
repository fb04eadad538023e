/**
 * The states of an order, and which may follow which.
 *
 * @module
 */
import { ORDER_STATUSES, type OrderStatus } from "./order.ts";

/**
 * What may follow on a status. One that may follow on itself can be filled
 * further: a venue may tell of the last fills after the cancellation. An order
 * that was given up (`failed`) is taken back in when it turns up at the venue
 * after all: what the venue has is true.
 */
export const NEXT_STATUSES: Readonly<
  Record<OrderStatus, readonly OrderStatus[]>
> = {
  pending_new: [
    "accepted",
    "partially_filled",
    "pending_cancel",
    "filled",
    "canceled",
    "expired",
    "rejected",
    "failed",
  ],
  accepted: [
    "partially_filled",
    "pending_cancel",
    "filled",
    "canceled",
    "expired",
    "rejected",
  ],
  partially_filled: [
    "partially_filled",
    "pending_cancel",
    "filled",
    "canceled",
    "expired",
  ],
  pending_cancel: [
    "pending_cancel",
    "filled",
    "canceled",
    "expired",
    "rejected",
  ],
  filled: [],
  canceled: ["canceled", "filled"],
  expired: ["expired", "filled"],
  rejected: [],
  denied: [],
  failed: [
    "accepted",
    "partially_filled",
    "pending_cancel",
    "filled",
    "canceled",
    "expired",
    "rejected",
  ],
  dry_run: [],
};

const OVER: ReadonlySet<OrderStatus> = new Set([
  "filled",
  "canceled",
  "expired",
  "rejected",
  "denied",
  "failed",
  "dry_run",
]);

/** Whether an order may go from one status to another. */
export function mayFollow(from: OrderStatus, to: OrderStatus): boolean {
  return NEXT_STATUSES[from].includes(to);
}

/** Whether nothing more is expected of an order. */
export function isOver(status: OrderStatus): boolean {
  return OVER.has(status);
}

/** Reads a status; `undefined` when it is none. */
export function parseOrderStatus(text: unknown): OrderStatus | undefined {
  return ORDER_STATUSES.find((status) => status === text);
}
