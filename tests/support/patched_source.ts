/**
 * A copy of the program with some of its lines changed, to see what finds that
 * out.
 *
 * @module
 */
import { dirname, join } from "node:path";

const ROOT = dirname(dirname(import.meta.dirname!));

/** A change of one file. */
export interface Edit {
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly find: string;
  readonly replace: string;
}

/** A changed copy; disposing of it removes it. */
export interface PatchedSource extends AsyncDisposable {
  readonly folder: string;
  /** Which edit does not fit, if one does not. */
  readonly fault: string | undefined;
}

/** Copies the files and folders `needed` and makes `edits`. */
export async function openPatchedSource(
  needed: readonly string[],
  edits: readonly Edit[],
): Promise<PatchedSource> {
  await using stack = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir({ prefix: "holdfast-canary-" });
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  for (const path of needed) {
    const { isFile } = await Deno.stat(join(ROOT, path));
    if (isFile) await Deno.copyFile(join(ROOT, path), join(folder, path));
    else await copyFolder(path, folder);
  }
  const fault = await patch(edits, folder);
  const held = stack.move();
  return {
    folder,
    fault,
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

async function copyFolder(path: string, folder: string): Promise<void> {
  await Deno.mkdir(join(folder, path), { recursive: true });
  for await (const { name, isFile } of Deno.readDir(join(ROOT, path))) {
    const inner = join(path, name);
    if (!isFile) await copyFolder(inner, folder);
    else await Deno.copyFile(join(ROOT, inner), join(folder, inner));
  }
}

/** Applies the edits; tells what does not fit. */
async function patch(
  edits: readonly Edit[],
  folder: string,
): Promise<string | undefined> {
  for (const { file, find, replace } of edits) {
    const path = join(folder, file);
    const text = await Deno.readTextFile(path);
    const parts = text.split(find);
    if (parts.length !== 2) {
      return `${file} has ${parts.length - 1} times: ${find.trim()}`;
    }
    await Deno.writeTextFile(path, parts.join(replace));
  }
}
