/**
 * Whatever goes wrong, no number is issued twice, and on one instance they
 * rise; each rule that sees to it is needed.
 *
 * @module
 */
import { deepEqual, ok } from "../support/assert.ts";
import { runSequenceFleet, type Sabotage } from "../support/sequence_fleet.ts";

const SEEDS = 40;

Deno.test("a fleet issues no number twice, and none below an earlier one of the instance", async () => {
  let issued = 0;
  for (let seed = 1; seed <= SEEDS; seed++) {
    const run = await runSequenceFleet(seed);
    deepEqual(run.faults, [], `seed ${seed}`);
    issued += run.issued;
  }
  ok(issued > SEEDS * 100, `only ${issued} were issued`);
});

/** What goes wrong without a rule. */
interface Canary {
  readonly fault: RegExp;
  /**
   * The first seed that shows it, which is also how many schedules it takes to
   * find it.
   */
  readonly seed: number;
}

const CANARIES: Record<Sabotage, Canary> = {
  history: { fault: /^repeated/, seed: 8 },
  generation: { fault: /^fell/, seed: 6 },
  permit: { fault: /^repeated/, seed: 110 },
  counter: { fault: /^repeated/, seed: 4 },
  "block (a bare INCR)": { fault: /^repeated/, seed: 1 },
  "fence event": { fault: /^fell/, seed: 1 },
  "fence followed": { fault: /^fell/, seed: 2 },
};

/** How far to search where a recorded seed shows nothing any more. */
const SEARCH_LIMIT = 400;

for (const [sabotage, { fault, seed }] of Object.entries(CANARIES)) {
  Deno.test(`without the rule of the ${sabotage} a fleet is found out`, async () => {
    const isSeenBy = async (seed: number) => {
      const { faults } = await runSequenceFleet(seed, sabotage as Sabotage);
      return faults.some((one) => fault.test(one));
    };
    if (await isSeenBy(seed)) {
      return console.log(`${sabotage}: ${seed} schedules, a recorded seed`);
    }
    for (let other = 1; other <= SEARCH_LIMIT; other++) {
      if (!await isSeenBy(other)) continue;
      return console.log(
        `${sabotage}: ${other} schedules, NOT RECORDED: write ${other} in place of ${seed}`,
      );
    }
    ok(false, `nothing was found in ${SEARCH_LIMIT} schedules`);
  });
}
