/**
 * The document that holds the defaults, with their hash.
 *
 * @module
 */
import { isJsonObject, type JsonObject } from "../../../domain/json_value.ts";
import {
  type Documents,
  documentsOfTree,
} from "../../../domain/settings/catalogue.ts";
import { completedDefaults } from "../../../domain/settings/defaults.ts";
import {
  parseSettingsKey,
  type SettingsDocument,
} from "../../../domain/settings.ts";
import { readableJson } from "./stored_json.ts";

/** The document that holds the defaults, with their hash. */
export const DEFAULTS_KEY = parseSettingsKey("admin:defaults:all");

/** The defaults as they are stored. */
export interface StoredDefaults {
  /** Position in the log of their last change. */
  readonly version: number;
  /** SHA-256 of the tree, in hexadecimal digits: the same exactly when it is. */
  readonly hash: string;
  /** All settings as one tree. */
  readonly tree: JsonObject;
  /** The same, as the documents of a user. */
  readonly documents: Documents;
}

// There is one such document, which nearly every request needs and hardly anybody changes.
let last: { readonly json: string; readonly said: StoredDefaults } | undefined;

/** What `document` says; `undefined` where it is damaged. */
export function readDefaultsDocument(
  document: SettingsDocument,
): StoredDefaults | undefined {
  const { version, json } = document;
  if (last?.json === json && last.said.version === version) return last.said;
  const { hash, defaults } = readableJson(document) ?? {};
  if (typeof hash !== "string" || !isJsonObject(defaults)) return undefined;
  // What an earlier version of the program did not know of.
  const tree = completedDefaults(defaults);
  const said = { version, hash, tree, documents: documentsOfTree(tree) };
  last = { json, said };
  return said;
}

/** The document that is to hold `tree`. */
export async function printDefaults(tree: JsonObject): Promise<string> {
  return JSON.stringify({ hash: await hashOf(tree), defaults: tree });
}

/** SHA-256 of `tree`, in whatever order its names stand. */
export async function hashOf(tree: JsonObject): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify(sorted(tree)));
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return new Uint8Array(digest).toHex();
}

/** The same tree with its names in order, so that equal trees print alike. */
function sorted(value: unknown): unknown {
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1);
  return Object.fromEntries(entries.map(([name, one]) => [name, sorted(one)]));
}
