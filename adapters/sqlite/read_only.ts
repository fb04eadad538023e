/**
 * A connection that only looks: it neither migrates nor sets the file up.
 *
 * The file is opened for writing all the same: who may only read leaves the
 * files of the write-ahead log behind, with an owner that need not be the
 * service's.
 *
 * @module
 */
import { backup, DatabaseSync, type StatementSync } from "node:sqlite";
import type { Sql } from "./connection.ts";

/** Reads rows, as `Sql` does. */
export interface ReadOnlySql extends Pick<Sql, "get" | "all">, Disposable {
  /**
   * Writes what stands in the file at one moment to the new file at `path`,
   * which needs no other file beside it. Others may write meanwhile.
   */
  copyTo(path: string): Promise<void>;
}

/** How long another process's lock is waited for, which none has for long. */
const LOCK_MS = 500;

/** In one step, so that nobody's writes begin it anew. */
const ALL_PAGES = 2 ** 31 - 1;

/** Opens the file at `path`, which must be there. */
export function openReadOnly(path: string): ReadOnlySql {
  const database = new DatabaseSync(path, { timeout: LOCK_MS });
  function rows(text: string): StatementSync {
    const statement = database.prepare(text) as StatementSync & {
      setReturnArrays(on: boolean): void;
    };
    statement.setReturnArrays(true);
    return statement;
  }
  try {
    database.exec("PRAGMA query_only = ON");
  } catch (error) {
    database.close();
    throw error;
  }
  return {
    get: <Row>(text: string, ...values: (string | number | null)[]) =>
      rows(text).get(...values) as Row | undefined,
    all: <Row>(text: string, ...values: (string | number | null)[]) =>
      rows(text).all(...values) as unknown[] as Row[],
    async copyTo(to) {
      // VACUUM INTO is refused to those who may not open every file.
      await backup(database, to, { rate: ALL_PAGES });
      const copy = new DatabaseSync(to);
      try {
        copy.prepare("PRAGMA journal_mode = DELETE").get();
      } finally {
        copy.close();
      }
    },
    [Symbol.dispose]: () => database.close(),
  };
}
