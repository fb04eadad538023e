/**
 * Trees laid out in one run of memory, and their evaluation.
 *
 * The rules are those of LightGBM 4 (`include/LightGBM/tree.h`): scores come
 * out bit for bit as they do there.
 *
 * @module
 */
import { DECISION, MISSING, type Tree } from "./tree.ts";

/**
 * Every tree's splits, leaves, linear terms and category sets one behind the
 * other. Indices are of these arrays; a place below 0 is leaf `~place`.
 */
export interface Forest {
  /** The place where each tree begins. */
  readonly root: Int32Array;
  /** Whether each tree's leaves are linear. */
  readonly isLinear: Uint8Array;

  /** Of each split: the feature it looks at. */
  readonly feature: Int32Array;
  /** Of each split: what it does with a value; `COMPARE` and so on. */
  readonly kind: Uint8Array;
  /** Of each split: what it compares with, or its category set. */
  readonly threshold: Float64Array;
  /** Of each split: the place to go to when its condition holds. */
  readonly left: Int32Array;
  /** Of each split: the place to go to otherwise. */
  readonly right: Int32Array;
  /** Of each split: the place to go to from a missing value. */
  readonly whenMissing: Int32Array;

  /** Of each leaf: its value, or what stands in for its linear model. */
  readonly leafValue: Float64Array;
  /** Of each leaf: the constant of its linear model. */
  readonly constant: Float64Array;
  /** Of each leaf: where its linear terms begin; and the end of all. */
  readonly termBounds: Int32Array;
  /** Of each linear term: its feature. */
  readonly termFeature: Int32Array;
  /** Of each linear term: its factor. */
  readonly termFactor: Float64Array;

  /** Of each category set: where its words begin; and the end of all. */
  readonly setBounds: Int32Array;
  /** The words of the category sets. */
  readonly setWords: Uint32Array;
}

const COMPARE = 0;
const COMPARE_UNLESS_ZERO = 1;
const LOOK_UP = 2;

/** |x| up to this counts as zero: LightGBM's `kZeroThreshold`, a float32. */
const ZERO_THRESHOLD = 1.0000000180025095e-35;

/** Lays `trees` out. */
export function createForest(trees: readonly Tree[]): Forest {
  const total = (size: (tree: Tree) => number) =>
    trees.reduce((sum, tree) => sum + size(tree), 0);
  const splits = total((tree) => tree.splitFeature.length);
  const leaves = total((tree) => tree.leafValue.length);
  const terms = total((tree) => tree.linear?.feature.length ?? 0);
  const sets = total((tree) => tree.categoryBounds.length - 1);
  const forest: Forest = {
    root: new Int32Array(trees.length),
    isLinear: new Uint8Array(trees.length),
    feature: new Int32Array(splits),
    kind: new Uint8Array(splits),
    threshold: new Float64Array(splits),
    left: new Int32Array(splits),
    right: new Int32Array(splits),
    whenMissing: new Int32Array(splits),
    leafValue: new Float64Array(leaves),
    constant: new Float64Array(leaves),
    termBounds: new Int32Array(leaves + 1),
    termFeature: new Int32Array(terms),
    termFactor: new Float64Array(terms),
    setBounds: new Int32Array(sets + 1),
    setWords: new Uint32Array(total((tree) => tree.categoryWords.length)),
  };
  const at = { tree: 0, split: 0, leaf: 0, term: 0, set: 0, word: 0 };
  for (const tree of trees) place(tree, forest, at);
  return forest;
}

