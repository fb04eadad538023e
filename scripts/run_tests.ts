/**
 * Runs `deno test` and reads what it prints.
 *
 * @module
 */
import { dirname, normalize } from "node:path";
import { guard, within } from "./server_process.ts";

/** The numbers in the line with which `deno test` ends. */
export interface Summary {
  readonly passed: number;
  readonly failed: number;
  /** Ignored tests and steps. */
  readonly ignored: number;
}

/** What is needed to run tests. */
export interface TestRun {
  readonly cwd: string;
  /** Arguments of `deno test`. */
  readonly options: readonly string[];
  /** Variables to add to this process's. */
  readonly env: Record<string, string>;
  /**
   * How long nothing may be printed, once there was something: each test prints
   * its name when it begins, so a silence is a test that hangs.
   */
  readonly silenceMs: number;
  /** Whether others go first where there are not enough processors. */
  readonly isNice?: boolean;
  /** Takes what is printed; standard output when absent. */
  readonly print?: (chunk: Uint8Array) => void;
  readonly signal: AbortSignal;
}

/** What tests may do: no foreign functions, and nothing is asked. */
const PERMISSIONS = ["read", "write", "net", "run", "env", "sys"];

/** By how much those step back who let others go first. */
const NICENESS = 19;

/** How long tests may take to end when the run is stopped. */
const STOP_TIMEOUT_MS = 5_000;

/**
 * Runs `deno test` in a process group of its own, of which nothing stays. In the
 * end prints how long the tests of each folder took.
 *
 * @returns What it printed, which has also been passed on.
 * @throws When it was silent for too long or `signal` aborts: why, and which
 * test was running.
 */
