/**
 * SHA-256 at once: `crypto.subtle` gives it by way of another thread, which
 * takes far longer than the digest of a short text.
 *
 * @module
 */
import { createHash } from "node:crypto";

/** The digest of `text` in UTF-8, as 32 bytes. */
export function sha256(text: string): Uint8Array {
  return new Uint8Array(createHash("sha256").update(text).digest());
}
