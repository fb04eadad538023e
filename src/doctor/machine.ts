/**
 * The work of commands that need no running service.
 *
 * @module
 */
import type { DatabaseUpkeep } from "../../ports/database_upkeep.ts";
import { hasCode, PortError } from "../../ports/port_error.ts";
import { CommandFailed, UsageError } from "../cli/failures.ts";
import type { Machine } from "../cli/machine.ts";
import { createUpkeep, type Upkeep } from "../composition/upkeep.ts";
import { type Config, ConfigError, readConfig } from "../config.ts";
import { PAPER_FLAGS } from "../paper_flags.ts";
import { VARIABLE_NAMES } from "../variables.ts";
import {
  backUpCommands,
  type PostgresAddress,
  restoreCommands,
} from "./by_hand.ts";
import { faultIn, readConfiguration } from "./configuration.ts";
import { examine } from "./examine.ts";
import { findForeignRedis } from "./take_over.ts";

/** Creates it; nothing is read before it is asked. */
export function createMachine(): Machine {
  return {
    flags: VARIABLE_NAMES.map((name) =>
      `--${name.toLowerCase().replaceAll("_", "-")}`
    ),
    paperFlags: PAPER_FLAGS,

    async examine(flags, isDeep) {
      const { config, findings } = readConfiguration(flags);
      if (!config) return { findings, isConfigured: false };
      try {
        const upkeep = await createUpkeep(config);
        const found = await examine(config, upkeep, isDeep);
        return { findings: [...findings, ...found], isConfigured: true };
      } catch (error) {
        const isWrong = error instanceof ConfigError ||
          hasCode(error, "invalid");
        if (!isWrong) throw error;
        return { findings: [faultIn(error as Error)], isConfigured: false };
      }
    },

    foreignRedis: (flags) =>
      told(flags, (_, upkeep) => findForeignRedis(upkeep)),

    schema: (flags) =>
      told(flags, async (config, upkeep) => {
        const { name, schema } = databaseOf(config, upkeep);
        return { name, status: await schema() };
      }),

    migrate: (flags) =>
      told(flags, async (config, upkeep) => {
        const database = databaseOf(config, upkeep);
        await makeFolder(config);
        return { name: database.name, applied: await database.migrate() };
      }),

    backUp: (flags, path) =>
      told(flags, async (config, { backup }) => {
        if (backup) return await backup.backUp(path);
        return { commands: backUpCommands(addressOf(config), path) };
      }),

    restore: (flags, path, revokesKeys, beforeReplacing) =>
      told(flags, async (config, { backup, database }) => {
        if (!backup) {
          const address = addressOf(config);
          const commands = restoreCommands(address, path, flags, revokesKeys);
          return { commands };
        }
        await makeFolder(config);
        if (await isThere(database!)) await beforeReplacing();
        return await backup.restore(path, { revokesKeys });
      }),

    beginEpoch: (flags, revokesKeys) =>
      told(flags, async (config, upkeep) => {
        const database = databaseOf(config, upkeep);
        const { name } = database;
        if (!await isThere(database)) {
          throw new CommandFailed(
            `Cannot give the log another epoch as ${name} is not there: name the one that was restored, with DATABASE_URL or DATA_DIR`,
          );
        }
        const epoch = await database.beginEpoch();
        if (revokesKeys) await database.revokeKeys();
        return { name, epoch, keyCount: await database.countKeys() };
      }),
  };
}

/** Does `work`; what goes wrong becomes a sentence for whoever called. */
async function told<T>(
  flags: readonly string[],
  work: (config: Config, upkeep: Upkeep) => Promise<T>,
): Promise<T> {
  try {
    const config = readConfig(flags);
    return await work(config, await createUpkeep(config));
  } catch (error) {
    if (error instanceof ConfigError) {
      throw new UsageError(error.message, { cause: error });
    }
    if (error instanceof PortError) {
      throw new CommandFailed(error.message, { cause: error });
    }
    throw error;
  }
}

/** Whether there is a database, be it a damaged one. */
async function isThere({ schema }: DatabaseUpkeep): Promise<boolean> {
  try {
    return (await schema()).state !== "absent";
  } catch (error) {
    if (error instanceof PortError) return true;
    throw error;
  }
}

function databaseOf(config: Config, { database }: Upkeep) {
  if (database) return database;
  throw new UsageError(
    `Cannot look after a database as STORE is ${config.store}: nothing of it outlives the process`,
  );
}

function addressOf({ databaseUrl, store, tls }: Config): PostgresAddress {
  if (databaseUrl !== undefined && store === "postgres") {
    return { url: databaseUrl, caPath: tls.databaseCaPath };
  }
  throw new UsageError(
    `Cannot back up or restore as STORE is ${store}: nothing of it outlives the process`,
  );
}

async function makeFolder({ store, dataDir }: Config): Promise<void> {
  if (store !== "sqlite") return;
  try {
    await Deno.mkdir(dataDir, { recursive: true });
  } catch (cause) {
    throw new CommandFailed(
      `Cannot use DATA_DIR ${dataDir} as it cannot be created: ${
        (cause as Error).message
      }`,
      { cause },
    );
  }
}
