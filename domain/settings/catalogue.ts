/**
 * All settings of a user as one tree, whatever document they are stored in:
 * the form of a defaults file, and of the paths in comparison and reset.
 *
 * @module
 */
import { InvalidInput } from "../invalid_input.ts";
import { isJsonObject, type JsonObject } from "../json_value.ts";
import { USER_DOCUMENTS, type UserDocument } from "../settings.ts";
import {
  type Field,
  type FieldTree,
  modeNamed,
  TRADING_MODES,
} from "./field.ts";
import { moved } from "./rule.ts";
import { type DocumentShape, leavesOf, SHAPES } from "./shape.ts";

/** A part of the tree that lies in one document. */
interface Section {
  /** Where in the tree. */
  readonly path: readonly string[];
  /** In which document. */
  readonly document: UserDocument;
  /** Where in the document. */
  readonly at: readonly string[];
}

/** A setting with its places. */
export interface Setting {
  /** Its path in the tree: `mode_configs.scalp.sltp.stop_loss_percent`. */
  readonly path: string;
  /** The first step of that path. */
  readonly group: string;
  /** The document it is stored in. */
  readonly document: UserDocument;
  /** Its path in that document. */
  readonly at: readonly string[];
  /** What it is. */
  readonly field: Field;
}

/** Something that users keep, by its places: a setting, or all of `custom`. */
export type Kept = Pick<Setting, "path" | "document" | "at">;

/** A user's documents by name; `undefined` where none is stored. */
export type Documents = Readonly<
  Partial<Record<UserDocument, JsonObject | undefined>>
>;

/** What people call the groups of the tree, in the order of the tree. */
export const GROUP_TITLES: Readonly<Record<string, string>> = {
  mode_configs: "Trading modes",
  scalp_reentry: "Scalp re-entry",
  global_trading: "Trading as a whole",
  circuit_breaker: "Circuit breaker",
  capital_allocation: "Capital allocation",
  safety_settings: "Safety by mode",
  position_optimization: "Averaging and hedging",
  llm_config: "Language model",
  early_warning: "Early warning",
  notifications: "Notifications",
};

const trading = (group: string, ...more: string[]): Section => ({
  path: [group, ...more],
  document: "settings:all",
  at: ["trading", group],
});

const SECTIONS: readonly Section[] = [
  ...TRADING_MODES.map((mode): Section => ({
    path: ["mode_configs", mode],
    document: `mode:${mode}`,
    at: [],
  })),
  { path: ["scalp_reentry"], document: "scalp_reentry", at: [] },
  trading("global_trading"),
  { path: ["circuit_breaker", "global"], document: "circuit_breaker", at: [] },
  { path: ["capital_allocation"], document: "capital_allocation", at: [] },
  trading("safety_settings"),
  trading("position_optimization"),
  trading("llm_config", "global"),
  trading("early_warning"),
  { path: ["notifications"], document: "settings:all", at: ["notifications"] },
];

/** Every setting, in the order of the tree. */
export const SETTINGS: readonly Setting[] = SECTIONS.flatMap(settingsIn);

/** What users keep for themselves: one thing, however much is in it. */
export const CUSTOM: Kept = {
  path: "custom",
  document: "settings:all",
  at: ["custom"],
};

/** What the tree must look like: the fields and rules of all documents. */
export const TREE_SHAPE: DocumentShape = {
  title: "Default settings",
  fields: treeWith(({ field }) => field) as unknown as FieldTree,
  rules: USER_DOCUMENTS.flatMap((document) =>
    SHAPES[document].rules.map((rule) =>
      moved(rule, (path) => treePathOf(document, path))
    )
  ),
};

/** The defaults of the field tables, as a tree. */
export const BUILT_IN_TREE: JsonObject = treeWith(({ field }) => field.default);

/** The same, as the documents of a user. */
export const BUILT_IN_DOCUMENTS: Readonly<Record<UserDocument, JsonObject>> =
  documentsOfTree(BUILT_IN_TREE);

/**
 * The settings at or beneath `path`; `ultra_fast` is taken for `ultra`. The user
 * settings, whose groups are apart in the tree, go by their names as documents:
 * `all`, `trading`, `notifications`.
 *
 * @throws {InvalidInput} When there are none, naming what there is.
 */
export function settingsAt(path: string): readonly Setting[] {
  const steps = canonicalSteps(path);
  const found = SETTINGS.filter((setting) =>
    startsWith(setting.path.split("."), steps) ||
    isOfUserSettings(setting, path)
  );
  if (found.length > 0) return found;
  const message = `Cannot find settings at ${
    JSON.stringify(path.slice(0, 128))
  } as ${knownNear(steps)}`;
  throw new InvalidInput(message, [{ path: "path", message }]);
}

/** Whether `setting` lies in the user settings, or in the part of them, that is called `name`. */
function isOfUserSettings({ document, at }: Setting, name: string): boolean {
  return document === "settings:all" && (name === "all" || name === at[0]);
}

