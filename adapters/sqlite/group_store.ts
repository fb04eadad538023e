/**
 * A group store in a SQLite file; groups and their effects change together.
 *
 * @module
 */
import type { NewEvent, Receipt } from "../../domain/event/event.ts";
import type { GroupChange } from "../../domain/event_group/change.ts";
import { admit } from "../../ports/arguments.ts";
import type {
  DeadLetter,
  GroupStore,
  GroupSummary,
  LetterQuery,
} from "../../ports/event_groups.ts";
import {
  ENTRY_COLUMNS,
  type EntryRow,
  fromEntry,
  fromGroupHead,
  fromLetterFacts,
  GROUP_COLUMNS,
  type GroupRow,
  LETTER_COLUMNS,
  type LetterRow,
  toEntry,
  toGroupHead,
  toLetter,
} from "../../ports/group_rows.ts";
import {
  checkEffects,
  checkLetterQuery,
  effectConflict,
  firstLetters,
  groupConflict,
  isSentBack,
  lostPlaceOf,
} from "../../ports/group_rules.ts";
import type { PortError } from "../../ports/port_error.ts";
import type { Sql } from "./connection.ts";
import type { SqliteDatabase } from "./database.ts";
import { appendEvents, readLogHead } from "./log.ts";

/** Opens a store over `db`; closing it leaves the database open. */
export function openSqliteGroupStore(db: SqliteDatabase): GroupStore {
  let closed = false;
  const enter = (signal?: AbortSignal) => admit("group store", closed, signal);

  return {
    async load(name, signal) {
      enter(signal);
      return await db.read((sql) => {
        const row = sql.get<GroupRow<number>>(
          `SELECT ${GROUP_COLUMNS} FROM consumer_group WHERE name = ?`,
          name,
        );
        if (!row) return undefined;
        const entries = sql.all<EntryRow>(
          `SELECT ${ENTRY_COLUMNS} FROM group_entry
            WHERE group_name = ? ORDER BY pos`,
          name,
        );
        return { ...toGroupHead(row), entries: entries.map(toEntry) };
      }, signal);
    },

    async list(signal) {
      enter(signal);
      return await db.read(listGroups, signal);
    },

    async save(change, effects = [], signal) {
      enter(signal);
      checkEffects(effects);
      return await db.write(
        (sql) => save(sql, change, effects, db.clock.now()),
        signal,
      );
    },

    async remove(name, signal) {
      enter(signal);
      return await db.write((sql) => remove(sql, name), signal);
    },

    async letters(query, signal) {
      enter(signal);
      checkLetterQuery(query);
      return await db.read((sql) => readLetters(sql, query), signal);
    },

    async letter(group, position, signal) {
      enter(signal);
      const row = await db.read((sql) =>
        sql.get<LetterRow>(
          `SELECT ${LETTER_COLUMNS} FROM dead_letter
            WHERE group_name = ? AND pos = ?`,
          group,
          position,
        ), signal);
      return row && toLetter(row);
    },

    async [Symbol.asyncDispose]() {
      closed = true;
    },
  };
}

function listGroups(sql: Sql): GroupSummary[] {
  const rows = sql.all<[...GroupRow<number>, number, number, number]>(
    `SELECT ${GROUP_COLUMNS},
      (SELECT count(*) FROM group_entry
        WHERE group_name = name AND state <> 'parked'),
      (SELECT count(*) FROM group_entry
        WHERE group_name = name AND state = 'taken'),
      (SELECT count(*) FROM dead_letter WHERE group_name = name)
    FROM consumer_group ORDER BY name`,
  );
  return rows.map((row) => ({
    group: toGroupHead(row.slice(0, 9) as unknown as GroupRow<number>),
    outstanding: row[9],
    taken: row[10],
    deadLetters: row[11],
  }));
}

function save(
  sql: Sql,
  change: GroupChange,
  effects: readonly NewEvent[],
  now: number,
): Receipt[] | PortError {
  const { group, put, drop, letters, gone } = change;
  const row = sql.get<GroupRow<number>>(
    `SELECT ${GROUP_COLUMNS} FROM consumer_group WHERE name = ?`,
    group.name,
  );
  const held = row && toGroupHead(row);
  const conflict = groupConflict(change, held);
  if (conflict) return conflict;
  const lost = isSentBack(group, held) && lostPlaceOf(group, readLogHead(sql));
  if (lost) return lost;
  for (const { id, channel, json } of effects) {
    const taken = sql.get<[number]>(
      "SELECT pos FROM event_log WHERE id = ? AND (type <> ? OR data <> ?)",
      id,
      channel,
      json,
    );
    if (taken) return effectConflict(id, taken[0]);
  }
  sql.run(
    `INSERT OR REPLACE INTO consumer_group (${GROUP_COLUMNS})
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ...fromGroupHead(group).map((value) =>
      typeof value === "boolean" ? Number(value) : value
    ),
  );
  sql.run(
    `DELETE FROM group_entry WHERE group_name = ?
      AND pos IN (SELECT value FROM json_each(?))`,
    group.name,
    JSON.stringify(drop),
  );
  for (const entry of put) {
    sql.run(
      `INSERT OR REPLACE INTO group_entry (group_name, ${ENTRY_COLUMNS})
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      group.name,
      ...fromEntry(entry),
    );
  }
  sql.run(
    `DELETE FROM dead_letter WHERE group_name = ?
      AND pos IN (SELECT value FROM json_each(?))`,
    group.name,
    JSON.stringify(gone),
  );
  for (const facts of letters) {
    sql.run(
      `INSERT INTO dead_letter (${LETTER_COLUMNS})
        SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?4 = 'redriven',
          e.id, e.type, e.at, e.data, e.meta, e.batch_end
        FROM (SELECT 1) LEFT JOIN event_log e ON e.pos = ?2
          AND (SELECT epoch FROM log_head) = ?8
        WHERE true
        ON CONFLICT (group_name, pos) DO UPDATE SET
          status = excluded.status, attempts = excluded.attempts,
          error = excluded.error, at = excluded.at,
          redrives = redrives + excluded.redrives`,
      group.name,
      ...fromLetterFacts(facts),
      group.epoch,
    );
  }
  return effects.length > 0 ? appendEvents(sql, effects, now) : [];
}

function remove(sql: Sql, name: string): boolean {
  const held = sql.get("SELECT 1 FROM consumer_group WHERE name = ?", name);
  sql.run("DELETE FROM consumer_group WHERE name = ?", name);
  sql.run("DELETE FROM group_entry WHERE group_name = ?", name);
  sql.run("DELETE FROM dead_letter WHERE group_name = ?", name);
  return held !== undefined;
}

function readLetters(sql: Sql, query: LetterQuery): DeadLetter[] {
  const { group = null, key = null, after, limit } = query;
  const rows = sql.each<LetterRow>(
    `SELECT ${LETTER_COLUMNS} FROM dead_letter
      WHERE (?1 IS NULL OR group_name = ?1) AND (?2 IS NULL OR key = ?2)
        AND (group_name, pos) > (?3, ?4)
      ORDER BY group_name, pos LIMIT ?5`,
    group,
    key,
    after?.group ?? "",
    after?.position ?? 0,
    limit,
  );
  return firstLetters(lettersOf(rows), limit);
}

function* lettersOf(rows: Iterable<LetterRow>): Generator<DeadLetter> {
  for (const row of rows) yield toLetter(row);
}
