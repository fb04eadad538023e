/**
 * Brings a database's tables to the form that this program knows.
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { KnownMigration } from "../../ports/database_upkeep.ts";
import { PortError } from "../../ports/port_error.ts";
import type { Link } from "./link.ts";
import state from "./migrations/0001_state.sql" with { type: "text" };
import leases from "./migrations/0002_leases.sql" with { type: "text" };
import blocks from "./migrations/0003_blocks.sql" with { type: "text" };
import history from "./migrations/0004_history.sql" with { type: "text" };
import groups from "./migrations/0005_groups.sql" with { type: "text" };
import retention from "./migrations/0006_retention.sql" with { type: "text" };
import quick from "./migrations/0007_quick_change.sql" with { type: "text" };
import effects from "./migrations/0008_effects.sql" with { type: "text" };
import intents from "./migrations/0009_order_intents.sql" with { type: "text" };
import append from "./migrations/0010_quick_append.sql" with { type: "text" };
import ledger from "./migrations/0011_trade_ledger.sql" with { type: "text" };
import apiKeys from "./migrations/0012_api_keys.sql" with { type: "text" };
import administration from "./migrations/0013_administration.sql" with {
  type: "text",
};

/** The scripts by version, from 1. */
const MIGRATIONS = [
  { name: "0001_state", script: state },
  { name: "0002_leases", script: leases },
  { name: "0003_blocks", script: blocks },
  { name: "0004_history", script: history },
  { name: "0005_groups", script: groups },
  { name: "0006_retention", script: retention },
  { name: "0007_quick_change", script: quick },
  { name: "0008_effects", script: effects },
  { name: "0009_order_intents", script: intents },
  { name: "0010_quick_append", script: append },
  { name: "0011_trade_ledger", script: ledger },
  { name: "0012_api_keys", script: apiKeys },
  { name: "0013_administration", script: administration },
];

/** What a migration needs to know. */
export interface MigrationOptions {
  /** Names the database in errors. */
  readonly name: string;
  /** When it happens, in milliseconds since the Unix epoch. */
  readonly atMs: number;
  /** Epoch of the log, should it begin now. */
  readonly epoch: string;
}

/**
 * Applies the migrations that are missing and begins the log, in one
 * transaction that others wait for. After an error the link is of no use.
 *
 * @returns The names of the migrations that were applied.
 * @throws {PortError} `unsupported` when the database is newer than this
 * program or another program's; `corrupt` when it was made by other scripts;
 * `unavailable` when its search_path names no schema.
 * @throws What the link throws.
 */
export async function migrate(
  link: Link,
  options: MigrationOptions,
): Promise<string[]> {
  await link.script("BEGIN");
  // Held up to the commit: of several programs one migrates.
  await link.query(
    "/* migrate */ SELECT pg_advisory_xact_lock(hashtext('holdfast'), hashtext(current_schema()))",
  );
  const applied = await bringUpToDate(link, options);
  await link.query(
    `/* migrate */ INSERT INTO log_head (id, epoch, pos, set_pos, at, timeline)
      VALUES (1, $1, 0, 0, $2, log_timeline()) ON CONFLICT (id) DO NOTHING`,
    [options.epoch, Math.floor(options.atMs)],
  );
  await link.script("COMMIT");
  return applied;
}

async function bringUpToDate(
  link: Link,
  { name, atMs }: MigrationOptions,
): Promise<string[]> {
  const known = MIGRATIONS.length;
  const [look] = await link.query<[string | null, boolean, boolean]>(LOOK);
  const [schema, hasTables, isOurs] = look!;
  if (schema === null) {
    throw new PortError(
      "unavailable",
      `Cannot use ${name} as its search_path names no schema that exists`,
    );
  }
  if (hasTables && !isOurs) {
    throw new PortError(
      "unsupported",
      `Cannot use ${name} as schema ${schema} belongs to another program: it has tables, but no schema_migration`,
    );
  }
  if (!isOurs) await link.script(OWN_TABLE);

  const applied = await link.query<[number, string]>(
    "/* migrate */ SELECT version, checksum FROM schema_migration ORDER BY version",
  );
  const found = applied.at(-1)?.[0] ?? 0;
  if (found > known) {
    throw new PortError(
      "unsupported",
      `Cannot use ${name} as a newer program made it: found schema version ${found}, known version is ${known}`,
    );
  }
  for (const [version, checksum] of applied) {
    if (checksum === checksumOf(MIGRATIONS[version - 1]!.script)) continue;
    throw new PortError(
      "corrupt",
      `Cannot use ${name} as other scripts than this program's made it: found schema version ${found}, known version is ${known}, and migration ${version} differs`,
    );
  }
  const missing = MIGRATIONS.slice(found);
  for (const [i, { name, script }] of missing.entries()) {
    await link.script(script);
    await link.query(
      "/* migrate */ INSERT INTO schema_migration VALUES ($1, $2, $3, $4)",
      [found + i + 1, name, checksumOf(script), Math.floor(atMs)],
    );
  }
  return missing.map(({ name }) => name);
}

const LOOK = `/* migrate */ SELECT current_schema()::text, count(*) > 0,
    coalesce(bool_or(relname = 'schema_migration'), false)
  FROM pg_class WHERE relkind IN ('r', 'p')
    AND relnamespace = to_regnamespace(quote_ident(current_schema()))`;

const OWN_TABLE = `CREATE TABLE schema_migration (
  version integer PRIMARY KEY,
  name text NOT NULL,
  checksum text NOT NULL,
  applied_at bigint NOT NULL
)`;

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
