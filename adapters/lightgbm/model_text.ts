/**
 * The layout of a LightGBM text model: a header and one section a tree, each
 * of `key=value` lines.
 *
 * @module
 */
import { refuse } from "./refuse.ts";

/** The `key=value` lines of one part of a model. */
export interface Section {
  /** What messages call it, such as `tree 3`. */
  readonly name: string;
  /** The values by key. */
  readonly values: ReadonlyMap<string, string>;
}

/** A model taken apart, its values not yet read. */
export interface ModelText {
  /** What holds for all trees. */
  readonly header: Section;
  /** The trees, in file order. */
  readonly trees: readonly Section[];
}

const HEADER_KEYS = new Set(
  ("version num_class num_tree_per_iteration label_index max_feature_idx " +
    "objective average_output feature_names monotone_constraints " +
    "feature_infos tree_sizes").split(" "),
);

const TREE_KEYS = new Set(
  ("num_leaves num_cat split_feature split_gain threshold decision_type " +
    "left_child right_child leaf_value leaf_weight leaf_count " +
    "internal_value internal_weight internal_count cat_boundaries " +
    "cat_threshold is_linear leaf_const num_features leaf_features " +
    "leaf_coeff shrinkage").split(" "),
);

const FIRST_LINE = "tree";
const LAST_LINE = "end of trees";

/**
 * Takes a model apart; what follows its trees is ignored.
 *
 * @throws {PortError} `corrupt` when it is not laid out as LightGBM does, which
 * includes a key that is not known: it may change what the others mean.
 */
export function splitModelText(text: string): ModelText {
  const lines = text.split(/\r?\n/);
  if (lines[0] !== FIRST_LINE) {
    refuse("it does not begin like a LightGBM text model", lines[0]);
  }
  let at = 1;

  function readSection(name: string, known: ReadonlySet<string>): Section {
    const values = new Map<string, string>();
    for (; at < lines.length && lines[at] !== ""; at++) {
      const line = lines[at]!;
      const equals = line.indexOf("=");
      const key = equals < 0 ? line : line.slice(0, equals);
      const isFlag = key === "average_output";
      if (!known.has(key) || isFlag !== equals < 0) {
        refuse(`its ${name} has a line that is not understood`, line);
      }
      if (values.has(key)) refuse(`its ${name} says ${key} twice`);
      values.set(key, line.slice(key.length + 1));
    }
    return { name, values };
  }

  const header = readSection("header", HEADER_KEYS);
  const trees: Section[] = [];
  for (;;) {
    while (lines[at] === "") at++;
    const line = lines[at++];
    if (line === LAST_LINE) return { header, trees };
    if (line === undefined) {
      refuse(`it is cut off: the line "${LAST_LINE}" is missing`);
    }
    if (line !== `Tree=${trees.length}`) {
      refuse(`tree ${trees.length} does not follow`, line);
    }
    trees.push(readSection(`tree ${trees.length}`, TREE_KEYS));
  }
}

/** The text of `key`, which must be there. */
export function textOf(section: Section, key: string): string {
  return section.values.get(key) ??
    refuse(`its ${section.name} lacks ${key}`);
}

/** The whole number of `key`, from `min` to `max`; `absent` when it is not there. */
export function integerOf(
  section: Section,
  key: string,
  [min, max]: readonly [number, number],
  absent?: number,
): number {
  if (absent !== undefined && !section.values.has(key)) return absent;
  return readInteger(textOf(section, key), section, key, min, max);
}

/** The `count` whole numbers of `key`, each from `min` to `max`. */
export function integersOf(
  section: Section,
  key: string,
  count: number,
  [min, max]: readonly [number, number],
): number[] {
  return wordsOf(section, key, count)
    .map((word) => readInteger(word, section, key, min, max));
}

/** The `count` finite numbers of `key`. */
export function numbersOf(
  section: Section,
  key: string,
  count: number,
): Float64Array {
  return Float64Array.from(wordsOf(section, key, count), (word) => {
    const value = NUMBER.test(word) ? Number(word) : NaN;
    if (!Number.isFinite(value)) {
      refuse(`${key} of its ${section.name} must be finite numbers`, word);
    }
    return value;
  });
}

/** The `count` words of `key`, parted by spaces; none where it is absent. */
function wordsOf(section: Section, key: string, count: number): string[] {
  const words = (section.values.get(key) ?? "").match(/[^ ]+/g) ?? [];
  if (words.length !== count) {
    refuse(
      `${key} of its ${section.name} must have ${count} values`,
      `${words.length} values`,
    );
  }
  return words;
}

function readInteger(
  word: string,
  section: Section,
  key: string,
  min: number,
  max: number,
): number {
  const value = INTEGER.test(word) ? Number(word) : NaN;
  if (!(value >= min && value <= max)) {
    refuse(
      `${key} of its ${section.name} must be a whole number from ${min} to ${max}`,
      word,
    );
  }
  return value;
}

const INTEGER = /^-?\d+$/;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
