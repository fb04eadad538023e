/**
 * How the tables of a file compare with those that this program knows.
 *
 * @module
 */
import {
  judgeSchema,
  type LogIdentity,
  type SchemaStatus,
} from "../../ports/database_upkeep.ts";
import type { Sql } from "./connection.ts";
import { knownMigrations } from "./migrate.ts";

/** Looks at the tables. */
export function readSchema(sql: Pick<Sql, "get" | "all">): SchemaStatus {
  const hasTables = sql.get("SELECT 1 FROM sqlite_schema LIMIT 1");
  const isOurs = sql.get(
    "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'schema_migration'",
  );
  const applied = isOurs && sql.all<[number, string, number]>(
    "SELECT version, checksum, applied_at FROM schema_migration ORDER BY version",
  ).map(([version, checksum, appliedAt]) => ({ version, checksum, appliedAt }));
  return judgeSchema(knownMigrations(), applied, hasTables !== undefined);
}

/** Looks at the log; the tables must be those of this program. */
export function readLogIdentity(sql: Pick<Sql, "get" | "all">): LogIdentity {
  const [epoch, position, settingsPosition] = sql.get<
    [string, number, number]
  >("SELECT epoch, pos, set_pos FROM log_head WHERE id = 1")!;
  const former = sql.all<[string]>(
    "SELECT epoch FROM log_epoch ORDER BY ended_at",
  );
  return {
    epoch,
    position,
    settingsPosition,
    formerEpochs: former.map(([epoch]) => epoch),
  };
}
