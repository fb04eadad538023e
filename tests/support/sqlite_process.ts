/**
 * Starts `sqlite_publisher.ts` and listens to it.
 *
 * @module
 */

/** A publisher in a process of its own. */
export interface Publisher {
  /** What it prints, line by line, up to its end. */
  readonly lines: AsyncIterable<string>;
  /** Its exit status. */
  readonly status: Promise<Deno.CommandStatus>;
  /** Ends it at once, as a crash would. */
  kill(): void;
}

/** Starts `sqlite_publisher.ts`, as the user `uid` where that is given. */
export function startPublisher(
  path: string,
  options: {
    count: number;
    publishers: number;
    seed: number;
    uid?: number;
    permissions?: string[];
  },
): Publisher {
  const { count, publishers, seed, uid, permissions } = options;
  const folder = path.replace(/\/[^/]*$/, "");
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-prompt",
      ...permissions ?? ["--allow-read", "--allow-write"],
      new URL("./sqlite_publisher.ts", import.meta.url).pathname,
      path,
      ...[count, publishers, seed].map(String),
    ],
    stdout: "piped",
    stderr: "inherit",
    // Another user needs a cache of its own.
    ...(uid === undefined
      ? {}
      : { uid, gid: uid, env: { DENO_DIR: `${folder}/deno` } }),
  }).spawn();
  return {
    lines: linesOf(child.stdout),
    status: child.status,
    kill() {
      try {
        child.kill("SIGKILL");
      } catch {
        // It has ended by itself meanwhile.
      }
    },
  };
}

async function* linesOf(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<string> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
}
