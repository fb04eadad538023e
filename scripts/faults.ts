/**
 * `deno task faults`: two services under real faults, judged.
 *
 * `settings`, `events`, `numbers` or `orders` for one of them, all when none is said;
 * `--seconds 300` for how long new faults come, `--seed 7` for which ones. A
 * run of numbers goes on until there are enough of them. The exit code is 1
 * when a promise was broken; what the services logged is kept then.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { join } from "node:path";
import {
  findingsOfChaos,
  isWhole,
  runChaos,
  summaryOfChaos,
} from "../tests/event_faults/chaos.ts";
import { isClean, run } from "../tests/faults/run.ts";
import type { Course } from "../tests/faults/schedule.ts";
import { courseOf, findingsOf, summaryOf } from "../tests/faults/summary.ts";
import { findAllPrograms } from "../tests/faults/world.ts";
import { areSound, longPlan, runNumbers } from "../tests/number_faults/run.ts";
import {
  findingsOfNumbers,
  summaryOfNumbers,
} from "../tests/number_faults/summary.ts";
import { runOrdersTwice } from "../tests/order_faults/run.ts";
import {
  findingsOfOrders,
  summaryOfOrders,
} from "../tests/order_faults/summary.ts";

/** How many numbers a run issues at least. */
const LEAST_NUMBERS = 200_000;

/** What came of a run, for people. */
interface Told {
  readonly isGood: boolean;
  readonly summary: string;
  readonly findings: string;
  readonly course: Course;
  readonly logs: ReadonlyMap<string, readonly string[]>;
}

const { values, positionals } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    seed: { type: "string", default: "1" },
    logs: { type: "boolean", default: false },
  },
  allowPositionals: true,
});
const found = await findAllPrograms();
if (typeof found === "string") {
  console.log(`Cannot run as ${found}`);
  Deno.exit(1);
}
const programs = found;
const options = { seconds: Number(values.seconds), seed: Number(values.seed) };

async function runSettings(): Promise<Told> {
  const outcome = await run(programs, options);
  return {
    ...outcome,
    isGood: isClean(outcome),
    summary: summaryOf(outcome),
    findings: findingsOf(outcome),
  };
}

async function runEvents(): Promise<Told> {
  const chaos = await runChaos(programs, options);
  return {
    ...chaos,
    isGood: isWhole(chaos),
    summary: summaryOfChaos(chaos),
    findings: findingsOfChaos(chaos),
  };
}

async function runOrderNumbers(): Promise<Told> {
  const { seed, seconds } = options;
  const plan = longPlan(seed, seconds, LEAST_NUMBERS);
  const numbers = await runNumbers(programs, { seed, plan });
  return {
    ...numbers,
    isGood: areSound(numbers),
    summary: summaryOfNumbers(numbers),
    findings: findingsOfNumbers(numbers),
  };
}

async function runTrading(): Promise<Told> {
  const both = await runOrdersTwice(programs.postgres, options);
  return {
    isGood: both.every(({ violations }) => violations.length === 0),
    summary: both.map(summaryOfOrders).join("\n\n"),
    findings: both.map(findingsOfOrders).join("\n"),
    course: { happenings: [], recoveries: [] },
    logs: new Map(both.map(({ log, options: { postgres } }) => [
      postgres === undefined ? "sqlite" : "postgres",
      log,
    ])),
  };
}

const RUNS = {
  settings: runSettings,
  events: runEvents,
  numbers: runOrderNumbers,
  orders: runTrading,
};
const names = positionals.length > 0 ? positionals : Object.keys(RUNS);
for (const name of names) {
  const start = RUNS[name as keyof typeof RUNS];
  if (!start) {
    const known = Object.keys(RUNS).join(", ");
    console.log(`Cannot run ${name} as there are only ${known}`);
    Deno.exit(1);
  }
  const { isGood, summary, findings, course, logs } = await start();
  console.log(summary);
  if (!isGood) Deno.exitCode = 1;
  if (isGood && !values.logs) continue;
  console.log(`${findings}\n\n${courseOf(course)}`);
  const folder = await Deno.makeTempDir({ prefix: "holdfast-faults-" });
  for (const [name, log] of logs) {
    await Deno.writeTextFile(join(folder, `${name}.log`), log.join("\n"));
  }
  console.log(`\nThe logs of the services are in ${folder}`);
}
