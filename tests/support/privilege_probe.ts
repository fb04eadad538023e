/**
 * Tries, from within a service that has just started, what it must not be able
 * to do: run before `src/main.ts` by `--preload`, it waits for the line that
 * says ready, and then prints what became of each attempt.
 *
 * @module
 */

/** What became of each attempt: `done`, or why not. */
export type Attempts = Readonly<Record<string, string>>;

/** What is tried, on a port and a file that the query of this module names. */
const ATTEMPTS: Record<string, (target: Target) => unknown> = {
  async connect({ port }) {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
  },
  fetch: ({ port }) => fetch(`http://127.0.0.1:${port}/`),
  listen: () => Deno.listen({ hostname: "127.0.0.1", port: 0 }).close(),
  run: () => new Deno.Command("true").output(),
  load: () => Deno.dlopen("libc.so.6", {}),
  sys: () => Deno.hostname(),
  readOutside: ({ path }) => Deno.readTextFile(path),
  writeOutside: ({ path }) => Deno.writeTextFile(`${path}.written`, ""),
  importOutside: ({ path }) => import(`file://${path}`),
  importRemote: () => import("https://esm.sh/" + "left-pad"),
};

interface Target {
  readonly port: number;
  readonly path: string;
}

async function attempt(target: Target): Promise<Attempts> {
  const results: Record<string, string> = {};
  for (const [name, act] of Object.entries(ATTEMPTS)) {
    try {
      const result = await act(target);
      if (result instanceof Response) await result.body?.cancel();
      results[name] = "done";
    } catch (error) {
      const { name: kind, message } = error as Error;
      results[name] = `${kind}: ${message}`;
    }
  }
  // A variable that cannot be read is told as one that is not set.
  results.env = Deno.env.get("INSTANCE_ID") === undefined ? "unset" : "done";
  return results;
}

const { searchParams } = new URL(import.meta.url);
const target: Target = {
  port: Number(searchParams.get("port")),
  path: searchParams.get("path")!,
};
const { stdout } = Deno;
const write = stdout.writeSync.bind(stdout);
stdout.writeSync = (bytes) => {
  const count = write(bytes);
  const line = new TextDecoder().decode(bytes);
  if (/^holdfast listening on /.test(line)) {
    attempt(target).then((results) =>
      write(new TextEncoder().encode(`probe ${JSON.stringify(results)}\n`))
    );
  }
  return count;
};
