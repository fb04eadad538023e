/**
 * A feature store in Postgres, shared by every instance that uses it.
 *
 * Invalidations are numbered. A fill token is the number of the last one; a
 * fill looks at those that came after it.
 *
 * @module
 */
import type { FeatureScope, FeatureVector } from "../../domain/feature.ts";
import type { TradingSymbol } from "../../domain/symbol.ts";
import type { TradingDate } from "../../domain/trading_date.ts";
import { admit } from "../../ports/arguments.ts";
import type { FeatureStore, FillToken } from "../../ports/feature_store.ts";
import type { PostgresDatabase } from "./database.ts";
import { toWriteError } from "./errors.ts";

/** Invalidations remembered for fills that are under way. */
const MAX_REMEMBERED = 1024;

const READ = `/* features.read */ SELECT serial, f.* FROM (
    SELECT coalesce(max(serial), 0) AS serial FROM feature_invalidation
  ) AS i LEFT JOIN LATERAL (
    SELECT symbol, date, json, feature_set, window_hash, computed_at
    FROM json_to_recordset($1::text::json) AS k (symbol text, date text)
    JOIN feature USING (symbol, date)
    WHERE expires_at > $2
  ) AS f ON true`;

const FILL = "/* features.fill */ SELECT fill_features($1, $2::text::json, $3)";

const INVALIDATE =
  "/* features.invalidate */ SELECT invalidate_features($1::text::json, $2)";

type Row = readonly [
  serial: number,
  symbol: TradingSymbol | null,
  date: TradingDate,
  json: string,
  set: string,
  window: string,
  computedAt: number,
];

/** Opens a store over `db`; closing it leaves the database open. */
export function openPostgresFeatureStore(db: PostgresDatabase): FeatureStore {
  let closed = false;
  const enter = (signal?: AbortSignal) =>
    admit("feature store", closed, signal);
  const invalidate = db.group<FeatureScope, void>(async (scopes) => {
    await db.write(INVALIDATE, [JSON.stringify(scopes), MAX_REMEMBERED]);
    return scopes.map(() => ({ value: undefined }));
  });

  return {
    async read(keys, signal) {
      enter(signal);
      const names = keys.map(({ symbol, date }) => ({ symbol, date }));
      const rows = await db.read<Row>(
        READ,
        [JSON.stringify(names), Math.floor(db.clock.now())],
        signal,
      );
      const found = new Map<string, FeatureVector>();
      for (const row of rows) {
        const [, symbol, date, json, set, window, computedAt] = row;
        if (symbol === null) continue;
        const stamp = { set, window, computedAt };
        found.set(`${symbol} ${date}`, { symbol, date, json, stamp });
      }
      return {
        token: String(rows[0]![0]) as FillToken,
        vectors: keys.map(({ symbol, date }) => found.get(`${symbol} ${date}`)),
      };
    },

    async fill(token, vectors, ttlS, signal) {
      enter(signal);
      if (!/^\d{1,15}$/.test(token) || vectors.length === 0) return 0;
      const now = Math.floor(db.clock.now());
      const rows = vectors.map(({ symbol, date, json, stamp }, n) => ({
        n,
        symbol,
        date,
        json,
        feature_set: stamp.set,
        window_hash: stamp.window,
        computed_at: stamp.computedAt,
        expires_at: Math.floor(now + ttlS[n]! * 1000),
      }));
      const values = [Number(token), JSON.stringify(rows), now];
      try {
        return (await db.write<[number]>(FILL, values))[0]![0];
      } catch (error) {
        throw toWriteError(error);
      }
    },

    async invalidate(scope, signal) {
      enter(signal);
      await invalidate(scope, signal);
    },

    async size(signal) {
      enter(signal);
      const rows = await db.read<[number]>(
        "/* features.count */ SELECT count(*) FROM feature",
        [],
        signal,
      );
      return rows[0]![0];
    },

    async [Symbol.asyncDispose]() {
      closed = true;
    },
  };
}
