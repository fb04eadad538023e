/**
 * The state of a release as files: a SQLite database, Postgres as SQL, Redis as
 * JSON, and what the release answered.
 *
 * @module
 */
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import type { RedisCli } from "../support/redis_world.ts";
import type { Answered, Sequel } from "./story.ts";

/** What a release answered, from one database. */
export interface Kept {
  readonly answers: readonly Answered[];
  readonly sequel: Sequel;
}

/** The schema whose name stands in a dump of Postgres. */
export const SCHEMA = "holdfast_release";

/** The folder of the releases. */
export const RELEASES: string = join(
  import.meta.dirname!,
  "../golden/releases",
);

/** Keeps `bytes` as a file, packed. */
export async function keepFile(path: string, bytes: Uint8Array): Promise<void> {
  await Deno.writeFile(`${path}.gz`, gzipSync(bytes, { level: 9 }));
}

/** Reads what `keepFile` kept. */
export async function readKept(path: string): Promise<Uint8Array> {
  return gunzipSync(await Deno.readFile(`${path}.gz`));
}

/** Reads what `keepFile` kept of a text. */
export async function readKeptText(path: string): Promise<string> {
  return new TextDecoder().decode(await readKept(path));
}

/** A key of Redis, as commands would make it. */
export type KeptKey =
  & { readonly key: string; readonly ttlMs?: number }
  & (
    | { readonly string: string }
    | { readonly hash: readonly string[] }
    | { readonly zset: readonly string[] }
    | { readonly stream: readonly (readonly [string, readonly string[]])[] }
  );

/** Reads all of a Redis; bytes come as base64. */
export async function readRedis(cli: RedisCli): Promise<KeptKey[]> {
  const keys = (await cli("KEYS", "*") as string[]).sort();
  const kept: KeptKey[] = [];
  for (const key of keys) {
    const ttlMs = Number(await cli("PTTL", key));
    const base = { key, ...(ttlMs > 0 ? { ttlMs } : {}) };
    const type = String(await cli("TYPE", key));
    if (type === "string") {
      kept.push({ ...base, string: String(await cli("GET", key)) });
    } else if (type === "hash") {
      kept.push({ ...base, hash: await cli("HGETALL", key) as string[] });
    } else if (type === "zset") {
      const pairs = await cli("ZRANGE", key, "0", "-1", "WITHSCORES");
      kept.push({ ...base, zset: pairs as string[] });
    } else if (type === "stream") {
      const entries = await cli("XRANGE", key, "-", "+");
      kept.push({ ...base, stream: entries as [string, string[]][] });
    } else throw new Error(`Cannot keep ${key} as it is a ${type}`);
  }
  return kept;
}

/** Puts what `readRedis` gave into an empty Redis. */
export async function fillRedis(
  cli: RedisCli,
  keys: readonly KeptKey[],
): Promise<void> {
  for (const kept of keys) {
    const { key } = kept;
    if ("string" in kept) await cli("SET", key, kept.string);
    else if ("hash" in kept) await cli("HSET", key, ...kept.hash);
    else if ("stream" in kept) {
      for (const [id, fields] of kept.stream) {
        await cli("XADD", key, id, ...fields);
      }
    } else {
      for (let i = 0; i < kept.zset.length; i += 2) {
        await cli("ZADD", key, kept.zset[i + 1]!, kept.zset[i]!);
      }
    }
    if (kept.ttlMs) await cli("PEXPIRE", key, String(kept.ttlMs));
  }
}
