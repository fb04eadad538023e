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

/** A tenth of what a machine does that has nothing else to do. */
const MIN_OPERATIONS = 1000;
const MIN_KINDS = 5;

function testFaults(programs: Programs): void {
  Deno.test("faults: no stale read, no lost write, no failure without an excuse", async () => {
    const outcome = await run(programs, { seed: SEED, seconds: SECONDS });
    console.log(summaryOf(outcome));
    ok(isClean(outcome), findingsOf(outcome));
    // All of that says nothing of a run in which nothing happened.
    const { account, course } = outcome;
    const answers = (from: string) => account.latencies.get(from)?.length ?? 0;
    const { operations } = account.history;
    ok(operations.length > MIN_OPERATIONS, `${operations.length} operations`);
    const kinds = new Set(course.happenings.map(({ kind }) => kind));
    ok(kinds.size > MIN_KINDS, `only ${[...kinds].join(", ")}`);
    for (const from of ["redis", "database", "unverified", "write, normal"]) {
      ok(answers(from) > 0, `nothing of ${from}`);
    }
  });

  Deno.test("faults: a cache written in an afternoon is found guilty of stale reads", async () => {
    const { violations } = await run(programs, {
      seed: SEED,
      seconds: 8,
      calmMs: 500,
      launch: startAfternoonService,
    });
    const stale = violations.filter(({ rule }) => rule === "order");
    console.log(`${stale.length} stale reads, such as: ${stale[0]?.message}`);
    ok(stale.length > 0);
  });
}

const programs = await requirePrograms(import.meta.url);
if (programs) testFaults(programs);
