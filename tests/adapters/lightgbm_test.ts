/**
 * The LightGBM adapter scores as LightGBM does.
 *
 * @module
 */
import { parseLightgbmModel } from "../../adapters/lightgbm/parse_model.ts";
import {
  ALPHA158_NAMES,
  computeAlpha158,
} from "../../domain/alpha158/alpha158.ts";
import type { Bars } from "../../domain/bars.ts";
import { epochDayOf, parseTradingDate } from "../../domain/trading_date.ts";
import SYNA from "../golden/alpha158/SYNA.csv" with { type: "text" };
import SYNB from "../golden/alpha158/SYNB.csv" with { type: "text" };
import SYNC from "../golden/alpha158/SYNC.csv" with { type: "text" };
import SYND from "../golden/alpha158/SYND.csv" with { type: "text" };
import SYNT from "../golden/alpha158/SYNT.csv" with { type: "text" };
import binary from "../golden/lightgbm/binary.txt" with { type: "text" };
import constant from "../golden/lightgbm/constant.txt" with { type: "text" };
import dart from "../golden/lightgbm/dart.txt" with { type: "text" };
import expected from "../golden/lightgbm/expected.json" with { type: "json" };
import linearTree from "../golden/lightgbm/linear_tree.txt" with {
  type: "text",
};
import multiclass3 from "../golden/lightgbm/multiclass3.txt" with {
  type: "text",
};
import poisson from "../golden/lightgbm/poisson.txt" with { type: "text" };
import ranking from "../golden/lightgbm/ranking.json" with { type: "json" };
import regression from "../golden/lightgbm/regression.txt" with {
  type: "text",
};
import regressionCat from "../golden/lightgbm/regression_cat.txt" with {
  type: "text",
};
import rf from "../golden/lightgbm/rf.txt" with { type: "text" };
import zeroAsMissing from "../golden/lightgbm/zero_as_missing.txt" with {
  type: "text",
};
import { deepEqual, equal, ok } from "../support/assert.ts";
import {
  isClose,
  leaf,
  modelText,
  predict,
  raw,
  split,
  type TreeLines,
} from "../support/lightgbm_models.ts";

const MODELS: Record<string, string> = {
  regression,
  regression_cat: regressionCat,
  binary,
  multiclass3,
  rf,
  dart,
  zero_as_missing: zeroAsMissing,
  linear_tree: linearTree,
  poisson,
  constant,
};

/** A number as the golden files write it. */
const number = (value: number | string | null) =>
  value === null ? NaN : Number(value);

const ROWS = (expected.rows as (number | string | null)[][])
  .map((row) => Float64Array.from(row, number));

for (const [name, golden] of Object.entries(expected.models)) {
  Deno.test(`lightgbm: ${name} scores as LightGBM does`, () => {
    const model = parseLightgbmModel(MODELS[name]!);
    const features = expected.columns.slice(0, golden.n_features);
    deepEqual(model.featureNames, features);
    equal(model.objective, golden.objective.split(" ")[0]);
    ROWS.forEach((full, i) => {
      const row = full.subarray(0, golden.n_features);
      const scores = (golden.raw[i] as (number | null)[]).map(number);
      deepEqual(raw(model, row), scores, `row ${i}`);
      const predictions = (golden.pred[i] as (number | null)[]).map(number);
      predict(model, row).forEach((value, k) => {
        ok(isClose(value, predictions[k]!), `row ${i}: ${value}`);
      });
    });
  });
}

Deno.test("lightgbm: the synthetic symbols rank as LightGBM ranks them", () => {
  const model = parseLightgbmModel(regression);
  deepEqual(model.featureNames, ALPHA158_NAMES);
  const day = epochDayOf(parseTradingDate(ranking.date));
  const scores = Object.entries({ SYNA, SYNB, SYNC, SYND, SYNT })
    .map(([symbol, csv]) => {
      const bars = readCsv(csv);
      const row = computeAlpha158(bars, bars.day.indexOf(day));
      return { symbol, score: raw(model, row)[0]! };
    });
  for (const { symbol, score } of scores) {
    const wanted = ranking.scores[symbol as keyof typeof ranking.scores];
    ok(isClose(score, wanted), `${symbol}: ${score} is not ${wanted}`);
  }
  scores.sort((a, b) => b.score - a.score);
  deepEqual(scores.map(({ symbol }) => symbol), ranking.desc);
});

