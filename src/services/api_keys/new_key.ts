/**
 * New keys, and new secrets of keys.
 *
 * @module
 */
import {
  type ApiKeyId,
  type ApiKeyText,
  drawApiKeyId,
  formatApiKey,
  KEY_SECRET_BYTES,
} from "../../../domain/api_key.ts";
import type { StoredApiKey } from "../../../ports/api_key_store.ts";
import type { Entropy } from "../../../ports/entropy.ts";
import { hmacSha256 } from "../sha256.ts";

/** What is said of a new key by whoever wants it, and when. */
export type KeyFacts = Omit<StoredApiKey, "id" | "hash">;

/** Draws a key with its secret, kept as a hash under `pepper`. */
export function drawKey(
  facts: KeyFacts,
  pepper: string,
  entropy: Entropy,
): { readonly key: StoredApiKey; readonly text: ApiKeyText } {
  const id = drawApiKeyId((count) => entropy.bytes(count));
  const { text, hash } = drawSecret(id, pepper, entropy);
  return { text, key: { ...facts, id, hash } };
}

/** Draws a secret of the key `id`, kept as a hash under `pepper`. */
export function drawSecret(
  id: ApiKeyId,
  pepper: string,
  entropy: Entropy,
): { readonly text: ApiKeyText; readonly hash: string } {
  const text = formatApiKey(id, entropy.bytes(KEY_SECRET_BYTES));
  return { text, hash: hmacSha256(pepper, text) };
}

/** Draws what keys are hashed under. */
export function drawPepper(entropy: Entropy): string {
  return Array.from(
    entropy.bytes(KEY_SECRET_BYTES),
    (byte) => byte.toString(16).padStart(2, "0"),
  ).join("");
}
