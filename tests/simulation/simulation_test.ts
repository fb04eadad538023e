import { deepEqual, equal, match } from "../support/assert.ts";
import { needs } from "../support/needs.ts";
import {
  canaryTable,
  type CanaryVerdict,
  checkCanaries,
  checkDirected,
  readSeeds,
} from "./check_canaries.ts";
import { CANARIES } from "./canaries.ts";
import { runSchedules, timeProblem } from "./run_schedules.ts";
import { runSchedule } from "./schedule.ts";

/** In parts, as a test that prints nothing for long is taken to hang. */
const PARTS = 4;
const SCHEDULES_OF_A_PART = 1250;

/** How long all of them may take together. */
const LIMIT_MS = 120_000;

/** How far to search where the code has changed and a recorded seed finds nothing any more. */
const SEARCH_LIMIT = 600;

Deno.test("simulation: a schedule follows from its seed", async () => {
  const story: string[] = [];
  const first = await runSchedule(11);
  const again = await runSchedule(11, (line) => story.push(line));
  deepEqual(again, first);
  equal(story.length > first.operations, true);
  const other = await runSchedule(12);
  equal(other.digest === first.digest, false);
});

Deno.test("simulation: what takes too long is told, not what others make slow", () => {
  const problem = (wallS: number, cpuS: number) =>
    timeProblem({ wallMs: wallS * 1000, cpuMs: cpuS * 1000 }, LIMIT_MS, 2);
  equal(problem(100, 190), undefined);
  match(problem(130, 250) ?? "", /take 130 s, 250 s of 2 processors/);
  equal(problem(300, 200), undefined);
  match(problem(300, 260) ?? "", /take 300 s/);
});

if (await needs(import.meta.url, ["read", "write", "run", "env"])) {
  const took = { wallMs: 0, cpuMs: 0, schedules: 0 };

  for (let part = 0; part < PARTS; part++) {
    const first = 1 + part * SCHEDULES_OF_A_PART;
    const last = first + SCHEDULES_OF_A_PART - 1;
    Deno.test(`simulation: nothing is broken by seeds ${first} to ${last}`, async () => {
      const began = performance.now();
      const result = await runSchedules(first, SCHEDULES_OF_A_PART);
      took.wallMs += performance.now() - began;
      took.cpuMs += result.cpuMs;
      took.schedules += result.schedules;
      deepEqual(result.broken, []);
      equal(result.schedules, SCHEDULES_OF_A_PART);
      // Schedules in which nothing happens would find nothing either.
      equal(result.operations / result.schedules > 300, true);
      equal(result.faults / result.schedules > 5, true);
      equal(result.fastReads / result.operations > 0.3, true);
    });
  }

  Deno.test(`simulation: all of these take at most ${LIMIT_MS / 1000} s`, () => {
    const seconds = (ms: number) => (ms / 1000).toFixed(1);
    console.log(
      `${took.schedules} schedules took ${seconds(took.wallMs)} s, and ` +
        `${
          seconds(took.cpuMs)
        } s of ${navigator.hardwareConcurrency} processors`,
    );
    equal(took.schedules, PARTS * SCHEDULES_OF_A_PART);
    equal(timeProblem(took, LIMIT_MS), undefined);
  });

  Deno.test("simulation: it sees every rule that is switched off", async () => {
    const seeds = await readSeeds();
    const verdicts = await checkCanaries(seeds, SEARCH_LIMIT);
    console.log(canaryTable(verdicts, []));
    deepEqual(verdicts.flatMap(({ problem }) => problem ?? []), []);
    verdicts.filter(isNew).forEach(({ name, found }) =>
      console.log(
        `"${name}" is found by seed ${found?.seed} now, not by the recorded one: ` +
          "record it with deno task simulate --canaries --record",
      )
    );
    deepEqual(
      Object.keys(seeds).sort(),
      CANARIES.map(({ name }) => name).sort(),
    );
  });

  Deno.test("simulation: a directed test sees every rule that it cannot", async () => {
    const verdicts = await checkDirected();
    console.log(canaryTable([], verdicts));
    deepEqual(verdicts.flatMap(({ problem }) => problem ?? []), []);
  });
}

function isNew({ found, recorded }: CanaryVerdict): boolean {
  return found !== undefined && found.seed !== recorded;
}
