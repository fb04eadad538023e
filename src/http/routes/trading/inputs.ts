/**
 * How names and decimals of orders are read.
 *
 * @module
 */
import { z } from "zod";
import { type Decimal, parseDecimal } from "../../../../domain/decimal.ts";
import { nameFault } from "../../../../domain/order/check_order.ts";
import { shown } from "../../validation.ts";

/** Up to 20 digits before the point, and 12 behind it, as decimals have. */
const EXACT = /^[+-]?(?:\d{1,20}(?:\.\d{0,12})?|\.\d{1,12})$/;

/** A decimal in a text or as a number, none of whose digits is lost. */
export const DecimalInput = z.union([z.string(), z.number()], {
  error: ({ input }) =>
    input === undefined
      ? "is required"
      : `must be a decimal, in quotes or not: current value is ${shown(input)}`,
}).transform((value, context): Decimal => {
  const text = typeof value === "number" ? plain(value) : value;
  const decimal = EXACT.test(text) ? parseDecimal(text) : undefined;
  if (decimal !== undefined) return decimal;
  context.addIssue(
    `must be a decimal with at most 20 digits before the point and 12 behind it: current value is ${
      JSON.stringify(String(value).slice(0, 64))
    }`,
  );
  return z.NEVER;
});

/** A name that matches `pattern`. */
export function nameLike(pattern: string) {
  return z.string().regex(new RegExp(pattern), {
    error: ({ input }) => nameFault(pattern, String(input)),
  });
}

/** A number without an exponent; what is too small for decimals stays so. */
function plain(value: number): string {
  const text = String(value);
  return text.includes("e-") ? value.toFixed(12) : text;
}
