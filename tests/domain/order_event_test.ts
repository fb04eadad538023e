/**
 * What the log is told of orders: its counts, summed, are what has become of
 * them.
 *
 * @module
 */
import { parseDecimal } from "../../domain/decimal.ts";
import type { Order, OrderStatus } from "../../domain/order/order.ts";
import { orderExecuted } from "../../domain/order/trade_event.ts";
import { parseSymbol } from "../../domain/symbol.ts";
import { parseUserId } from "../../domain/user_id.ts";
import { deepEqual } from "../support/assert.ts";

const ORDER: Order = {
  user: parseUserId("ann"),
  id: "one",
  symbol: parseSymbol("ACME"),
  side: "buy",
  qty: parseDecimal("10")!,
  kind: "market",
  timeInForce: "day",
  reduceOnly: false,
  strategyId: "manual",
  status: "pending_new",
  filledQty: 0n,
  filledValue: 0n,
  commission: 0n,
  createdAt: 1,
  updatedAt: 1,
};

/** A status, with `@` where the venue is known to have the order by then. */
type Step = OrderStatus | `${OrderStatus}@`;

function summed(
  steps: readonly Step[],
  of: Pick<Order, "runId"> & Partial<Pick<Order, "id">> = {},
): number[] {
  let before: Order | undefined = steps[0] === "denied" ||
      steps[0] === "dry_run"
    ? undefined
    : { ...ORDER, ...of };
  const sums = [0, 0, 0];
  for (const step of steps) {
    const status = step.replace("@", "") as OrderStatus;
    const brokerId = step.endsWith("@") ? "b-1" : undefined;
    const order = { ...ORDER, ...of, status, brokerId };
    const data = JSON.parse(orderExecuted(order, before, "id").json);
    ["num_orders", "num_accepted", "num_rejected"].forEach((name, i) =>
      sums[i]! += data[name]
    );
    before = order;
  }
  return sums;
}

Deno.test("the counts of an order sum to what has become of it", () => {
  const cases: readonly (readonly [Step[], number[]])[] = [
    [["accepted@", "partially_filled@", "filled@"], [1, 1, 0]],
    [["filled@"], [1, 1, 0]],
    [["accepted@", "canceled@"], [1, 1, 0]],
    [["rejected@"], [1, 0, 1]],
    // The venue has taken it, and changed its mind.
    [["accepted@", "rejected@"], [1, 1, 0]],
    [["denied"], [1, 0, 1]],
    [["dry_run"], [1, 0, 0]],
    // Given up, which is not final.
    [["failed"], [1, 0, 0]],
    [["failed", "accepted@", "filled@"], [1, 1, 0]],
    [["failed", "rejected@"], [1, 0, 1]],
    [["failed", "pending_cancel", "canceled@"], [1, 1, 0]],
    [["canceled"], [1, 0, 0]],
    [["canceled", "filled@"], [1, 1, 0]],
  ];
  for (const [steps, sums] of cases) {
    deepEqual(summed(steps), sums, steps.join(" -> "));
    // The run counts its orders itself; whoever else names a run does not.
    const id = `R-${"0a".repeat(12)}`;
    deepEqual(summed(steps, { runId: "run-1", id }), [0, 0, 0]);
    deepEqual(summed(steps, { runId: "run-1" }), sums);
    deepEqual(summed(steps, { runId: "run-1", id: `${id}0` }), sums);
  }
});
