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
import type { Limits } from "../../domain/rebalance/moves.ts";
import {
  countOrders,
  isOver,
  ordersExecuted,
  outcomeOf,
  type Run,
  type RunLine,
  type RunTerms,
  statusOf,
} from "../../domain/rebalance/run.ts";
import type { UserId } from "../../domain/user_id.ts";
import type { Clock } from "../../ports/clock.ts";
import type { OrderEntry } from "../../ports/order_entry.ts";
import { hasCode, PortError } from "../../ports/port_error.ts";
import type { SignalSource } from "../../ports/signal_source.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import type { TradeLedger } from "../../ports/trade_ledger.ts";
import type { Prices } from "../services/prices.ts";
import { readHoldings } from "./orchestrator/holdings.ts";
import { eventIdOf, runIdOf } from "./orchestrator/ids.ts";
import { inTurns } from "./orchestrator/in_turns.ts";
import { planRun, readPrices } from "./orchestrator/plan.ts";
import {
  checkSignals,
  checkSymbols,
  readLimits,
  refuseEarlier,
  refuseOther,
  type RunRequest,
} from "./orchestrator/request.ts";
import { createRunRows, type KeptRun } from "./orchestrator/run_rows.ts";
import { walk } from "./orchestrator/walk.ts";

export type { RunRequest } from "./orchestrator/request.ts";

/** Orders that are sent at one time where nothing else is said. */
const CONCURRENCY = 16;

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
   * the user that was. Orders are the difference to what is held, orders under
   * way of runs before included.
   *
   * @throws {InvalidInput} When the request can never be run.
   * @throws {PortError} What signals throw, and nothing is kept; `conflict` when
   * the strategy was run for the date with other terms (facts: `run_id`), or
   * for a later one where that is asked; `unavailable`, `timeout` when orders
   * cannot be sent now: the same request goes on with it.
   */
  run(
    user: UserId,
    request: RunRequest,
    signal?: AbortSignal,
  ): Promise<RunAnswer>;

  /** A run, with its orders as they are now. @throws {PortError} `not_found`. */
  get(user: UserId, id: string, signal?: AbortSignal): Promise<Run>;

  /** Runs, newest first, with their orders as they were when they were sent. */
  list(
    user: UserId,
    page: { readonly limit: number; readonly offset: number },
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
  readonly clock: Pick<Clock, "now">;
  readonly telemetry: Telemetry;
  readonly defaults: Limits;
  readonly concurrency?: number;
}): Orchestrator {
  const { ledger, signals, orders, prices, clock, telemetry, defaults } = ports;
  const { concurrency = CONCURRENCY } = ports;
  const rows = createRunRows(ledger);

  return {
    async run(user, request, signal) {
      const limits = readLimits(request, defaults);
      checkSymbols(request.symbols);
      const { symbols, asOf, topN, bottomN } = request;
      const wanted = { symbols, asOf, topN, bottomN, publish: false };
      const set = await signals.signals(wanted, signal);
      checkSignals(set, request);
      const ends = { topN: set.topN, bottomN: set.bottomN };
      const terms: RunTerms = { ...limits, symbols, ...ends };
      const id = await runIdOf({ user, ...set }, request.isDryRun);

      for (let i = 0; i < ATTEMPTS; i++) {
        const ground = await rows.ground(user, id, signal);
        if (ground.kept) {
          refuseOther(ground.kept.run, terms);
          return {
            run: await finish(user, ground.kept, signal),
            isRepeat: true,
          };
        }
        const { newest } = ground;
        if (request.isForwardOnly) refuseEarlier(set, newest);
        const before = newest && await rows.find(user, newest.runId, signal);
        if (before && isOpen(before.run) && !request.isDryRun) {
          await finish(user, before, signal);
          continue;
        }
        const ids = [
          ...newest?.orders ?? [],
          ...before ? openOrdersOf(before.run) : [],
        ];
        const { bySymbol: holdings, underWay } = await readHoldings(
          orders,
          user,
          ids,
          concurrency,
          signal,
        );
        const known = await readPrices(prices, set, concurrency, signal);
        const now = clock.now();
        const situation = { id, user, terms, set, prices: known, holdings };
        const plan = await planRun({ ...situation, now });
        if (request.isDryRun) return { run: tried(plan), isRepeat: false };
        const kept = await begin(user, plan, ground, underWay);
        if (!kept) continue;
        return { run: await finish(user, kept, signal), isRepeat: false };
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

  /** Sends what is to be sent and keeps the end, unless that is done. */
  async function finish(
    user: UserId,
    begun: KeptRun,
    signal: AbortSignal | undefined,
  ): Promise<Run> {
    let kept = begun;
    for (let i = 0; i < ATTEMPTS && isOpen(kept.run); i++) {
      const lines = await send(user, kept.run, signal);
      const now = clock.now();
      const run: Run = { ...kept.run, lines, completedAt: now };
      const id = await eventIdOf(run.id);
      try {
        const event = ordersExecuted(run, user, id, now);
        await rows.end(user, { ...kept, run }, event);
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
  }

  async function send(
    user: UserId,
    run: Run,
    signal: AbortSignal | undefined,
  ): Promise<readonly RunLine[]> {
    try {
      return await walk(orders, user, run, concurrency, signal);
    } catch (error) {
      if (!(error instanceof PortError)) throw error;
      throw new PortError(
        error.code,
        `Cannot finish run ${run.id} as its orders could not all be sent, and the same request goes on with it: ${error.message}`,
        { cause: error, facts: { ...error.facts, run_id: run.id } },
      );
    }
  }

  /** `run` with those of its orders as they are now that may have changed. */
  async function refresh(
    user: UserId,
    run: Run,
    signal: AbortSignal | undefined,
  ): Promise<Run> {
    const lines = await inTurns(run.lines, concurrency, async (line) => {
      const { order, outcome } = line;
      if (!order || (outcome && isOver(outcome.status))) return line;
      const found = await orders.find(user, order.id, signal);
      return found ? { ...line, outcome: outcomeOf(found) } : line;
    });
    return { ...run, lines };
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
function isUndecided(error: unknown): boolean {
  return hasCode(error, "version_conflict", "timeout");
}

function isOpen(run: Run): boolean {
  return run.completedAt === undefined;
}

function openOrdersOf({ lines }: Run): readonly string[] {
  return lines.flatMap(({ order, outcome }) =>
    order && !(outcome && isOver(outcome.status)) ? [order.id] : []
  );
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
