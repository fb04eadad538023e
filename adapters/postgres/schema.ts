/**
 * How the tables of a database compare with those that this program knows.
 *
 * @module
 */
import { judgeSchema, type SchemaStatus } from "../../ports/database_upkeep.ts";
import type { Link } from "./link.ts";
import { knownMigrations } from "./migrate.ts";

const TABLES = `/* upkeep */ SELECT count(*) > 0,
    coalesce(bool_or(relname = 'schema_migration'), false)
  FROM pg_class WHERE relkind IN ('r', 'p')
    AND relnamespace = to_regnamespace(quote_ident(current_schema()))`;

const APPLIED = `/* upkeep */ SELECT version, checksum, applied_at
  FROM schema_migration ORDER BY version`;

/** Looks at the tables. */
export async function readSchema(link: Link): Promise<SchemaStatus> {
  const [look] = await link.query<[boolean, boolean]>(TABLES);
  const [hasTables, isOurs] = look!;
  const rows = isOurs
    ? await link.query<[number, string, number]>(APPLIED)
    : undefined;
  const applied = rows?.map(([version, checksum, appliedAt]) => ({
    version,
    checksum,
    appliedAt,
  }));
  return judgeSchema(knownMigrations(), applied, hasTables);
}
