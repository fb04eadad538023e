/**
 * A settings store in a SQLite file; the state and its event change together.
 *
 * @module
 */
import { ok } from "node:assert";
import type { SettingsDocument, SettingsKey } from "../../domain/settings.ts";
import { settingsUpdated } from "../../domain/settings_event.ts";
import { admit, checkChanges, versionConflict } from "../../ports/arguments.ts";
import type { PortError } from "../../ports/port_error.ts";
import type {
  SettingsChange,
  SettingsStore,
} from "../../ports/settings_store.ts";
import type { Sql } from "./connection.ts";
import type { SqliteDatabase } from "./database.ts";
import { appendEvents, readLogHead } from "./log.ts";
import { noteRevision } from "./settings_archive.ts";

/** Opens a store over `db`; closing it leaves the database open. */
export function openSqliteSettingsStore(db: SqliteDatabase): SettingsStore {
  let closed = false;
  const enter = (signal?: AbortSignal) =>
    admit("settings store", closed, signal);

  return {
    async read(keys, signal) {
      enter(signal);
      const documents = await db.read(
        (sql) => keys.map((key) => readDocument(sql, key)),
        signal,
      );
      return { documents, source: "database", verified: true };
    },

    recall: () => undefined,

    async write(changes, actor, signal) {
      enter(signal);
      checkChanges(changes);
      return await db.write((sql) => replace(sql, db, changes, actor), signal);
    },

    async [Symbol.asyncDispose]() {
      closed = true;
    },
  };
}

/** The document under `key`, as it stands in the transaction that is open. */
export function readDocument(
  sql: Sql,
  key: SettingsKey,
): SettingsDocument | undefined {
  const row = sql.get<[number, string]>(
    "SELECT version, value FROM settings WHERE key = ?",
    key,
  );
  return row && { key, version: row[0], json: row[1] };
}

function replace(
  sql: Sql,
  db: SqliteDatabase,
  changes: readonly SettingsChange[],
  actor: string,
): number[] | PortError {
  for (const change of changes) {
    const conflict = versionConflict(change, versionOf(sql, change.key));
    if (conflict) return conflict;
  }
  const before = readLogHead(sql).position;
  const now = db.clock.now();
  const versions = changes.map((_, i) => before + i + 1);
  changes.forEach(({ key, json }, i) => {
    if (json === undefined) {
      sql.run("DELETE FROM settings WHERE key = ?", key);
      return;
    }
    sql.run(
      `INSERT INTO settings (key, version, value) VALUES (?, ?, ?)
        ON CONFLICT (key) DO UPDATE
        SET version = excluded.version, value = excluded.value`,
      key,
      versions[i]!,
      json,
    );
  });
  const receipts = appendEvents(
    sql,
    changes.map(({ key, paths }, i) =>
      settingsUpdated(
        { key, version: versions[i]!, actor, paths },
        db.newId(),
        now,
      )
    ),
    now,
  );
  changes.forEach(({ key, json }, i) => {
    noteRevision(sql, { key, version: versions[i]!, actor, json });
  });
  // Else the versions were not the positions; the group's second run draws again.
  ok(receipts.every((receipt) => !receipt.duplicate), "event ids repeat");
  return versions;
}

function versionOf(sql: Sql, key: SettingsKey): number {
  const text = "SELECT version FROM settings WHERE key = ?";
  return sql.get<[number]>(text, key)?.[0] ?? 0;
}
