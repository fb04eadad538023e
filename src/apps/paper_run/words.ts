/**
 * Figures as people read them.
 *
 * @module
 */
import {
  type Decimal,
  formatDecimal,
  roundTo,
} from "../../../domain/decimal.ts";

/** What stands for a figure that cannot be told. */
export const UNKNOWN = "–";

/** An amount with two decimals and its thousands apart, such as `-1,234.50`. */
export function printMoney(amount: Decimal): string {
  const text = formatDecimal(roundTo(amount, 2));
  const [, sign, whole = "", cents = ""] = /^(-?)(\d+)\.?(\d*)$/.exec(text)!;
  return `${sign}${grouped(whole)}.${cents.padEnd(2, "0")}`;
}

/** An amount as `printMoney`, its sign in any case. */
export function printGain(amount: Decimal): string {
  return amount > 0n ? `+${printMoney(amount)}` : printMoney(amount);
}

/** Units, without needless zeros, with four decimals at most. */
export function printQty(qty: Decimal): string {
  return formatDecimal(roundTo(qty, 4));
}

/** A share as `12.34 %`. */
export function printShare(share: number | undefined): string {
  return share === undefined ? UNKNOWN : `${(share * 100).toFixed(2)} %`;
}

/** A ratio with two decimals. */
export function printRatio(ratio: number | undefined): string {
  return ratio === undefined ? UNKNOWN : ratio.toFixed(2);
}

function grouped(digits: string): string {
  return digits.replace(/\B(?=(?:\d{3})+$)/g, ",");
}