/** Everything that users keep at or beneath `path`, all of it when absent; see `settingsAt`. */
export function keptAt(path: string | undefined): readonly Kept[] {
  if (path === undefined) return [...SETTINGS, CUSTOM];
  return path === CUSTOM.path ? [CUSTOM] : settingsAt(path);
}

/** The documents that `kept` lies in, in the order of `USER_DOCUMENTS`. */
export function documentsWith(kept: readonly Kept[]): readonly UserDocument[] {
  const names = new Set(kept.map(({ document }) => document));
  return USER_DOCUMENTS.filter((name) => names.has(name));
}

/** The value of `setting` in `documents`; `undefined` when it is not there. */
export function valueOf(documents: Documents, setting: Kept): unknown {
  return valueAt(documents[setting.document], setting.at);
}

/** The documents that a tree stands for; what the tree lacks, they lack. */
export function documentsOfTree(
  tree: JsonObject,
): Record<UserDocument, JsonObject> {
  const names = USER_DOCUMENTS.map((name) => [name, {}] as const);
  const documents: Record<string, JsonObject> = Object.fromEntries(names);
  for (const { path, document, at } of SECTIONS) {
    const value = valueAt(tree, path);
    if (value === undefined) continue;
    documents[document] = withValue(documents[document]!, at, value);
  }
  return documents as Record<UserDocument, JsonObject>;
}

/** The tree of `documents`; what they lack, it lacks. */
export function treeOfDocuments(documents: Documents): JsonObject {
  return SECTIONS.reduce<JsonObject>((tree, { path, document, at }) => {
    const value = valueAt(documents[document], at);
    return value === undefined ? tree : withValue(tree, path, value);
  }, {});
}

/** The paths in the tree of all that lies at or beneath a path in a document. */
export function treePathsOf(
  document: UserDocument,
  at: string,
): readonly string[] {
  const steps = at.split(".");
  const beneath = SECTIONS.filter((section) =>
    section.document === document && section.at.length > steps.length &&
    startsWith(section.at, steps)
  );
  return beneath.length > 0
    ? beneath.map(({ path }) => path.join("."))
    : [treePathOf(document, at)];
}

/** The path in the tree of a path in a document. */
export function treePathOf(document: UserDocument, at: string): string {
  const steps = at.split(".");
  const section = SECTIONS.find((section) =>
    section.document === document && startsWith(steps, section.at)
  );
  if (!section) return at;
  return [...section.path, ...steps.slice(section.at.length)]
    .filter((step) => step !== "").join(".");
}

/** `object` with `value` at `path`; nothing that was given is changed. */
export function withValue(
  object: JsonObject,
  path: readonly string[],
  value: unknown,
): JsonObject {
  const [name, ...rest] = path;
  if (name === undefined) return value as JsonObject;
  const inner = object[name];
  const next = rest.length === 0
    ? value
    : withValue(isJsonObject(inner) ? inner : {}, rest, value);
  return { ...object, [name]: next };
}

/** What stands at `path` in `value`. */
export function valueAt(value: unknown, path: readonly string[]): unknown {
  let at = value;
  for (const name of path) {
    if (!isJsonObject(at) || !Object.hasOwn(at, name)) return undefined;
    at = at[name];
  }
  return at;
}

/** The steps of a path, by the names that we use. */
function canonicalSteps(path: string): readonly string[] {
  return path.split(".").map((step, i) =>
    i === 1 ? modeNamed(step) ?? step : step
  );
}

/** A tree with what `of` gives in the place of each setting. */
function treeWith(of: (setting: Setting) => unknown): JsonObject {
  return SETTINGS.reduce<JsonObject>(
    (tree, setting) => withValue(tree, setting.path.split("."), of(setting)),
    {},
  );
}

function settingsIn({ path, document, at }: Section): readonly Setting[] {
  return leavesOf(SHAPES[document].fields)
    .filter((leaf) => startsWith(leaf.path, at))
    .map((leaf) => ({
      path: [...path, ...leaf.path.slice(at.length)].join("."),
      group: path[0]!,
      document,
      at: leaf.path,
      field: leaf.field,
    }));
}

function startsWith(
  path: readonly string[],
  start: readonly string[],
): boolean {
  return start.every((step, i) => path[i] === step);
}

/** What there is at the last step of `steps` that is known. */
function knownNear(steps: readonly string[]): string {
  for (let length = steps.length - 1; length >= 0; length--) {
    const start = steps.slice(0, length);
    const beneath = SETTINGS.map(({ path }) => path.split("."))
      .filter((path) => startsWith(path, start) && path.length > length)
      .map((path) => path[length]!);
    if (beneath.length === 0) continue;
    const names = [...new Set(beneath)].join(", ");
    return `${length === 0 ? "there" : start.join(".")} ${
      length === 0 ? "are" : "has"
    } ${names}`;
  }
  return "there are none";
}
