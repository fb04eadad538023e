/**
 * Files that were being made when whoever made them was killed.
 *
 * @module
 */
import { join } from "node:path";
import { discard, partsOf } from "./placing.ts";

/** How a file is called while it is made, after its name. */
export type Making = "partial" | "restoring";

/**
 * For how long nobody has written to a file that nobody makes any more: SQLite
 * writes without a pause, and the look at the whole takes minutes.
 */
const DEAD_AFTER_MS = 6 * 3600 * 1000;

/** What every file of SQLite's begins with. */
const MAGIC = "SQLite format 3\0";

/** What `path` is called while it is made; `mark` keeps those apart who make it. */
export function nameInMaking(
  path: string,
  making: Making,
  mark: string,
): string {
  return `${path}.${making}-${mark}`;
}

/**
 * Removes what is left in `folder` of files that were being made, with what is
 * beside them. What cannot be looked at or removed stays.
 *
 * @returns The paths of those that are gone.
 */
export async function removeLeftovers(
  folder: string,
  making: Making,
  nowMs: number,
): Promise<string[]> {
  const isNamedSo = new RegExp(`.\\.${making}-[0-9a-f]{8}$`);
  const gone: string[] = [];
  try {
    for await (const { name, isFile } of Deno.readDir(folder)) {
      const path = join(folder, name);
      if (!isFile || !isNamedSo.test(name)) continue;
      if (!await isOurs(path) || !await isDead(path, nowMs)) continue;
      if (await discard(path)) gone.push(path);
    }
  } catch {
    // Who may not list the folder may still write to it.
  }
  return gone.sort();
}

/** Whether it was made by SQLite, or for it and nothing is in it yet. */
async function isOurs(path: string): Promise<boolean> {
  try {
    using file = await Deno.open(path);
    const head = new Uint8Array(MAGIC.length);
    const count = await file.read(head);
    return count === null || new TextDecoder().decode(head) === MAGIC;
  } catch {
    return false;
  }
}

/** Whether nobody has written to it or beside it for long. */
async function isDead(path: string, nowMs: number): Promise<boolean> {
  const times = await Promise.all(
    partsOf(path).map(async (part) => {
      const info = await Deno.stat(part).catch(() => undefined);
      return info?.mtime?.getTime() ?? -Infinity;
    }),
  );
  return Math.max(...times) <= nowMs - DEAD_AFTER_MS;
}
