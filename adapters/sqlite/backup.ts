/**
 * Backups of a SQLite file: taken while others use it, put back while nobody
 * does.
 *
 * @module
 */
import { dirname } from "node:path";
import type {
  BackupReport,
  DatabaseBackup,
  KeysAfterRestore,
  RestoreReport,
} from "../../ports/database_backup.ts";
import { hasCode, PortError } from "../../ports/port_error.ts";
import { countKeys, dropKeys, replaceKeyTable } from "./api_key_store.ts";
import type { Waiting } from "./busy.ts";
import type { Sql } from "./connection.ts";
import { openSqliteDatabase } from "./database.ts";
import { isBusy, isFileThere, toOpenError, toPortError } from "./errors.ts";
import { nameInMaking, removeLeftovers } from "./leftovers.ts";
import { checkLogHead } from "./log.ts";
import { openOwner, type Owner, type Past } from "./owner.ts";
import { discard, makeFile, placeNew, replace } from "./placing.ts";
import { openReadOnly } from "./read_only.ts";
import { openSqliteRecordStore } from "./record_store.ts";
import { readLogIdentity, readSchema } from "./schema.ts";

/** Backs up and restores the file at `path`; opens nothing yet. */
export function createSqliteBackup(
  options: Waiting & { readonly path: string },
): DatabaseBackup {
  const { path, clock } = options;
  return {
    async backUp(to) {
      if (!isFileThere(path)) {
        throw new PortError(
          "not_found",
          `Cannot back up database ${path} as it is not there: is DATA_DIR right?`,
        );
      }
      if (isFileThere(to)) {
        throw new PortError(
          "conflict",
          `Cannot back up to ${to} as there is a file of that name: name another`,
        );
      }
      const leftovers = await removeLeftovers(
        dirname(to),
        "partial",
        clock.now(),
      );
      const partial = nameInMaking(to, "partial", newMark(options));
      try {
        await makeFile(partial, { rightsOf: path });
        await copy(path, partial);
        const report = inspect(partial);
        await placeNew(partial, to);
        return { ...report, leftovers };
      } finally {
        await discard(partial);
      }
    },

    async restore(from, { revokesKeys = false } = {}) {
      if (!isFileThere(from)) {
        throw new PortError(
          "not_found",
          `Cannot restore ${from} as there is no such file`,
        );
      }
      // A link goes on naming the place where the database lies.
      const place = await Deno.realPath(path).catch(() => path);
      const isThere = isFileThere(place);
      await removeLeftovers(dirname(place), "restoring", clock.now());
      const made = nameInMaking(place, "restoring", newMark(options));
      try {
        inspect(from);
        await makeFile(
          made,
          isThere
            ? { rightsOf: place, ownerOf: place }
            : { rightsOf: from, ownerOf: dirname(place) },
        );
        await copy(from, made);
        using owner = isThere ? own(place) : undefined;
        const report = await makeSuccessor(options, made, owner, revokesKeys);
        const stamp = new Date(clock.now()).toISOString().replace(/[:.]/g, "-");
        const kept = `${place}.replaced-${stamp}`;
        const isOwned = owner !== undefined;
        await replace(made, place, kept, { isThere, isOwned });
        return isThere ? { ...report, kept } : report;
      } finally {
        await discard(made);
      }
    },
  };
}

/** Keeps those apart who do the same at the same time. */
function newMark({ entropy }: Waiting): string {
  return entropy.bytes(4).toHex();
}

/** Writes what stands in `from` now to the empty file `to`. */
async function copy(from: string, to: string): Promise<void> {
  try {
    using sql = openReadOnly(from);
    await sql.copyTo(to);
  } catch (error) {
    const known = toPortError(error, `copy database ${from} to ${to}`);
    throw known instanceof PortError ? known : toOpenError(error, from);
  }
}

/** Looks whether the file can be used, and tells what it holds. */
function inspect(path: string): Omit<BackupReport, "leftovers"> {
  try {
    using sql = openReadOnly(path);
    const { state, found, known } = readSchema(sql);
    if (state === "newer") {
      throw new PortError(
        "unsupported",
        `Cannot use ${path} as a newer program made it: found schema version ${found}, known version is ${known}`,
      );
    }
    if (state !== "current" && state !== "behind") {
      throw new PortError(
        "corrupt",
        `Cannot use ${path} as it is no database of Holdfast's`,
      );
    }
    const said = sql.all<[string]>("PRAGMA quick_check(1)");
    if (said[0]?.[0] !== "ok") {
      throw new PortError(
        "corrupt",
        `Cannot use ${path} as it is damaged: ${said[0]?.[0]}`,
      );
    }
    checkLogHead(sql, path);
    const { epoch, position } = readLogIdentity(sql);
    return { epoch, position, bytes: Deno.statSync(path).size };
  } catch (error) {
    throw toOpenError(error, path);
  }
}

/** Has the database at `path` alone; nothing when it is too damaged for that. */
function own(path: string): Owner | undefined {
  try {
    return openOwner(path);
  } catch (error) {
    if (isBusy(error)) {
      throw new PortError(
        "conflict",
        `Cannot restore database ${path} as a service has it open: stop it first`,
        { cause: error },
      );
    }
    const known = toOpenError(error, path);
    if (hasCode(known, "corrupt")) return undefined;
    throw known;
  }
}

/** Makes the copy at `made` a database that may follow `owner`'s. */
async function makeSuccessor(
  options: Waiting,
  made: string,
  owner: Owner | undefined,
  revokesKeys: boolean,
): Promise<RestoreReport> {
  await using db = await openSqliteDatabase({ ...options, path: made });
  await using record = openSqliteRecordStore(db);
  const { head } = await record.read([]);
  await record.leaveEpoch(head.epoch);
  const past = owner?.past();
  const keys = await db.write((sql) => {
    if (revokesKeys) return revoke(sql);
    return takeKeysOver(sql, past, head.epoch);
  });
  if (past) {
    const now = Math.floor(options.clock.now());
    await db.write((sql) => {
      for (const epoch of [...past.formerEpochs, past.epoch]) {
        sql.run("INSERT OR IGNORE INTO log_epoch VALUES (?, ?)", epoch, now);
      }
      for (const [user, day, last] of past.numbers) {
        sql.run(
          `INSERT INTO sequence (user_id, day, leased_to) VALUES (?, ?, ?)
            ON CONFLICT (user_id, day) DO UPDATE
            SET leased_to = max(leased_to, excluded.leased_to)`,
          user,
          day,
          last,
        );
      }
    });
  }
  return {
    position: head.position,
    epoch: (await record.read([])).head.epoch,
    replacedPosition: past?.position,
    kept: undefined,
    keys,
    keyCount: await db.read(countKeys),
  };
}

function revoke(sql: Sql): KeysAfterRestore {
  dropKeys(sql);
  return "revoked";
}

/** Takes over the keys of `past`, if it is a later life of the log that has `epoch`. */
function takeKeysOver(
  sql: Sql,
  past: Past | undefined,
  epoch: string,
): KeysAfterRestore {
  const isLater = past?.epoch === epoch || past?.formerEpochs.includes(epoch);
  if (!isLater || !past?.keys) return "restored";
  replaceKeyTable(sql, past.keys);
  return "kept";
}
