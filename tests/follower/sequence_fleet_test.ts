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

/** What goes wrong without each rule, and how soon. */
const CANARIES: Record<Sabotage, RegExp> = {
  history: /^repeated/,
  generation: /^fell/,
  permit: /^repeated/,
  counter: /^repeated/,
  "block (a bare INCR)": /^repeated/,
  "fence event": /^fell/,
  "fence followed": /^fell/,
};

for (const [sabotage, fault] of Object.entries(CANARIES)) {
  Deno.test(`without the rule of the ${sabotage} a fleet is found out`, async () => {
    for (let seed = 1; seed <= 400; seed++) {
      const { faults } = await runSequenceFleet(seed, sabotage as Sabotage);
      if (faults.some((one) => fault.test(one))) return;
    }
    ok(false, "nothing was found");
  });
}
