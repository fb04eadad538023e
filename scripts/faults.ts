/**
 * `deno task faults`: two services under real faults, judged.
 *
 * `--seconds 300` for how long new faults come, `--seed 7` for which ones. The
 * exit code is 1 when a promise was broken; what the services logged is kept
 * then.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { join } from "node:path";
import { isClean, run } from "../tests/faults/run.ts";
import { courseOf, findingsOf, summaryOf } from "../tests/faults/summary.ts";
import { findAllPrograms } from "../tests/faults/world.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    seed: { type: "string", default: "1" },
    logs: { type: "boolean", default: false },
  },
});
const programs = await findAllPrograms();
if (typeof programs === "string") {
  console.log(`Cannot run as ${programs}`);
  Deno.exit(1);
}
const seconds = Number(values.seconds);
const seed = Number(values.seed);
const outcome = await run(programs, { seconds, seed });
console.log(summaryOf(outcome));
if (!isClean(outcome) || values.logs) {
  console.log(`${findingsOf(outcome)}\n\n${courseOf(outcome)}`);
  const folder = await Deno.makeTempDir({ prefix: "holdfast-faults-" });
  for (const [name, log] of outcome.logs) {
    await Deno.writeTextFile(join(folder, `${name}.log`), log.join("\n"));
  }
  console.log(`\nThe logs of the services are in ${folder}`);
}
Deno.exitCode = isClean(outcome) ? 0 : 1;
