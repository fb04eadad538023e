/**
 * Whether the data folder can hold a database.
 *
 * @module
 */
import { statfs } from "node:fs/promises";
import { dirname } from "node:path";
import type { Finding } from "../../ports/finding.ts";
import { shellWord } from "./shell_word.ts";

const MIB = 2 ** 20;

/** Below that a service soon stops taking writes. */
const LEAST_BYTES = 128 * MIB;

/** Below that somebody should know. */
const ENOUGH_BYTES = 1024 * MIB;

/** Looks at `folder`, which the first start makes where it is missing. */
export async function folderFindings(folder: string): Promise<Finding[]> {
  const check = "data folder";
  const there = await nearestThere(folder);
  if (!there.isFolder) {
    const { path, fault } = there;
    return [{
      check,
      level: "fail",
      says: `${folder} cannot be used: ${path} ${fault}`,
      mend: "mend DATA_DIR",
    }];
  }
  const { path } = there;
  const fault = await writeFault(path);
  const findings: Finding[] = [
    fault === undefined
      ? { check, level: "ok", says: `${folder} can be written` }
      : {
        check,
        level: "fail",
        says: path === folder
          ? `${folder} cannot be written: ${sayingOf(fault)}`
          : `${folder} is not there, and cannot be made in ${path}: ${
            sayingOf(fault)
          }`,
        mend: mendOf(fault, folder, path === folder),
      },
  ];
  return [...findings, await roomFinding(path)];
}

/** Commands name the folder itself and never one above it, which is another's. */
function mendOf(fault: Error, folder: string, isThere: boolean): string {
  const word = shellWord(folder);
  if (fault instanceof Deno.errors.NotCapable) {
    return "start it with --allow-write for the folder, or mend DATA_DIR";
  }
  if (!(fault instanceof Deno.errors.PermissionDenied)) {
    return `see what is wrong with the disk: df -h ${word}, or mend DATA_DIR`;
  }
  return isThere
    ? `sudo chown "$(id -un)" ${word}, or mend DATA_DIR`
    : `sudo install -d -o "$(id -un)" ${word}, or mend DATA_DIR`;
}

/** What the system said, without the file that nobody knows. */
function sayingOf({ message }: Error): string {
  return message.split(": ")[0]!;
}

type Place =
  | { readonly isFolder: true; readonly path: string }
  | {
    readonly isFolder: false;
    readonly path: string;
    readonly fault: string;
  };

/** `path`, or the next above it that is there. */
async function nearestThere(path: string): Promise<Place> {
  try {
    if ((await Deno.stat(path)).isDirectory) return { isFolder: true, path };
    return { isFolder: false, path, fault: "is no folder" };
  } catch (error) {
    const fault = `cannot be read: ${sayingOf(error as Error)}`;
    const above = dirname(path);
    const isMissing = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotADirectory;
    return isMissing && above !== path
      ? await nearestThere(above)
      : { isFolder: false, path, fault };
  }
}

/** Why no file can be made in `folder`. */
async function writeFault(folder: string): Promise<Error | undefined> {
  const path = `${folder}/.holdfast-doctor-${crypto.randomUUID()}`;
  try {
    await Deno.writeTextFile(path, "", { createNew: true });
    await Deno.remove(path);
  } catch (error) {
    return error as Error;
  }
}

async function roomFinding(folder: string): Promise<Finding> {
  const check = "disk";
  let freeBytes: number;
  try {
    const { bavail, bsize } = await statfs(folder);
    freeBytes = bavail * bsize;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return {
      check,
      level: "warn",
      says: "it cannot be told how much room is left",
      mend: "start it with --allow-sys=statfs, or see df -h",
    };
  }
  return roomOf(freeBytes, folder);
}

/** Judges the room that is left. */
export function roomOf(freeBytes: number, folder: string): Finding {
  const check = "disk";
  const says = `${Math.floor(freeBytes / MIB)} MiB are free`;
  if (freeBytes >= ENOUGH_BYTES) return { check, level: "ok", says };
  return {
    check,
    level: freeBytes < LEAST_BYTES ? "fail" : "warn",
    says: `only ${says} where ${folder} is`,
    mend: `make room, see du -xh ${
      shellWord(folder)
    }, or set DATA_DIR to another disk`,
  };
}
