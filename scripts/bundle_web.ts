/**
 * `deno task web`: bundles the dashboard into `src/web/dist`, from where the
 * service, its bundle and its binary serve it. What is there is committed, so
 * that a clean clone starts with one command; `--check` only compares.
 *
 * @module
 */
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { runCommand } from "./server_process.ts";

const ROOT = dirname(import.meta.dirname!);

/** Where the service takes the files from. */
const DIST = join(ROOT, "src/web/dist");

/** What each file is made of, with all that it names. */
const SOURCES = {
  "dashboard.js": "src/web/main.tsx",
  "dashboard.css": "src/web/style.css",
};

/** How long the bundler may take. */
const TIMEOUT_MS = 60_000;

/** Most bytes that a browser may have to load, compressed. */
export const MAX_GZIPPED_BYTES = 60 * 1024;

/** The files of the dashboard, made anew. */
export async function bundleWeb(): Promise<ReadonlyMap<string, string>> {
  const folder = await Deno.makeTempDir({ prefix: "holdfast-web-" });
  try {
    const bundle = async ([name, source]: [string, string]) => {
      const output = join(folder, name);
      const flags = ["--platform", "browser", "--minify", "--output", output];
      await runCommand(Deno.execPath(), ["bundle", ...flags, source], {
        cwd: ROOT,
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      return [name, await Deno.readTextFile(output)] as const;
    };
    return new Map(await Promise.all(Object.entries(SOURCES).map(bundle)));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The names of files that are not as a fresh bundle makes them. */
export async function findStale(
  files: ReadonlyMap<string, string>,
): Promise<string[]> {
  const stale: string[] = [];
  for (const [name, text] of files) {
    const held = await Deno.readTextFile(join(DIST, name)).catch(() => "");
    if (held !== text) stale.push(name);
  }
  return stale;
}

/** Bytes that `files` take on the wire, compressed. */
export function gzippedBytes(files: ReadonlyMap<string, string>): number {
  return [...files.values()]
    .reduce((sum, text) => sum + gzipSync(text).length, 0);
}

if (import.meta.main) {
  const files = await bundleWeb();
  const bytes = gzippedBytes(files);
  console.log(`${bytes} bytes compressed, ${MAX_GZIPPED_BYTES} at most`);
  if (bytes > MAX_GZIPPED_BYTES) {
    console.error("Cannot accept the dashboard as it is too large");
    Deno.exit(1);
  }
  const stale = await findStale(files);
  if (!Deno.args.includes("--check")) {
    await Deno.mkdir(DIST, { recursive: true });
    for (const name of stale) {
      await Deno.writeTextFile(join(DIST, name), files.get(name)!);
      console.log(`wrote src/web/dist/${name}`);
    }
  } else if (stale.length > 0) {
    console.error(
      `Cannot accept src/web/dist as ${stale.join(", ")} would be bundled ` +
        "otherwise: run `deno task web`",
    );
    Deno.exit(1);
  }
}
