/**
 * API keys: what they look like, and what they allow.
 *
 * @module
 */
import { InvalidInput } from "./invalid_input.ts";
import type { UserId } from "./user_id.ts";

/** What a key may be used for; `admin` holds all of the others. */
export const API_KEY_SCOPES = ["read", "write", "trade", "admin"] as const;

/** One thing that a key may be used for. */
export type ApiKeyScope = typeof API_KEY_SCOPES[number];

/** Names a key; no secret. */
export type ApiKeyId = string & { readonly __apiKeyId: unique symbol };

/** A whole key, its secret included: `hf_<id>_<secret>`. */
export type ApiKeyText = string & { readonly __apiKeyText: unique symbol };

/** Most characters of a key's name. */
export const MAX_KEY_NAME_CHARS = 128;

/** Bytes of a secret. */
export const KEY_SECRET_BYTES = 32;

/** What an id looks like, as a regular expression source. */
export const API_KEY_ID_PATTERN = "^[a-z0-9]{12}$";

const ID_CHARS = 12;
const ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789";
const ID_SHAPE = new RegExp(API_KEY_ID_PATTERN);
const TEXT_SHAPE = /^hf_[a-z0-9]{12}_[A-Za-z0-9_-]{43}$/;

/** A key, without its secret. */
export interface ApiKey {
  /** Names it. */
  readonly id: ApiKeyId;
  /** What people call it. */
  readonly name: string;
  /** What it may be used for; never empty. */
  readonly scopes: readonly ApiKeyScope[];
  /** Whose it is; nobody's in particular only with `admin`. */
  readonly user?: UserId | undefined;
  /** When it was made: milliseconds since the Unix epoch. */
  readonly createdAt: number;
  /** Who made it: a key's id, a user, or `holdfast` itself. */
  readonly createdBy: string;
  /** From when on it is good for nothing; never when absent. */
  readonly expiresAt?: number | undefined;
  /** Until when the secret before the last rotation is good, where it still is. */
  readonly formerUntil?: number | undefined;
  /** When it was last used, to a minute or so. */
  readonly lastUsedAt?: number | undefined;
}

/**
 * Reads an id.
 *
 * @throws {InvalidInput} When the text cannot be one.
 */
export function parseApiKeyId(text: string): ApiKeyId {
  if (ID_SHAPE.test(text)) return text as ApiKeyId;
  throw new InvalidInput(
    "Cannot use this id of an API key as it must be 12 letters a to z or digits",
  );
}

/** Whether `text` looks like a whole key. */
export function isApiKeyText(text: string): text is ApiKeyText {
  return TEXT_SHAPE.test(text);
}

/** The id in a whole key. */
export function idOfKey(text: ApiKeyText): ApiKeyId {
  return text.slice(3, 3 + ID_CHARS) as ApiKeyId;
}

/**
 * Makes an id of what `bytes` gives, as often as it takes: a byte that would
 * make one letter likelier than another is thrown away.
 */
export function drawApiKeyId(bytes: (count: number) => Uint8Array): ApiKeyId {
  const fair = 256 - 256 % ALPHABET.length;
  let id = "";
  while (id.length < ID_CHARS) {
    for (const byte of bytes(ID_CHARS)) {
      if (byte < fair && id.length < ID_CHARS) {
        id += ALPHABET[byte % ALPHABET.length];
      }
    }
  }
  return id as ApiKeyId;
}

/** Writes a whole key. */
export function formatApiKey(id: ApiKeyId, secret: Uint8Array): ApiKeyText {
  const base64 = btoa(String.fromCharCode(...secret));
  const text = base64.replaceAll("+", "-").replaceAll("/", "_");
  return `hf_${id}_${text.replace(/=+$/, "")}` as ApiKeyText;
}

/** What a key with `scopes` may be used for, in all. */
export function grantedBy(
  scopes: readonly ApiKeyScope[],
): readonly ApiKeyScope[] {
  return scopes.includes("admin") ? API_KEY_SCOPES : scopes;
}
