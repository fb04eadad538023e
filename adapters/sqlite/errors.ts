/**
 * What SQLite's failures mean to a caller of a port.
 *
 * @module
 */
import { type Stats, statSync } from "node:fs";
import { dirname } from "node:path";
import { PortError, type PortErrorCode } from "../../ports/port_error.ts";

/** By result code, primary or extended (https://www.sqlite.org/rescode.html). */
const MEANINGS: Readonly<Record<number, readonly [PortErrorCode, string]>> = {
  1: ["corrupt", "its tables are not those of this program"],
  5: ["unavailable", "another process holds its lock"],
  7: ["unavailable", "memory has run out"],
  8: ["unavailable", "its file may not be written"],
  10: ["unavailable", "its disk has failed"],
  11: ["corrupt", "its file is damaged"],
  13: ["full", "no room is left on its disk"],
  14: ["unavailable", "its file cannot be opened"],
  15: ["unavailable", "another process holds its lock"],
  26: ["corrupt", "its file is not a SQLite database"],
  4874: ["full", "no room is left on its disk"], // for its shared memory file
};

/** Errors of scripts carry no code, only SQLite's standard texts. */
const CODES: Readonly<Record<string, number>> = {
  "database is locked": 5,
  "disk I/O error": 10,
  "database or disk is full": 13,
};

const SQLITE_ERROR = 1;
const BUSY = 5;
const IOERR_FSYNC = 1034;

/** Whether another connection stood in the way, so that trying again helps. */
export function isBusy(error: unknown): boolean {
  return (resultCode(error) & 0xff) === BUSY;
}

/**
 * Turns a failure of SQLite into a `PortError` that says "Cannot `action` as";
 * every other error, such as a mistake of ours, is returned as it is.
 */
export function toPortError(error: unknown, action: string): unknown {
  const result = resultCode(error);
  const meaning = MEANINGS[result] ?? MEANINGS[result & 0xff];
  if (!meaning) return error;
  const [code, reason] = meaning;
  return new PortError(code, `Cannot ${action} as ${reason}`, { cause: error });
}

/**
 * What a failed COMMIT means: nothing was kept, except that after a failed
 * flush the system may have kept it or not.
 */
export function toCommitError(error: unknown): unknown {
  if (resultCode(error) !== IOERR_FSYNC) {
    return toPortError(error, "write to the database");
  }
  return new PortError(
    "timeout",
    "Cannot tell whether the write was kept as the disk has failed to flush it",
    { cause: error },
  );
}

/** Turns a failure to open the database at `path` into a `PortError`. */
export function toOpenError(error: unknown, path: string): unknown {
  const known = toPortError(error, `open database ${path}`);
  if (known instanceof PortError || !isFromSqlite(error)) return known;
  const wasRefused = error.name === "NotCapable" ||
    error.message.startsWith("unable to open database file");
  if (!wasRefused) {
    // Else a script has failed: those errors carry no code.
    const [code, reason] = MEANINGS[SQLITE_ERROR]!;
    const message = `Cannot open database ${path} as ${reason}`;
    return new PortError(code, message, { cause: error });
  }
  return new PortError(
    "unavailable",
    `Cannot open database ${path} as ${whyNotOpened(path, error)}`,
    { cause: error },
  );
}

/** Looks for what SQLite only calls "unable to open database file". */
function whyNotOpened(path: string, error: Error): string {
  if (error.name === "NotCapable") {
    return "this program was not allowed to: start it with --allow-read and --allow-write for its folder";
  }
  const folder = dirname(path);
  if (look(folder) === undefined) {
    return `its folder does not exist: expected ${folder}`;
  }
  const file = look(path);
  if (file === undefined) return "the system does not let this user create it";
  if (file?.isDirectory()) return "a folder has that name";
  return "the system does not let this user read and write it";
}

/** Whether there is something at `path`, or nobody may know. */
export function isFileThere(path: string): boolean {
  return look(path) !== undefined;
}

/** What is at `path`: `undefined` is nothing, `null` that nobody may know. */
function look(path: string): Stats | undefined | null {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return null;
  }
}

function resultCode(error: unknown): number {
  if (!isFromSqlite(error)) return 0;
  return error.errcode ?? CODES[error.message] ?? 0;
}

function isFromSqlite(
  error: unknown,
): error is Error & { readonly errcode?: number } {
  return error instanceof Error && "code" in error &&
    error.code === "ERR_SQLITE_ERROR";
}
