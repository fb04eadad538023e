/**
 * LightGBM text models, as `Booster.save_model` of versions 3 and 4 writes
 * them.
 *
 * @module
 */
import { PortError } from "../../ports/port_error.ts";
import {
  integerOf,
  type Section,
  splitModelText,
  textOf,
} from "./model_text.ts";
import { parseObjective } from "./objective.ts";
import { parseTree } from "./parse_tree.ts";
import { refuse } from "./refuse.ts";
import { createForest, evaluateForest } from "./forest.ts";

/** A model that can be evaluated; immutable. */
export interface LightgbmModel {
  /** The features it asks for, in the order of a row. */
  readonly featureNames: readonly string[];
  /** How many numbers it gives a row: the classes of a multiclass model, else 1. */
  readonly outputs: number;
  /** Number of trees. */
  readonly treeCount: number;
  /** The name of its objective, such as `binary`; `none` for a custom one. */
  readonly objective: string;

  /**
   * The sums of the leaves, as `predict(raw_score=True)` gives them.
   *
   * @param row One value a feature; NaN where missing.
   * @param out Takes one value an output.
   * @throws {PortError} `invalid` when either has another length.
   */
  predictRaw(row: Float64Array, out: Float64Array): void;

  /**
   * The predictions, as `predict()` gives them: averaged where the model says
   * so and transformed by its objective. Takes and throws what `predictRaw`
   * does.
   */
  predict(row: Float64Array, out: Float64Array): void;
}

const VERSIONS = ["v3", "v4"];
const MAX_CLASSES = 10_000;
const MAX_FEATURES = 1_000_000;

/**
 * Reads a model from its text; refuses rather than guesses.
 *
 * @throws {PortError} `corrupt` when the text is damaged; `invalid` when it is
 * of a version, an objective or a kind of split that is not known.
 */
export function parseLightgbmModel(text: string): LightgbmModel {
  const { header, trees: sections } = splitModelText(text);
  const version = textOf(header, "version");
  if (!VERSIONS.includes(version)) {
    refuse("its version is not known", version, "invalid");
  }
  const outputs = readOutputs(header);
  const featureNames = readFeatureNames(header);
  const objective = parseObjective(header.values.get("objective"), outputs);
  checkTreeCount(header, sections.length, outputs);

  const trees = sections.map((tree) => parseTree(tree, featureNames.length));
  const forest = createForest(trees);
  const rounds = trees.length / outputs;
  const isAveraged = header.values.has("average_output");

  function predictRaw(row: Float64Array, out: Float64Array): void {
    checkLength("row", row, featureNames.length);
    checkLength("result", out, outputs);
    evaluateForest(forest, row, out);
  }

  return {
    featureNames,
    outputs,
    treeCount: trees.length,
    objective: objective.name,
    predictRaw,
    predict(row, out) {
      predictRaw(row, out);
      if (isAveraged) { for (let k = 0; k < outputs; k++) out[k]! /= rounds; }
      objective.transform(out);
    },
  };
}

function readOutputs(header: Section): number {
  const range = [1, MAX_CLASSES] as const;
  const outputs = integerOf(header, "num_tree_per_iteration", range);
  const classes = integerOf(header, "num_class", range);
  if (classes !== outputs) {
    refuse(`num_class must equal num_tree_per_iteration=${outputs}`, classes);
  }
  return outputs;
}

function readFeatureNames(header: Section): readonly string[] {
  const names = textOf(header, "feature_names").split(" ");
  const last = integerOf(header, "max_feature_idx", [0, MAX_FEATURES]);
  if (names.length !== last + 1) {
    refuse(
      `feature_names must be ${last + 1}, as max_feature_idx says`,
      names.length,
    );
  }
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) refuse("it names a feature twice", name);
    seen.add(name);
  }
  return Object.freeze(names);
}

function checkTreeCount(
  header: Section,
  count: number,
  outputs: number,
): void {
  if (count === 0) refuse("it has no trees");
  if (count % outputs !== 0) {
    refuse(`its trees must be a multiple of ${outputs}`, count);
  }
  const sizes = header.values.get("tree_sizes")?.split(" ").length ?? count;
  if (sizes !== count) {
    refuse(`it must have ${sizes} trees, as tree_sizes says`, count);
  }
}

function checkLength(
  what: string,
  values: Float64Array,
  expected: number,
): void {
  if (values.length === expected) return;
  throw new PortError(
    "invalid",
    `Cannot predict as the ${what} must have ${expected} values: ` +
      `current value is ${values.length}`,
  );
}
