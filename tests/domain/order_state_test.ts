/**
 * The states of an order.
 *
 * @module
 */
import { ORDER_STATUSES } from "../../domain/order/order.ts";
import {
  isOver,
  mayFollow,
  parseOrderStatus,
} from "../../domain/order/order_state.ts";
import { deepEqual, equal } from "../support/assert.ts";

/** Rows: from; columns: to, in the order of `ORDER_STATUSES`. */
const TABLE: Readonly<Record<string, string>> = {
  //                  new acc par pc  fil can exp rej den fai dry
  pending_new: "      .   x   x   x   x   x   x   x   .   x   .",
  accepted: "         .   .   x   x   x   x   x   x   .   .   .",
  partially_filled: " .   .   x   x   x   x   x   .   .   .   .",
  pending_cancel: "   .   .   .   x   x   x   x   x   .   .   .",
  filled: "           .   .   .   .   .   .   .   .   .   .   .",
  canceled: "         .   .   .   .   x   x   .   .   .   .   .",
  expired: "          .   .   .   .   x   .   x   .   .   .   .",
  rejected: "         .   .   .   .   .   .   .   .   .   .   .",
  denied: "           .   .   .   .   .   .   .   .   .   .   .",
  failed: "           .   x   x   x   x   x   x   x   .   .   .",
  dry_run: "          .   .   .   .   .   .   .   .   .   .   .",
};

Deno.test("every pair of states is legal or not, as the table says", () => {
  deepEqual(Object.keys(TABLE), [...ORDER_STATUSES]);
  for (const from of ORDER_STATUSES) {
    const marks = TABLE[from]!.trim().split(/\s+/);
    ORDER_STATUSES.forEach((to, i) =>
      equal(mayFollow(from, to), marks[i] === "x", `${from} -> ${to}`)
    );
  }
});

Deno.test("an order is over when nothing more is expected of it", () => {
  deepEqual(ORDER_STATUSES.filter((status) => !isOver(status)), [
    "pending_new",
    "accepted",
    "partially_filled",
    "pending_cancel",
  ]);
  for (const status of ORDER_STATUSES) {
    equal(typeof isOver(status), "boolean", status);
  }
});

Deno.test("what is over never opens again, unless it was given up unsent", () => {
  for (const from of ORDER_STATUSES.filter(isOver)) {
    const opens = ORDER_STATUSES.filter((to) => !isOver(to))
      .some((to) => mayFollow(from, to));
    equal(opens, from === "failed", from);
  }
});

Deno.test("statuses are read by name, and nothing else is one", () => {
  for (const one of ORDER_STATUSES) equal(parseOrderStatus(one), one);
  for (const one of ["", "FILLED", "toString", 1, null]) {
    equal(parseOrderStatus(one), undefined);
  }
});
