/**
 * Paper runs as they stand, and for how long they are kept.
 *
 * @module
 */
import type { TradingSymbol } from "../../../domain/symbol.ts";
import type { TradingDate } from "../../../domain/trading_date.ts";
import type { UserId } from "../../../domain/user_id.ts";
import type { Clock } from "../../../ports/clock.ts";
import { PortError } from "../../../ports/port_error.ts";
import type { PaperReport } from "../paper_run/json_report.ts";

/** Most runs that are kept, of a user and of all together. */
const MAX_KEPT = { ofUser: 5, ofAll: 20 };

/** How long a run is kept once it has ended. */
const KEPT_MS = 24 * 3_600_000;

/** Where a run stands; `partial` is one that could not do all of it. */
export const PAPER_RUN_STATUSES = [
  "running",
  "completed",
  "partial",
  "failed",
  "canceled",
] as const;

/** A run as it stands; it never changes. */
export interface AskedPaperRun {
  readonly id: string;
  readonly user: UserId;
  readonly status: typeof PAPER_RUN_STATUSES[number];
  readonly symbols: readonly TradingSymbol[];
  /** The first day that is traded. */
  readonly from: TradingDate;
  /** The last one. */
  readonly to: TradingDate;
  /** How many days that is. */
  readonly days: number;
  /** How many of them are done. */
  readonly daysDone: number;
  /** In milliseconds since the Unix epoch. */
  readonly startedAt: number;
  /** As `startedAt`; absent while it runs. */
  readonly endedAt: number | undefined;
  /** Why it has failed. */
  readonly fault: string | undefined;
  /** What came of it, once it is completed or partial. */
  readonly report: PaperReport | undefined;
}

/** The runs that are kept; `whose` is a user, or `undefined` for all users. */
export interface KeptPaperRuns {
  /** Keeps a run that starts now. */
  add(run: AskedPaperRun): void;
  /** Keeps what has changed of one; it as it stands then. */
  change(id: string, part: Partial<AskedPaperRun>): AskedPaperRun;
  /** @throws {PortError} `not_found`. */
  get(id: string, whose: UserId | undefined): AskedPaperRun;
  /** The newest first. */
  list(whose: UserId | undefined): readonly AskedPaperRun[];
}

/** Creates it, empty. */
export function createKeptPaperRuns(clock: Pick<Clock, "now">): KeptPaperRuns {
  /** By id, the oldest first. */
  const runs = new Map<string, AskedPaperRun>();

  function newestFirst(): readonly AskedPaperRun[] {
    return [...runs.values()].reverse();
  }

  /** Forgets what is too old, and the oldest of what is too much. */
  function forgetOld(): void {
    const ofUsers = new Map<UserId, number>();
    let ofAll = 0;
    for (const { id, user, endedAt = Infinity } of newestFirst()) {
      const ofUser = (ofUsers.get(user) ?? 0) + 1;
      ofUsers.set(user, ofUser);
      const isKept = ++ofAll <= MAX_KEPT.ofAll &&
        ofUser <= MAX_KEPT.ofUser && clock.now() - endedAt < KEPT_MS;
      if (!isKept) runs.delete(id);
    }
  }

  return {
    add(run) {
      runs.set(run.id, run);
      forgetOld();
    },
    change(id, part) {
      const run = { ...runs.get(id)!, ...part };
      runs.set(id, run);
      return run;
    },
    get(id, whose) {
      forgetOld();
      const run = runs.get(id);
      if (run && (whose ?? run.user) === run.user) return run;
      throw new PortError(
        "not_found",
        `Cannot find paper run ${id} as there is none of that id here: ` +
          "the newest are kept for a day, by the instance that was asked",
      );
    },
    list(whose) {
      forgetOld();
      return newestFirst().filter(({ user }) => (whose ?? user) === user);
    },
  };
}
