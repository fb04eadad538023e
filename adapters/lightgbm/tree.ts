/**
 * What a LightGBM decision tree is.
 *
 * @module
 */

/** How a split that compares treats a zero and a missing value. */
export const MISSING = {
  /** A missing value counts as zero, a zero is compared. */
  none: 0,
  /** Both go the default way. */
  zero: 1,
  /** A missing value goes the default way, a zero is compared. */
  nan: 2,
} as const;

/** The bits of a split's decision type. */
export const DECISION = {
  /** The split asks whether a category is in a set. */
  categorical: 1,
  /** The default way is left. */
  defaultLeft: 2,
  /** Where the bits of `MISSING` begin. */
  missingShift: 2,
} as const;

/**
 * One checked tree.
 *
 * Splits are numbered from 0, the root, and point forward only. A child below
 * 0 is leaf `~child`. A tree of one leaf has no splits.
 */
export interface Tree {
  /** The feature that each split looks at. */
  readonly splitFeature: Int32Array;
  /** What each split compares with; of a categorical one, its category set. */
  readonly threshold: Float64Array;
  /** What each split does; see `DECISION`. */
  readonly decisionType: Uint8Array;
  /** Where each split goes when its condition holds. */
  readonly leftChild: Int32Array;
  /** Where each split goes otherwise. */
  readonly rightChild: Int32Array;
  /** What each leaf adds to the score. */
  readonly leafValue: Float64Array;
  /** Where each category set begins in `categoryWords`, and the end of all. */
  readonly categoryBounds: Int32Array;
  /** Category sets as bits: category `c` is bit `c % 32` of word `c / 32`. */
  readonly categoryWords: Uint32Array;
  /** The linear models of the leaves, where the tree has them. */
  readonly linear: LinearLeaves | undefined;
}

/** A linear model a leaf. */
export interface LinearLeaves {
  /** The constant of each leaf. */
  readonly constant: Float64Array;
  /** Where each leaf's terms begin, and the end of all. */
  readonly bounds: Int32Array;
  /** The feature of each term. */
  readonly feature: Int32Array;
  /** The factor of each term. */
  readonly factor: Float64Array;
}