/** Copies `tree` to where `at` points and moves `at` behind it. */
function place(
  tree: Tree,
  forest: Forest,
  at: Record<"tree" | "split" | "leaf" | "term" | "set" | "word", number>,
): void {
  const splits = tree.splitFeature.length;
  const leaves = tree.leafValue.length;
  forest.root[at.tree] = splits === 0 ? ~at.leaf : at.split;
  forest.isLinear[at.tree] = tree.linear ? 1 : 0;
  forest.feature.set(tree.splitFeature, at.split);
  for (let i = 0; i < splits; i++) placeSplit(tree, i, forest, at);

  forest.leafValue.set(tree.leafValue, at.leaf);
  forest.constant.set(tree.linear?.constant ?? [], at.leaf);
  for (let i = 0; i <= leaves; i++) {
    forest.termBounds[at.leaf + i] = at.term + (tree.linear?.bounds[i] ?? 0);
  }
  forest.termFeature.set(tree.linear?.feature ?? [], at.term);
  forest.termFactor.set(tree.linear?.factor ?? [], at.term);

  tree.categoryBounds.forEach((bound, i) => {
    forest.setBounds[at.set + i] = at.word + bound;
  });
  forest.setWords.set(tree.categoryWords, at.word);

  at.tree++;
  at.split += splits;
  at.leaf += leaves;
  at.term += tree.linear?.feature.length ?? 0;
  at.set += tree.categoryBounds.length - 1;
  at.word += tree.categoryWords.length;
}

function placeSplit(
  tree: Tree,
  i: number,
  forest: Forest,
  at: { readonly split: number; readonly leaf: number; readonly set: number },
): void {
  const to = (child: number) => child < 0 ? child - at.leaf : child + at.split;
  const left = to(tree.leftChild[i]!);
  const right = to(tree.rightChild[i]!);
  const threshold = tree.threshold[i]!;
  const decision = tree.decisionType[i]!;
  const isSet = (decision & DECISION.categorical) !== 0;
  const missing = decision >> DECISION.missingShift;
  const missingGoesLeft = !isSet &&
    (missing === MISSING.none
      ? 0 <= threshold
      : (decision & DECISION.defaultLeft) !== 0);

  const split = at.split + i;
  forest.left[split] = left;
  forest.right[split] = right;
  forest.whenMissing[split] = missingGoesLeft ? left : right;
  forest.threshold[split] = isSet ? at.set + threshold : threshold;
  forest.kind[split] = isSet
    ? LOOK_UP
    : missing === MISSING.zero
    ? COMPARE_UNLESS_ZERO
    : COMPARE;
}

/**
 * Sets each of `out` to the sum of its trees: tree `i` adds to output `i`
 * modulo the number of outputs, in the order of the trees.
 *
 * One function with everything in locals: closures over the arrays would make
 * it three times slower once a second model has been loaded.
 */
export function evaluateForest(
  forest: Forest,
  row: Float64Array,
  out: Float64Array,
): void {
  const { root, feature, kind, threshold, left, right, whenMissing } = forest;
  const { isLinear, leafValue } = forest;
  out.fill(0);
  for (let tree = 0, k = 0; tree < root.length; tree++) {
    let at = root[tree]!;
    while (at >= 0) {
      const x = row[feature[at]!]!;
      const what = kind[at]!;
      if (
        Number.isNaN(x) ||
        what === COMPARE_UNLESS_ZERO && Math.abs(x) <= ZERO_THRESHOLD
      ) {
        at = whenMissing[at]!;
      } else {
        const holds = what === LOOK_UP
          ? isInSet(forest, threshold[at]!, x)
          : x <= threshold[at]!;
        at = holds ? left[at]! : right[at]!;
      }
    }
    out[k]! += isLinear[tree]
      ? evaluateLinear(forest, ~at, row)
      : leafValue[~at]!;
    if (++k === out.length) k = 0;
  }
}

function isInSet(forest: Forest, set: number, x: number): boolean {
  if (!(x > -1 && x < 0x80000000)) return false;
  const category = Math.trunc(x);
  const word = forest.setBounds[set]! + (category >>> 5);
  return word < forest.setBounds[set + 1]! &&
    (forest.setWords[word]! >>> (category & 31) & 1) === 1;
}

/** The leaf's linear model, or its plain value when a feature of it is missing. */
function evaluateLinear(
  forest: Forest,
  leaf: number,
  row: Float64Array,
): number {
  let score = forest.constant[leaf]!;
  const end = forest.termBounds[leaf + 1]!;
  for (let i = forest.termBounds[leaf]!; i < end; i++) {
    const x = row[forest.termFeature[i]!]!;
    if (Number.isNaN(x)) return forest.leafValue[leaf]!;
    score += forest.termFactor[i]! * x;
  }
  return score;
}
