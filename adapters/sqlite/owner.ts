/**
 * Having a file alone: nobody has it open, and nobody can open it until this
 * ends.
 *
 * @module
 */
import type { LogIdentity } from "../../ports/database_upkeep.ts";
import { type KeyTable, readKeyTable } from "./api_key_store.ts";
import { openConnection, type Sql } from "./connection.ts";
import { readLogIdentity, readSchema } from "./schema.ts";

/** A series of order numbers and how far it has been given out. */
export type GivenNumbers = readonly [user: string, day: string, last: number];

/** What a database that is replaced leaves behind. */
export interface Past extends LogIdentity {
  /** Every series. */
  readonly numbers: readonly GivenNumbers[];
  /** Its API keys; `undefined` where it is too old to have any. */
  readonly keys: KeyTable | undefined;
}

/** The file, had alone. */
export interface Owner extends Disposable {
  /** What it leaves behind; `undefined` when it cannot be read. */
  past(): Past | undefined;
}

/**
 * Takes the file at `path`; its write-ahead log goes into it.
 *
 * @throws SQLite's busy error while another process has it open.
 */
export function openOwner(path: string): Owner {
  const sql = openConnection(path);
  try {
    sql.get("PRAGMA locking_mode = EXCLUSIVE");
    // This alone needs that nobody else has the file open, writing or not.
    sql.get("PRAGMA journal_mode = DELETE");
    sql.script("BEGIN EXCLUSIVE; COMMIT");
  } catch (error) {
    sql.close();
    throw error;
  }
  return {
    past() {
      try {
        if (readSchema(sql).state === "foreign") return undefined;
        return {
          ...readLogIdentity(sql),
          numbers: sql.all<[string, string, number]>(
            "SELECT user_id, day, leased_to FROM sequence",
          ),
          keys: hasKeys(sql) ? readKeyTable(sql) : undefined,
        };
      } catch {
        return undefined;
      }
    },
    [Symbol.dispose]: () => sql.close(),
  };
}

function hasKeys(sql: Pick<Sql, "get">): boolean {
  const text = "SELECT 1 FROM sqlite_schema WHERE name = 'api_key_state'";
  return sql.get(text) !== undefined;
}
