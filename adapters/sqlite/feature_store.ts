/**
 * A feature store in a SQLite file, shared by every process that uses it.
 *
 * Invalidations are numbered. A fill token is the number of the last one; a
 * fill looks at those that came after it.
 *
 * @module
 */
import {
  type FeatureKey,
  type FeatureScope,
  type FeatureVector,
  isInScope,
} from "../../domain/feature.ts";
import type { TradingSymbol } from "../../domain/symbol.ts";
import type { TradingDate } from "../../domain/trading_date.ts";
import { admit } from "../../ports/arguments.ts";
import type { FeatureStore, FillToken } from "../../ports/feature_store.ts";
import type { Sql } from "./connection.ts";
import type { SqliteDatabase } from "./database.ts";

/** Invalidations remembered for fills that are under way. */
const MAX_REMEMBERED = 1024;

/** Expired vectors that a fill clears away, at most. */
const MAX_SWEPT = 64;

/** Vectors that one transaction of an invalidation forgets, at most. */
const MAX_FORGOTTEN = 500;

/** Opens a store over `db`; closing it leaves the database open. */
export function openSqliteFeatureStore(db: SqliteDatabase): FeatureStore {
  let closed = false;
  const enter = (signal?: AbortSignal) =>
    admit("feature store", closed, signal);

  return {
    async read(keys, signal) {
      enter(signal);
      return await db.read((sql) => {
        const now = db.clock.now();
        return {
          token: String(lastSerial(sql)) as FillToken,
          vectors: keys.map((key) => readVector(sql, key, now)),
        };
      }, signal);
    },

    async fill(token, vectors, ttlS, signal) {
      enter(signal);
      return await db.write((sql) => {
        const now = db.clock.now();
        const serial = lastSerial(sql);
        const scopes = scopesSince(sql, serial, token);
        sweep(sql, now);
        return vectors.filter((vector, i) => {
          if (!scopes || scopes.some((s) => isInScope(vector, s))) return false;
          keep(sql, vector, now + ttlS[i]! * 1000, serial);
          return true;
        }).length;
      }, signal);
    },

    async invalidate(scope, signal) {
      enter(signal);
      let [serial, forgotten] = await db.write((sql) => {
        const serial = remember(sql, scope);
        return [serial, forget(sql, scope, serial)];
      }, signal);
      while (forgotten === MAX_FORGOTTEN) {
        forgotten = await db.write((sql) => forget(sql, scope, serial), signal);
      }
    },

    async size(signal) {
      enter(signal);
      return await db.read(
        (sql) => sql.get<[number]>("SELECT count(*) FROM feature")![0],
        signal,
      );
    },

    async [Symbol.asyncDispose]() {
      closed = true;
    },
  };
}

function readVector(
  sql: Sql,
  key: FeatureKey,
  now: number,
): FeatureVector | undefined {
  const row = sql.get<[string, string, string, number]>(
    `SELECT json, feature_set, window_hash, computed_at FROM feature
      WHERE symbol = ? AND date = ? AND expires_at > ?`,
    key.symbol,
    key.date,
    now,
  );
  if (!row) return undefined;
  const [json, set, window, computedAt] = row;
  const { symbol, date } = key;
  return { symbol, date, json, stamp: { set, window, computedAt } };
}

function keep(
  sql: Sql,
  vector: FeatureVector,
  expiresAt: number,
  serial: number,
): void {
  const { symbol, date, json, stamp } = vector;
  sql.run(
    `INSERT INTO feature (symbol, date, json, feature_set, window_hash,
        computed_at, expires_at, serial) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (symbol, date) DO UPDATE SET json = excluded.json,
        feature_set = excluded.feature_set, window_hash = excluded.window_hash,
        computed_at = excluded.computed_at, expires_at = excluded.expires_at,
        serial = excluded.serial`,
    symbol,
    date,
    json,
    stamp.set,
    stamp.window,
    stamp.computedAt,
    Math.floor(expiresAt),
    serial,
  );
}

/** Number of the last invalidation; 0 when there has been none. */
function lastSerial(sql: Sql): number {
  const text = "SELECT coalesce(max(serial), 0) FROM feature_invalidation";
  return sql.get<[number]>(text)![0];
}

/** What was invalidated after `token`; `undefined` when nobody knows, or any more. */
function scopesSince(
  sql: Sql,
  serial: number,
  token: FillToken,
): FeatureScope[] | undefined {
  if (!/^\d{1,15}$/.test(token)) return undefined;
  const missed = serial - Number(token);
  if (missed === 0) return [];
  if (missed < 0 || missed > MAX_REMEMBERED) return undefined;
  return sql.all<[TradingSymbol | null, TradingDate | null]>(
    "SELECT symbol, date FROM feature_invalidation WHERE serial > ?",
    Number(token),
  ).map(([symbol, date]) => ({
    ...(symbol === null ? {} : { symbol }),
    ...(date === null ? {} : { date }),
  }));
}

function remember(sql: Sql, { symbol, date }: FeatureScope): number {
  const serial = lastSerial(sql) + 1;
  sql.run(
    "INSERT INTO feature_invalidation (serial, symbol, date) VALUES (?, ?, ?)",
    serial,
    symbol ?? null,
    date ?? null,
  );
  sql.run(
    "DELETE FROM feature_invalidation WHERE serial <= ?",
    serial - MAX_REMEMBERED,
  );
  return serial;
}

/** Forgets some of what invalidation `serial` covers; returns how many. */
function forget(sql: Sql, scope: FeatureScope, serial: number): number {
  const { symbol, date } = scope;
  const named = [symbol, date].filter((name) => name !== undefined);
  return sql.run(
    `DELETE FROM feature WHERE (symbol, date) IN (
      SELECT symbol, date FROM feature WHERE serial < ?
        ${symbol === undefined ? "" : "AND symbol = ?"}
        ${date === undefined ? "" : "AND date = ?"}
      LIMIT ${MAX_FORGOTTEN})`,
    serial,
    ...named,
  );
}

function sweep(sql: Sql, now: number): void {
  sql.run(
    `DELETE FROM feature WHERE (symbol, date) IN (
      SELECT symbol, date FROM feature WHERE expires_at <= ?
      LIMIT ${MAX_SWEPT})`,
    now,
  );
}
