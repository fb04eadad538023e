/**
 * A settings archive in a SQLite file.
 *
 * @module
 */
import type { SettingsKey } from "../../domain/settings.ts";
import {
  admit,
  checkEditsQuery,
  checkKeysQuery,
  checkPastVersion,
} from "../../ports/arguments.ts";
import { type OldestRevision, standingAt } from "../../ports/archive_rules.ts";
import {
  MAX_EDITS_CHARS,
  MAX_TRIM,
  type SettingsArchive,
  type SettingsEdit,
  type SettingsRevision,
} from "../../ports/settings_archive.ts";
import type { Sql } from "./connection.ts";
import type { SqliteDatabase } from "./database.ts";
import { readLogHead } from "./log.ts";

type Row = readonly [
  key: SettingsKey,
  version: number,
  at: number,
  actor: string,
  json: string | null,
];

const TABLES_OF_REVISIONS = ["settings_history", "settings_replaced"]
  .map((table) => `DELETE FROM ${table} WHERE key = ? AND version <= ?`);

const COLUMNS = "key, version, at, actor, value";

/** Opens an archive over `db`; closing it leaves the database open. */
export function openSqliteSettingsArchive(db: SqliteDatabase): SettingsArchive {
  let closed = false;
  const enter = (signal?: AbortSignal) =>
    admit("settings archive", closed, signal);

  return {
    async edits(query, signal) {
      enter(signal);
      checkEditsQuery(query);
      return await db.read((sql) => readEdits(sql, query), signal);
    },

    async at(keys, version, signal) {
      enter(signal);
      return await db.read((sql) => {
        checkPastVersion(version, readLogHead(sql).position);
        return keys.map((key) => {
          const found = newestUpTo(sql, key, version);
          return standingAt(key, version, found, oldestOf(sql, key));
        });
      }, signal);
    },

    async keys(query, signal) {
      enter(signal);
      checkKeysQuery(query);
      const rows = await db.read((sql) =>
        sql.all<[SettingsKey]>(
          "SELECT key FROM settings WHERE key > ? ORDER BY key LIMIT ?",
          query.after ?? "",
          query.limit,
        ), signal);
      return rows.map(([key]) => key);
    },

    async trim(beforeMs, signal) {
      enter(signal);
      return await db.write((sql) => forget(sql, Math.ceil(beforeMs)), signal);
    },

    async forget(keys, version, signal) {
      enter(signal);
      return await db.write((sql) => forgetAll(sql, keys, version), signal);
    },

    async [Symbol.asyncDispose]() {
      closed = true;
    },
  };
}

/**
 * Notes what a document has become, in the transaction that has appended the
 * entry of that to the log.
 */
export function noteRevision(
  sql: Sql,
  { key, version, actor, json }: Omit<SettingsRevision, "at">,
): void {
  sql.run(
    `INSERT INTO settings_replaced (at, version, key)
      SELECT l.at, h.version, h.key FROM log_head l, settings_history h
      WHERE h.key = ? ORDER BY h.version DESC LIMIT 1`,
    key,
  );
  sql.run(
    `INSERT INTO settings_history (${COLUMNS}, is_first)
      SELECT ?1, ?2, at, ?3, ?4,
        NOT EXISTS (SELECT 1 FROM settings_history WHERE key = ?1)
      FROM log_head`,
    key,
    version,
    actor,
    json ?? null,
  );
}

function readEdits(
  sql: Sql,
  { keys, after, limit }: Parameters<SettingsArchive["edits"]>[0],
): SettingsEdit[] {
  // The keys first: the values of those beyond the limit are not wanted.
  const places = [...new Set(keys)].flatMap((key) =>
    sql.all<[SettingsKey, number]>(
      `SELECT key, version FROM settings_history WHERE key = ? AND version > ?
        ORDER BY version LIMIT ?`,
      key,
      after,
      limit,
    )
  );
  places.sort(([, a], [, b]) => a - b);
  const edits: SettingsEdit[] = [];
  let chars = 0;
  for (const [key, version] of places.slice(0, limit)) {
    if (chars >= MAX_EDITS_CHARS) break;
    const revision = newestUpTo(sql, key, version)!;
    edits.push({ ...revision, before: newestUpTo(sql, key, version - 1) });
    chars += revision.json?.length ?? 0;
  }
  return edits;
}

function newestUpTo(
  sql: Sql,
  key: SettingsKey,
  version: number,
): SettingsRevision | undefined {
  const row = sql.get<Row>(
    `SELECT ${COLUMNS} FROM settings_history WHERE key = ? AND version <= ?
      ORDER BY version DESC LIMIT 1`,
    key,
    version,
  );
  if (!row) return undefined;
  const [, , at, actor, json] = row;
  return { key, version: row[1], at, actor, json: json ?? undefined };
}

function oldestOf(sql: Sql, key: SettingsKey): OldestRevision | undefined {
  const row = sql.get<[number, number]>(
    `SELECT version, is_first FROM settings_history WHERE key = ?
      ORDER BY version LIMIT 1`,
    key,
  );
  return row && { version: row[0], isFirst: row[1] === 1 };
}

function forgetAll(
  sql: Sql,
  keys: readonly SettingsKey[],
  version: number,
): number {
  let gone = 0;
  for (const key of new Set(keys)) {
    const old = sql.all<[number]>(
      `SELECT version FROM settings_history WHERE key = ? AND version <= ?
        ORDER BY version LIMIT ?`,
      key,
      version,
      MAX_TRIM - gone,
    );
    const last = old.at(-1)?.[0];
    if (last === undefined) continue;
    for (const table of TABLES_OF_REVISIONS) sql.run(table, key, last);
    gone += old.length;
  }
  return gone;
}

function forget(sql: Sql, beforeMs: number): number {
  const rows = sql.all<[number, number, SettingsKey]>(
    `SELECT at, version, key FROM settings_replaced WHERE at < ?
      ORDER BY at, version LIMIT ${MAX_TRIM}`,
    beforeMs,
  );
  for (const [at, version, key] of rows) {
    sql.run(
      "DELETE FROM settings_history WHERE key = ? AND version = ?",
      key,
      version,
    );
    sql.run(
      "DELETE FROM settings_replaced WHERE at = ? AND version = ?",
      at,
      version,
    );
  }
  return rows.length;
}
