/**
 * Files that are made beside their place and take it when they are whole.
 *
 * @module
 */
import { dirname } from "node:path";
import { PortError } from "../../ports/port_error.ts";

/** What SQLite may leave beside a file; it would be read into another one. */
const LEFT_BEHIND = ["-wal", "-journal"];

/** What a new file is to be like. */
export interface Likeness {
  /** The file that those may use who may use the new one. */
  readonly rightsOf: string;
  /** The file or folder to whose user it is to belong; whoever makes it, when absent. */
  readonly ownerOf?: string;
}

/**
 * Makes an empty file at `path`, which is like those that `like` names.
 *
 * @throws {PortError} `unavailable`.
 */
export async function makeFile(path: string, like: Likeness): Promise<void> {
  try {
    const { mode } = await Deno.stat(like.rightsOf);
    const only = { write: true, createNew: true, mode: 0o600 };
    (await Deno.open(path, only)).close();
    if (like.ownerOf !== undefined) await giveTo(path, like.ownerOf);
    if (mode !== null) await Deno.chmod(path, mode & 0o777);
  } catch (error) {
    throw toFileError(error, path);
  }
}

async function giveTo(path: string, owner: string): Promise<void> {
  const [is, wanted] = [await Deno.stat(path), await Deno.stat(owner)];
  if (is.uid === wanted.uid && is.gid === wanted.gid) return;
  try {
    await Deno.chown(path, wanted.uid, wanted.gid);
  } catch (cause) {
    // Another group hinders nobody; another user could not open it.
    if (is.uid === wanted.uid) return;
    throw new PortError(
      "unavailable",
      `Cannot make ${path} as it would not belong to user ${wanted.uid}, whom ${owner} belongs to: do it as that user`,
      { cause },
    );
  }
}

/**
 * Brings the whole of `made` to the disk, then gives it the name `path`, which
 * nothing has.
 *
 * @throws {PortError} `conflict` when something has it meanwhile; `unavailable`.
 */
export async function placeNew(made: string, path: string): Promise<void> {
  try {
    await flush(made);
    // Two that come at the same time cannot both make it.
    (await Deno.open(path, { write: true, createNew: true })).close();
    await Deno.rename(made, path);
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) {
      throw toFileError(error, path);
    }
    throw new PortError(
      "conflict",
      `Cannot write ${path} as somebody else has just made it`,
      { cause: error },
    );
  }
  await syncFolder(dirname(path));
}

/** What a file takes the place of. */
export interface Replaced {
  /** Whether there is a file; else only what is left of one may be. */
  readonly isThere: boolean;
  /** Whether somebody has it alone, who takes away by himself what is beside it. */
  readonly isOwned: boolean;
}

/**
 * Brings the whole of `made` to the disk, then puts it in the place of `path`;
 * what was there is called `kept` from then on. Either all of it is done or
 * nothing.
 *
 * @throws {PortError} As `placeNew` does.
 */
export async function replace(
  made: string,
  path: string,
  kept: string,
  { isThere, isOwned }: Replaced,
): Promise<void> {
  await using undo = new AsyncDisposableStack();
  try {
    await flush(made);
    // A second name first, so that at no moment there is no database.
    if (isThere) {
      await Deno.link(path, kept);
      undo.defer(() => Deno.remove(kept).catch(() => {}));
    }
    for (const end of isOwned ? [] : LEFT_BEHIND) {
      if (!await moved(path + end, kept + end)) continue;
      undo.defer(() => Deno.rename(kept + end, path + end).catch(() => {}));
    }
    await removed(`${path}-shm`);
    if (isThere) await Deno.rename(made, path);
    else await placeNew(made, path);
  } catch (error) {
    throw toFileError(error, path);
  }
  undo.move();
  await syncFolder(dirname(path));
}

/** The file at `path`, and those that SQLite may have made beside it. */
export function partsOf(path: string): string[] {
  return ["", "-shm", ...LEFT_BEHIND].map((end) => path + end);
}

/**
 * Removes the file at `path` and what is beside it, as far as it is there.
 *
 * @returns Whether the file itself was removed.
 */
export async function discard(path: string): Promise<boolean> {
  const removed = await Promise.all(
    partsOf(path).map((part) =>
      Deno.remove(part).then(() => true, () => false)
    ),
  );
  return removed[0]!;
}

async function moved(from: string, to: string): Promise<boolean> {
  return await unlessMissing(() => Deno.rename(from, to));
}

async function removed(path: string): Promise<boolean> {
  return await unlessMissing(() => Deno.remove(path));
}

async function unlessMissing(work: () => Promise<void>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function flush(path: string): Promise<void> {
  using file = await Deno.open(path, { read: true, write: true });
  await file.sync();
}

/** Names are kept once their folder is. */
async function syncFolder(folder: string): Promise<void> {
  try {
    using opened = await Deno.open(folder);
    await opened.sync();
  } catch {
    // Some systems open no folders; they keep names by themselves.
  }
}

function toFileError(error: unknown, path: string): PortError {
  if (error instanceof PortError) return error;
  return new PortError(
    "unavailable",
    `Cannot write ${path} as ${(error as Error).message}`,
    { cause: error },
  );
}
