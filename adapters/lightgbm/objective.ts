/**
 * What a model's raw score means: the transforms of LightGBM's objectives.
 *
 * Formulas: `ConvertOutput` in LightGBM's `src/objective`.
 *
 * @module
 */
import { refuse } from "./refuse.ts";

/** What a model was trained for. */
export interface Objective {
  /** Its name, such as `binary`; `none` when the model does not say. */
  readonly name: string;
  /** Turns raw scores into predictions, in place. */
  readonly transform: (scores: Float64Array) => void;
}

/** The options that follow an objective's name, such as `sigmoid:1`. */
type Options = ReadonlyMap<string, string>;

/** Builds a transform; takes what it understands out of `options`. */
type Build = (options: Options, outputs: number) => Objective["transform"];

const identity: Build = () => () => {};

const exponential: Build = () => each(Math.exp);

const maybeSquared: Build = (options) =>
  options.has("sqrt") ? each((x) => Math.sign(x) * x * x) : () => {};

const logistic: Build = (options) => {
  const steepness = Number(options.get("sigmoid"));
  if (!(steepness > 0 && steepness < Infinity)) {
    refuse(
      "its sigmoid must be a number above 0",
      options.get("sigmoid") ?? "absent",
    );
  }
  return each((x) => 1 / (1 + Math.exp(-steepness * x)));
};

const OBJECTIVES: Readonly<
  Record<string, { build: Build; options?: readonly string[] }>
> = {
  none: { build: identity },
  regression: { build: maybeSquared, options: ["sqrt"] },
  regression_l1: { build: maybeSquared, options: ["sqrt"] },
  fair: { build: maybeSquared, options: ["sqrt"] },
  quantile: { build: maybeSquared, options: ["sqrt"] },
  mape: { build: maybeSquared, options: ["sqrt"] },
  huber: { build: identity },
  lambdarank: { build: identity },
  rank_xendcg: { build: identity },
  poisson: { build: exponential },
  gamma: { build: exponential },
  tweedie: { build: exponential },
  cross_entropy: { build: () => each((x) => 1 / (1 + Math.exp(-x))) },
  cross_entropy_lambda: { build: () => each((x) => Math.log1p(Math.exp(x))) },
  binary: { build: logistic, options: ["sigmoid"] },
  multiclass: { build: () => softmax, options: ["num_class"] },
  multiclassova: { build: logistic, options: ["num_class", "sigmoid"] },
};

const MULTICLASS = "num_class";

/**
 * Reads an objective as a model names it.
 *
 * @param text The name and its options, such as `binary sigmoid:1`; `undefined`
 * when the model names none.
 * @throws {PortError} `invalid` for one that is not known, `corrupt` when its
 * options make no sense.
 */
export function parseObjective(
  text: string | undefined,
  outputs: number,
): Objective {
  const [name = "", ...words] = (text ?? "none").split(" ");
  const known = Object.hasOwn(OBJECTIVES, name) ? OBJECTIVES[name] : undefined;
  if (known === undefined) {
    return refuse("its objective is not known", name, "invalid");
  }
  const allowed = known.options ?? [];
  const options = new Map<string, string>();
  for (const word of words) {
    const [key = "", value = ""] = word.split(":");
    if (!allowed.includes(key) || options.has(key)) {
      refuse(`its objective ${name} has an unknown option`, word, "invalid");
    }
    options.set(key, value);
  }
  const expected = allowed.includes(MULTICLASS)
    ? options.get(MULTICLASS) ?? "absent"
    : name === "none"
    ? String(outputs)
    : "1";
  if (expected !== String(outputs)) {
    refuse(
      `its objective ${name} disagrees with num_tree_per_iteration=${outputs}`,
      text ?? name,
    );
  }
  return { name, transform: known.build(options, outputs) };
}

function each(f: (x: number) => number): Objective["transform"] {
  return (scores) => {
    for (let i = 0; i < scores.length; i++) scores[i] = f(scores[i]!);
  };
}

function softmax(scores: Float64Array): void {
  let highest = -Infinity;
  for (const score of scores) if (score > highest) highest = score;
  let total = 0;
  for (let i = 0; i < scores.length; i++) {
    scores[i] = Math.exp(scores[i]! - highest);
    total += scores[i]!;
  }
  for (let i = 0; i < scores.length; i++) scores[i]! /= total;
}
