/**
 * Holds the simulation to every canary, by recorded seeds where they still do.
 *
 * @module
 */
import { join } from "node:path";
import { CANARIES } from "./canaries.ts";
import type { Canary } from "./canary.ts";
import { type CanaryResult, runCanary } from "./run_canary.ts";
import { inParallel } from "./run_schedules.ts";

const SEEDS = join(import.meta.dirname!, "seeds.json");

/** What became of a canary, and what is wrong with that. */
export interface CanaryVerdict extends CanaryResult {
  readonly canary: Canary;
  /** The seed that is recorded. */
  readonly recorded: number | undefined;
  /** One sentence; `undefined` when all is well. */
  readonly problem: string | undefined;
}

/** Seeds by the names of the canaries that they find. */
export async function readSeeds(): Promise<Record<string, number>> {
  return JSON.parse(await Deno.readTextFile(SEEDS));
}

/**
 * Runs every canary that can be found.
 *
 * @param limit How many schedules to search where the recorded seed finds
 * nothing any more.
 */
export function checkCanaries(
  seeds: Readonly<Record<string, number>>,
  limit: number,
): Promise<CanaryVerdict[]> {
  const reachable = CANARIES.filter(({ unreachable }) => !unreachable);
  return inParallel(reachable, async (canary) => {
    const recorded = seeds[canary.name];
    const known = recorded === undefined ? [] : [recorded];
    const result = await runCanary(canary, known, limit);
    return { ...result, canary, recorded, problem: problemOf(result) };
  });
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

/** The canaries as a table. */
export function canaryTable(verdicts: readonly CanaryVerdict[]): string {
  const rows = verdicts.map(({ canary, found, schedules, recorded }) => {
    const how = !found
      ? "NOT FOUND"
      : found.seed === recorded
      ? `seed ${found.seed}`
      : `seed ${found.seed}, NOT RECORDED`;
    return [how, String(schedules), canary.name, canary.rule];
  });
  for (const { name, rule, unreachable } of CANARIES) {
    if (unreachable) {
      rows.push(["unreachable", "", name, `${rule}; ${unreachable}`]);
    }
  }
  const head = ["found by", "schedules", "canary", "rule"];
  const widths = head.map((text, i) =>
    Math.max(text.length, ...rows.map((row) => i === 3 ? 0 : row[i]!.length))
  );
  return [head, ...rows].map((row) =>
    row.map((text, i) => text.padEnd(widths[i]!)).join("  ").trimEnd()
  ).join("\n");
}
