/**
 * Runs `deno test` and reads what it prints.
 *
 * @module
 */
import { guard, within } from "./server_process.ts";

/** The numbers in the line with which `deno test` ends. */
export interface Summary {
  readonly passed: number;
  readonly failed: number;
}

/** What tests may do: no foreign functions, and nothing is asked. */
const PERMISSIONS = ["read", "write", "net", "run", "env", "sys"];

/** How long tests may take to end when the run is stopped. */
const STOP_TIMEOUT_MS = 5_000;

/**
 * Runs `deno test` in a process group of its own, of which nothing stays.
 *
 * @param env Variables to add to this process's.
 * @returns What it printed, which has also been passed on.
 * @throws The reason of `signal` when it aborts.
 */
export async function denoTest(
  cwd: string,
  options: readonly string[],
  env: Record<string, string>,
  signal: AbortSignal,
): Promise<{ output: string; success: boolean }> {
  signal.throwIfAborted();
  const permissions = PERMISSIONS.map((name) => `--allow-${name}`);
  const child = new Deno.Command(Deno.execPath(), {
    args: ["test", "--no-prompt", ...permissions, ...options],
    cwd,
    env,
    stdin: "null",
    stdout: "piped",
    detached: true,
  }).spawn();
  await using _guard = guard(`kill -s KILL -- "-$1"`, `${child.pid}`);
  async function end(): Promise<void> {
    killGroup(child.pid, "SIGINT");
    await within(STOP_TIMEOUT_MS, child.status);
    killGroup(child.pid, "SIGKILL");
  }
  signal.addEventListener("abort", end);
  const output = tee(child.stdout);
  const { success } = await child.status;
  signal.removeEventListener("abort", end);
  // What tests left running would hold the pipe open.
  killGroup(child.pid, "SIGKILL");
  await output;
  signal.throwIfAborted();
  return { output: await output, success };
}

/** Reads the line with which `deno test` ends, if it came to that. */
export function parseSummary(output: string): Summary | undefined {
  const step = String.raw`(?: \(\d+ steps?\))?`;
  const line = new RegExp(
    String.raw`^(?:ok|FAILED) \| (\d+) passed${step} \| (\d+) failed`,
    "gm",
  );
  const last = [...stripColours(output).matchAll(line)].at(-1);
  return last && { passed: Number(last[1]), failed: Number(last[2]) };
}

/** Reads which files said that they were skipped, and why. */
export function parseSkips(output: string): Map<string, string> {
  const line = /^(tests\/\S+): skipped, as (.+?)(?: \.\.\. .*)?$/gm;
  const lines = stripColours(output).matchAll(line);
  return new Map(lines.map(([, file, reason]) => [file!, reason!]));
}

function stripColours(text: string): string {
  // deno-lint-ignore no-control-regex -- escape sequences are what it is about
  return text.replace(/\x1b\[[0-9;]*m/g, "");
}

async function tee(stream: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of stream) {
    text += decoder.decode(chunk, { stream: true });
    try {
      let written = 0;
      while (written < chunk.length) {
        written += Deno.stdout.writeSync(chunk.subarray(written));
      }
    } catch {
      // Nobody reads any more; the tests go on.
    }
  }
  return text;
}

function killGroup(leader: number, signal: Deno.Signal): void {
  try {
    Deno.kill(-leader, signal);
  } catch {
    // Nobody is left in it.
  }
}
