/**
 * Settings documents: what is stored under which key.
 *
 * @module
 */
import { InvalidInput } from "./invalid_input.ts";
import { USER_ID_PATTERN, type UserId } from "./user_id.ts";

/**
 * The documents that a user has. Parts of them that lie under keys of their own
 * in Redis are none: see `settings_projection.ts`.
 */
export const USER_DOCUMENTS = [
  "settings:all",
  "mode:ultra",
  "mode:scalp",
  "mode:swing",
  "mode:position",
  "scalp_reentry",
  "circuit_breaker",
  "capital_allocation",
] as const;

/** One of a user's documents. */
export type UserDocument = typeof USER_DOCUMENTS[number];

/** The key of a document, such as `user:42:mode:scalp`. */
export type SettingsKey = string & { readonly __settingsKey: unique symbol };

/** Where settings were read: `memory` has no database. */
export type SettingsSource = "redis" | "database" | "memory";

/** One stored document. */
export interface SettingsDocument {
  /** What it is stored under. */
  readonly key: SettingsKey;
  /** Position in the log of the entry that last changed the document. */
  readonly version: number;
  /** The value, byte for byte as it was written: one JSON text. */
  readonly json: string;
}

const SHAPE = new RegExp(
  `^user:${USER_ID_PATTERN.slice(1, -1)}:(?:${USER_DOCUMENTS.join("|")})$`,
);

/** The key under which `user`'s `document` is stored. */
export function settingsKey(user: UserId, document: UserDocument): SettingsKey {
  return `user:${user}:${document}` as SettingsKey;
}

/**
 * Reads a settings key.
 *
 * @throws {InvalidInput} When the text names no document.
 */
export function parseSettingsKey(text: string): SettingsKey {
  if (text !== "admin:defaults:all" && !SHAPE.test(text)) {
    throw new InvalidInput(
      `Cannot use settings key ${
        JSON.stringify(text.slice(0, 160))
      } as it names no document: expected user:{id}:{document} with one of ${
        USER_DOCUMENTS.join(", ")
      }, or admin:defaults:all`,
    );
  }
  return text as SettingsKey;
}
