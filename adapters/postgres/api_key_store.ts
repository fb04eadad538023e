/**
 * API keys in Postgres.
 *
 * @module
 */
import { keyOfRow, type KeyRow } from "../../ports/api_key_row.ts";
import {
  checkHash,
  checkNewKey,
  checkUses,
  idTaken,
  noRoom,
} from "../../ports/api_key_rules.ts";
import {
  type ApiKeyStore,
  MAX_API_KEYS,
  type StoredApiKey,
} from "../../ports/api_key_store.ts";
import { admit } from "../../ports/arguments.ts";
import type { PostgresDatabase } from "./database.ts";

/** One statement is one snapshot: the keys are those of the revision. */
const READ = `/* keys.read */ SELECT s.revision, k.id, k.name, k.scopes,
    k.user_id, k.created_at, k.created_by, k.expires_at, k.hash, k.former_hash,
    k.former_until, k.last_used_at
  FROM api_key_state s
  LEFT JOIN api_key k ON s.revision IS DISTINCT FROM $1::bigint
  ORDER BY k.id COLLATE "C"`;

const ADD = "/* keys.add */ SELECT add_api_key($1::text::json, $2, $3)";

const ROTATE = `/* keys.rotate */ UPDATE api_key
  SET former_hash = CASE WHEN $2::bigint IS NULL THEN NULL ELSE hash END,
    hash = $1, former_until = $2
  WHERE id = $3 RETURNING 1`;

const REMOVE =
  "/* keys.remove */ DELETE FROM api_key WHERE id = $1 RETURNING 1";

/** In the order of ids, so that nobody deadlocks. */
const TOUCH = `/* keys.touch */ WITH used AS (
    SELECT k.id, u.at FROM api_key k
    JOIN json_to_recordset($1::text::json) AS u (id text, at bigint)
      ON u.id = k.id AND coalesce(k.last_used_at, 0) < u.at
    ORDER BY k.id FOR NO KEY UPDATE OF k
  )
  UPDATE api_key k SET last_used_at = greatest(k.last_used_at, used.at)
  FROM used WHERE k.id = used.id`;

const PEPPER = `/* keys.pepper */ UPDATE api_key_state
  SET pepper = coalesce(pepper, $1) RETURNING pepper`;

/** Opens the port over `db`; closing it leaves the database open. */
export function openPostgresApiKeyStore(db: PostgresDatabase): ApiKeyStore {
  let closed = false;
  const enter = (signal?: AbortSignal) =>
    admit("API key store", closed, signal);

  return {
    async read(known, signal) {
      enter(signal);
      const rows = await db.read<
        readonly [revision: number, ...key: KeyRow | Nothing]
      >(READ, [known ?? null], signal);
      const revision = rows[0]![0];
      if (revision === known) return { revision };
      const keys = rows.flatMap(([, ...row]) =>
        isKey(row) ? [keyOfRow(row)] : []
      );
      return { revision, keys };
    },

    async add(key, { onlyFirst = false } = {}, signal) {
      enter(signal);
      checkNewKey(key);
      const values = [recordOf(key), onlyFirst, MAX_API_KEYS];
      const [row] = await db.change<[number]>(ADD, values);
      const held = row![0];
      if (held < 0) throw idTaken();
      if (onlyFirst && held > 0) return false;
      if (held >= MAX_API_KEYS) throw noRoom();
      return true;
    },

    async rotate(id, hash, formerUntil, signal) {
      enter(signal);
      checkHash(hash);
      const values = [hash, formerUntil ?? null, id];
      return (await db.change(ROTATE, values)).length > 0;
    },

    async remove(id, signal) {
      enter(signal);
      return (await db.change(REMOVE, [id])).length > 0;
    },

    async touch(uses, signal) {
      enter(signal);
      checkUses(uses);
      if (uses.size === 0) return;
      const rows = Array.from(uses, ([id, at]) => ({ id, at }));
      await db.change(TOUCH, [JSON.stringify(rows)]);
    },

    async pepper(proposed, signal) {
      enter(signal);
      const [row] = await db.change<[string]>(PEPPER, [proposed]);
      return row![0];
    },

    async [Symbol.asyncDispose]() {
      closed = true;
    },
  };
}

/** The columns of a key where there is none. */
type Nothing = readonly [null, ...null[]];

function isKey(row: KeyRow | Nothing): row is KeyRow {
  return row[0] !== null;
}

/** The row of `key`, by the names of its columns. */
function recordOf(key: StoredApiKey): string {
  return JSON.stringify({
    id: key.id,
    name: key.name,
    scopes: key.scopes.join(" "),
    user_id: key.user,
    created_at: key.createdAt,
    created_by: key.createdBy,
    expires_at: key.expiresAt,
    hash: key.hash,
    former_hash: key.formerHash,
    former_until: key.formerUntil,
    last_used_at: key.lastUsedAt,
  });
}
