/**
 * The embedded database of record: one SQLite file.
 *
 * Other processes may use the same file at the same time. No other code of
 * this process may open the file by itself: on POSIX, closing any handle to it
 * gives up SQLite's locks.
 *
 * @module
 */
import { uuidV7 } from "../../domain/uuid.ts";
import type { Clock } from "../../ports/clock.ts";
import { PortError } from "../../ports/port_error.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import { type Waiting, whileBusy } from "./busy.ts";
import { type Connection, openConnection, type Sql } from "./connection.ts";
import { createDoorbell, type Doorbell } from "./doorbell.ts";
import { toOpenError, toPortError } from "./errors.ts";
import { createGroupCommit, type GroupCommit } from "./group_commit.ts";
import { checkLogHead, createLogHead } from "./log.ts";
import { FIRST_MIGRATION, migrate } from "./migrate.ts";
import { begin } from "./transaction.ts";
import { endOfTurn } from "./turn.ts";

/**
 * Reads that take so long are answered one a turn: SQLite reads hold up the
 * process, and who reads one page after the other would not let go of it.
 */
const LONG_READ_MS = 0.25;

/** An open database; the ports over it share its one connection. */
export interface SqliteDatabase extends AsyncDisposable {
  /** Stamps entries and tells when vectors expire. */
  readonly clock: Clock;
  /** Tells when the log has grown. */
  readonly doorbell: Doorbell;
  /** Aborts when the database is closed, with the error to end waits with. */
  readonly closing: AbortSignal;

  /** A new event id. */
  newId(): string;

  /**
   * Runs `work` on one snapshot: what it reads stood in the file at one moment
   * after this call began.
   *
   * @throws What `work` throws; `PortError` `unavailable`, `corrupt`, `closed`.
   */
  read<T>(work: (sql: Sql) => T, signal?: AbortSignal): Promise<T>;

  /** Runs `work` in a transaction, as `GroupCommit.write` says. */
  readonly write: GroupCommit["write"];

  /** Ends waits, commits the writes that are queued, closes the file. Safe to call twice. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Opens the database at `path`, creating the file where its folder exists, and
 * brings its tables to the form that this program knows.
 *
 * @throws {PortError} `corrupt` when the file is not such a database;
 * `unsupported` when it is a newer one or another program's; `unavailable` when
 * it cannot be read and written; `full`. The message names the file.
 */
export async function openSqliteDatabase(
  options: Waiting & {
    readonly path: string;
    readonly telemetry?: Telemetry;
  },
): Promise<SqliteDatabase> {
  const { path, clock, entropy, telemetry } = options;
  const newId = () => uuidV7(clock.now(), entropy.bytes(10));

  function prepare(sql: Connection): string[] {
    sql.run("BEGIN IMMEDIATE");
    try {
      const applied = migrate(sql, path, clock.now());
      if (applied[0] !== FIRST_MIGRATION) checkLogHead(sql, path);
      // Where the log has begun, this tells whether the file may be written.
      createLogHead(sql, newId(), clock.now());
      sql.run("COMMIT");
      return applied;
    } finally {
      if (sql.inTransaction) sql.run("ROLLBACK");
    }
  }

  let sql: Connection | undefined;
  try {
    sql = await whileBusy(options, () => openConnection(path));
    const applied = await whileBusy(options, () => prepare(sql!));
    for (const migration of applied) {
      telemetry?.log("info", "Migrated the database", { path, migration });
    }
  } catch (error) {
    sql?.close();
    throw toOpenError(error, path);
  }
  return createDatabase(sql, newId, options);
}

function createDatabase(
  sql: Connection,
  newId: () => string,
  options: Waiting & { readonly telemetry?: Telemetry },
): SqliteDatabase {
  const { clock } = options;
  const closing = new AbortController();
  /** Resolves when the last of the long reads may be answered. */
  let lastLong: Promise<void> = Promise.resolve();
  const doorbell = createDoorbell(sql, clock);
  const writes = createGroupCommit({
    ...options,
    sql,
    onCommit: doorbell.ring,
  });

  function inTurnOfItsOwn<T>(found: T): Promise<T> {
    lastLong = lastLong.then(endOfTurn);
    return lastLong.then(() => found);
  }

  async function close(): Promise<void> {
    closing.abort(
      new PortError("closed", "Cannot use the database as it is closed"),
    );
    await writes[Symbol.asyncDispose]();
    await doorbell[Symbol.asyncDispose]();
    sql.close();
  }
  let closed: Promise<void> | undefined;

  return {
    clock,
    doorbell,
    closing: closing.signal,
    newId,
    async read(work, signal) {
      try {
        return await whileBusy(options, () => {
          closing.signal.throwIfAborted();
          const began = clock.monotonic();
          const found = snapshot(sql, work);
          return clock.monotonic() - began < LONG_READ_MS
            ? found
            : inTurnOfItsOwn(found);
        }, signal);
      } catch (error) {
        throw toPortError(error, "read from the database");
      }
    },
    write: writes.write,
    [Symbol.asyncDispose]: () => closed ??= close(),
  };
}

function snapshot<T>(sql: Connection, work: (sql: Sql) => T): T {
  begin(sql, "BEGIN");
  try {
    return work(sql);
  } finally {
    if (sql.inTransaction) sql.run("COMMIT");
  }
}
