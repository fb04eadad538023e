/**
 * What stored documents say, parsed once each.
 *
 * @module
 */
import { type JsonObject, parseObject } from "../../../domain/json_value.ts";
import type { SettingsDocument } from "../../../domain/settings.ts";
import { PortError } from "../../../ports/port_error.ts";

// Documents near at hand are the same objects from read to read.
const parsed = new WeakMap<SettingsDocument, JsonObject>();

/**
 * What `document` says.
 *
 * @throws {PortError} `corrupt` when somebody has put something else there.
 */
export function parseStored(document: SettingsDocument): JsonObject {
  const value = readableJson(document);
  if (value) return value;
  throw new PortError(
    "corrupt",
    `Cannot read ${document.key} as what is stored is not a JSON object: PUT it anew`,
  );
}

/** What `document` says; `undefined` where somebody has put something else there. */
export function readableJson(
  document: SettingsDocument | undefined,
): JsonObject | undefined {
  if (!document) return undefined;
  const known = parsed.get(document);
  if (known) return known;
  const value = parseObject(document.json);
  if (value) parsed.set(document, value);
  return value;
}
