/**
 * Server processes that live no longer than this process.
 *
 * @module
 */
import { join } from "node:path";

/** The user, folder and variables that a command runs with. */
export interface CommandSetting {
  readonly uid?: number;
  readonly gid?: number;
  readonly cwd?: string;
  readonly env?: Record<string, string>;
}

/** A server to be started. */
export interface ServerPlan {
  readonly command: readonly string[];
  /** A folder of its own, which takes its log. */
  readonly home: string;
  readonly setting: CommandSetting;
  /** The signal that ends it at once. */
  readonly stop: Deno.Signal;
  /** Whether it answers by now. */
  answers(): Promise<boolean>;
}

/** A server that answers; disposing of it stops it. */
export interface ServerProcess extends AsyncDisposable {
  readonly pid: number;
}

/** How long a server may take until it answers. */
const START_TIMEOUT_MS = 60_000;

/** How long a server may take to end before it is killed. */
const STOP_TIMEOUT_MS = 2_000;

/**
 * Starts a server and waits until it answers. It runs in a session of its own,
 * so that Ctrl-C leaves it to the tests until they have ended; a guard ends it
 * and removes `home` should this process die without disposing of it.
 *
 * @returns What stops the server; `home` stays.
 * @throws When it ends or does not answer in time, with what it said last.
 */
export async function startServer(
  plan: ServerPlan,
  signal: AbortSignal,
): Promise<ServerProcess> {
  const log = join(plan.home, "log");
  const child = new Deno.Command("sh", {
    args: ["-c", 'exec "$@" >"$0" 2>&1', log, ...plan.command],
    ...plan.setting,
    stdin: "null",
    stdout: "null",
    stderr: "null",
    detached: true,
  }).spawn();
  await using stack = new AsyncDisposableStack();
  stack.use(guard(
    `kill -s "$1" "$2"; sleep 1; kill -s KILL "$2"; rm -rf "$3"`,
    plan.stop.slice(3),
    `${child.pid}`,
    plan.home,
  ));
  stack.defer(() => stop(child, plan.stop));

  let ended = false;
  child.status.then(() => ended = true);
  const deadline = performance.now() + START_TIMEOUT_MS;
  while (!await plan.answers()) {
    signal.throwIfAborted();
    if (ended || performance.now() > deadline) {
      const said = lastLines(await Deno.readTextFile(log));
      const what = ended ? "it ended" : "it does not answer";
      throw new Error(`${what}; it said: ${said}`);
    }
    await sleep(25);
  }
  const running = stack.move();
  return {
    pid: child.pid,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/**
 * Runs `script` in a shell should this process die, however it dies, without
 * disposing of the guard: a pipe from this process tells it.
 */
export function guard(script: string, ...args: string[]): AsyncDisposable {
  const wait = "trap '' INT TERM HUP; while read -r _; do :; done";
  const shell = new Deno.Command("sh", {
    args: ["-c", `${wait}\n${script}`, "guard", ...args],
    stdin: "piped",
    stdout: "null",
    stderr: "null",
    detached: true,
  }).spawn();
  return {
    async [Symbol.asyncDispose]() {
      await stop(shell, "SIGKILL");
      await shell.stdin.close().catch(() => {});
    },
  };
}

/**
 * Runs a command to its end.
 *
 * @returns What it wrote to its standard output.
 * @throws When it fails, with the end of what it said.
 */
export async function runCommand(
  program: string,
  args: readonly string[],
  setting: CommandSetting & { readonly signal: AbortSignal },
): Promise<string> {
  const command = new Deno.Command(program, {
    ...setting,
    args: [...args],
    stdin: "null",
  });
  const { success, stdout, stderr } = await command.output();
  setting.signal.throwIfAborted();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  if (success) return text(stdout);
  const said = lastLines(text(stdout) + text(stderr));
  throw new Error(`${program} ${args[0]} failed: ${said}`);
}

/** A port of the loopback interface that nobody listens on at this moment. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return (listener.addr as Deno.NetAddr).port;
}

/** What `promise` gives, or `undefined` after `ms` milliseconds. */
export async function within<T>(
  ms: number,
  promise: Promise<T>,
): Promise<T | undefined> {
  const { promise: late, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(resolve, ms);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Waits `ms` milliseconds. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function lastLines(text: string): string {
  return text.trim().split("\n").slice(-12).join("\n");
}

async function stop(
  child: Deno.ChildProcess,
  signal: Deno.Signal,
): Promise<void> {
  kill(child, signal);
  if (await within(STOP_TIMEOUT_MS, child.status)) return;
  kill(child, "SIGKILL");
  await child.status;
}

function kill(child: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    child.kill(signal);
  } catch {
    // It has ended by itself.
  }
}
