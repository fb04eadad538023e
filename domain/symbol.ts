/**
 * Instrument symbols.
 *
 * @module
 */
import { InvalidInput } from "./invalid_input.ts";

/** An upper-case instrument symbol that is safe in a file name and a key. */
export type TradingSymbol = string & {
  readonly __tradingSymbol: unique symbol;
};

/**
 * What a symbol looks like once upper-cased, as a regular expression source.
 *
 * No slash, no colon, no leading dot: a symbol names a file and a part of a
 * Redis key, and must not be able to leave either.
 */
export const SYMBOL_PATTERN = "^[A-Z0-9^][A-Z0-9._=^-]{0,31}$";

/** In lower case too: upper-casing makes letters of what is none, such as ß. */
const SHAPE = new RegExp(SYMBOL_PATTERN, "i");

/**
 * Reads a symbol, upper-casing it.
 *
 * @throws {InvalidInput} When the text cannot be a symbol.
 */
export function parseSymbol(text: string): TradingSymbol {
  const trimmed = text.trim();
  if (!SHAPE.test(trimmed)) {
    throw new InvalidInput(
      `Cannot use symbol ${JSON.stringify(text.slice(0, 64))} as it must be ` +
        `1 to 32 letters, digits or . _ = ^ -, beginning with a letter, digit or ^`,
    );
  }
  return trimmed.toUpperCase() as TradingSymbol;
}
