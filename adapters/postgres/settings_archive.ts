/**
 * A settings archive in Postgres.
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
import { standingAt } from "../../ports/archive_rules.ts";
import {
  MAX_EDITS_CHARS,
  MAX_TRIM,
  type SettingsArchive,
  type SettingsRevision,
} from "../../ports/settings_archive.ts";
import type { PostgresDatabase } from "./database.ts";
import { textArray } from "./settings_store.ts";

/** The columns of a revision that is there, or nulls. */
type Columns<Null extends null = never> = readonly [
  version: number | Null,
  at: number | Null,
  actor: string | Null,
  json: string | null,
];

type EditRow = readonly [
  key: SettingsKey,
  ...revision: Columns,
  ...before: Columns<null>,
];

type PastRow = readonly [
  head: number,
  key: SettingsKey | null,
  ...revision: Columns<null>,
  oldest: number | null,
  isFirst: boolean | null,
];

/** Lengths are those in UTF-8, which are had without reading. */
const EDITS = `/* history.read */ WITH place AS (
    SELECT h.key, h.version, octet_length(h.value) AS length
    FROM (SELECT DISTINCT unnest($1::text::text[]) AS key) AS k
    CROSS JOIN LATERAL (
      SELECT * FROM settings_history h
      WHERE h.key = k.key AND h.version > $2
      ORDER BY h.version LIMIT $3
    ) AS h ORDER BY h.version LIMIT $3
  ), page AS (
    SELECT key, version, coalesce(sum(length) OVER (
      ORDER BY version ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ), 0) AS before_it FROM place
  )
  SELECT h.key, h.version, h.at, h.actor, h.value,
    b.version, b.at, b.actor, b.value
  FROM page p JOIN settings_history h USING (key, version)
  LEFT JOIN LATERAL (
    SELECT * FROM settings_history b
    WHERE b.key = p.key AND b.version < p.version
    ORDER BY b.version DESC LIMIT 1
  ) AS b ON true
  WHERE p.before_it < ${MAX_EDITS_CHARS} ORDER BY h.version`;

const AT =
  `/* history.read */ SELECT l.pos, k.key, h.version, h.at, h.actor, h.value,
    o.version, o.is_first
  FROM log_head l LEFT JOIN unnest($1::text::text[]) AS k (key) ON true
  LEFT JOIN LATERAL (
    SELECT * FROM settings_history h
    WHERE h.key = k.key AND h.version <= $2
    ORDER BY h.version DESC LIMIT 1
  ) AS h ON true
  LEFT JOIN LATERAL (
    SELECT o.version, o.is_first FROM settings_history o WHERE o.key = k.key
    ORDER BY o.version LIMIT 1
  ) AS o ON true
  WHERE l.id = 1`;

const KEYS =
  `/* settings.keys */ SELECT key FROM settings WHERE key COLLATE "C" > $1
  ORDER BY key COLLATE "C" LIMIT $2`;

const TRIM = `/* history.trim */ SELECT trim_history($1, ${MAX_TRIM})`;

const FORGET =
  `/* history.forget */ SELECT forget_revisions($1::text::text[], $2, ${MAX_TRIM})`;

/** Opens an archive over `db`; closing it leaves the database open. */
export function openPostgresSettingsArchive(
  db: PostgresDatabase,
): SettingsArchive {
  let closed = false;
  const enter = (signal?: AbortSignal) =>
    admit("settings archive", closed, signal);

  return {
    async edits(query, signal) {
      enter(signal);
      checkEditsQuery(query);
      const { keys, after, limit } = query;
      const rows = await db.read<EditRow>(
        EDITS,
        [textArray(keys), after, limit],
        signal,
      );
      return rows.map(([key, version, at, actor, json, ...before]) => ({
        ...toRevision(key, [version, at, actor, json])!,
        before: toRevision(key, before),
      }));
    },

    async at(keys, version, signal) {
      enter(signal);
      checkPastVersion(version, Infinity);
      const rows = await db.read<PastRow>(
        AT,
        [textArray(keys), version],
        signal,
      );
      checkPastVersion(version, rows[0]![0]);
      const found = new Map(rows.map((row) => [row[1], row]));
      return keys.map((key) => {
        const [, , ...columns] = found.get(key)!;
        const [newest, at, actor, json, oldest, isFirst] = columns;
        return standingAt(
          key,
          version,
          toRevision(key, [newest, at, actor, json]),
          oldest === null ? undefined : { version: oldest, isFirst: isFirst! },
        );
      });
    },

    async keys(query, signal) {
      enter(signal);
      checkKeysQuery(query);
      const values = [query.after ?? "", query.limit];
      const rows = await db.read<[SettingsKey]>(KEYS, values, signal);
      return rows.map(([key]) => key);
    },

    async trim(beforeMs, signal) {
      enter(signal);
      const rows = await db.change<[number]>(TRIM, [Math.ceil(beforeMs)]);
      return rows[0]![0];
    },

    async forget(keys, version, signal) {
      enter(signal);
      const values = [textArray(keys), version];
      const rows = await db.change<[number]>(FORGET, values);
      return rows[0]![0];
    },

    async [Symbol.asyncDispose]() {
      closed = true;
    },
  };
}

function toRevision(
  key: SettingsKey,
  [version, at, actor, json]: Columns<null>,
): SettingsRevision | undefined {
  if (version === null) return undefined;
  return { key, version, at: at!, actor: actor!, json: json ?? undefined };
}
