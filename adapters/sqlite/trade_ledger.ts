/**
 * A trade ledger in a SQLite file; rows and their events change together.
 *
 * @module
 */
import type { NewEvent, Receipt } from "../../domain/event/event.ts";
import type { UserId } from "../../domain/user_id.ts";
import { admit } from "../../ports/arguments.ts";
import {
  checkCommit,
  checkLedgerQuery,
  checkRefs,
  ledgerConflict,
} from "../../ports/ledger_rules.ts";
import type { PortError } from "../../ports/port_error.ts";
import type {
  LedgerChange,
  LedgerQuery,
  LedgerRef,
  LedgerRow,
  TradeLedger,
} from "../../ports/trade_ledger.ts";
import type { Sql } from "./connection.ts";
import type { SqliteDatabase } from "./database.ts";
import { appendEvents } from "./log.ts";

type Row = readonly [
  user: UserId,
  kind: string,
  id: string,
  version: number,
  isOpen: number,
  at: number,
  json: string,
];

const COLUMNS = "user_id, kind, id, version, is_open, at, json";

/** Opens the port over `db`; closing it leaves the database open. */
export function openSqliteTradeLedger(db: SqliteDatabase): TradeLedger {
  let closed = false;
  const enter = (signal?: AbortSignal) => admit("trade ledger", closed, signal);

  return {
    async find(user, refs, signal) {
      enter(signal);
      checkRefs(refs);
      return await db.read(
        (sql) => refs.map((ref) => read(sql, user, ref)),
        signal,
      );
    },

    async list(query, signal) {
      enter(signal);
      checkLedgerQuery(query);
      return await db.read((sql) => list(sql, query), signal);
    },

    async commit(user, changes, events = [], signal) {
      enter(signal);
      checkCommit(changes, events);
      return await db.write(
        (sql) => commit(sql, user, changes, events, db.clock.now()),
        signal,
      );
    },

    async [Symbol.asyncDispose]() {
      closed = true;
    },
  };
}

function commit(
  sql: Sql,
  user: UserId,
  changes: readonly LedgerChange[],
  events: readonly NewEvent[],
  now: number,
): Receipt[] | PortError {
  for (const change of changes) {
    const [version] = sql.get<[number]>(
      "SELECT version FROM trade_row WHERE user_id = ? AND kind = ? AND id = ?",
      user,
      change.kind,
      change.id,
    ) ?? [0];
    if (version !== change.ifVersion) return ledgerConflict(change, version);
  }
  for (const { kind, id, ifVersion, isOpen, at, json } of changes) {
    sql.run(
      `INSERT INTO trade_row (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (user_id, kind, id) DO UPDATE SET
          version = excluded.version, is_open = excluded.is_open,
          at = excluded.at, json = excluded.json`,
      user,
      kind,
      id,
      ifVersion + 1,
      Number(isOpen),
      at,
      json,
    );
  }
  return events.length > 0 ? appendEvents(sql, events, now) : [];
}

function read(sql: Sql, user: UserId, ref: LedgerRef): LedgerRow | undefined {
  const row = sql.get<Row>(
    `SELECT ${COLUMNS} FROM trade_row
      WHERE user_id = ? AND kind = ? AND id = ?`,
    user,
    ref.kind,
    ref.id,
  );
  return row && toLedgerRow(row);
}

function list(sql: Sql, query: LedgerQuery): LedgerRow[] {
  const { after, limit } = query;
  if (!after) return readPart(sql, query, "", limit);
  // Two stretches of the index: the rest of one moment, and what is older.
  const { at, user, id } = after;
  const rest = "AND at = ? AND (user_id, id) > (?, ?)";
  const rows = readPart(sql, query, rest, limit, at, user, id);
  const missing = limit - rows.length;
  if (missing === 0) return rows;
  return [...rows, ...readPart(sql, query, "AND at < ?", missing, at)];
}

/** Goes along one index, whatever is asked for: it has one text for each. */
function readPart(
  sql: Sql,
  { kind, user, isOpen }: LedgerQuery,
  condition: string,
  limit: number,
  ...values: (string | number)[]
): LedgerRow[] {
  const ofUser = user === undefined ? "" : "AND user_id = ?";
  const whether = isOpen === undefined ? "" : `AND is_open = ${Number(isOpen)}`;
  const rows = sql.all<Row>(
    `SELECT ${COLUMNS} FROM trade_row
      WHERE kind = ? ${ofUser} ${whether} ${condition}
      ORDER BY at DESC, user_id, id LIMIT ?`,
    ...[kind, ...user === undefined ? [] : [user], ...values, limit],
  );
  return rows.map(toLedgerRow);
}

function toLedgerRow(row: Row): LedgerRow {
  const [user, kind, id, version, isOpen, at, json] = row;
  return { user, kind, id, version, isOpen: isOpen === 1, at, json };
}
