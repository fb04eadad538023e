/**
 * Mean and standard deviation over a window.
 *
 * A window is the first `d` entries of a series that runs newest first.
 * Entries that are not finite count as missing and are skipped.
 *
 * @module
 */

/**
 * The mean of the valid entries; NaN when there are none.
 *
 * Sums distances from the newest valid entry, which makes the mean of equal
 * numbers that very number, and thus their deviations exactly 0.
 */
export function mean(series: Float64Array, d: number): number {
  let pivot = NaN;
  let sum = 0;
  let n = 0;
  for (let k = 0; k < d; k++) {
    const value = series[k]!;
    if (!Number.isFinite(value)) continue;
    if (n++ === 0) pivot = value;
    sum += value - pivot;
  }
  return pivot + sum / n;
}

/**
 * The sample standard deviation (n - 1) of the valid entries around `center`,
 * their mean: NaN when there are fewer than two, exactly 0 when all are equal.
 */
export function deviation(
  series: Float64Array,
  d: number,
  center: number,
): number {
  let squares = 0;
  let n = 0;
  for (let k = 0; k < d; k++) {
    const value = series[k]!;
    if (!Number.isFinite(value)) continue;
    // Multiplied out: `**` may differ in the last bit once it is compiled.
    squares += (value - center) * (value - center);
    n++;
  }
  return n < 2 ? NaN : Math.sqrt(squares / (n - 1));
}

/**
 * The standard deviation up to which a series counts as flat, so that it
 * correlates with nothing. Absolute, in the units of the series, as in qlib.
 */
export const FLAT = 2e-5;
