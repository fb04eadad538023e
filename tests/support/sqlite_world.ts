/**
 * SQLite databases in folders of their own, gone with the test.
 *
 * @module
 */
import {
  openSqliteDatabase,
  type SqliteDatabase,
} from "../../adapters/sqlite/database.ts";
import { createSystemClock } from "../../adapters/system/clock.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import { createFakeClock, type FakeClock } from "./fake_clock.ts";
import { createSeededEntropy } from "./seeded_entropy.ts";

/** A database together with the clock that it goes by. */
export interface SqliteWorld extends AsyncDisposable {
  readonly db: SqliteDatabase;
  readonly clock: FakeClock;
  /** The database's file. */
  readonly path: string;
}

/** A folder that is removed at the end. */
export interface Folder extends AsyncDisposable {
  /** Where a database may be put in it. */
  readonly path: string;
}

/** Makes an empty folder. */
export async function makeFolder(): Promise<Folder> {
  const folder = await Deno.makeTempDir({ prefix: "holdfast-sqlite-" });
  return {
    path: `${folder}/holdfast.db`,
    async [Symbol.asyncDispose]() {
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** Opens a new database on a clock that stands still. */
export async function createSqliteWorld(): Promise<SqliteWorld> {
  const folder = await makeFolder();
  const clock = createFakeClock();
  const db = await openDatabase(folder.path, { clock });
  return {
    db,
    clock,
    path: folder.path,
    async [Symbol.asyncDispose]() {
      await db[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** Opens the database at `path`, on real time unless another clock is given. */
export function openDatabase(
  path: string,
  options: { clock?: Clock; telemetry?: Telemetry; seed?: number } = {},
): Promise<SqliteDatabase> {
  const { clock = createSystemClock(), seed = 1, ...rest } = options;
  return openSqliteDatabase({
    path,
    clock,
    entropy: createSeededEntropy(seed),
    ...rest,
  });
}

/** A clock on which every wait is over at once and took a second or more. */
export function createHurriedClock(): Clock {
  let elapsed = 0;
  return {
    now: () => Date.UTC(2026, 0, 2) + elapsed,
    monotonic: () => elapsed,
    async sleep(ms, signal) {
      signal?.throwIfAborted();
      elapsed += Math.max(ms, 1000);
    },
  };
}
