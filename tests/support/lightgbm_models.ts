/**
 * LightGBM models for tests, and what they give.
 *
 * @module
 */
import type { LightgbmModel } from "../../adapters/lightgbm/parse_model.ts";

/** The raw scores of a row. */
export function raw(model: LightgbmModel, row: Float64Array): number[] {
  const out = new Float64Array(model.outputs);
  model.predictRaw(row, out);
  return [...out];
}

/** The predictions of a row. */
export function predict(model: LightgbmModel, row: Float64Array): number[] {
  const out = new Float64Array(model.outputs);
  model.predict(row, out);
  return [...out];
}

/** Whether two numbers are the same but for the last bit of an exponential. */
export function isClose(actual: number, expected: number): boolean {
  return Object.is(actual, expected) ||
    Math.abs(actual - expected) <= 1e-15 * Math.abs(expected);
}

/** The lines of a tree, with what a test says instead. */
export type TreeLines = Record<string, string | number>;

/** A tree of one leaf. */
export const leaf = (value: number): TreeLines => ({
  num_leaves: 1,
  num_cat: 0,
  leaf_value: value,
  is_linear: 0,
  shrinkage: 1,
});

/** One split of feature `a` that leads to leaf 10 on the left, 20 on the right. */
export const split = (lines: TreeLines = {}): TreeLines => ({
  num_leaves: 2,
  num_cat: 0,
  split_feature: 0,
  threshold: "0.5",
  decision_type: 2,
  left_child: -1,
  right_child: -2,
  leaf_value: "10 20",
  is_linear: 0,
  shrinkage: 1,
  ...lines,
});

/** A model over features `a` and `b`; an empty header line is left out. */
export function modelText(trees: TreeLines[], header: TreeLines = {}): string {
  const lines = {
    version: "v4",
    num_class: 1,
    num_tree_per_iteration: 1,
    label_index: 0,
    max_feature_idx: 1,
    objective: "regression",
    feature_names: "a b",
    feature_infos: "none none",
    tree_sizes: trees.map(() => 1).join(" "),
    ...header,
  };
  const section = (of: TreeLines) =>
    Object.entries(of).filter(([, value]) => value !== "")
      .map(([key, value]) => value === "flag" ? key : `${key}=${value}`);
  return [
    "tree",
    ...section(lines),
    "",
    ...trees.flatMap((tree, i) => [`Tree=${i}`, ...section(tree), "", ""]),
    "end of trees",
    "",
    "parameters:",
  ].join("\n");
}
