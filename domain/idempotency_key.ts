/**
 * The name that a client gives to a request, to be able to repeat it.
 *
 * @module
 */
import { InvalidInput } from "./invalid_input.ts";

/** Names one request of one user. */
export type IdempotencyKey = string & {
  readonly __idempotencyKey: unique symbol;
};

/** What a key looks like, as a regular expression source; spaces do not count as printable. */
export const IDEMPOTENCY_KEY_PATTERN = "^[!-~]{8,128}$";

const SHAPE = new RegExp(IDEMPOTENCY_KEY_PATTERN);

/**
 * Reads a key.
 *
 * @throws {InvalidInput} When the text cannot be a key.
 */
export function parseIdempotencyKey(text: string): IdempotencyKey {
  if (SHAPE.test(text)) return text as IdempotencyKey;
  throw new InvalidInput(
    `Cannot use idempotency key ${
      JSON.stringify(text.slice(0, 64))
    } as it must be 8 to 128 printable ASCII characters without spaces`,
  );
}
