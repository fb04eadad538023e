/**
 * The command line as its users run it: a process of its own.
 *
 * @module
 */
import manifest from "../../deno.json" with { type: "json" };
import { textLines } from "./text_lines.ts";

/** How a command ended and what it said. */
export interface CliResult {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A command that runs until it is told to stop. */
export interface CliProcess extends AsyncDisposable {
  /** The next line of its output; `undefined` when there are no more. */
  next(): Promise<string | undefined>;
  /** What it has told beside its output, so far. */
  readonly told: readonly string[];
  /** Reads no more of its output, as a pipe does whose reader has gone. */
  hangUp(): Promise<void>;
  /** Sends `signal`, unless it has ended, and waits for the end. */
  end(signal?: Deno.Signal): Promise<number>;
}

function command(
  args: readonly string[],
  url: string,
  stdin: "null" | "piped",
) {
  const [, ...start] = manifest.tasks.events.command.split(" ");
  return new Deno.Command(Deno.execPath(), {
    args: [...start, ...args],
    env: { HOLDFAST_URL: url },
    stdin,
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** Runs `holdfast events ARGS` as its task does, to its end. */
export async function runCli(
  url: string,
  args: readonly string[],
  input?: string,
): Promise<CliResult> {
  const child = command(args, url, input === undefined ? "null" : "piped");
  if (input !== undefined) {
    const writer = child.stdin.getWriter();
    // Who refuses a line reads no further.
    await writer.write(new TextEncoder().encode(input)).catch(() => {});
    await writer.close().catch(() => {});
  }
  const { code, stdout, stderr } = await child.output();
  const text = new TextDecoder();
  return { code, out: text.decode(stdout), err: text.decode(stderr) };
}

/** Runs `holdfast ARGS` as `deno task holdfast` does, to its end. */
export async function runHoldfast(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<CliResult> {
  const [, ...start] = manifest.tasks.holdfast.command.split(" ");
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...start, ...args],
    env: { ...env },
    stdin: "null",
  }).output();
  const text = new TextDecoder();
  return { code, out: text.decode(stdout), err: text.decode(stderr) };
}

/** Starts `holdfast events ARGS` as its task does. */
export function startCli(url: string, args: readonly string[]): CliProcess {
  const child = command(args, url, "null");
  const told: string[] = [];
  const telling = child.stderr.pipeThrough(textLines()).pipeTo(
    new WritableStream({ write: (line) => void told.push(line) }),
  );
  const lines = child.stdout.pipeThrough(textLines()).getReader();
  let ended: Promise<number> | undefined;
  function end(signal?: Deno.Signal): Promise<number> {
    return ended ??= (async () => {
      if (signal) child.kill(signal);
      const { code } = await child.status;
      await lines.cancel();
      await telling;
      return code;
    })();
  }
  return {
    told,
    end,
    next: async () => (await lines.read()).value,
    hangUp: () => lines.cancel(),
    async [Symbol.asyncDispose]() {
      await end("SIGKILL");
    },
  };
}
