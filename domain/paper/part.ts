/**
 * How an order is filled in several parts.
 *
 * @module
 */
import { type Decimal, ONE } from "../decimal.ts";

/**
 * The size of the next part: what is left shared evenly among the parts that
 * are left, cut to the decimals that the order itself has (whole units stay
 * whole); the last part takes what is left.
 *
 * @param qty Units of the whole order.
 * @param left Units not filled yet; above 0.
 * @param parts Parts that are left; 1 or less for the last.
 */
export function nextPart(qty: Decimal, left: Decimal, parts: number): Decimal {
  if (parts <= 1) return left;
  let unit = ONE;
  while (qty % unit !== 0n) unit /= 10n;
  const share = left / BigInt(parts) / unit * unit;
  if (share > 0n) return share;
  return unit < left ? unit : left;
}
