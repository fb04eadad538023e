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
import type { Run } from "../../../domain/rebalance/run.ts";
import { formatRun, parseRun } from "../../../domain/rebalance/run_text.ts";
import type { UserId } from "../../../domain/user_id.ts";
import type {
  LedgerChange,
  LedgerRow,
  TradeLedger,
} from "../../../ports/trade_ledger.ts";

const KIND = "run";
const NEWEST = { kind: "run_newest", id: "newest" };

/** Rows read at one time to get past those that are skipped. */
const PAGE = 100;

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
  /** Orders of runs before it that may be under way. */
  readonly orders: readonly string[];
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

/** Keeps runs. */
export interface RunRows {
  /** How things stand for run `id`. */
  ground(user: UserId, id: string, signal?: AbortSignal): Promise<Ground>;
  /** The run `id`; `undefined` when there is none. */
  find(
    user: UserId,
    id: string,
    signal?: AbortSignal,
  ): Promise<KeptRun | undefined>;
  /** Keeps a plan. @throws {PortError} As `TradeLedger.commit`. */
  begin(
    user: UserId,
    run: Run,
    ground: Ground,
    orders: readonly string[],
  ): Promise<KeptRun>;
  /** Keeps what came of a run, and tells the log. @throws {PortError} As `TradeLedger.commit`. */
  end(user: UserId, kept: KeptRun, event: NewEvent): Promise<void>;
  /** Runs, the newest first, behind the first `offset`. */
  list(
    user: UserId,
    page: { readonly limit: number; readonly offset: number },
    signal?: AbortSignal,
  ): Promise<readonly Run[]>;
}

/** Creates it over `ledger`. */
export function createRunRows(ledger: TradeLedger): RunRows {
  return {
    async ground(user, id, signal) {
      const refs = [{ kind: KIND, id }, NEWEST];
      const [row, newest] = await ledger.find(user, refs, signal);
      return {
        kept: row && keptOf(row),
        newest: newest && JSON.parse(newest.json) as NewestRun,
        version: newest?.version ?? 0,
      };
    },

    async find(user, id, signal) {
      const [row] = await ledger.find(user, [{ kind: KIND, id }], signal);
      return row && keptOf(row);
    },

    async begin(user, run, { newest, version }, orders) {
      const { id, strategyId, asOf } = run;
      const before = newest?.dates[strategyId] ?? asOf;
      const next: NewestRun = {
        runId: id,
        orders,
        dates: {
          ...newest?.dates,
          [strategyId]: before > asOf ? before : asOf,
        },
      };
      await ledger.commit(user, [
        changeOf({ run, version: 0 }),
        {
          ...NEWEST,
          ifVersion: version,
          isOpen: false,
          at: Math.floor(run.startedAt),
          json: JSON.stringify(next),
        },
      ]);
      return { run, version: 1 };
    },

    async end(user, kept, event) {
      await ledger.commit(user, [changeOf(kept)], [event]);
    },

    async list(user, { limit, offset }, signal) {
      let after: LedgerRow | undefined;
      for (let left = offset; left > 0;) {
        const size = Math.min(PAGE, left);
        const query = { user, kind: KIND, after, limit: size };
        const rows = await ledger.list(query, signal);
        if (rows.length < size) return [];
        after = rows.at(-1);
        left -= size;
      }
      const query = { user, kind: KIND, after, limit };
      const rows = await ledger.list(query, signal);
      return rows.map(({ json }) => parseRun(json));
    },
  };
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

function keptOf({ json, version }: LedgerRow): KeptRun {
  return { run: parseRun(json), version };
}
