/**
 * Patterns of channels as they are typed.
 *
 * @module
 */
import { parseChannelPatterns } from "../../domain/event/channel_pattern.ts";
import { InvalidInput } from "../../domain/invalid_input.ts";
import { UsageError } from "./failures.ts";

/**
 * Lets pass patterns that are some.
 *
 * @throws {UsageError} Else.
 */
export function checkPatterns(patterns: readonly string[]): void {
  try {
    parseChannelPatterns(patterns);
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    throw new UsageError(error.message);
  }
}
