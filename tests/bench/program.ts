/**
 * Programs that benchmarks run beside them.
 *
 * @module
 */
import { join } from "node:path";
import { textLines } from "../support/text_lines.ts";

/** A program of this folder, as a process. */
export interface Program extends AsyncDisposable {
  readonly pid: number;
  /** The first line that it printed. */
  readonly said: string;
  /** Tells it a line, and gives the next one that it prints. */
  ask(line: string): Promise<string>;
}

/** Starts a program and waits until it says something. */
export async function startProgram(
  name: string,
  args: readonly string[] = [],
  env: Record<string, string> = {},
): Promise<Program> {
  const path = join(import.meta.dirname!, name);
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--allow-net", "--allow-env", path, ...args],
    env,
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const lines = child.stdout.pipeThrough(textLines()).getReader();
  const writer = child.stdin.getWriter();
  async function next(): Promise<string> {
    const { done, value } = await lines.read();
    if (done) throw new Error(`Cannot go on as ${name} has ended`);
    return value;
  }
  return {
    pid: child.pid,
    said: await next(),
    async ask(line) {
      await writer.write(new TextEncoder().encode(`${line}\n`));
      return await next();
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await child.status;
      await lines.cancel();
      await writer.abort().catch(() => {});
    },
  };
}

/** Microseconds that the process `pid` has spent on a CPU, all threads. */
export async function cpuUs(pid: number): Promise<number> {
  // Only a program of the system may look into /proc.
  const { stdout } = await new Deno.Command("sh", {
    args: ["-c", `cat /proc/${pid}/task/*/schedstat`],
  }).output();
  const lines = new TextDecoder().decode(stdout).trim().split("\n");
  return lines.reduce((ns, line) => ns + Number(line.split(" ")[0]), 0) / 1000;
}
