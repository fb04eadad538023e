/**
 * One row of the matrix on one fleet: what must have changed has, wherever it
 * is read, and nothing else.
 *
 * @module
 */
import {
  type SettingsDocument,
  type SettingsKey,
  settingsKey,
  USER_DOCUMENTS,
  type UserDocument,
} from "../../domain/settings.ts";
import { projectionsOf } from "../../domain/settings_projection.ts";
import { parseUserId } from "../../domain/user_id.ts";
import { DEFAULTS_KEY } from "../../src/services/settings/defaults.ts";
import { sleep } from "../../scripts/server_process.ts";
import { deepEqual, equal, ok } from "../support/assert.ts";
import { type CutName, prepareCut } from "./cuts.ts";
import type { Fleet, FleetRedis, Member, Reply, Seen } from "./fleet.ts";
import { OWNER, type Row } from "./rows.ts";

/** Somebody who changes nothing. */
export const BYSTANDER = "bob";

/** How long a change by hand may take until it is seen. */
const BY_HAND_MS = 3000;

/** How long it may take until Redis serves what is stored. */
const WARM_MS = 30_000;

/** How long tokens to fill it are left to those who have taken them. */
const TOKENS_MS = 500;

/** What was looked at. */
export interface Looked {
  /** Keys of Redis that were compared with the record. */
  readonly keys: number;
  /** Whether Redis was lost as it was meant to be. */
  readonly isCut: boolean;
}

type Documents = ReadonlyMap<SettingsKey, SettingsDocument>;

const keysOf = (
  user: string,
  documents: readonly UserDocument[] = USER_DOCUMENTS,
) => documents.map((name) => settingsKey(parseUserId(user), name));

let newcomers = 0;

/** Makes the change of `row`, with Redis lost right after its commit if `cut` says so. */
export async function checkRow(
  fleet: Fleet,
  row: Row,
  cut?: CutName,
): Promise<Looked> {
  const { writer, reader, psql } = fleet;
  const newcomer = `new-${newcomers++}`;
  const hands = { ask: writer.ask, psql, newcomer, prepared: undefined };
  const prepared = await row.prepare?.(hands);
  const isNew = !(await fleet.record()).has(keysOf(newcomer)[0]!);
  const groups = [
    keysOf(OWNER),
    keysOf(BYSTANDER),
    [DEFAULTS_KEY],
    ...(isNew ? [] : [keysOf(newcomer)]),
  ];
  await writer.read(...groups);
  const before = await warm(fleet, groups);

  const losing = cut && prepareCut(fleet, cut);
  const reply = await row.change({ ...hands, prepared });
  // The very next thing that anybody does.
  if (row.back !== undefined) {
    const back = await reader.ask("GET", row.back, { user: OWNER });
    equal(
      back.etag,
      (reply as Reply).etag,
      "another version than acknowledged",
    );
    equal(back.text, (reply as Reply).text, "another value than acknowledged");
  }
  const all = [...groups.slice(0, 3), keysOf(newcomer)];
  const changed = new Set([
    ...keysOf(OWNER, row.owner ?? []),
    ...keysOf(newcomer, row.newcomer ?? []),
    ...(row.defaults ? [DEFAULTS_KEY] : []),
  ]);
  const after = row.isByHand
    ? await seenLater(reader, all, before.documents, changed)
    : (await reader.read(...all)).documents;
  compare(before.documents, after, changed);
  compareVersions(reply, after);
  deepEqual((await writer.read(...all)).documents, after, "writer and reader");
  const record = await fleet.record();
  deepEqual(picked(record, all), after, "the record and what is read");

  await losing?.mend();
  await Promise.all([writer.normal(), reader.normal()]);
  const latest = (await reader.read(...all)).documents;
  deepEqual(latest, after, "once Redis is back");
  const keys = fleet.redis ? await compareRedis(fleet.redis, after) : 0;
  return { keys, isCut: losing?.isDone ?? false };
}

/** The changes are there, all of them and no others. */
function compare(
  before: Documents,
  after: Documents,
  changed: ReadonlySet<SettingsKey>,
): void {
  const keys = new Set([...before.keys(), ...after.keys()]);
  const found = [...keys].filter((key) =>
    before.get(key)?.version !== after.get(key)?.version
  );
  deepEqual(found.sort(), [...changed].sort(), "documents that have changed");
  for (const key of keys) {
    const [then, now] = [before.get(key), after.get(key)];
    if (changed.has(key)) {
      ok(then?.json !== now?.json, `${key} is as it was`);
      ok((now?.version ?? Infinity) > (then?.version ?? 0), `${key} is older`);
    } else {
      deepEqual(now, then, `${key} has changed`);
    }
  }
}

/** The versions that a change tells of are those that are read. */
function compareVersions(reply: Reply | void, after: Documents): void {
  const { versions = {} } = reply?.json ?? {};
  for (const [name, version] of Object.entries(versions)) {
    const key = keysOf(OWNER, [name as UserDocument])[0]!;
    equal(after.get(key)?.version, version, key);
  }
}

/** What the reader sees once it sees all of `changed`. */
async function seenLater(
  reader: Member,
  groups: readonly (readonly SettingsKey[])[],
  before: Documents,
  changed: ReadonlySet<SettingsKey>,
): Promise<Documents> {
  const deadline = performance.now() + BY_HAND_MS;
  for (;;) {
    const { documents } = await reader.read(...groups);
    const isSeen = [...changed].every((key) =>
      before.get(key)?.version !== documents.get(key)?.version
    );
    if (isSeen || performance.now() > deadline) return documents;
    await sleep(5);
  }
}

/** Reads until all of it comes from Redis, so that the change meets it there. */
async function warm(
  { redis, reader }: Fleet,
  groups: readonly (readonly SettingsKey[])[],
): Promise<Seen> {
  const began = performance.now();
  let freed = began;
  for (;;) {
    const seen = await reader.read(...groups);
    if (!redis || seen.sources.every((source) => source === "redis")) {
      return seen;
    }
    const now = performance.now();
    if (now - began > WARM_MS) {
      throw new Error(`Redis does not serve: ${seen.sources}`);
    }
    // Who was cut off, or answered late, may hold tokens that run out after 10 s.
    if (now - freed > TOKENS_MS) {
      freed = now;
      const tokens = groups.flat().map((key) => `hf:fill:${key}`);
      await redis.command("DEL", ...tokens);
    }
    await sleep(5);
  }
}

/** What Redis holds of `documents`, and of their parts, is what they are. */
async function compareRedis(
  redis: FleetRedis,
  documents: Documents,
): Promise<number> {
  let count = 0;
  for (const document of documents.values()) {
    const { key, version, json } = document;
    const text = await redis.command("GET", key);
    const parts = projectionsOf(document);
    for (const part of [{ key, json }, ...parts]) {
      const held = await redis.command("GET", part.key);
      if (typeof text !== "string" || part.json === undefined) {
        ok(typeof held !== "string", `${part.key} without its document`);
        continue;
      }
      const stored = JSON.parse(String(held));
      deepEqual([stored.version, stored.value], [
        version,
        JSON.parse(part.json),
      ], `${part.key} in Redis`);
      count++;
    }
  }
  return count;
}

function picked(
  record: Documents,
  groups: readonly (readonly SettingsKey[])[],
): Documents {
  const found = groups.flat().map((key) => record.get(key))
    .filter((document) => document !== undefined);
  return new Map(found.map((document) => [document.key, document]));
}
