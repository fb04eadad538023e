/**
 * Sends the orders of a plan.
 *
 * @module
 */
import { InvalidInput } from "../../../domain/invalid_input.ts";
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
import type { OrderEntry } from "../../../ports/order_entry.ts";
import { hasCode } from "../../../ports/port_error.ts";
import { inTurns } from "./in_turns.ts";

/**
 * Sends every order of `run`, and gives its lines with what came of them. Those
 * that reduce go first; the others when they are through. What was sent before
 * is found by its id, so that whoever walks, how often and how many at once,
 * there is one set of orders.
 *
 * @throws {PortError} When an order can neither be sent nor be given up: the
 * walk has to begin again.
 */
export async function walk(
  orders: Pick<OrderEntry, "submit">,
  user: UserId,
  run: Run,
  concurrency: number,
  signal?: AbortSignal,
): Promise<readonly RunLine[]> {
  const outcomes = new Map<RunLine, Outcome>();
  const toSend = run.lines.filter(({ order }) => order !== undefined);
  for (const isFirst of [true, false]) {
    const some = toSend.filter((line) => isReducing(line) === isFirst);
    await inTurns(some, concurrency, async (line) => {
      signal?.throwIfAborted();
      outcomes.set(line, await send(line, line.order!));
    });
  }
  return run.lines.map((line) =>
    outcomes.has(line) ? { ...line, outcome: outcomes.get(line) } : line
  );

  async function send(
    { symbol }: RunLine,
    { id, side, qty, reduceOnly }: RunOrder,
  ): Promise<Outcome> {
    try {
      const { order } = await orders.submit(user, {
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
      return outcomeOf(order);
    } catch (error) {
      if (isForGood(error)) return failedBecause(error.message);
      throw error;
    }
  }
}

/** Whether the same order will be refused however often it is sent. */
function isForGood(error: unknown): error is Error {
  return error instanceof InvalidInput ||
    hasCode(
      error,
      "invalid",
      "not_found",
      "conflict",
      "corrupt",
      "quarantined",
    );
}
