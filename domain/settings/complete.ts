/**
 * Documents that an earlier version of the program has stored: what it did not
 * know of is missing from them.
 *
 * @module
 */
import { isJsonObject, type JsonObject } from "../json_value.ts";
import type { UserDocument } from "../settings.ts";
import type { Documents } from "./catalogue.ts";
import { type Field, type FieldTree, isField } from "./field.ts";
import { SHAPES } from "./shape.ts";

/** Whether a field is missing from one of `documents`; what is wrong is not missing. */
export function lacksFields(documents: Documents): boolean {
  return entriesOf(documents).some(([name, value]) =>
    value !== undefined && lacks(SHAPES[name].fields, value)
  );
}

/** `documents` with the fields that are missing from them as `wanted` has them. */
export function completedDocuments(
  documents: Documents,
  wanted: Documents,
): Documents {
  return Object.fromEntries(
    entriesOf(documents).map(([name, value]) => [
      name,
      value && completed(SHAPES[name].fields, value, wanted[name] ?? {}),
    ]),
  );
}

function lacks(tree: FieldTree, value: JsonObject): boolean {
  return Object.entries(tree).some(([name, node]) => {
    if (!Object.hasOwn(value, name)) return true;
    const one = value[name];
    return !isField<Field>(node) && isJsonObject(one) && lacks(node, one);
  });
}

function completed(
  tree: FieldTree,
  value: JsonObject,
  source: JsonObject,
): JsonObject {
  const next = new Map(Object.entries(value));
  for (const [name, node] of Object.entries(tree)) {
    const held = next.get(name);
    const own = Object.hasOwn(source, name) ? source[name] : undefined;
    if (own === undefined) continue;
    if (!next.has(name)) next.set(name, own);
    else if (!isField<Field>(node) && isJsonObject(held) && isJsonObject(own)) {
      next.set(name, completed(node, held, own));
    }
  }
  return Object.fromEntries(next);
}

function entriesOf(documents: Documents) {
  return Object.entries(documents) as [UserDocument, JsonObject | undefined][];
}
