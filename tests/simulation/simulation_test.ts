import { deepEqual, equal } from "../support/assert.ts";
import { needs } from "../support/needs.ts";
import {
  type CanaryVerdict,
  checkCanaries,
  readSeeds,
} from "./check_canaries.ts";
import { CANARIES } from "./canaries.ts";
import { runSchedules } from "./run_schedules.ts";
import { runSchedule } from "./schedule.ts";

/** In parts, as a test that prints nothing for long is taken to hang. */
const PARTS = 4;
const SCHEDULES_OF_A_PART = 1250;

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

if (await needs(import.meta.url, ["read", "write", "run", "env"])) {
  for (let part = 0; part < PARTS; part++) {
    const first = 1 + part * SCHEDULES_OF_A_PART;
    const last = first + SCHEDULES_OF_A_PART - 1;
    Deno.test(`simulation: nothing is broken by seeds ${first} to ${last}`, async () => {
      const result = await runSchedules(first, SCHEDULES_OF_A_PART);
      deepEqual(result.broken, []);
      equal(result.schedules, SCHEDULES_OF_A_PART);
      // Schedules in which nothing happens would find nothing either.
      equal(result.operations / result.schedules > 300, true);
      equal(result.faults / result.schedules > 5, true);
      equal(result.fastReads / result.operations > 0.3, true);
    });
  }

  Deno.test("simulation: it sees every rule that is switched off", async () => {
    const seeds = await readSeeds();
    const verdicts = await checkCanaries(seeds, SEARCH_LIMIT);
    deepEqual(verdicts.flatMap(({ problem }) => problem ?? []), []);
    verdicts.filter(isNew).forEach(({ name, found }) =>
      console.log(
        `"${name}" is found by seed ${found?.seed} now, not by the recorded one: ` +
          "record it with deno task simulate --canaries --record",
      )
    );
    const reachable = CANARIES.filter(({ unreachable }) => !unreachable);
    deepEqual(
      Object.keys(seeds).sort(),
      reachable.map(({ name }) => name).sort(),
    );
  });
}

function isNew({ found, recorded }: CanaryVerdict): boolean {
  return found !== undefined && found.seed !== recorded;
}
