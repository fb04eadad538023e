/**
 * What a database holds of orders, read behind the service's back.
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite";
import type { LoggedEvent } from "../../domain/event/event.ts";
import { parseDecimal } from "../../domain/decimal.ts";
import { type JsonObject, parseObject } from "../../domain/json_value.ts";
import { connectPsql } from "../support/postgres_world.ts";

/** A row of the trade ledger. */
export interface BookRow {
  readonly user: string;
  readonly kind: string;
  readonly id: string;
  readonly isOpen: boolean;
  readonly data: JsonObject;
}

/** Everything that the ledger and the log tell. */
export interface Books {
  readonly rows: readonly BookRow[];
  /** In the order of the log. */
  readonly events: readonly LoggedEvent[];
}

/** Reads it at one moment. */
export type ReadBooks = () => Promise<Books>;

/** Rows of one kind by user and id. */
export function rowsOf(
  { rows }: Pick<Books, "rows">,
  kind: string,
): Map<string, BookRow> {
  return new Map(
    rows.filter((row) => row.kind === kind)
      .map((row) => [`${row.user} ${row.id}`, row]),
  );
}

/** A decimal that must be one. */
export function decimalOf(value: unknown): bigint {
  const parsed = parseDecimal(value);
  if (parsed === undefined) throw new TypeError(`${value} is no decimal`);
  return parsed;
}

const ROWS = "SELECT user_id, kind, id, is_open, json FROM trade_row";

const EVENTS = `SELECT pos, id, type, key, at, data, meta FROM event_log
  WHERE type IN ('orders.executed', 'positions.updated') ORDER BY pos`;

type Read = Readonly<Record<string, unknown>>;

/** Reads the SQLite database at `path`, whoever has it open. */
export async function readSqliteBooks(path: string): Promise<Books> {
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    db.exec("PRAGMA busy_timeout = 5000; BEGIN");
    return booksOf(db.prepare(ROWS).all(), db.prepare(EVENTS).all());
  } finally {
    db.close();
  }
}

/** Reads the schema of the Postgres database at `url`. */
export async function readPostgresBooks(url: string): Promise<Books> {
  await using psql = connectPsql(url);
  return await psql.begin("isolation level repeatable read", async (sql) => {
    const rows = await sql.unsafe(ROWS);
    return booksOf(rows, await sql.unsafe(EVENTS));
  });
}

function booksOf(rows: readonly Read[], events: readonly Read[]): Books {
  return {
    rows: rows.map((row) => ({
      user: `${row["user_id"]}`,
      kind: `${row["kind"]}`,
      id: `${row["id"]}`,
      isOpen: Boolean(row["is_open"]),
      data: parseObject(`${row["json"]}`) ?? {},
    })),
    events: events.map((row) => ({
      id: `${row["id"]}`,
      channel: `${row["type"]}`,
      ...row["key"] === null ? {} : { key: `${row["key"]}` },
      json: `${row["data"]}`,
      meta: JSON.parse(`${row["meta"]}`),
      position: Number(row["pos"]),
      batchEnd: Number(row["pos"]),
      committedAt: Number(row["at"]),
    })),
  };
}
