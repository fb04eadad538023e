/**
 * The trade ledger port: orders, fills, positions and runs, changed together
 * with the events that tell of it.
 *
 * `tests/contracts/trade_ledger.ts` is the definition of this port. It belongs
 * to the database of record. What rows say is the business of those who write
 * them: to the ledger it is one JSON text.
 *
 * @module
 */
import type { NewEvent, Receipt } from "../domain/event/event.ts";
import type { UserId } from "../domain/user_id.ts";

/** Most rows that one call changes or finds. */
export const MAX_LEDGER_ROWS = 1000;

/** Most rows that one call lists. */
export const MAX_LEDGER_LIST = 1000;

/** Most characters of what a row says. */
export const MAX_LEDGER_CHARS = 1024 * 1024;

/** Most characters of what all rows of one commit say. */
export const MAX_LEDGER_COMMIT_CHARS = 16 * 1024 * 1024;

/** Most characters of the name of a kind, and of an id. */
export const MAX_LEDGER_NAME_CHARS = 256;

/** What a row is found by, among those of its user. */
export interface LedgerRef {
  /** What it is, such as `order`. */
  readonly kind: string;
  /** Which one. */
  readonly id: string;
}

/** A row. */
export interface LedgerRow extends LedgerRef {
  /** Whose. */
  readonly user: UserId;
  /** How often it was written, from 1. */
  readonly version: number;
  /** Whether there is still something to be done about it. */
  readonly isOpen: boolean;
  /** What it is listed by: milliseconds since the Unix epoch. */
  readonly at: number;
  /** What it says, byte for byte: one JSON text. */
  readonly json: string;
}

/** A row that is to be written. */
export interface LedgerChange extends LedgerRef {
  /** The version that it has now; 0 where there is none. */
  readonly ifVersion: number;
  /** Whether there is still something to be done about it. */
  readonly isOpen: boolean;
  /** What it is listed by: whole milliseconds since the Unix epoch. */
  readonly at: number;
  /** What it is to say. */
  readonly json: string;
}

/** Which rows to list. */
export interface LedgerQuery {
  /** Whose; of all users when absent. */
  readonly user?: UserId | undefined;
  /** Of which kind. */
  readonly kind: string;
  /** Only those that are open, or only those that are not; all when absent. */
  readonly isOpen?: boolean | undefined;
  /** Only those that stand behind this one. */
  readonly after?:
    | { readonly at: number; readonly user: UserId; readonly id: string }
    | undefined;
  /** Most rows, from 1 to `MAX_LEDGER_LIST`. */
  readonly limit: number;
}

/**
 * Holds rows and their versions. It answers from the database of record: what
 * one instance commits, all see from then on. Callers own retries; adapters
 * never retry.
 */
export interface TradeLedger extends AsyncDisposable {
  /**
   * The rows that `refs` name, in that order, as they were at one moment;
   * `undefined` where there is none.
   *
   * @param refs From 1 to `MAX_LEDGER_ROWS`; one may be named twice.
   * @throws {PortError} `invalid` when there are more or less, or a name cannot
   * be that of a row.
   */
  find(
    user: UserId,
    refs: readonly LedgerRef[],
    signal?: AbortSignal,
  ): Promise<readonly (LedgerRow | undefined)[]>;

  /**
   * Rows by `at`, the newest first; among those of one moment by user and id,
   * ascending, in the order of their bytes.
   *
   * @throws {PortError} `invalid` when `limit` is outside its range, or `kind`
   * or `after` cannot be those of a row.
   */
  list(query: LedgerQuery, signal?: AbortSignal): Promise<readonly LedgerRow[]>;

  /**
   * Writes `changes` and appends `events` to the log, all of it in one
   * transaction or nothing. Each row gets the next version. Of those who write
   * on one version of a row, one succeeds.
   *
   * @param changes From 1 to `MAX_LEDGER_ROWS`, no row twice.
   * @returns Receipts of `events`, in their order. An event that the log holds
   * already is not appended again.
   * @throws {PortError} `version_conflict` when a row is not of the version
   * named (facts: `kind`, `id`, `version`, 0 for none): nothing was written;
   * `invalid`; `full`, `unavailable`; `timeout` when nobody knows whether it is
   * written: the versions tell. `unsupported` when there is no place for rows.
   */
  commit(
    user: UserId,
    changes: readonly LedgerChange[],
    events?: readonly NewEvent[],
    signal?: AbortSignal,
  ): Promise<readonly Receipt[]>;

  /** Releases every resource. Safe to call twice. */
  [Symbol.asyncDispose](): Promise<void>;
}
