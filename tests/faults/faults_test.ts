/**
 * Two services under real faults keep their promise; what does not keep it is
 * found out.
 *
 * `deno task faults --seconds 300 --seed 7` runs longer, with other faults.
 *
 * @module
 */
import { ok } from "../support/assert.ts";
import { startAfternoonService } from "./afternoon.ts";
import { isClean, run } from "./run.ts";
import { findingsOf, summaryOf } from "./summary.ts";
import { type Programs, requirePrograms } from "./world.ts";

const SEED = 20260105;
const SECONDS = 20;

function testFaults(programs: Programs): void {
  Deno.test("faults: no stale read, no lost write, no failure without an excuse", async () => {
    const outcome = await run(programs, { seed: SEED, seconds: SECONDS });
    console.log(summaryOf(outcome));
    ok(isClean(outcome), findingsOf(outcome));
  });

  Deno.test("faults: a cache written in an afternoon is found guilty of stale reads", async () => {
    const { violations } = await run(programs, {
      seed: SEED,
      seconds: 8,
      launch: startAfternoonService,
    });
    const stale = violations.filter(({ rule }) => rule === "order");
    console.log(`${stale.length} stale reads, such as: ${stale[0]?.message}`);
    ok(stale.length > 0);
  });
}

const programs = await requirePrograms(import.meta.url);
if (programs) testFaults(programs);
