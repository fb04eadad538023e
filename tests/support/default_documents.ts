/**
 * Settings documents as new users get them: valid ones to begin with.
 *
 * @module
 */
import type { JsonObject } from "../../domain/json_value.ts";
import { BUILT_IN_DOCUMENTS } from "../../domain/settings/catalogue.ts";
import type { UserDocument } from "../../domain/settings.ts";
import type { DefaultsSource } from "../../ports/defaults_source.ts";

const DOCUMENTS = BUILT_IN_DOCUMENTS;

/** Where no file of defaults is configured: the program's own are taken. */
export const NO_DEFAULTS_FILE: DefaultsSource = {
  path: undefined,
  load: () => Promise.resolve(undefined),
  backup: () => Promise.resolve(""),
};

/** The program's own default of `document`; the caller may change his copy. */
// deno-lint-ignore no-explicit-any
export function defaultDocument(document: UserDocument): any {
  return structuredClone(DOCUMENTS[document]);
}

/** User settings with defaults everywhere and `custom` in their free member. */
export function userSettings(custom: JsonObject): JsonObject {
  return { ...DOCUMENTS["settings:all"], custom };
}
