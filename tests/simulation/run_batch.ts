/**
 * Runs schedules in a process of its own: `run_batch.ts first step count [stop]`.
 * Prints what each broken schedule did, and a summary, one JSON a line.
 *
 * @module
 */
import { cpuUsage } from "node:process";
import { runSchedule } from "./schedule.ts";

/** A schedule that broke something. */
export interface BrokenSchedule {
  readonly seed: number;
  readonly profile: string;
  readonly violations: readonly string[];
}

/** What came of all schedules of one process. */
export interface BatchSummary {
  readonly schedules: number;
  readonly operations: number;
  readonly faults: number;
  readonly events: number;
  readonly fastReads: number;
  /** Milliseconds of a processor that it took. */
  readonly cpuMs: number;
}

if (import.meta.main) {
  const [first, step, count] = Deno.args.slice(0, 3).map(Number);
  const stopsAtFirst = Deno.args[3] === "stop";
  const sum = {
    schedules: 0,
    operations: 0,
    faults: 0,
    events: 0,
    fastReads: 0,
  };
  for (let i = 0; i < count!; i++) {
    const seed = first! + i * step!;
    const { violations, profile, ...result } = await runSchedule(seed);
    sum.schedules++;
    sum.operations += result.operations;
    sum.faults += result.faults;
    sum.events += result.events;
    sum.fastReads += result.fastReads;
    if (violations.length === 0) continue;
    console.log(
      JSON.stringify({ seed, profile, violations: violations.slice(0, 3) }),
    );
    if (stopsAtFirst) break;
  }
  const { user, system } = cpuUsage();
  const cpuMs = Math.round((user + system) / 1000);
  console.log(JSON.stringify({ ...sum, cpuMs }));
}
