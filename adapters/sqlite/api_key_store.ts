/**
 * API keys in a SQLite file.
 *
 * @module
 */
import {
  checkHash,
  checkNewKey,
  checkUses,
  idTaken,
  noRoom,
} from "../../ports/api_key_rules.ts";
import {
  type ApiKeyList,
  type ApiKeyStore,
  MAX_API_KEYS,
  type StoredApiKey,
} from "../../ports/api_key_store.ts";
import { admit } from "../../ports/arguments.ts";
import { keyOfRow, type KeyRow, rowOfKey } from "../../ports/api_key_row.ts";
import type { Sql } from "./connection.ts";
import type { SqliteDatabase } from "./database.ts";

const COLUMNS = `id, name, scopes, user_id, created_at, created_by, expires_at,
  hash, former_hash, former_until, last_used_at`;

/** Opens the port over `db`; closing it leaves the database open. */
export function openSqliteApiKeyStore(db: SqliteDatabase): ApiKeyStore {
  let closed = false;
  const enter = (signal?: AbortSignal) =>
    admit("API key store", closed, signal);

  return {
    async read(known, signal) {
      enter(signal);
      return await db.read((sql) => read(sql, known), signal);
    },

    async add(key, { onlyFirst = false } = {}, signal) {
      enter(signal);
      checkNewKey(key);
      return await db.write((sql) => add(sql, key, onlyFirst), signal);
    },

    async rotate(id, hash, formerUntil, signal) {
      enter(signal);
      checkHash(hash);
      const until = formerUntil ?? null;
      return await db.write((sql) =>
        sql.run(
          `UPDATE api_key SET former_hash = CASE WHEN ?2 IS NULL THEN NULL ELSE hash END,
            hash = ?1, former_until = ?2 WHERE id = ?3`,
          hash,
          until,
          id,
        ) > 0, signal);
    },

    async remove(id, signal) {
      enter(signal);
      return await db.write(
        (sql) => sql.run("DELETE FROM api_key WHERE id = ?", id) > 0,
        signal,
      );
    },

    async touch(uses, signal) {
      enter(signal);
      checkUses(uses);
      if (uses.size === 0) return;
      await db.write((sql) => {
        for (const [id, at] of uses) {
          sql.run(
            `UPDATE api_key SET last_used_at = ?1
              WHERE id = ?2 AND coalesce(last_used_at, 0) < ?1`,
            at,
            id,
          );
        }
      }, signal);
    },

    async pepper(proposed, signal) {
      enter(signal);
      return await db.write((sql) => {
        sql.run(
          "UPDATE api_key_state SET pepper = ? WHERE pepper IS NULL",
          proposed,
        );
        return sql.get<[string]>("SELECT pepper FROM api_key_state")![0];
      }, signal);
    },

    async [Symbol.asyncDispose]() {
      closed = true;
    },
  };
}

/** All keys of a database, and what their secrets are hashed under. */
export interface KeyTable {
  /** A row a key. */
  readonly rows: readonly KeyRow[];
  /** Absent where none was drawn. */
  readonly pepper: string | null;
}

/** Reads all of it. */
export function readKeyTable(sql: Pick<Sql, "get" | "all">): KeyTable {
  const [pepper] = sql.get<[string | null]>(
    "SELECT pepper FROM api_key_state",
  )!;
  return { rows: readRows(sql), pepper };
}

/** Puts `table` in the place of all of it. */
export function replaceKeyTable(sql: Sql, { rows, pepper }: KeyTable): void {
  dropKeys(sql);
  for (const row of rows) insert(sql, row);
  sql.run("UPDATE api_key_state SET pepper = ?", pepper);
}

/** Drops all keys; tells how many there were. */
export function dropKeys(sql: Sql): number {
  return sql.run("DELETE FROM api_key");
}

/** Tells how many keys there are. */
export function countKeys(sql: Pick<Sql, "get">): number {
  return sql.get<[number]>("SELECT count(*) FROM api_key")![0];
}

function read(sql: Sql, known: number | undefined): ApiKeyList {
  const [revision] = sql.get<[number]>("SELECT revision FROM api_key_state")!;
  if (revision === known) return { revision };
  return { revision, keys: readRows(sql).map(keyOfRow) };
}

function readRows(sql: Pick<Sql, "all">): KeyRow[] {
  return sql.all<KeyRow>(`SELECT ${COLUMNS} FROM api_key ORDER BY id`);
}

function add(sql: Sql, key: StoredApiKey, onlyFirst: boolean): boolean {
  const held = countKeys(sql);
  if (onlyFirst && held > 0) return false;
  const id = sql.get("SELECT 1 FROM api_key WHERE id = ?", key.id);
  if (id !== undefined) throw idTaken();
  if (held >= MAX_API_KEYS) throw noRoom();
  insert(sql, rowOfKey(key));
  return true;
}

function insert(sql: Sql, row: KeyRow): void {
  sql.run(
    `INSERT INTO api_key (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ...row,
  );
}
