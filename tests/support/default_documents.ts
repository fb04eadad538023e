/**
 * Settings documents as new users get them: valid ones to begin with.
 *
 * @module
 */
import type { JsonObject } from "../../domain/json_value.ts";
import {
  builtInTree,
  documentsOfTree,
} from "../../domain/settings/catalogue.ts";
import type { UserDocument } from "../../domain/settings.ts";

const DOCUMENTS = documentsOfTree(builtInTree());

/** The program's own default of `document`; the caller may change his copy. */
// deno-lint-ignore no-explicit-any
export function defaultDocument(document: UserDocument): any {
  return structuredClone(DOCUMENTS[document]);
}

/** User settings with defaults everywhere and `custom` in their free member. */
export function userSettings(custom: JsonObject): JsonObject {
  return { ...DOCUMENTS["settings:all"], custom };
}
