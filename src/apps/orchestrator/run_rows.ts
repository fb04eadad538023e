/**
 * Runs in the ledger: a row each, and one row a user that says which is the
 * newest.
 *
 * Who makes a plan writes the newest-row on condition of the version that he
 * has read. So plans of one user come one after the other, and each is made
 * when the one before it has sent its orders.
 *
 * @module
 */
import type { NewEvent } from "../../../domain/event/event.ts";
import { parseObject } from "../../../domain/json_value.ts";
import type { Run } from "../../../domain/rebalance/run.ts";
import { formatRun, parseRun } from "../../../domain/rebalance/run_text.ts";
import type { UserId } from "../../../domain/user_id.ts";
import { rowsOf } from "../../../ports/ledger_rows.ts";
import { hasCode, PortError } from "../../../ports/port_error.ts";
import type { Telemetry } from "../../../ports/telemetry.ts";
import type {
  LedgerChange,
  LedgerRow,
  TradeLedger,
} from "../../../ports/trade_ledger.ts";
import { errorFields } from "../../services/error_fields.ts";

const KIND = "run";

/** Most rows of a page: each may be as large as a row can be. */
const PAGE = 50;

const NEWEST = { kind: "run_newest", id: "newest" };

/** A run as it is kept. */
export interface KeptRun {
  /** The run. */
  readonly run: Run;
  /** The version of its row. */
  readonly version: number;
}

/** What is known of the plans of a user. */
export interface NewestRun {
  /** The run that was planned last. */
  readonly runId: string;
  /** The latest date that was planned, by strategy. */
  readonly dates: Readonly<Record<string, string>>;
}

/** What a plan is made on condition of. */
export interface Ground {
  /** The run itself, where it has been planned. */
  readonly kept: KeptRun | undefined;
  /** What is known of the plans before; `undefined` when there is none. */
  readonly newest: NewestRun | undefined;
  /** The version of that. */
  readonly version: number;
}

/** Which runs to list. */
export interface RunPage {
  /** Most runs; 1 or more. */
  readonly limit: number;
  /** Only those older than this run; from the newest on when absent. */
  readonly before?: string | undefined;
  /** How many to leave out then; each of them is read for it. */
  readonly offset?: number | undefined;
}

/** Keeps runs. */
export interface RunRows {
  /** How things stand for run `id`. @throws {PortError} `corrupt`. */
  ground(user: UserId, id: string, signal?: AbortSignal): Promise<Ground>;
  /** The run `id`; `undefined` when there is none. @throws {PortError} `corrupt`. */
  find(
    user: UserId,
    id: string,
    signal?: AbortSignal,
  ): Promise<KeptRun | undefined>;
  /**
   * Keeps a plan, in the place of the one that `ground` has of that run.
   *
   * @throws {PortError} As `TradeLedger.commit`.
   */
  begin(user: UserId, run: Run, ground: Ground): Promise<KeptRun>;
  /** Keeps what came of a run, and tells the log. @throws {PortError} As `TradeLedger.commit`. */
  end(user: UserId, kept: KeptRun, events: readonly NewEvent[]): Promise<void>;
  /**
   * Runs, the newest first; those that cannot be read are left out.
   *
   * @throws {PortError} `invalid` when there is no run `page.before`.
   */
  list(
    user: UserId,
    page: RunPage,
    signal?: AbortSignal,
  ): Promise<readonly Run[]>;
}

/** Creates it over `ledger`; `telemetry` is told of rows that are left out. */
export function createRunRows(
  ledger: TradeLedger,
  telemetry: Telemetry,
): RunRows {
  return {
    async ground(user, id, signal) {
      const refs = [{ kind: KIND, id }, NEWEST];
      const [row, newest] = await ledger.find(user, refs, signal);
      return {
        kept: row && keptOf(row),
        newest: newest && newestOf(newest),
        version: newest?.version ?? 0,
      };
    },

    async find(user, id, signal) {
      const [row] = await ledger.find(user, [{ kind: KIND, id }], signal);
      return row && keptOf(row);
    },

    async begin(user, run, { kept, newest, version }) {
      const { id, strategyId, asOf } = run;
      const before = newest?.dates[strategyId] ?? asOf;
      const next: NewestRun = {
        runId: id,
        dates: {
          ...newest?.dates,
          [strategyId]: before > asOf ? before : asOf,
        },
      };
      const runVersion = kept?.version ?? 0;
      await ledger.commit(user, [
        changeOf({ run, version: runVersion }),
        {
          ...NEWEST,
          ifVersion: version,
          isOpen: false,
          at: Math.floor(run.startedAt),
          json: JSON.stringify(next),
        },
      ]);
      return { run, version: runVersion + 1 };
    },

    async end(user, kept, events) {
      await ledger.commit(user, [changeOf(kept)], events);
    },

    async list(user, { limit, before, offset = 0 }, signal) {
      const after = before === undefined
        ? undefined
        : await rowOf(user, before, signal);
      const runs: Run[] = [];
      let left = offset;
      const query = { user, kind: KIND, after };
      const page = Math.min(PAGE, offset + limit);
      for await (const row of rowsOf(ledger, query, signal, page)) {
        if (left-- > 0) continue;
        const kept = readable(row);
        if (kept) runs.push(kept.run);
        if (runs.length === limit) break;
      }
      return runs;
    },
  };

  async function rowOf(user: UserId, id: string, signal?: AbortSignal) {
    const [row] = await ledger.find(user, [{ kind: KIND, id }], signal);
    if (row) return row;
    throw new PortError(
      "invalid",
      `Cannot list the runs before ${
        id.slice(0, 64)
      } as there is none of that id`,
    );
  }

  function readable(row: LedgerRow): KeptRun | undefined {
    try {
      return keptOf(row);
    } catch (error) {
      if (!hasCode(error, "corrupt")) throw error;
      const { user, id } = row;
      const fields = { user, run: id, ...errorFields(error) };
      telemetry.log("error", "a run was left out of a list", fields);
      return undefined;
    }
  }
}

function changeOf({ run, version }: KeptRun): LedgerChange {
  return {
    kind: KIND,
    id: run.id,
    ifVersion: version,
    isOpen: run.completedAt === undefined,
    at: Math.floor(run.startedAt),
    json: formatRun(run),
  };
}

function keptOf(row: LedgerRow): KeptRun {
  try {
    return { run: parseRun(row.json), version: row.version };
  } catch (error) {
    if (error instanceof RangeError) throw unreadable(row, error);
    throw error;
  }
}

function newestOf(row: LedgerRow): NewestRun {
  const { runId, dates } = parseObject(row.json) ?? {};
  const isText = (value: unknown) => typeof value === "string";
  const isReadable = isText(runId) &&
    dates instanceof Object && Object.values(dates).every(isText);
  if (isReadable) return { runId, dates } as unknown as NewestRun;
  throw unreadable(row);
}

function unreadable({ kind, id }: LedgerRow, cause?: unknown): PortError {
  return new PortError(
    "corrupt",
    `Cannot read ${kind} ${id} as its row in the ledger is damaged`,
    { cause },
  );
}
