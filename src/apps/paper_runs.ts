/**
 * Paper runs for those who ask the service: one at a time, and what came of the
 * newest ones.
 *
 * All of it is in this process's memory: another instance knows nothing of it,
 * and nothing survives a restart. The same wish gives the same report again.
 *
 * @module
 */
import { InvalidInput } from "../../domain/invalid_input.ts";
import type { UserId } from "../../domain/user_id.ts";
import { uuidV7 } from "../../domain/uuid.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Entropy } from "../../ports/entropy.ts";
import type { MarketData } from "../../ports/market_data.ts";
import { PortError } from "../../ports/port_error.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import { errorFields } from "../services/error_fields.ts";
import { createSlices } from "../services/slices.ts";
import { reportOf } from "./paper_run/json_report.ts";
import type { PaperOutcome } from "./paper_run/outcome.ts";
import {
  type AskedPaperRun,
  createKeptPaperRuns,
  type KeptPaperRuns,
} from "./paper_runs/kept.ts";
import { checkWish, type PaperRunWish } from "./paper_runs/request.ts";

export type { AskedPaperRun } from "./paper_runs/kept.ts";
export type { PaperRunWish } from "./paper_runs/request.ts";

/** Runs strategies on paper; `whose` is a user, or `undefined` for all users. */
export interface PaperRuns extends Pick<KeptPaperRuns, "get" | "list"> {
  /**
   * Starts a run, which goes on whether the caller waits or not.
   *
   * @throws {InvalidInput} When it can never be run.
   * @throws {PortError} `not_found` when there are no such bars (facts:
   * `symbols`); `conflict` while another one is under way (facts: `id`, where
   * it is the user's); `closed`.
   */
  start(
    user: UserId,
    wish: PaperRunWish,
    signal?: AbortSignal,
  ): Promise<AskedPaperRun>;

  /**
   * Cancels a run, and waits until it has ended. One that has ended stays as it
   * is.
   *
   * @throws {PortError} `not_found`.
   */
  cancel(id: string, whose: UserId | undefined): Promise<AskedPaperRun>;

  /** Waits until `signal` aborts, and ends what is under way. */
  run(signal: AbortSignal): Promise<void>;
}

/** Does a run as it is wished, and tells how far it is. */
export type DoPaperRun = (
  wish: PaperRunWish,
  hooks: {
    onDay(done: number): Promise<void>;
    /** Is called before each step. */
    rest(): Promise<void>;
  },
  signal: AbortSignal,
) => Promise<PaperOutcome>;

/** The run that is under way, or about to be. */
interface Seat {
  readonly user: UserId;
  readonly stop: AbortController;
  id?: string;
  ended?: Promise<void>;
}

/** Creates it; `run` ends what `start` has begun. */
export function createPaperRuns(parts: {
  /** The bars that wishes are held against. */
  readonly market: MarketData;
  readonly defaults: { readonly topN: number; readonly bottomN: number };
  readonly doRun: DoPaperRun;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly telemetry: Pick<Telemetry, "log">;
}): PaperRuns {
  const { market, defaults, doRun, clock, entropy, telemetry } = parts;
  const kept = createKeptPaperRuns(clock);
  let seat: Seat | undefined;
  let isClosed = false;

  /** Refuses who comes while there is no seat. */
  function refuseOthers(user: UserId): void {
    if (isClosed) throw shuttingDown();
    if (!seat) return;
    const { id } = seat;
    throw id !== undefined && seat.user === user
      ? new PortError(
        "conflict",
        `Cannot start a paper run as ${id} is under way: wait until it has ended, or cancel it`,
        { facts: { id } },
      )
      : new PortError(
        "conflict",
        "Cannot start a paper run as another one is under way: try again when it has ended, or use holdfast paper-run",
      );
  }

  async function carryOut(
    id: string,
    wish: PaperRunWish,
    signal: AbortSignal,
  ): Promise<void> {
    const began = clock.monotonic();
    const hooks = {
      async onDay(daysDone: number) {
        kept.change(id, { daysDone });
      },
      rest: createSlices(clock, signal),
    };
    const end = await doRun(wish, hooks, signal)
      .then((outcome) => {
        const report = reportOf(outcome);
        return { status: report.status, report };
      })
      .catch((error: unknown) =>
        signal.aborted
          ? { status: "canceled" as const }
          : { status: "failed" as const, fault: faultOf(id, error) }
      );
    const run = kept.change(id, { ...end, endedAt: clock.now() });
    telemetry.log("info", "paper run has ended", {
      id,
      user_id: run.user,
      status: run.status,
      days: run.daysDone,
      took_ms: Math.round(clock.monotonic() - began),
    });
  }

  /** What to tell of `error`; of one that nobody foresaw the log tells more. */
  function faultOf(id: string, error: unknown): string {
    if (error instanceof PortError || error instanceof InvalidInput) {
      return error.message;
    }
    const fields = { id, ...errorFields(error) };
    telemetry.log("error", "paper run has failed", fields);
    return "Cannot go on as something went wrong here: please report it with the id of the run";
  }

  return {
    get: kept.get,
    list: kept.list,

    async start(user, wish, signal) {
      refuseOthers(user);
      const own: Seat = { user, stop: new AbortController() };
      seat = own;
      try {
        const { symbols, dates } = await checkWish(
          wish,
          market,
          defaults,
          signal,
        );
        if (isClosed) throw shuttingDown();
        const startedAt = clock.now();
        const id = uuidV7(startedAt, entropy.bytes(10));
        kept.add({
          id,
          user,
          status: "running",
          symbols,
          from: dates[0]!,
          to: dates.at(-1)!,
          days: dates.length,
          daysDone: 0,
          startedAt,
          endedAt: undefined,
          fault: undefined,
          report: undefined,
        });
        own.id = id;
        own.ended = carryOut(id, wish, own.stop.signal)
          .finally(() => seat = undefined);
        return kept.get(id, user);
      } catch (error) {
        seat = undefined;
        throw error;
      }
    },

    async cancel(id, whose) {
      kept.get(id, whose);
      if (seat?.id === id) {
        seat.stop.abort();
        await seat.ended;
      }
      return kept.get(id, whose);
    },

    async run(signal) {
      const { promise, resolve } = Promise.withResolvers<void>();
      if (signal.aborted) resolve();
      signal.addEventListener("abort", () => resolve(), { once: true });
      await promise;
      isClosed = true;
      seat?.stop.abort();
      await seat?.ended;
    },
  };
}

function shuttingDown(): PortError {
  return new PortError(
    "closed",
    "Cannot start a paper run as the service shuts down",
  );
}
