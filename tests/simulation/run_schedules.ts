/**
 * Runs many schedules, in as many processes as there are cores.
 *
 * @module
 */
import { join } from "node:path";
import type { BatchSummary, BrokenSchedule } from "./run_batch.ts";

/** What came of them. */
export interface RunResult extends BatchSummary {
  readonly broken: readonly BrokenSchedule[];
}

/** How long schedules took. */
export interface RunTime {
  /** Milliseconds from beginning to end. */
  readonly wallMs: number;
  /** Milliseconds of a processor, over all processes. */
  readonly cpuMs: number;
}

/** At least so much of the cores has who runs alone. */
const SHARE = 0.75;

/**
 * What is wrong with how long schedules took, one sentence. A machine that is
 * busy with something else gives them less of its processors; that is no fault
 * of theirs.
 */
export function timeProblem(
  { wallMs, cpuMs }: RunTime,
  limitMs: number,
  cores: number = navigator.hardwareConcurrency,
): string | undefined {
  const share = cpuMs / (wallMs * cores);
  const isTooLong = cpuMs / cores > limitMs ||
    (wallMs > limitMs && share >= SHARE);
  if (!isTooLong) return undefined;
  return `Cannot run so many schedules in a test as they take ${
    (wallMs / 1000).toFixed(0)
  } s, ${(cpuMs / 1000).toFixed(0)} s of ${cores} processors`;
}

/** Runs `count` schedules from seed `first` on. */
export async function runSchedules(
  first: number,
  count: number,
): Promise<RunResult> {
  const workers = Math.min(navigator.hardwareConcurrency, count);
  const batches = Array.from(
    { length: workers },
    (_, i) => runBatch(first + i, workers, Math.ceil((count - i) / workers)),
  );
  const results = await Promise.all(batches);
  const sum = (name: keyof BatchSummary) =>
    results.reduce((total, result) => total + result[name], 0);
  return {
    broken: results.flatMap(({ broken }) => broken)
      .sort((a, b) => a.seed - b.seed),
    schedules: sum("schedules"),
    operations: sum("operations"),
    faults: sum("faults"),
    events: sum("events"),
    fastReads: sum("fastReads"),
    cpuMs: sum("cpuMs"),
  };
}

async function runBatch(
  first: number,
  step: number,
  count: number,
): Promise<RunResult> {
  const { DENO_COVERAGE_DIR: _, ...env } = Deno.env.toObject();
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-check",
      "--quiet",
      join(import.meta.dirname!, "run_batch.ts"),
      ...[first, step, count].map(String),
    ],
    // Measured coverage would make it half as fast.
    clearEnv: true,
    env,
  }).output();
  const decoder = new TextDecoder();
  if (code !== 0) throw new Error(decoder.decode(stderr));
  const lines = decoder.decode(stdout).trim().split("\n")
    .map((line) => JSON.parse(line));
  const summary: BatchSummary = lines.pop();
  return { ...summary, broken: lines };
}

/** Does `work` for each of `items`, in as many at a time as there are cores. */
export async function inParallel<T, R>(
  items: readonly T[],
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  async function worker(): Promise<void> {
    while (next < items.length) {
      const at = next++;
      results[at] = await work(items[at]!);
    }
  }
  const count = navigator.hardwareConcurrency;
  await Promise.all(Array.from({ length: count }, worker));
  return results;
}
