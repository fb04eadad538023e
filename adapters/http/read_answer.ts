/**
 * What answers of other processes must look like.
 *
 * @module
 */
import { z } from "zod";
import { type Decimal, parseDecimal } from "../../domain/decimal.ts";
import { InvalidInput } from "../../domain/invalid_input.ts";
import { parseSymbol, type TradingSymbol } from "../../domain/symbol.ts";
import {
  parseTradingDate,
  type TradingDate,
} from "../../domain/trading_date.ts";
import { PortError, type PortErrorCode } from "../../ports/port_error.ts";

/** A decimal in a text. */
export const DecimalText: z.ZodType<Decimal> = z.string().transform(
  (text, context): Decimal => {
    const value = parseDecimal(text);
    if (value !== undefined) return value;
    context.addIssue("must be a decimal");
    return z.NEVER;
  },
);

/** A symbol in a text, as it is written here. */
export const SymbolText: z.ZodType<TradingSymbol> = parsed(
  parseSymbol,
  "must be a symbol",
);

/** A date in a text. */
export const DateText: z.ZodType<TradingDate> = parsed(
  parseTradingDate,
  "must be a date",
);

/** A moment in a text, as milliseconds since the Unix epoch. */
export const InstantText: z.ZodType<number> = z.iso.datetime().transform((
  text,
) => Date.parse(text));

/** A text that `parse` takes and leaves as it is. */
function parsed<T extends string>(
  parse: (text: string) => T,
  fault: string,
): z.ZodType<T> {
  return z.string().transform((text, context): T => {
    try {
      const value = parse(text);
      if (value === text) return value;
    } catch (error) {
      if (!(error instanceof InvalidInput)) throw error;
    }
    context.addIssue(fault);
    return z.NEVER;
  });
}

/**
 * Reads an answer.
 *
 * @throws {PortError} `unreadable` when it does not look like `schema`.
 */
export function readAnswer<T>(
  schema: z.ZodType<T>,
  json: unknown,
  what: string,
  unreadable: PortErrorCode = "corrupt",
): T {
  const { success, data, error } = schema.safeParse(json);
  if (success) return data;
  const [issue] = error.issues;
  throw new PortError(
    unreadable,
    `Cannot use the ${what} of another process as ${
      issue!.path.join(".") || "the answer"
    } is not what it must be: ${issue!.message}; start both with one version`,
    { cause: error },
  );
}
