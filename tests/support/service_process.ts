/**
 * The service as its users run it: a process of its own.
 *
 * @module
 */
import { textLines } from "./text_lines.ts";

/** A running service. */
export interface ServiceProcess extends AsyncDisposable {
  /** Where it listens. */
  readonly url: string;
  /** Where those who look after it ask, if ADMIN_PORT is set. */
  readonly adminUrl: string | undefined;
  readonly pid: number;
  /** Milliseconds from the start of the process to the line that says ready. */
  readonly startMs: number;
  /** What it said on standard output before it was ready. */
  readonly said: readonly string[];
  /** What it has logged so far. */
  readonly log: readonly string[];
  /** Sends `signal` and waits for the end. */
  end(signal: Deno.Signal): Promise<Deno.CommandStatus>;
  /** Ends it the polite way, if it has not ended. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** How a service that did not start ended. */
export class ServiceEnded extends Error {
  override readonly name = "ServiceEnded";
  /** Its exit code. */
  readonly code: number;
  constructor(code: number, said: string) {
    super(said);
    this.code = code;
  }
}

/** The variables that a test's service runs with, besides those given. */
const DEFAULTS = { PORT: "0", LOG_LEVEL: "warn", LOG_FORMAT: "json" };

/**
 * Starts the service as `deno task start` does and waits until it is ready.
 *
 * @param cwd Where its source is; the project unless given.
 * @throws {ServiceEnded} When it ends instead, with what it said.
 */
export async function startService(
  env: Record<string, string>,
  args: readonly string[] = [],
  cwd = ".",
): Promise<ServiceProcess> {
  const began = performance.now();
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...await startArguments(),
      `--sample-desk=${env.SAMPLE_DESK ?? "off"}`,
      ...args,
    ],
    cwd,
    env: { ...DEFAULTS, ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const log: string[] = [];
  const logged = child.stderr.pipeThrough(textLines()).pipeTo(
    new WritableStream({ write: (line) => void log.push(line) }),
  );
  const lines = child.stdout.pipeThrough(textLines()).getReader();
  const said: string[] = [];
  let url: string | undefined;
  let adminUrl: string | undefined;
  const isReady = () => url && (adminUrl || env.ADMIN_PORT === undefined);
  while (!isReady()) {
    const { done, value } = await lines.read();
    if (done) {
      await logged;
      throw new ServiceEnded((await child.status).code, log.join("\n"));
    }
    said.push(value);
    url ??= /^holdfast listening on (https?:\S+)$/.exec(value)?.[1];
    adminUrl ??= /^holdfast admin listening on (https?:\S+)$/.exec(value)?.[1];
  }
  const startMs = performance.now() - began;

  let ended: Promise<Deno.CommandStatus> | undefined;
  function end(signal: Deno.Signal): Promise<Deno.CommandStatus> {
    return ended ??= (async () => {
      try {
        child.kill(signal);
      } catch (error) {
        // It has ended by itself.
        if (!(error instanceof TypeError)) throw error;
      }
      const status = await child.status;
      await lines.cancel();
      await logged;
      return status;
    })();
  }
  return {
    url: url!,
    adminUrl,
    pid: child.pid,
    startMs,
    said,
    log,
    end,
    async [Symbol.asyncDispose]() {
      await end("SIGTERM");
    },
  };
}

/** The arguments that the task `start` gives to deno. */
async function startArguments(): Promise<string[]> {
  const { tasks } = JSON.parse(await Deno.readTextFile("deno.json"));
  return tasks.start.command.split(" ").slice(1);
}
