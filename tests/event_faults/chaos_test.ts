/**
 * Random faults under three subscribers and two groups: nothing lost, repeated
 * or out of order.
 *
 * `deno task faults events --seconds 60 --seed 7` runs longer, with other
 * faults.
 *
 * @module
 */
import { requirePrograms } from "../faults/world.ts";
import { equal, match, ok } from "../support/assert.ts";
import { findingsOfChaos, isWhole, runChaos, summaryOfChaos } from "./chaos.ts";

const SEED = 20260105;
const SECONDS = 10;

Deno.test("event faults: a run in which nobody worked shows nothing", () => {
  const observed = {
    publications: [],
    subscribers: [],
    joined: [],
    groups: [],
    rows: [],
    violations: [],
  };
  const idle = { observed, course: { happenings: [], recoveries: [] } };
  equal(isWhole(idle), false);
  match(findingsOfChaos(idle), /no faults\n.*no acknowledged events\n/);
});

const programs = await requirePrograms(import.meta.url);
if (programs) {
  Deno.test("event faults: chaos loses, repeats and disorders nothing", async () => {
    const chaos = await runChaos(programs, { seed: SEED, seconds: SECONDS });
    console.log(summaryOfChaos(chaos));
    ok(isWhole(chaos), findingsOfChaos(chaos));
  });
}
