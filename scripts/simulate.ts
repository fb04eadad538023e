/**
 * `deno task simulate`: runs schedules of the deterministic simulation.
 *
 * `--seeds N` runs that many, `--from S` begins at seed S; `--seed S` runs one
 * and tells its story. `--canaries` switches the rules of the protocol off, one
 * after the other, and shows that the simulation sees it: with the recorded
 * seeds, else with up to `--limit N` schedules; `--record` records them anew.
 * What no schedule can show has a directed test, which has to fail.
 *
 * @module
 */
import { parseArgs } from "node:util";
import {
  canaryTable,
  checkCanaries,
  checkDirected,
  readSeeds,
  recordSeeds,
} from "../tests/simulation/check_canaries.ts";
import { runSchedules } from "../tests/simulation/run_schedules.ts";
import { runSchedule } from "../tests/simulation/schedule.ts";

/** Schedules of a run when nothing else is said. */
const SCHEDULES = 5000;

/** Schedules searched for one canary when nothing else is said. */
const CANARY_LIMIT = 3000;

async function simulate(first: number, count: number): Promise<boolean> {
  const began = performance.now();
  const { broken, ...sum } = await runSchedules(first, count);
  const seconds = (performance.now() - began) / 1000;
  for (const { seed, profile, violations } of broken) {
    console.log(`Seed ${seed} (${profile}) is broken:`);
    for (const violation of violations) console.log(`  ${violation}`);
  }
  console.log(
    `${sum.schedules} schedules, ${broken.length} broken, in ${
      seconds.toFixed(1)
    } s: ${sum.faults} faults, ${sum.operations} operations, ${sum.fastReads} of them read from the fast layer`,
  );
  if (broken.length > 0) {
    console.log(`For the story: deno task simulate --seed ${broken[0]!.seed}`);
  }
  return broken.length === 0;
}

async function tell(seed: number): Promise<boolean> {
  const { violations } = await runSchedule(seed, console.log);
  for (const violation of violations) console.log(`BROKEN: ${violation}`);
  console.log(violations.length === 0 ? "Nothing is broken" : "");
  return violations.length === 0;
}

async function canaries(limit: number, records: boolean): Promise<boolean> {
  const verdicts = await checkCanaries(records ? {} : await readSeeds(), limit);
  const directed = await checkDirected();
  if (records) await recordSeeds(verdicts);
  const shown = records
    ? verdicts.map((one) => ({ ...one, recorded: one.found?.seed }))
    : verdicts;
  console.log(canaryTable(shown, directed));
  const problems = [...verdicts, ...directed]
    .flatMap(({ problem }) => problem ?? []);
  for (const problem of problems) console.log(problem);
  if (shown.some(({ found, recorded }) => found?.seed !== recorded)) {
    console.log("To record: deno task simulate --canaries --record");
  }
  return problems.length === 0;
}

if (import.meta.main) {
  const { values } = parseArgs({
    args: Deno.args,
    options: {
      seeds: { type: "string" },
      from: { type: "string", default: "1" },
      seed: { type: "string" },
      canaries: { type: "boolean", default: false },
      limit: { type: "string", default: String(CANARY_LIMIT) },
      record: { type: "boolean", default: false },
    },
  });
  const isGood = values.canaries
    ? await canaries(Number(values.limit), values.record)
    : values.seed !== undefined
    ? await tell(Number(values.seed))
    : await simulate(Number(values.from), Number(values.seeds ?? SCHEDULES));
  Deno.exit(isGood ? 0 : 1);
}