export async function denoTest(
  { cwd, options, env, silenceMs, signal, ...rest }: TestRun,
): Promise<{ output: string; success: boolean }> {
  signal.throwIfAborted();
  const silence = new AbortController();
  const stop = AbortSignal.any([signal, silence.signal]);
  const permissions = options.includes("--allow-all")
    ? []
    : PERMISSIONS.map((name) => `--allow-${name}`);
  const { isNice = false, print = printAll } = rest;
  const nice = isNice ? ["nice", "-n", String(NICENESS)] : [];
  const [program, ...args] = [
    ...nice,
    ...[Deno.execPath(), "test", "--no-prompt", ...permissions, ...options],
  ];
  const child = new Deno.Command(program!, {
    args,
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
  stop.addEventListener("abort", end);
  let printed = "";
  let begun: string | undefined;
  // What Deno says when it is interrupted comes after the test that hung.
  stop.addEventListener("abort", () => begun = findRunning(printed));
  const reason = `nothing was printed for ${silenceMs / 1000} s`;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const times = createFolderTimes();
  const output = tee(child.stdout, print, (text) => {
    printed += text;
    times.read(text, performance.now());
    clearTimeout(timer);
    timer = setTimeout(() => silence.abort(reason), silenceMs);
  });
  const { success } = await child.status;
  stop.removeEventListener("abort", end);
  // What tests left running would hold the pipe open.
  killGroup(child.pid, "SIGKILL");
  await output;
  times.end(performance.now());
  if (times.byFolder.size > 1) {
    print(new TextEncoder().encode(`\n${timeTable(times.byFolder)}\n`));
  }
  clearTimeout(timer);
  if (stop.aborted) {
    const where = begun ?? "no test was running";
    throw new Error(`Cannot finish the tests as ${stop.reason}: ${where}`);
  }
  return { output: printed, success };
}

/** Measures the tests of each folder by when `deno test` says that a file begins. */
export interface FolderTimes {
  /** Milliseconds by folder. */
  readonly byFolder: ReadonlyMap<string, number>;
  /** Takes in what was printed next, and when; a line may come in pieces. */
  read(text: string, nowMs: number): void;
  /** Nothing more is run. */
  end(nowMs: number): void;
}

/** Creates it. */
export function createFolderTimes(): FolderTimes {
  const byFolder = new Map<string, number>();
  let rest = "";
  let current: { folder: string; sinceMs: number } | undefined;

  function end(nowMs: number): void {
    if (!current) return;
    const { folder, sinceMs } = current;
    byFolder.set(folder, (byFolder.get(folder) ?? 0) + nowMs - sinceMs);
    current = undefined;
  }

  return {
    byFolder,
    end,
    read(text, nowMs) {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      for (const line of lines) {
        const [, file] =
          /^running \d+ tests? from (.+)$/.exec(stripColours(line)) ?? [];
        if (file === undefined) continue;
        end(nowMs);
        current = { folder: dirname(normalize(file)), sinceMs: nowMs };
      }
    },
  };
}

/** The folders as a table, those that took longest first. */
export function timeTable(byFolder: ReadonlyMap<string, number>): string {
  const rows = [...byFolder].toSorted(([, a], [, b]) => b - a)
    .map(([folder, ms]) => [folder, (ms / 1000).toFixed(1)] as const);
  const sum = byFolder.values().reduce((a, b) => a + b, 0);
  rows.push(["all of them", (sum / 1000).toFixed(1)]);
  const width = Math.max(...rows.map(([folder]) => folder.length));
  return rows.map(([folder, seconds]) =>
    `${folder.padEnd(width)}  ${seconds.padStart(6)} s`
  ).join("\n");
}

/** Reads which test, and which of its steps, has begun and not ended. */
export function findRunning(output: string): string | undefined {
  const text = stripColours(output);
  // Its name stands there again, with how it ended, where something followed.
  const begun = [...text.matchAll(/^( *)(\S.*) \.\.\. ?$/gm)]
    .filter(({ 0: { length }, 1: indent, 2: name, index }) => {
      const rest = text.slice(index + length);
      return !new RegExp(
        String.raw`^${indent}${RegExp.escape(name!)} \.\.\. \S`,
        "m",
      ).test(rest);
    });
  const test = begun.findLastIndex(([, indent]) => indent === "");
  if (test < 0) return undefined;
  const names = begun.slice(test).map(([, , name]) => `"${name}"`);
  const file = [...text.matchAll(/^running \d+ tests? from (.+)$/gm)].at(-1);
  return `${names.join(", ")} of ${file?.[1] ?? "some file"} had begun`;
}

/** Reads the line with which `deno test` ends, if it came to that. */
export function parseSummary(output: string): Summary | undefined {
  const count = (what: string) =>
    String.raw`(\d+) ${what}(?: \((\d+) steps?\))?`;
  const line = new RegExp(
    String.raw`^(?:ok|FAILED) \| ${count("passed")} \| ${count("failed")}` +
      String.raw`(?: \| ${count("ignored")})?`,
    "gm",
  );
  const last = [...stripColours(output).matchAll(line)].at(-1);
  if (!last) return undefined;
  const [, passed, , failed, , ignored = 0, ignoredSteps = 0] = last;
  return {
    passed: Number(passed),
    failed: Number(failed),
    ignored: Number(ignored) + Number(ignoredSteps),
  };
}

/**
 * Reads what `deno test` says of its failed tests: errors, then where the tests
 * stand. Empty when none failed.
 */
export function parseFailures(output: string): string {
  const [, failures = ""] = /^ ERRORS $\s*^(.+?)^FAILED \| /ms
    .exec(stripColours(output)) ?? [];
  return failures.trim();
}

/** Reads the names of ignored tests and steps. */
export function parseIgnored(output: string): string[] {
  const line = /^ *(\S.*) \.\.\. ignored \(\S+\)$/gm;
  return [...stripColours(output).matchAll(line)].map(([, name]) => name!);
}

/**
 * What is wrong with the ignored tests where everything must run, one sentence
 * each: an ignored test says why at the end of its name, as
 * `(skipped, as reason)`.
 */
export function ignoredProblems(output: string, ignored: number): string[] {
  const names = parseIgnored(output);
  const unread = ignored - names.length;
  return [
    ...names
      .filter((name) => !/ \(skipped, as \S.*\)$/.test(name))
      // Whole files that are skipped fail by themselves.
      .filter((name) => !/^tests\/\S+: skipped, as /.test(name))
      .map((name) => `"${name}" was ignored and does not say why`),
    ...(unread > 0 ? [`${unread} ignored tests could not be told`] : []),
  ];
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

/** Passes on what `stream` brings, and tells it piece by piece. */
async function tee(
  stream: ReadableStream<Uint8Array>,
  print: (chunk: Uint8Array) => void,
  tell: (text: string) => void,
): Promise<void> {
  const decoder = new TextDecoder();
  for await (const chunk of stream) {
    tell(decoder.decode(chunk, { stream: true }));
    print(chunk);
  }
}

/** Writes `bytes` on standard output. */
export function printAll(bytes: Uint8Array): void {
  try {
    let written = 0;
    while (written < bytes.length) {
      written += Deno.stdout.writeSync(bytes.subarray(written));
    }
  } catch {
    // Nobody reads any more; the tests go on.
  }
}

function killGroup(leader: number, signal: Deno.Signal): void {
  try {
    Deno.kill(-leader, signal);
  } catch {
    // Nobody is left in it.
  }
}
