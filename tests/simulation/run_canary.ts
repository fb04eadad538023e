/**
 * Runs the simulation on code with one rule switched off.
 *
 * @module
 */
import { dirname, join } from "node:path";
import type { Canary } from "./canary.ts";
import type { BrokenSchedule } from "./run_batch.ts";

const ROOT = dirname(dirname(import.meta.dirname!));

/** What the simulation needs to run. */
const NEEDED = [
  "deno.json",
  "deno.lock",
  "domain",
  "ports",
  "adapters/memory",
  "scripts",
  "src/follower",
  "tests/simulation",
  "tests/support",
];

/** What became of a canary. */
export interface CanaryResult {
  readonly name: string;
  /** The schedule that found it. */
  readonly found: BrokenSchedule | undefined;
  /** How many schedules were run for it. */
  readonly schedules: number;
  /** What is wrong with the canary itself. */
  readonly fault: string | undefined;
}

/**
 * Runs schedules on patched code until one is broken: those of `seeds` first,
 * then from 1 up to `limit`.
 */
export async function runCanary(
  canary: Canary,
  seeds: readonly number[],
  limit: number,
): Promise<CanaryResult> {
  const { name } = canary;
  const folder = await Deno.makeTempDir({ prefix: "holdfast-canary-" });
  let schedules = 0;
  try {
    await copy(folder);
    const fault = await patch(canary, folder);
    if (fault) return { name, found: undefined, schedules, fault };
    const stretches = seeds.map((seed) => ({ first: seed, count: 1 }));
    if (limit > 0) stretches.push({ first: 1, count: limit });
    for (const { first, count } of stretches) {
      const found = await search(folder, first, count);
      schedules += found ? found.seed - first + 1 : count;
      if (!found) continue;
      const mistake = found.violations.find((text) =>
        text.startsWith("A mistake in the program")
      );
      return { name, found, schedules, fault: mistake };
    }
    return { name, found: undefined, schedules, fault: undefined };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function copy(folder: string): Promise<void> {
  for (const path of NEEDED) {
    const { isFile } = await Deno.stat(join(ROOT, path));
    if (isFile) await Deno.copyFile(join(ROOT, path), join(folder, path));
    else await copyFolder(path, folder);
  }
}

async function copyFolder(path: string, folder: string): Promise<void> {
  await Deno.mkdir(join(folder, path), { recursive: true });
  for await (const { name, isFile } of Deno.readDir(join(ROOT, path))) {
    const inner = join(path, name);
    if (!isFile) await copyFolder(inner, folder);
    else await Deno.copyFile(join(ROOT, inner), join(folder, inner));
  }
}

/** Applies the edits; tells what does not fit. */
async function patch(
  { edits }: Canary,
  folder: string,
): Promise<string | undefined> {
  for (const { file, find, replace } of edits) {
    const path = join(folder, file);
    const text = await Deno.readTextFile(path);
    const parts = text.split(find);
    if (parts.length !== 2) {
      return `${file} has ${parts.length - 1} times: ${find.trim()}`;
    }
    await Deno.writeTextFile(path, parts.join(replace));
  }
}

async function search(
  folder: string,
  first: number,
  count: number,
): Promise<BrokenSchedule | undefined> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-check",
      "--quiet",
      "tests/simulation/run_batch.ts",
      ...[first, 1, count].map(String),
      "stop",
    ],
    cwd: folder,
  }).output();
  const decoder = new TextDecoder();
  if (code !== 0) throw new Error(decoder.decode(stderr));
  const line = decoder.decode(stdout).split("\n", 1)[0]!;
  const result = JSON.parse(line);
  return "violations" in result ? result : undefined;
}
