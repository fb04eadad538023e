/**
 * SHA-256 at once: `crypto.subtle` gives it by way of another thread, which
 * takes far longer than the digest of a short text.
 *
 * @module
 */
import { createHash, createHmac, timingSafeEqual } from "node:crypto";

/** The digest of `text` in UTF-8, as 32 bytes. */
export function sha256(text: string): Uint8Array {
  return new Uint8Array(createHash("sha256").update(text).digest());
}

/** The HMAC-SHA-256 of `text` under `secret`, in hexadecimal. */
export function hmacSha256(secret: string, text: string): string {
  return createHmac("sha256", secret).update(text).digest("hex");
}

/** Whether both are the same, in a time that does not tell where they differ. */
export function isSameHash(one: string, other: string): boolean {
  const encoder = new TextEncoder();
  const [a, b] = [encoder.encode(one), encoder.encode(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/**
 * Whether both are the same, in a time that does not tell where they differ, as
 * no branch depends on what they say. To copy texts into bytes for
 * `timingSafeEqual` takes twenty times as long, in the way of every request.
 */
export function isSameText(one: string, other: string): boolean {
  if (one.length !== other.length) return false;
  let difference = 0;
  for (let i = 0; i < one.length; i++) {
    difference |= one.charCodeAt(i) ^ other.charCodeAt(i);
  }
  return difference === 0;
}
