/**
 * Sends the orders of a plan.
 *
 * @module
 */
import { InvalidInput } from "../../../domain/invalid_input.ts";
import type { Order } from "../../../domain/order/order.ts";
import { isReducing } from "../../../domain/rebalance/moves.ts";
import {
  failedBecause,
  type Outcome,
  outcomeOf,
  type Run,
  type RunLine,
  type RunOrder,
} from "../../../domain/rebalance/run.ts";
import type { UserId } from "../../../domain/user_id.ts";
import type { Clock } from "../../../ports/clock.ts";
import type { OrderEntry } from "../../../ports/order_entry.ts";
import { hasCode, isTransient, PortError } from "../../../ports/port_error.ts";
import { inTurns } from "../../services/in_turns.ts";
import { PATIENCE_MS, watchOrders } from "./watching.ts";

/**
 * Sends every order of `run`, and gives its lines with what came of them. Those
 * that reduce go first; the others when they are through. What was sent before
 * is found by its id, so that whoever walks, how often and how many at once,
 * there is one set of orders. One that another walker is sending is waited for,
 * some seconds for all of them.
 *
 * @param how.isPast Whether it is too late to send: those that the gateway does
 * not know have failed then.
 * @throws {PortError} When an order can neither be sent nor be given up: the
 * walk has to begin again.
 */
export async function walk(
  orders: Pick<OrderEntry, "submit" | "find">,
  user: UserId,
  run: Run,
  how: {
    readonly concurrency: number;
    readonly isPast: boolean;
    readonly clock: Pick<Clock, "monotonic" | "sleep">;
  },
  signal?: AbortSignal,
): Promise<readonly RunLine[]> {
  const { concurrency, isPast, clock } = how;
  const until = clock.monotonic() + PATIENCE_MS;
  const outcomes = new Map<RunLine, Outcome>();
  const toSend = run.lines.filter(({ order }) => order !== undefined);
  for (const isFirst of [true, false]) {
    const some = toSend.filter((line) => isReducing(line) === isFirst);
    await inTurns(some, concurrency, async (line) => {
      signal?.throwIfAborted();
      outcomes.set(line, await settle(line, line.order!));
    });
  }
  return run.lines.map((line) =>
    outcomes.has(line) ? { ...line, outcome: outcomes.get(line) } : line
  );

  async function settle(line: RunLine, order: RunOrder): Promise<Outcome> {
    try {
      if (!isPast) return outcomeOf(await send(line, order));
      const found = await orders.find(user, order.id, signal);
      return found ? outcomeOf(found) : failedBecause("its date is over");
    } catch (error) {
      if (isForGood(error)) return failedBecause(error.message);
      throw error;
    }
  }

  async function send(
    { symbol }: RunLine,
    { id, side, qty, reduceOnly }: RunOrder,
  ): Promise<Order> {
    const { order, isRepeat } = await orders.submit(user, {
      id,
      symbol,
      side,
      qty,
      kind: "market",
      timeInForce: "day",
      reduceOnly,
      strategyId: run.strategyId,
      runId: run.id,
    }, signal);
    if (!isRepeat || isKnown(order)) return order;
    const watch = { orders, clock, concurrency: 1, isDone: isKnown, until };
    await watchOrders(watch, user, [order], signal);
    return await orders.find(user, id, signal) ?? order;
  }
}

/** Whether it is known if the venue has it. */
function isKnown({ status }: Order): boolean {
  return status !== "pending_new";
}

/** Whether it is not worth trying again: nobody waits behind it for ever. */
function isForGood(error: unknown): error is Error {
  if (error instanceof InvalidInput) return true;
  // A closed port is of a process that ends: the next one goes on.
  return error instanceof PortError && !isTransient(error) &&
    !hasCode(error, "version_conflict", "closed");
}
