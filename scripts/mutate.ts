/**
 * `deno task mutate`: changes the code that promises rest on, a little at a
 * time, and sees whether a test notices.
 *
 * `--most N` tries so many of all mutants, drawn by `--seed S`, for `--minutes M`
 * at most; `--area follower` those of one area. Tells the
 * score and those that nothing has noticed. The exit code is 1 below 80 %.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { AREAS } from "../tests/mutation/areas.ts";
import { type MutationRun, runMutants } from "../tests/mutation/run.ts";

/** Least share of mutants that have to be noticed. */
const LEAST = 0.8;

const { values } = parseArgs({
  options: {
    most: { type: "string", default: "300" },
    seed: { type: "string", default: "1" },
    minutes: { type: "string", default: "18" },
    area: { type: "string" },
  },
});
const areas = AREAS.filter(({ name }) => (values.area ?? name) === name);
if (areas.length === 0) {
  const names = AREAS.map(({ name }) => name).join(", ");
  console.log(`Cannot mutate ${values.area} as there are only ${names}`);
  Deno.exit(1);
}
const run = await runMutants({
  areas,
  seed: Number(values.seed),
  most: Number(values.most),
  signal: AbortSignal.timeout(Number(values.minutes) * 60_000),
  onTried({ file, line, was, becomes }, fate) {
    if (fate !== "survived") return;
    const short = was.replaceAll(/\s+/g, " ").slice(0, 100);
    console.log(`Unnoticed: ${file}:${line}: ${short} → ${becomes}`);
  },
});
for (const { name } of areas) {
  console.log(scoreOf(name, run, (area) => area === name).text);
}
const total = scoreOf("all", run, () => true);
console.log(`${total.text}, of ${run.all} mutants that there are`);
Deno.exit(total.share >= LEAST ? 0 : 1);

function scoreOf(
  name: string,
  { tried }: MutationRun,
  isMeant: (area: string) => boolean,
) {
  const meant = tried.filter(({ area }) => isMeant(area.name));
  const noticed = meant.filter(({ fate }) => fate !== "survived").length;
  const share = meant.length === 0 ? 1 : noticed / meant.length;
  const percent = (share * 100).toFixed(1);
  return {
    share,
    text: `${name}: ${noticed} of ${meant.length}, ${percent} %`,
  };
}
