/**
 * The orchestrator: from signals to the orders that bring what is held to what
 * is wanted, once per user, strategy and date.
 *
 * A plan is kept before its first order is sent. Whoever finds it again, after
 * a crash or beside another instance, sends the same orders under the same ids,
 * which the gateway takes once; who is first to keep the end tells the log. So
 * no lease is needed: two that walk one plan do no harm.
 *
 * @module
 */
import { isOver } from "../../domain/order/order_state.ts";
import type { Limits } from "../../domain/rebalance/moves.ts";
import {
  isIdle,
  outcomeOf,
  type Run,
  type RunLine,
  type RunTerms,
} from "../../domain/rebalance/run.ts";
import type { UserId } from "../../domain/user_id.ts";
import type { Clock } from "../../ports/clock.ts";
import type { OrderEntry } from "../../ports/order_entry.ts";
import { PortError } from "../../ports/port_error.ts";
import type { SignalSource } from "../../ports/signal_source.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import type { TradeLedger } from "../../ports/trade_ledger.ts";
import type { Prices } from "../services/prices.ts";
import { endOrders, readHoldings } from "./orchestrator/holdings.ts";
import { createFinish, isOpen, isUndecided } from "./orchestrator/finish.ts";
import { runIdOf } from "./orchestrator/ids.ts";
import { inTurns } from "../services/in_turns.ts";
import { planRun, readPrices } from "./orchestrator/plan.ts";
import {
  checkEnds,
  checkSignals,
  checkSymbols,
  readLimits,
  refuseEarlier,
  refuseOther,
  type RunRequest,
} from "./orchestrator/request.ts";
import { createRunRows, type RunPage } from "./orchestrator/run_rows.ts";

export type { RunRequest } from "./orchestrator/request.ts";
export type { RunPage } from "./orchestrator/run_rows.ts";

/** Orders that are sent at one time where nothing else is said. */
const CONCURRENCY = 64;

/** Times that a plan is made or kept anew, as others were first. */
const ATTEMPTS = 20;

/** What came of a request. */
export interface RunAnswer {
  /** The run. */
  readonly run: Run;
  /** Whether it was there before. */
  readonly isRepeat: boolean;
}

/** Runs strategies. */
export interface Orchestrator {
  /**
   * Runs the strategy that scores, or finds its run of that date, and goes on
   * with it where it was cut off. Before that it goes on with any other run of
   * the user that was, and cancels what is still open of the last one's orders:
   * a plan follows from what is held for certain. A run of which nothing has
   * reached the venue is planned anew. Orders of a run that was cut off are not sent
   * any more where its plan is a day old, or where a later date is asked for:
   * those that the gateway does not know have failed.
   *
   * @throws {InvalidInput} When the request can never be run.
   * @throws {PortError} What signals throw, and nothing is kept; `conflict` when
   * the strategy was run for the date with other terms (facts: `run_id`), or
   * for a later one where that is asked; `unavailable`, `timeout` when orders
   * cannot be sent now, or those of the last run are in doubt (facts: `run_id`),
   * and nothing is kept: the same request goes on with it.
   */
  run(
    user: UserId,
    request: RunRequest,
    signal?: AbortSignal,
  ): Promise<RunAnswer>;

  /** A run, with its orders as they are now. @throws {PortError} `not_found`. */
  get(user: UserId, id: string, signal?: AbortSignal): Promise<Run>;

  /**
   * Runs, newest first, with their orders as they were when they were sent;
   * those whose rows are damaged are left out, with a line in the log.
   *
   * @throws {PortError} `invalid` when there is no run `page.before`.
   */
  list(
    user: UserId,
    page: RunPage,
    signal?: AbortSignal,
  ): Promise<readonly Run[]>;
}

/**
 * Creates it.
 *
 * @param ports.concurrency Orders sent at one time; 1 sends them in one order
 * always.
 */
