/**
 * A folder in memory for what tests write.
 *
 * It need not outlive a power cut, and a disk that flushes for others at the
 * same time makes tests several times slower.
 *
 * @module
 */
import { statfs } from "node:fs/promises";
import { guard } from "./server_process.ts";

/** Where Linux keeps files in memory. */
const MEMORY = "/dev/shm";

/** Room that a full run may need. */
const ROOM_BYTES = 6 * 2 ** 30;

/** A folder that is removed at the end. */
export interface MemoryFolder extends AsyncDisposable {
  readonly path: string;
}

/** Makes a folder in memory; `undefined` where there is none, or too little room. */
export async function openMemoryFolder(): Promise<MemoryFolder | undefined> {
  try {
    const { bavail, bsize } = await statfs(MEMORY);
    if (bavail * bsize < ROOM_BYTES) return undefined;
  } catch {
    return undefined;
  }
  await using stack = new AsyncDisposableStack();
  const path = await Deno.makeTempDir({ dir: MEMORY, prefix: "holdfast-" });
  stack.use(guard(`rm -rf "$1"`, path));
  stack.defer(() => Deno.remove(path, { recursive: true }));
  // Servers that refuse to be run by root have their folders in it.
  await Deno.chmod(path, 0o711);
  const made = stack.move();
  return { path, [Symbol.asyncDispose]: () => made.disposeAsync() };
}
