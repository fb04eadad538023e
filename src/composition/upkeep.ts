/**
 * What looks after databases and Redis while no service does.
 *
 * @module
 */
import { createNoopTelemetry } from "../../adapters/noop/telemetry.ts";
import { createPostgresUpkeep } from "../../adapters/postgres/upkeep.ts";
import { createRedisUpkeep } from "../../adapters/redis/upkeep.ts";
import { createSqliteBackup } from "../../adapters/sqlite/backup.ts";
import { createSqliteUpkeep } from "../../adapters/sqlite/upkeep.ts";
import { createSystemClock } from "../../adapters/system/clock.ts";
import { createSystemEntropy } from "../../adapters/system/entropy.ts";
import type { Clock } from "../../ports/clock.ts";
import type { DatabaseBackup } from "../../ports/database_backup.ts";
import type { DatabaseUpkeep } from "../../ports/database_upkeep.ts";
import type { Entropy } from "../../ports/entropy.ts";
import type { FastLayerUpkeep } from "../../ports/fast_layer_upkeep.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import type { Config } from "../config.ts";
import { readAuthorities } from "../tls_files.ts";

/** The ports of upkeep; nothing is open. */
export interface Upkeep {
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly telemetry: Telemetry;
  /** The database of record; none where it is in memory. */
  readonly database: DatabaseUpkeep | undefined;
  /** Its backups; none where the database has programs of its own for that. */
  readonly backup: DatabaseBackup | undefined;
  /** The Redis that follows it, where there is one. */
  readonly fastLayer: FastLayerUpkeep | undefined;
}

/**
 * Creates what `config` needs.
 *
 * @throws {PortError} `invalid` when an address is malformed.
 * @throws {ConfigError} When a file of authorities cannot be used.
 */
export async function createUpkeep(config: Config): Promise<Upkeep> {
  const clock = createSystemClock();
  const entropy = createSystemEntropy();
  const { store, databaseUrl, redis, dataDir } = config;
  const ca = await readAuthorities(config.tls);
  const file = { clock, entropy, path: `${dataDir}/holdfast.db` };
  return {
    clock,
    entropy,
    telemetry: createNoopTelemetry(),
    database: store === "postgres"
      ? createPostgresUpkeep({
        clock,
        entropy,
        url: databaseUrl!,
        ca: ca.database,
      })
      : store === "sqlite"
      ? createSqliteUpkeep(file)
      : undefined,
    backup: store === "sqlite" ? createSqliteBackup(file) : undefined,
    fastLayer: redis && createRedisUpkeep({ ...redis, ca: ca.redis }, clock),
  };
}