function readCsv(csv: string): Bars {
  const [head = "", ...lines] = csv.trim().split(/\r?\n/);
  const names = head.split(",");
  const cells = lines.map((line) => line.split(","));
  const column = (name: string) =>
    Float64Array.from(cells, (row) => {
      const cell = row[names.indexOf(name)];
      return cell ? Number(cell) : NaN;
    });
  return {
    length: cells.length,
    day: Int32Array.from(
      cells,
      ([date]) => epochDayOf(parseTradingDate(date!)),
    ),
    open: column("open"),
    high: column("high"),
    low: column("low"),
    close: column("close"),
    volume: column("volume"),
    vwap: names.includes("vwap") ? column("vwap") : undefined,
  };
}

/** What a one-output model of `tree` gives for feature `a`. */
function follow(tree: TreeLines, a: number): number {
  const model = parseLightgbmModel(modelText([tree]));
  return raw(model, Float64Array.of(a, 7))[0]!;
}

const TINY = 1.0000000180025095e-35;

Deno.test("lightgbm: a split sends every value where LightGBM sends it", () => {
  const [LEFT, RIGHT] = [10, 20];
  const cases: [name: string, TreeLines, [value: number, leaf: number][]][] = [
    ["no missing values", { decision_type: 2 }, [
      [0.5, LEFT],
      [0.5 + 2 ** -53, RIGHT],
      [NaN, LEFT],
      [Infinity, RIGHT],
      [-Infinity, LEFT],
    ]],
    ["a missing value is zero", { decision_type: 2, threshold: "-1" }, [
      [NaN, RIGHT],
      [0, RIGHT],
      [-1, LEFT],
    ]],
    ["zero is missing, left", { decision_type: 6, threshold: "-1" }, [
      [0, LEFT],
      [-0, LEFT],
      [TINY, LEFT],
      [-TINY, LEFT],
      [TINY * 1.0000001, RIGHT],
      [NaN, LEFT],
    ]],
    ["zero is missing, right", { decision_type: 4 }, [
      [0, RIGHT],
      [NaN, RIGHT],
      [0.1, LEFT],
    ]],
    ["NaN is missing, left", { decision_type: 10, threshold: "-1" }, [
      [NaN, LEFT],
      [0, RIGHT],
    ]],
    ["NaN is missing, right", { decision_type: 8 }, [
      [NaN, RIGHT],
      [0, LEFT],
    ]],
    ["a category set", {
      decision_type: 1,
      num_cat: 1,
      threshold: 0,
      cat_boundaries: "0 2",
      cat_threshold: `${0x80000005} 1`, // 0, 2, 31 and 32
    }, [
      [0, LEFT],
      [1, RIGHT],
      [2, LEFT],
      [2.9, LEFT],
      [31, LEFT],
      [32, LEFT],
      [33, RIGHT],
      [64, RIGHT],
      [-0.5, LEFT],
      [-1, RIGHT],
      [NaN, RIGHT],
      [2 ** 31, RIGHT],
      [2 ** 32, RIGHT],
      [Infinity, RIGHT],
      [-Infinity, RIGHT],
    ]],
    ["a category set, NaN is missing", {
      decision_type: 9,
      num_cat: 1,
      threshold: 0,
      cat_boundaries: "0 1",
      cat_threshold: 1,
    }, [[0, LEFT], [NaN, RIGHT]]],
  ];
  for (const [name, lines, values] of cases) {
    for (const [value, wanted] of values) {
      equal(follow(split(lines), value), wanted, `${name}: ${value}`);
    }
  }
});

