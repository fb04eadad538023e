/**
 * The data folder of a Redis that is down.
 *
 * @module
 */
import { join } from "node:path";
import { parseReply } from "./resp.ts";

/** How much is lost from the end of an append-only file. */
export type LostTail =
  | { readonly bytes: number }
  /** Whole commands; what happened in one transaction or script is one. */
  | { readonly commands: number };

/**
 * Loses the end of what the server in `folder` wrote last, as a power failure
 * does to what was not yet on the disk.
 */
export async function truncateAppendOnlyFile(
  folder: string,
  lost: LostTail,
): Promise<void> {
  const path = await newestFile(join(folder, "appendonlydir"));
  const bytes = await Deno.readFile(path);
  const length = "bytes" in lost
    ? bytes.length - lost.bytes
    : commandStarts(bytes).at(-lost.commands);
  if (length === undefined || length < 0) {
    throw new RangeError("Cannot lose more than the newest file holds");
  }
  await Deno.truncate(path, length);
}

/** The file that a server appends to, as the manifest says. */
async function newestFile(folder: string): Promise<string> {
  const entries = await Array.fromAsync(Deno.readDir(folder));
  const manifest = entries.find(({ name }) => name.endsWith(".manifest"));
  if (!manifest) {
    throw new Error(`Cannot truncate as ${folder} has no manifest`);
  }
  const text = await Deno.readTextFile(join(folder, manifest.name));
  const files = text.matchAll(/^file (\S+) seq \d+ type i\b/gm);
  const newest = files.toArray().at(-1)?.[1];
  if (!newest) throw new Error(`Cannot truncate as nothing was appended`);
  return join(folder, newest);
}

/** Where commands begin; a transaction is one. */
function commandStarts(bytes: Uint8Array): number[] {
  const starts: number[] = [];
  let inside = false;
  for (let at = 0; at < bytes.length;) {
    const parsed = parseReply(bytes, at);
    if (!parsed) break;
    const [name] = parsed.reply as string[];
    if (!inside) starts.push(at);
    if (name === "MULTI") inside = true;
    if (name === "EXEC") inside = false;
    at = parsed.next;
  }
  return starts;
}
