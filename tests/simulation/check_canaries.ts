/**
 * Holds the simulation to every canary, by recorded seeds where they still do,
 * and directed tests to those that it cannot see.
 *
 * @module
 */
import { join } from "node:path";
import { CANARIES } from "./canaries.ts";
import type { Canary, UnreachableCanary } from "./canary.ts";
import { type CanaryResult, runCanary } from "./run_canary.ts";
import { runDirected } from "./run_directed.ts";
import { inParallel } from "./run_schedules.ts";
import { UNREACHABLE_CANARIES } from "./unreachable_canaries.ts";

const SEEDS = join(import.meta.dirname!, "seeds.json");

/** What became of a canary, and what is wrong with that. */
export interface CanaryVerdict extends CanaryResult {
  readonly canary: Canary;
  /** The seed that is recorded. */
  readonly recorded: number | undefined;
  /** One sentence; `undefined` when all is well. */
  readonly problem: string | undefined;
}

/** What became of one that only a directed test can see. */
export interface DirectedVerdict {
  readonly canary: UnreachableCanary;
  /** One sentence; `undefined` when all is well. */
  readonly problem: string | undefined;
}

/** Seeds by the names of the canaries that they find. */
export async function readSeeds(): Promise<Record<string, number>> {
  return JSON.parse(await Deno.readTextFile(SEEDS));
}

/**
 * Runs every canary that the simulation can see.
 *
 * @param limit How many schedules to search where the recorded seed finds
 * nothing any more.
 */
export function checkCanaries(
  seeds: Readonly<Record<string, number>>,
  limit: number,
): Promise<CanaryVerdict[]> {
  return inParallel(CANARIES, async (canary) => {
    const recorded = seeds[canary.name];
    const known = recorded === undefined ? [] : [recorded];
    const result = await runCanary(canary, known, limit);
    return { ...result, canary, recorded, problem: problemOf(result) };
  });
}

/** Runs the directed tests of all others. */
export function checkDirected(): Promise<DirectedVerdict[]> {
  return inParallel(
    UNREACHABLE_CANARIES,
    async (canary) => ({ canary, problem: await runDirected(canary) }),
  );
}

function problemOf(result: CanaryResult): string | undefined {
  if (result.fault) {
    return `Cannot use the canary "${result.name}" as ${result.fault}`;
  }
  if (result.found) return undefined;
  return `Cannot trust the simulation as it does not see "${result.name}" ` +
    `within ${result.schedules} schedules`;
}

/** Records which seeds found what. */
export async function recordSeeds(
  verdicts: readonly CanaryVerdict[],
): Promise<void> {
  const seeds = verdicts.filter(({ found }) => found)
    .map(({ name, found }) => [name, found!.seed]);
  const text = JSON.stringify(Object.fromEntries(seeds), undefined, 2);
  await Deno.writeTextFile(SEEDS, `${text}\n`);
}

/**
 * The canaries as a table. Seeds are searched from 1 on, so that the one that
 * finds a canary is also how many schedules it took.
 */
export function canaryTable(
  verdicts: readonly CanaryVerdict[],
  directed: readonly DirectedVerdict[],
): string {
  const rows = verdicts.map(({ canary, found, schedules, recorded }) => {
    const how = !found
      ? "NOT FOUND"
      : found.seed === recorded
      ? "recorded seed"
      : "seed, NOT RECORDED";
    const took = String(found?.seed ?? schedules);
    return [how, took, canary.name, canary.rule];
  });
  for (const { canary, problem } of directed) {
    const how = problem ? "NOT FOUND" : "directed test";
    const { name, rule, unreachable } = canary;
    rows.push([
      how,
      "-",
      name,
      `${rule}; not in the simulation: ${unreachable}`,
    ]);
  }
  const head = ["found by", "schedules", "canary", "rule"];
  const widths = head.map((text, i) =>
    Math.max(text.length, ...rows.map((row) => i === 3 ? 0 : row[i]!.length))
  );
  return [head, ...rows].map((row) =>
    row.map((text, i) =>
      i === 1 ? text.padStart(widths[i]!) : text.padEnd(widths[i]!)
    ).join("  ").trimEnd()
  ).join("\n");
}
