/**
 * Runs the simulation on code with one rule switched off.
 *
 * @module
 */
import { openPatchedSource } from "../support/patched_source.ts";
import type { Canary } from "./canary.ts";
import type { BrokenSchedule } from "./run_batch.ts";

/** What the simulation needs to run. */
export const NEEDED: readonly string[] = [
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
  let schedules = 0;
  await using source = await openPatchedSource(NEEDED, canary.edits);
  const { folder, fault } = source;
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
