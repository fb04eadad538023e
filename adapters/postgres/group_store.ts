/**
 * A group store in Postgres; groups and their effects change together, in one
 * statement.
 *
 * @module
 */
import type { NewEvent, Receipt } from "../../domain/event/event.ts";
import type { GroupChange } from "../../domain/event_group/change.ts";
import { admit } from "../../ports/arguments.ts";
import {
  type GroupStore,
  MAX_LETTERS_CHARS,
} from "../../ports/event_groups.ts";
import {
  ENTRY_COLUMNS,
  type EntryRow,
  FACT_COLUMNS,
  fromEntry,
  fromGroupHead,
  fromLetterFacts,
  GROUP_COLUMNS,
  type GroupRow,
  LETTER_COLUMNS,
  type LetterRow,
  named,
  toEntry,
  toGroupHead,
  toLetter,
} from "../../ports/group_rows.ts";
import {
  checkEffects,
  checkLetterQuery,
  effectConflict,
  groupConflict,
  placeLost,
} from "../../ports/group_rules.ts";
import type { PortError } from "../../ports/port_error.ts";
import type { PostgresDatabase } from "./database.ts";

const LOAD = `/* group.load */ SELECT ${GROUP_COLUMNS}, (
    SELECT coalesce(json_agg(json_build_array(${ENTRY_COLUMNS}) ORDER BY pos),
      '[]')::text
    FROM group_entry WHERE group_name = name)
  FROM consumer_group WHERE name = $1`;

const LIST = `/* group.list */ SELECT ${GROUP_COLUMNS},
    (SELECT count(*) FROM group_entry e
      WHERE e.group_name = g.name AND e.state <> 'parked'),
    (SELECT count(*) FROM group_entry e
      WHERE e.group_name = g.name AND e.state = 'taken'),
    (SELECT count(*) FROM dead_letter l WHERE l.group_name = g.name)
  FROM consumer_group g ORDER BY name COLLATE "C"`;

/**
 * Nothing is saved where an id is that of another event: a duplicate is looked
 * at once the log is locked, and what came at the same moment is seen. Sorted,
 * so that it fails before the first row: after one that fails later, postgres.js
 * begins the next answer with holes.
 */
const SAVE = `/* group.save */ SELECT s.n, s.state, s.pos
  FROM save_group($1::text::json, $2::text::json, $3, $4) AS s
  WHERE s.state <> 'duplicate' OR refuse_taken($2::text::json)
  ORDER BY s.n`;

/** The SQLSTATE of `refuse_taken`. */
const TAKEN = "HF409";

const REMOVE = "/* group.remove */ SELECT remove_group($1)";

/** The columns of dead letters; the last one is the length of those before. */
const LETTERS = `/* group.letters */ WITH place AS (
    SELECT group_name, pos, octet_length(data) AS length FROM dead_letter
    WHERE ($1::text IS NULL OR group_name = $1)
      AND ($2::text IS NULL OR key = $2)
      AND (group_name COLLATE "C", pos) > ($3, $4)
    ORDER BY group_name COLLATE "C", pos LIMIT $5
  ), page AS (
    SELECT group_name, pos, coalesce(sum(length) OVER (
      ORDER BY group_name COLLATE "C", pos
      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ), 0) AS before_it FROM place
  )
  SELECT ${LETTER_COLUMNS} FROM page JOIN dead_letter USING (group_name, pos)
  WHERE before_it < ${MAX_LETTERS_CHARS}
  ORDER BY group_name COLLATE "C", pos`;

const LETTER = `/* group.letters */ SELECT ${LETTER_COLUMNS} FROM dead_letter
  WHERE group_name = $1 AND pos = $2`;

