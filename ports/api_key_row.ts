/**
 * A key as a row of the table that SQLite and Postgres have alike.
 *
 * @module
 */
import type { ApiKeyId, ApiKeyScope } from "../domain/api_key.ts";
import type { UserId } from "../domain/user_id.ts";
import type { StoredApiKey } from "./api_key_store.ts";

/** The columns, in the order of the table. */
export type KeyRow = readonly [
  id: string,
  name: string,
  scopes: string,
  userId: string | null,
  createdAt: number,
  createdBy: string,
  expiresAt: number | null,
  hash: string,
  formerHash: string | null,
  formerUntil: number | null,
  lastUsedAt: number | null,
];

/** The row of `key`. */
export function rowOfKey(key: StoredApiKey): KeyRow {
  return [
    key.id,
    key.name,
    key.scopes.join(" "),
    key.user ?? null,
    key.createdAt,
    key.createdBy,
    key.expiresAt ?? null,
    key.hash,
    key.formerHash ?? null,
    key.formerUntil ?? null,
    key.lastUsedAt ?? null,
  ];
}

/** The key of `row`. */
export function keyOfRow(row: KeyRow): StoredApiKey {
  return {
    id: row[0] as ApiKeyId,
    name: row[1],
    scopes: row[2].split(" ") as ApiKeyScope[],
    user: (row[3] ?? undefined) as UserId | undefined,
    createdAt: row[4],
    createdBy: row[5],
    expiresAt: row[6] ?? undefined,
    hash: row[7],
    formerHash: row[8] ?? undefined,
    formerUntil: row[9] ?? undefined,
    lastUsedAt: row[10] ?? undefined,
  };
}
