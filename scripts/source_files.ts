/**
 * Lists the source files of the repository.
 *
 * @module
 */

/**
 * The TypeScript files in `folders` and below, as sorted paths from `root`. A
 * folder that does not exist holds none.
 */
export async function sourceFiles(
  root: string,
  folders: readonly string[],
): Promise<string[]> {
  const found: string[] = [];
  async function walk(folder: string): Promise<void> {
    for await (const entry of Deno.readDir(`${root}/${folder}`)) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory) await walk(path);
      else if (/\.tsx?$/.test(entry.name)) found.push(path);
    }
  }
  for (const folder of folders) {
    try {
      await walk(folder);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return found.sort();
}
