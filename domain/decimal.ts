/**
 * Money and prices, exact: whole numbers of 10^-12, so that no ledger holds a
 * binary fraction.
 *
 * @module
 */

/** A decimal number in units of 10^-12. */
export type Decimal = bigint;

const PLACES = 12;

/** The number 1. */
export const ONE: Decimal = 10n ** BigInt(PLACES);

/** Largest power of ten that a text may name; none that is sensible is beyond. */
const MAX_EXPONENT = 30;

const SHAPE = /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d{1,3}))?$/;

/**
 * Reads a decimal, rounded to 12 places; `undefined` when it is none. A number
 * is taken by its shortest text, so that 0.1 is a tenth.
 */
export function parseDecimal(value: unknown): Decimal | undefined {
  const text = typeof value === "number" ? String(value) : value;
  if (typeof text !== "string" || text.length > 64) return undefined;
  const match = SHAPE.exec(text);
  if (!match) return undefined;
  const [, sign, whole = "", fraction = "", exponent = "0"] = match;
  const power = Number(exponent);
  if (whole + fraction === "" || Math.abs(power) > MAX_EXPONENT) {
    return undefined;
  }
  const digits = BigInt(whole + fraction);
  const shift = PLACES + power - fraction.length;
  const size = shift >= 0
    ? digits * 10n ** BigInt(shift)
    : divideRounded(digits, 10n ** BigInt(-shift));
  return sign === "-" ? -size : size;
}

/** The product of two decimals, rounded. */
export function times(a: Decimal, b: Decimal): Decimal {
  return divideRounded(a * b, ONE);
}

/** The quotient of two decimals, rounded; `b` is not 0. */
export function over(a: Decimal, b: Decimal): Decimal {
  return divideRounded(a * ONE, b);
}

/** `a / b` to the nearest whole number, halves away from zero. */
export function divideRounded(a: bigint, b: bigint): bigint {
  const isNegative = (a < 0n) !== (b < 0n);
  const [top, bottom] = [a < 0n ? -a : a, b < 0n ? -b : b];
  const size = (2n * top + bottom) / (2n * bottom);
  return isNegative ? -size : size;
}

/** `value` with `places` decimals, rounded towards zero. */
export function cutTo(value: Decimal, places: number): Decimal {
  return value - value % 10n ** BigInt(PLACES - places);
}

/** `value` with `places` decimals, rounded to the nearest. */
export function roundTo(value: Decimal, places: number): Decimal {
  const step = 10n ** BigInt(PLACES - places);
  return divideRounded(value, step) * step;
}

/** Writes a decimal without needless zeros. */
export function formatDecimal(value: Decimal): string {
  const size = sizeOf(value);
  const whole = size / ONE;
  const fraction = String(size % ONE).padStart(PLACES, "0").replace(/0+$/, "");
  const sign = value < 0n ? "-" : "";
  return `${sign}${whole}${fraction === "" ? "" : `.${fraction}`}`;
}

/** `value` without its sign. */
export function sizeOf(value: Decimal): Decimal {
  return value < 0n ? -value : value;
}

/** The least of some decimals. */
export function least(first: Decimal, ...others: readonly Decimal[]): Decimal {
  return others.reduce((a, b) => a < b ? a : b, first);
}
