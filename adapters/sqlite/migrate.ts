/**
 * Brings a database's tables to the form that this program knows.
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { KnownMigration } from "../../ports/database_upkeep.ts";
import { PortError } from "../../ports/port_error.ts";
import type { Connection } from "./connection.ts";
import state from "./migrations/0001_state.sql" with { type: "text" };
import leases from "./migrations/0002_leases.sql" with { type: "text" };
import blocks from "./migrations/0003_blocks.sql" with { type: "text" };
import history from "./migrations/0004_history.sql" with { type: "text" };
import groups from "./migrations/0005_groups.sql" with { type: "text" };
import intents from "./migrations/0006_order_intents.sql" with { type: "text" };
import ledger from "./migrations/0007_trade_ledger.sql" with { type: "text" };
import apiKeys from "./migrations/0008_api_keys.sql" with { type: "text" };
import administration from "./migrations/0009_administration.sql" with {
  type: "text",
};

/** The scripts by version, from 1. */
const MIGRATIONS = [
  { name: "0001_state", script: state },
  { name: "0002_leases", script: leases },
  { name: "0003_blocks", script: blocks },
  { name: "0004_history", script: history },
  { name: "0005_groups", script: groups },
  { name: "0006_order_intents", script: intents },
  { name: "0007_trade_ledger", script: ledger },
  { name: "0008_api_keys", script: apiKeys },
  { name: "0009_administration", script: administration },
];

/** The one that makes a database; where it was not missing, there was one. */
export const FIRST_MIGRATION: string = MIGRATIONS[0]!.name;

/**
 * Applies the migrations that are missing; belongs into one transaction.
 *
 * @param file Names the database in errors.
 * @param atMs When it happens, in milliseconds since the Unix epoch.
 * @returns The names of the migrations that were applied.
 * @throws {PortError} `unsupported` when the database is newer than this
 * program or another program's; `corrupt` when it was made by other scripts.
 */
export function migrate(sql: Connection, file: string, atMs: number): string[] {
  const known = MIGRATIONS.length;
  const isNew = sql.get("SELECT 1 FROM sqlite_schema LIMIT 1") === undefined;
  if (isNew) {
    sql.script(`CREATE TABLE schema_migration (
      version INTEGER PRIMARY KEY,
      name TEXT NOT NULL,
      checksum TEXT NOT NULL,
      applied_at INTEGER NOT NULL
    ) STRICT`);
  } else if (sql.get(OWN_TABLE) === undefined) {
    throw new PortError(
      "unsupported",
      `Cannot use database ${file} as it belongs to another program: it has tables, but no schema_migration`,
    );
  }

  const applied = sql.all<[number, string]>(
    "SELECT version, checksum FROM schema_migration ORDER BY version",
  );
  const found = applied.at(-1)?.[0] ?? 0;
  if (found > known) {
    throw new PortError(
      "unsupported",
      `Cannot use database ${file} as a newer program made it: found schema version ${found}, known version is ${known}`,
    );
  }
  for (const [version, checksum] of applied) {
    if (checksum === checksumOf(MIGRATIONS[version - 1]!.script)) continue;
    throw new PortError(
      "corrupt",
      `Cannot use database ${file} as other scripts than this program's made it: found schema version ${found}, known version is ${known}, and migration ${version} differs`,
    );
  }
  const missing = MIGRATIONS.slice(found);
  missing.forEach(({ name, script }, i) => {
    sql.script(script);
    sql.run(
      "INSERT INTO schema_migration VALUES (?, ?, ?, ?)",
      found + i + 1,
      name,
      checksumOf(script),
      Math.floor(atMs),
    );
  });
  return missing.map(({ name }) => name);
}

const OWN_TABLE =
  "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'schema_migration'";

/** Every migration by version, from 1, as databases have them. */
export function knownMigrations(): readonly KnownMigration[] {
  return MIGRATIONS.map(({ name, script }) => ({
    name,
    checksum: checksumOf(script),
  }));
}

function checksumOf(script: string): string {
  return createHash("sha256").update(script).digest("hex");
}
