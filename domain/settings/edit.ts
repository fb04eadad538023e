/**
 * Changing settings documents, and telling what has changed.
 *
 * @module
 */
import { isJsonObject, isSameValue, type JsonObject } from "../json_value.ts";
import type { UserDocument } from "../settings.ts";
import {
  type Documents,
  type Kept,
  valueAt,
  valueOf,
  withValue,
} from "./catalogue.ts";
import { type Field, type FieldTree, isField } from "./field.ts";
import type { DocumentShape } from "./shape.ts";

/** Characters of paths that an event carries, at most. */
const MAX_PATH_CHARS = 600;

/**
 * Merges `patch` into `document`: groups by name, fields whole. In the free
 * member it is a JSON merge patch (RFC 7396), in which null removes it or what is in it.
 */
export function merged(
  shape: DocumentShape,
  document: JsonObject,
  patch: JsonObject,
): JsonObject {
  const next = mergedTree(shape.fields, document, patch);
  const { free } = shape;
  if (free === undefined || !Object.hasOwn(patch, free)) return next;
  const { [free]: _, ...others } = next;
  if (patch[free] === null) return others;
  return { ...others, [free]: mergePatch(document[free], patch[free]) };
}

/** `documents` with the values of `settings` taken from `source`. */
export function withValuesOf(
  documents: Documents,
  settings: readonly Kept[],
  source: Documents,
): Documents {
  const next = { ...documents } as Record<UserDocument, JsonObject | undefined>;
  for (const setting of settings) {
    const { document, at } = setting;
    const value = valueOf(source, setting);
    next[document] = withValue(next[document] ?? {}, at, value);
  }
  return next;
}

/**
 * The paths at which two values of a document differ, as an event tells of
 * them: field by field, or by their groups where that would be too long. A
 * path stands for everything beneath it. `undefined` where even the groups
 * would be too long: anything may have changed.
 */
export function changedPaths(
  shape: DocumentShape,
  before: JsonObject | undefined,
  after: JsonObject,
): readonly string[] | undefined {
  const paths = changedIn(shape.fields, before, after);
  const { free } = shape;
  if (free && !isSameValue(before?.[free], after[free])) paths.push(free);
  for (let depth = 2; lengthOf(paths) > MAX_PATH_CHARS && depth > 0; depth--) {
    const groups = paths.map((path) => path.split(".", depth).join("."));
    paths.splice(0, paths.length, ...new Set(groups));
  }
  return lengthOf(paths) > MAX_PATH_CHARS ? undefined : paths;
}

/** The paths of the fields of `tree` at which two values differ. */
function changedIn(
  tree: FieldTree,
  before: unknown,
  after: unknown,
  prefix = "",
): string[] {
  return Object.entries(tree).flatMap(([name, node]) => {
    const path = prefix + name;
    const [one, other] = [valueAt(before, [name]), valueAt(after, [name])];
    if (!isField<Field>(node)) return changedIn(node, one, other, `${path}.`);
    return isSameValue(one, other) ? [] : [path];
  });
}

function mergedTree(
  tree: FieldTree,
  document: JsonObject,
  patch: JsonObject,
): JsonObject {
  // By entries: a name such as __proto__ must be nothing but a name.
  const next = new Map(Object.entries(document));
  for (const [name, value] of Object.entries(patch)) {
    const node = Object.hasOwn(tree, name) ? tree[name]! : undefined;
    const held = next.get(name);
    const isGroup = node !== undefined && !isField<Field>(node);
    next.set(
      name,
      isGroup && isJsonObject(held) && isJsonObject(value)
        ? mergedTree(node, held, value)
        : value,
    );
  }
  return Object.fromEntries(next);
}

function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isJsonObject(patch)) return patch;
  const next = new Map(Object.entries(isJsonObject(target) ? target : {}));
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) next.delete(name);
    else next.set(name, mergePatch(next.get(name), value));
  }
  return Object.fromEntries(next);
}

function lengthOf(paths: readonly string[]): number {
  return paths.reduce((sum, path) => sum + path.length + 3, 0);
}
