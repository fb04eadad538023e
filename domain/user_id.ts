/**
 * Whose settings, numbers and events these are.
 *
 * @module
 */
import { InvalidInput } from "./invalid_input.ts";

/** A user's identifier, safe as a part of a key. */
export type UserId = string & { readonly __userId: unique symbol };

/** What a user id looks like, as a regular expression source. */
export const USER_ID_PATTERN = "^[A-Za-z0-9_.@-]{1,128}$";

const SHAPE = new RegExp(USER_ID_PATTERN);

/**
 * Reads a user id.
 *
 * @throws {InvalidInput} When the text cannot be a user id.
 */
export function parseUserId(text: string): UserId {
  if (!SHAPE.test(text)) {
    throw new InvalidInput(
      `Cannot use user id ${JSON.stringify(text.slice(0, 64))} as it must be ` +
        `1 to 128 letters, digits or _ . @ -`,
    );
  }
  return text as UserId;
}