export function createOrchestrator(ports: {
  readonly ledger: TradeLedger;
  readonly signals: SignalSource;
  readonly orders: OrderEntry;
  readonly prices: Prices;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly defaults: Limits;
  readonly concurrency?: number;
}): Orchestrator {
  const { ledger, signals, orders, prices, clock, telemetry, defaults } = ports;
  const { concurrency = CONCURRENCY } = ports;
  const rows = createRunRows(ledger, telemetry);
  const finish = createFinish({ orders, rows, clock, telemetry, concurrency });

  return {
    async run(user, request, signal) {
      const limits = readLimits(request, defaults);
      checkSymbols(request.symbols);
      checkEnds(request);
      const { symbols, asOf, topN, bottomN } = request;
      const wanted = { symbols, asOf, topN, bottomN, publish: false };
      const set = await signals.signals(wanted, signal);
      checkSignals(set, request);
      const ends = { topN: set.topN, bottomN: set.bottomN };
      const terms: RunTerms = { ...limits, symbols, ...ends };
      const id = runIdOf({ user, ...set }, request.isDryRun);

      for (let i = 0; i < ATTEMPTS; i++) {
        const ground = await rows.ground(user, id, signal);
        if (ground.kept) {
          // Also where it is of other terms, or nobody would finish it.
          const ended = await finish(user, ground.kept, set.asOf, signal);
          const run = await refresh(user, ended, signal);
          if (isOpen(ground.kept.run) || !isIdle(run)) {
            refuseOther(run, terms);
            return { run, isRepeat: true };
          }
        }
        const { newest } = ground;
        if (request.isForwardOnly) refuseEarlier(set, newest);
        const before = newest && await rows.find(user, newest.runId, signal);
        if (before && isOpen(before.run) && !request.isDryRun) {
          await finish(user, before, set.asOf, signal);
          continue;
        }
        if (before && !request.isDryRun) {
          const ids = openOrdersOf(before.run);
          await endOrders({ orders, clock, concurrency }, user, ids, signal);
        }
        const holdings = await readHoldings(orders, user, signal);
        const known = await readPrices(prices, set, concurrency, signal);
        const now = clock.now();
        const attempt = (ground.kept?.run.attempt ?? 0) + 1;
        const situation = { id, user, attempt, terms, set, holdings };
        const plan = planRun({ ...situation, prices: known, now });
        if (request.isDryRun) return { run: tried(plan), isRepeat: false };
        const kept = await begin(user, plan, ground);
        if (!kept) continue;
        const run = await finish(user, kept, set.asOf, signal);
        return { run, isRepeat: false };
      }
      throw new PortError(
        "unavailable",
        `Cannot run ${set.strategyId} as of ${set.asOf} as others were first each time: try again`,
      );
    },

    async get(user, id, signal) {
      const kept = await rows.find(user, id, signal);
      if (kept) return await refresh(user, kept.run, signal);
      throw new PortError(
        "not_found",
        `Cannot find run ${id.slice(0, 64)} as there is none of that id`,
      );
    },

    list: (user, page, signal) => rows.list(user, page, signal),
  };

  /** Keeps a plan; `undefined` where the ledger has to tell whether it is kept. */
  async function begin(...args: Parameters<typeof rows.begin>) {
    try {
      return await rows.begin(...args);
    } catch (error) {
      if (isUndecided(error)) return undefined;
      throw error;
    }
  }

  /** `run` with those of its orders as they are now that may have changed. */
  async function refresh(
    user: UserId,
    run: Run,
    signal: AbortSignal | undefined,
  ): Promise<Run> {
    const lines = await inTurns(run.lines, concurrency, async (line) => {
      const { order } = line;
      if (!order || !mayChange(line)) return line;
      const found = await orders.find(user, order.id, signal);
      return found ? { ...line, outcome: outcomeOf(found) } : line;
    });
    return { ...run, lines };
  }
}

/** Orders of a run that may be open. */
function openOrdersOf({ lines }: Run): readonly string[] {
  return lines.flatMap((line) =>
    line.order && mayChange(line) ? [line.order.id] : []
  );
}

/** Whether its order may be under way; one given up may have been entered after all. */
function mayChange({ outcome }: RunLine): boolean {
  const status = outcome?.status ?? "failed";
  return status === "failed" || !isOver(status);
}

/** A plan that is not carried out. */
function tried(plan: Run): Run {
  const lines = plan.lines.map((line): RunLine =>
    line.order
      ? {
        ...line,
        outcome: { status: "dry_run", filledQty: 0n, filledValue: 0n },
      }
      : line
  );
  return { ...plan, lines, completedAt: plan.startedAt, isDryRun: true };
}
