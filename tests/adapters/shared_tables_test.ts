/**
 * SQLite and Postgres have the same tables, so that one schema is documented;
 * where they differ is said here, with the reason.
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite";
import { deepEqual, ok } from "../support/assert.ts";
import { createPostgresWorld } from "../support/postgres_world.ts";
import { requireService } from "../support/services.ts";
import { createSqliteWorld } from "../support/sqlite_world.ts";

/** Names of columns, sorted, by the names of their tables. */
type Tables = ReadonlyMap<string, readonly string[]>;

/** What only one of them has, as `table` or `table.column`, and why. */
const ONLY = {
  sqlite: {
    "feature.serial":
      "an invalidation deletes in pieces, and may not meet vectors kept since",
  },
  postgres: {
    log_tail: "reads of the log do not wade through rows not yet vacuumed",
    settings_by_hand:
      "a deferred trigger makes one entry of all that a person changed",
  },
};

const url = await requireService(import.meta.url, "postgres");
if (url) {
  Deno.test("sqlite and postgres have the same tables with the same columns", async () => {
    const [ofSqlite, ofPostgres] = await Promise.all([
      sqliteTables(),
      postgresTables(url),
    ]);
    ok(ofSqlite.has("settings") && ofSqlite.get("event_log")!.length > 5);
    deepEqual({
      sqlite: missingIn(ofPostgres, ofSqlite),
      postgres: missingIn(ofSqlite, ofPostgres),
    }, {
      sqlite: Object.keys(ONLY.sqlite),
      postgres: Object.keys(ONLY.postgres),
    });
  });
}

async function sqliteTables(): Promise<Tables> {
  await using world = await createSqliteWorld();
  using raw = new DatabaseSync(world.path, { readOnly: true });
  const rows = raw.prepare(`
    SELECT t.name AS "table", c.name AS "column"
    FROM sqlite_schema t JOIN pragma_table_info(t.name) c
    WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%'`).all();
  return tablesOf(rows as unknown as Row[]);
}

async function postgresTables(url: string): Promise<Tables> {
  await using world = await createPostgresWorld(url);
  const rows = await world.psql<Row[]>`
    SELECT c.table_name AS "table", c.column_name AS "column"
    FROM information_schema.columns c
    JOIN information_schema.tables t USING (table_schema, table_name)
    WHERE c.table_schema = current_schema() AND t.table_type = 'BASE TABLE'`;
  return tablesOf(rows);
}

interface Row {
  readonly table: string;
  readonly column: string;
}

function tablesOf(rows: readonly Row[]): Tables {
  const byTable = Map.groupBy(rows, ({ table }) => table);
  return new Map([...byTable].map(([table, columns]) => [
    table,
    columns.map(({ column }) => column),
  ]));
}

/** The tables and columns of `others` that `tables` lacks. */
function missingIn(tables: Tables, others: Tables): string[] {
  return [...others].flatMap(([table, columns]) => {
    const held = tables.get(table);
    if (!held) return [table];
    return columns.filter((column) => !held.includes(column))
      .map((column) => `${table}.${column}`);
  }).sort();
}
