/**
 * The end of a run: its orders are sent, and the log is told.
 *
 * @module
 */
import {
  countOrders,
  isIdle,
  ordersExecuted,
  type Run,
  type RunLine,
  statusOf,
} from "../../../domain/rebalance/run.ts";
import type { TradingDate } from "../../../domain/trading_date.ts";
import type { UserId } from "../../../domain/user_id.ts";
import type { Clock } from "../../../ports/clock.ts";
import type { OrderEntry } from "../../../ports/order_entry.ts";
import { hasCode, PortError } from "../../../ports/port_error.ts";
import type { Telemetry } from "../../../ports/telemetry.ts";
import { eventIdOf } from "./ids.ts";
import type { KeptRun, RunRows } from "./run_rows.ts";
import { walk } from "./walk.ts";

/** Times that the end is kept anew, as others were first. */
const ATTEMPTS = 20;

/** A plan older than that, in milliseconds, is not sent any more. */
const MAX_AGE_MS = 86_400_000;

/**
 * The same where a later date is asked for: whoever was sending it has given
 * up by then, so that no order of it turns up behind the next plan.
 */
const MAX_UNDER_WAY_MS = 120_000;

/**
 * Sends what is to be sent of a run and keeps the end, unless that is done.
 *
 * @param asked The date that somebody wants now.
 * @throws {PortError} When orders can neither be sent nor be given up.
 */
export type Finish = (
  user: UserId,
  begun: KeptRun,
  asked: TradingDate,
  signal: AbortSignal | undefined,
) => Promise<Run>;

/** Creates it. */
export function createFinish(parts: {
  readonly orders: OrderEntry;
  readonly rows: RunRows;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly concurrency: number;
}): Finish {
  const { orders, rows, clock, telemetry, concurrency } = parts;

  return async (user, begun, asked, signal) => {
    let kept = begun;
    for (let i = 0; i < ATTEMPTS && isOpen(kept.run); i++) {
      const isPast = isOutdated(kept.run, asked, clock.now());
      const lines = await send(user, kept.run, isPast, signal);
      const now = clock.now();
      const run: Run = { ...kept.run, lines, completedAt: now };
      const { id, attempt } = run;
      // Who tries over and over in vain tells of it once.
      const isTold = attempt === 1 || !isIdle(run);
      try {
        const event = ordersExecuted(run, user, eventIdOf(id, attempt), now);
        await rows.end(user, { ...kept, run }, isTold ? [event] : []);
        tell(user, run);
        return run;
      } catch (error) {
        if (!isUndecided(error)) throw error;
      }
      kept = await rows.find(user, kept.run.id, signal) ?? kept;
    }
    if (!isOpen(kept.run)) return kept.run;
    throw new PortError(
      "unavailable",
      `Cannot end run ${kept.run.id} as the ledger does not take it: try again`,
    );
  };

  async function send(
    user: UserId,
    run: Run,
    isPast: boolean,
    signal: AbortSignal | undefined,
  ): Promise<readonly RunLine[]> {
    try {
      const how = { concurrency, isPast, clock };
      return await walk(orders, user, run, how, signal);
    } catch (error) {
      if (!(error instanceof PortError)) throw error;
      throw new PortError(
        error.code,
        `Cannot finish run ${run.id} as its orders could not all be sent, and the same request goes on with it: ${error.message}`,
        { cause: error, facts: { ...error.facts, run_id: run.id } },
      );
    }
  }

  function tell(user: UserId, run: Run): void {
    const { id, strategyId, asOf } = run;
    const status = statusOf(run);
    telemetry.log(
      status === "completed" ? "info" : "warn",
      "orchestration run ended",
      { user, run: id, strategyId, asOf, status, ...countOrders(run) },
    );
  }
}

/** Whether the ledger may hold what was written, or something else. */
export function isUndecided(error: unknown): boolean {
  return hasCode(error, "version_conflict", "timeout");
}

/** Whether orders of it may still have to be sent. */
export function isOpen(run: Run): boolean {
  return run.completedAt === undefined;
}

/** Whether orders that follow from the plan are not what anybody wants by now. */
function isOutdated(
  { asOf, startedAt }: Run,
  asked: TradingDate,
  now: number,
): boolean {
  return now - startedAt > (asked > asOf ? MAX_UNDER_WAY_MS : MAX_AGE_MS);
}
