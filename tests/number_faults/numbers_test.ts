/**
 * Two services under real faults issue no number twice; a plain counter, which
 * does, is found out.
 *
 * `deno task faults numbers --seconds 60 --seed 7` runs longer, with all
 * faults at random.
 *
 * @module
 */
import { join } from "node:path";
import { startAfternoon } from "../faults/afternoon.ts";
import { type Programs, requirePrograms } from "../faults/world.ts";
import { ok } from "../support/assert.ts";
import { FATAL, NASTIEST } from "./number_faults.ts";
import { areSound, planOfEach, runNumbers, THROUGH_EACH } from "./run.ts";
import {
  findingsOfNumbers,
  issuedThrough,
  summaryOfNumbers,
} from "./summary.ts";

const SEED = 20260105;

/** How soon a plain counter has to be found out after each fault. */
const FOUND_MS = 8000;

function testNumbers(programs: Programs): void {
  Deno.test("numbers: none comes twice, none falls, none is refused without an excuse", async () => {
    const numbers = await runNumbers(programs, {
      seed: SEED,
      plan: planOfEach(SEED, NASTIEST, THROUGH_EACH),
    });
    console.log(summaryOfNumbers(numbers));
    ok(areSound(numbers), findingsOfNumbers(numbers));
    const through = issuedThrough(numbers.callers.issued, numbers.course);
    for (const kind of Object.keys(NASTIEST)) {
      ok(through.get(kind)! >= THROUGH_EACH, kind);
    }
  });

  Deno.test("numbers: a plain counter is found guilty of repeats, soon", async () => {
    const { verdict, course } = await runNumbers(programs, {
      seed: SEED,
      plan: planOfEach(SEED, FATAL, THROUGH_EACH),
      launch: (env) =>
        startAfternoon(join(import.meta.dirname!, "afternoon_numbers.ts"), env),
      hasLedger: false,
    });
    const repeat = verdict.violations.find(({ rule }) => rule === "repeat");
    console.log(
      `${verdict.repeats} of ${verdict.issued} repeated, such as: ${repeat?.message}`,
    );
    for (const { kind, from } of course.happenings) {
      const times = verdict.repeatedAt.map((at) => at - from);
      const soon = times.filter((ms) => 0 < ms && ms < FOUND_MS);
      console.log(`${kind}: found after ${Math.round(Math.min(...soon))} ms`);
      ok(soon.length > 0, kind);
    }
  });
}

const programs = await requirePrograms(import.meta.url);
if (programs) testNumbers(programs);