Deno.test("lightgbm: a linear leaf falls back to its value where a feature is missing", () => {
  const tree = split({
    is_linear: 1,
    leaf_const: "1 2",
    num_features: "2 0",
    leaf_features: "0 1 ",
    leaf_coeff: "2 0.5 ",
  });
  const model = parseLightgbmModel(modelText([tree]));
  deepEqual(raw(model, Float64Array.of(0.25, 3)), [1 + 2 * 0.25 + 0.5 * 3]);
  deepEqual(raw(model, Float64Array.of(0.25, NaN)), [10]);
  deepEqual(raw(model, Float64Array.of(9, NaN)), [2]);
  deepEqual(raw(model, Float64Array.of(0.25, Infinity)), [Infinity]);
});

Deno.test("lightgbm: models of version 3, without is_linear and tree_sizes, are read", () => {
  const tree = split({ is_linear: "" });
  const text = modelText([tree], { version: "v3", tree_sizes: "" });
  deepEqual(raw(parseLightgbmModel(text), Float64Array.of(1, 0)), [20]);
  const crlf = parseLightgbmModel(text.replaceAll("\n", "\r\n"));
  deepEqual(raw(crlf, Float64Array.of(1, 0)), [20]);
});

Deno.test("lightgbm: every objective transforms as LightGBM does", () => {
  const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
  const [x, y, z] = [-0.75, 1.5, 0.25];
  const total = Math.exp(x) + Math.exp(y) + Math.exp(z);
  const same = [x];
  const cases: [objective: string, predictions: number[]][] = [
    ["", same],
    ["regression", same],
    ["regression_l1", same],
    ["huber", same],
    ["fair", same],
    ["quantile", same],
    ["mape", same],
    ["lambdarank", same],
    ["rank_xendcg", same],
    ["regression sqrt", [-(x * x)]],
    ["quantile sqrt", [-(x * x)]],
    ["binary sigmoid:1", [sigmoid(x)]],
    ["binary sigmoid:2.5", [sigmoid(2.5 * x)]],
    ["cross_entropy", [sigmoid(x)]],
    ["cross_entropy_lambda", [Math.log1p(Math.exp(x))]],
    ["poisson", [Math.exp(x)]],
    ["gamma", [Math.exp(x)]],
    ["tweedie", [Math.exp(x)]],
    ["multiclass num_class:3", [x, y, z].map((v) => Math.exp(v) / total)],
    [
      "multiclassova num_class:3 sigmoid:2",
      [x, y, z].map((v) => sigmoid(2 * v)),
    ],
  ];
  for (const [objective, wanted] of cases) {
    const outputs = wanted.length;
    const model = parseLightgbmModel(
      modelText([x, y, z].slice(0, outputs).map(leaf), {
        objective,
        num_class: outputs,
        num_tree_per_iteration: outputs,
      }),
    );
    equal(model.objective, objective.split(" ")[0] || "none");
    predict(model, new Float64Array(2)).forEach((value, k) => {
      ok(isClose(value, wanted[k]!), `${objective}: ${value} is not ${wanted}`);
    });
  }
});

Deno.test("lightgbm: scores add up over the rounds, and are averaged where the model says so", () => {
  const classes = { num_class: 2, num_tree_per_iteration: 2 };
  const trees = [1, 2, 4, 8].map(leaf);
  const row = new Float64Array(2);
  const sums = parseLightgbmModel(
    modelText(trees, { ...classes, objective: "" }),
  );
  deepEqual([raw(sums, row), predict(sums, row)], [[5, 10], [5, 10]]);
  const means = parseLightgbmModel(
    modelText(trees, { ...classes, objective: "", average_output: "flag" }),
  );
  deepEqual([raw(means, row), predict(means, row)], [[5, 10], [2.5, 5]]);
  const ova = "multiclassova num_class:2 sigmoid:1";
  const both = parseLightgbmModel(
    modelText(trees, { ...classes, objective: ova, average_output: "flag" }),
  );
  ok(isClose(predict(both, row)[0]!, 1 / (1 + Math.exp(-2.5))));
});
