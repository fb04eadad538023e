/**
 * `deno task fuzz`: asks the service whatever can be drawn from its contract.
 *
 * `--runs N` sends that many requests, `--seed S` draws them anew; a seed that
 * found something finds it again.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { runFuzz } from "../tests/fuzz/run.ts";
import { tellFigures, tellFindings } from "../tests/fuzz/tell.ts";

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "20000" },
    seed: { type: "string", default: "1" },
  },
});
const seed = Number(values.seed);
const run = await runFuzz({ runs: Number(values.runs), seed });
console.log(tellFigures(run));
if (run.findings.length > 0) {
  console.log(tellFindings(run));
  console.log(
    `To see it again: deno task fuzz --runs ${values.runs} --seed ${seed}`,
  );
  Deno.exitCode = 1;
}
