/**
 * How long a LightGBM model takes to score a row, and to be read.
 *
 * @module
 */
import { parseLightgbmModel } from "../../adapters/lightgbm/parse_model.ts";
import expected from "../golden/lightgbm/expected.json" with { type: "json" };
import regression from "../golden/lightgbm/regression.txt" with {
  type: "text",
};
import { type Figure, quantile } from "./figure.ts";

const TREES = 100;
const PASSES = 10;
const WARM_UP = 20;
const RUNS = 101;

/** Measures a model of 100 trees over the 158 features. */
export function benchLightgbm(): Figure[] {
  const text = repeatTrees(regression, TREES);
  const model = parseLightgbmModel(text);
  const rows = (expected.rows as (number | string | null)[][])
    .map((row) => row.slice(0, model.featureNames.length))
    .map((row) => Float64Array.from(row, (x) => x === null ? NaN : Number(x)));
  const out = new Float64Array(1);
  const scoreMs = median(() => {
    for (let pass = 0; pass < PASSES; pass++) {
      for (const row of rows) model.predict(row, out);
    }
  });
  return [
    {
      name: `lightgbm: one row, ${TREES} trees`,
      value: scoreMs / PASSES / rows.length * 1000,
      unit: "µs",
      limit: 10,
    },
    {
      name: `lightgbm: reading ${TREES} trees`,
      value: median(() => parseLightgbmModel(text)),
      unit: "ms",
    },
  ];
}

/** A model of `count` trees: those of `text`, over and over. */
function repeatTrees(text: string, count: number): string {
  const [header = "", ...trees] = text.slice(0, text.indexOf("end of trees"))
    .split(/^Tree=\d+$/m);
  const repeated = Array.from(
    { length: count },
    (_, i) => `Tree=${i}${trees[i % trees.length]}`,
  );
  const sizes = repeated.map((tree) => tree.length).join(" ");
  return header.replace(/^tree_sizes=.*$/m, `tree_sizes=${sizes}`) +
    repeated.join("") + "end of trees\n";
}

function median(run: () => unknown): number {
  for (let i = 0; i < WARM_UP; i++) run();
  const times = Array.from({ length: RUNS }, () => {
    const start = performance.now();
    run();
    return performance.now() - start;
  });
  return quantile(times, 0.5);
}
