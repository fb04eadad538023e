/**
 * From exact amounts to the ratios that are told of them.
 *
 * @module
 */
import { type Decimal, ONE, over } from "../decimal.ts";

/** `a / b` as a number; `undefined` unless `b` is above 0. */
export function ratio(a: Decimal, b: Decimal): number | undefined {
  return b > 0n ? Number(over(a, b)) / Number(ONE) : undefined;
}
