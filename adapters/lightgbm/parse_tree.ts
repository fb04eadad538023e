/**
 * Reading of one tree of a LightGBM text model.
 *
 * @module
 */
import {
  integerOf,
  integersOf,
  numbersOf,
  type Section,
  textOf,
} from "./model_text.ts";
import { refuse } from "./refuse.ts";
import { DECISION, type LinearLeaves, MISSING, type Tree } from "./tree.ts";

const MAX_COUNT = 0x7fffffff;
const MAX_WORD = 0xffffffff;
const LINEAR_KEYS = [
  "leaf_const",
  "num_features",
  "leaf_features",
  "leaf_coeff",
];

/**
 * Reads and checks a tree over `featureCount` features.
 *
 * @throws {PortError} `invalid` for a kind of split that is not known,
 * `corrupt` for anything that LightGBM does not write.
 */
export function parseTree(section: Section, featureCount: number): Tree {
  const leaves = integerOf(section, "num_leaves", [1, MAX_COUNT]);
  const splits = leaves - 1;
  const sets = integerOf(section, "num_cat", [0, splits]);
  const features = [0, featureCount - 1] as const;
  const children = [-leaves, splits - 1] as const;
  const integers = (
    key: string,
    count: number,
    range: readonly [number, number],
  ) => integersOf(section, key, count, range);

  const categories = readCategories(section, sets);
  const tree: Tree = {
    splitFeature: Int32Array.from(integers("split_feature", splits, features)),
    threshold: numbersOf(section, "threshold", splits),
    decisionType: Uint8Array.from(integers("decision_type", splits, [0, 255])),
    leftChild: Int32Array.from(integers("left_child", splits, children)),
    rightChild: Int32Array.from(integers("right_child", splits, children)),
    leafValue: numbersOf(section, "leaf_value", leaves),
    categoryBounds: categories.bounds,
    categoryWords: categories.words,
    linear: readLinear(section, leaves, features),
  };
  checkDecisions(section, tree, sets);
  checkShape(section, tree);
  return tree;
}

function readCategories(section: Section, sets: number) {
  if (sets === 0) {
    return { bounds: new Int32Array(1), words: new Uint32Array(0) };
  }
  const bounds = integersOf(section, "cat_boundaries", sets + 1, [
    0,
    MAX_COUNT,
  ]);
  if (bounds[0] !== 0 || bounds.some((bound, i) => bound < bounds[i - 1]!)) {
    refuse(`cat_boundaries of its ${section.name} do not ascend from 0`);
  }
  const words = integersOf(section, "cat_threshold", bounds[sets]!, [
    0,
    MAX_WORD,
  ]);
  return { bounds: Int32Array.from(bounds), words: Uint32Array.from(words) };
}

function readLinear(
  section: Section,
  leaves: number,
  features: readonly [number, number],
): LinearLeaves | undefined {
  if (integerOf(section, "is_linear", [0, 1], 0) === 0) {
    const stray = LINEAR_KEYS.find((key) => section.values.has(key));
    if (stray === undefined) return undefined;
    refuse(`its ${section.name} is not linear and yet has ${stray}`);
  }
  for (const key of LINEAR_KEYS) textOf(section, key);
  const counts = integersOf(section, "num_features", leaves, [
    0,
    features[1] + 1,
  ]);
  const bounds = new Int32Array(leaves + 1);
  counts.forEach((count, i) => bounds[i + 1] = bounds[i]! + count);
  const terms = bounds[leaves]!;
  return {
    constant: numbersOf(section, "leaf_const", leaves),
    bounds,
    feature: Int32Array.from(
      integersOf(section, "leaf_features", terms, features),
    ),
    factor: numbersOf(section, "leaf_coeff", terms),
  };
}

/** Every split is of a known kind, and each category set has one split. */
function checkDecisions(section: Section, tree: Tree, sets: number): void {
  const used = new Set<number>();
  tree.decisionType.forEach((decision, i) => {
    const isSet = (decision & DECISION.categorical) !== 0;
    const isLeft = (decision & DECISION.defaultLeft) !== 0;
    if (decision >> DECISION.missingShift > MISSING.nan || isSet && isLeft) {
      refuse(
        `decision_type of split ${i} of its ${section.name} is not known`,
        decision,
        "invalid",
      );
    }
    if (!isSet) return;
    const set = tree.threshold[i]!;
    if (!Number.isInteger(set) || set < 0 || set >= sets || used.has(set)) {
      refuse(
        `split ${i} of its ${section.name} must name a category set of its own below ${sets}`,
        set,
      );
    }
    used.add(set);
  });
  if (used.size !== sets) {
    refuse(
      `its ${section.name} must have ${sets} categorical splits`,
      used.size,
    );
  }
}

/** The splits form one tree: children point forward, and nothing has two parents. */
function checkShape(section: Section, tree: Tree): void {
  const seen = new Set<number>();
  for (let i = 0; i < tree.splitFeature.length; i++) {
    for (const child of [tree.leftChild[i]!, tree.rightChild[i]!]) {
      if (child >= 0 && child <= i) {
        refuse(
          `split ${i} of its ${section.name} must lead to a later one`,
          child,
        );
      }
      if (seen.has(child)) {
        refuse(
          `two splits of its ${section.name} lead to the same place`,
          child,
        );
      }
      seen.add(child);
    }
  }
}