/** Opens a store over `db`; closing it leaves the database open. */
export function openPostgresGroupStore(db: PostgresDatabase): GroupStore {
  let closed = false;
  const enter = (signal?: AbortSignal) => admit("group store", closed, signal);

  return {
    async load(name, signal) {
      enter(signal);
      const rows = await db.read<[...GroupRow<boolean>, string]>(
        LOAD,
        [name],
        signal,
      );
      const [row] = rows;
      if (!row) return undefined;
      const entries = JSON.parse(row[9]) as EntryRow[];
      return { ...headOf(row), entries: entries.map(toEntry) };
    },

    async list(signal) {
      enter(signal);
      const rows = await db.read<
        [...GroupRow<boolean>, number, number, number]
      >(
        LIST,
        [],
        signal,
      );
      return rows.map((row) => ({
        group: headOf(row),
        outstanding: row[9],
        taken: row[10],
        deadLetters: row[11],
      }));
    },

    async save(change, effects = [], signal) {
      enter(signal);
      checkEffects(effects);
      const saving = db.change<[number | null, string, number]>(SAVE, [
        JSON.stringify(columnsOf(change)),
        effects.length > 0 ? JSON.stringify(effects.map(itemOf)) : null,
        Math.floor(db.clock.now()),
        db.newId(),
      ]);
      const rows = await saving.catch((error) => {
        throw takenOf(error, effects) ?? error;
      });
      const [first] = rows;
      if (first?.[1] === "expired") throw placeLost(change.group, first[2]);
      if (first && first[0] === null) {
        throw groupConflict(change, { version: first[2], incarnation: "" });
      }
      return receiptsOf(rows, effects, db.doorbell.ring);
    },

    async remove(name, signal) {
      enter(signal);
      const rows = await db.change<[boolean]>(REMOVE, [name]);
      return rows[0]![0];
    },

    async letters(query, signal) {
      enter(signal);
      checkLetterQuery(query);
      const { group = null, key = null, after, limit } = query;
      const values = [
        group,
        key,
        after?.group ?? "",
        after?.position ?? 0,
        limit,
      ];
      return (await db.read<LetterRow>(LETTERS, values, signal)).map(toLetter);
    },

    async letter(group, position, signal) {
      enter(signal);
      const [row] = await db.read<LetterRow>(LETTER, [group, position], signal);
      return row && toLetter(row);
    },

    async [Symbol.asyncDispose]() {
      closed = true;
    },
  };
}

function headOf(row: readonly unknown[]) {
  return toGroupHead(row.slice(0, 9) as unknown as GroupRow<boolean>);
}

/** The conflict of `effects` that `refuse_taken` has told of, if it has. */
function takenOf(
  error: unknown,
  effects: readonly NewEvent[],
): PortError | undefined {
  const { code, detail } = Object(Object(error).cause) as {
    code?: string;
    detail?: string;
  };
  if (code !== TAKEN || detail === undefined) return undefined;
  const [n, position] = JSON.parse(detail) as [number, number];
  return effectConflict(effects[n]!.id, position);
}

/** The names are those of `save_group`. */
function columnsOf(change: GroupChange) {
  const { group, ifVersion = null, put, drop, letters, gone } = change;
  return {
    group: named(GROUP_COLUMNS, fromGroupHead(group)),
    if_version: ifVersion,
    put: put.map((one) => named(ENTRY_COLUMNS, fromEntry(one))),
    drop,
    letters: letters.map((one) => named(FACT_COLUMNS, fromLetterFacts(one))),
    gone,
  };
}

/** The names are those of `commit_calls`. */
function itemOf({ id, channel, key, json, meta }: NewEvent, n: number) {
  const text = JSON.stringify(meta);
  return { n, call: 0, id, type: channel, key, data: json, meta: text };
}

function receiptsOf(
  rows: readonly (readonly [number | null, string, number])[],
  effects: readonly NewEvent[],
  ring: (position: number) => void,
): Receipt[] {
  const receipts: Receipt[] = [];
  let newest = 0;
  for (const [n, state, position] of rows) {
    const duplicate = state === "duplicate";
    receipts[n!] = { id: effects[n!]!.id, position, duplicate };
    if (!duplicate) newest = Math.max(newest, position);
  }
  if (newest > 0) ring(newest);
  return receipts;
}
