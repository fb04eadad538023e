/**
 * Names for requests.
 *
 * @module
 */
import type { Entropy } from "../../ports/entropy.ts";

/** What is well formed; an API key that got there by mistake is not. */
const SHAPE = /^(?!.*hf_)[A-Za-z0-9_.-]{1,64}$/i;

/** Gives every request a name. */
export interface RequestIds {
  /** The client's `X-Request-Id` where it is well formed, else a new name. */
  of(headers: Headers): string;
}

/**
 * Creates a source of names: a random beginning that is drawn once, so that
 * instances differ, and a count.
 */
export function createRequestIds(entropy: Entropy): RequestIds {
  const prefix = Array.from(
    entropy.bytes(8),
    (byte) => byte.toString(16).padStart(2, "0"),
  ).join("");
  let count = 0;
  return {
    of(headers) {
      const given = headers.get("x-request-id");
      if (given !== null && SHAPE.test(given)) return given;
      return `${prefix}-${(++count).toString(36)}`;
    },
  };
}
