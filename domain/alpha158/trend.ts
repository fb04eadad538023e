/**
 * The straight line through the closes of a window.
 *
 * @module
 */
import type { Lookback } from "./lookback.ts";
import { FLAT, mean } from "./moments.ts";
import { slotOf, WINDOWS } from "./names.ts";

const BETA = slotOf("BETA5");
const RSQR = slotOf("RSQR5");
const RESI = slotOf("RESI5");

/**
 * Writes, of the least-squares line of the close over its position,
 *
 * - BETA: the slope a row, `slope_d(C)/C`
 * - RSQR: the squared correlation of close and position, `rsq_d(C)`;
 *   missing where the closes are flat
 * - RESI: today's close above the line, `resid_d(C)/C`
 *
 * A missing close is left out, but keeps its position. All three need two
 * closes; with fewer the sums below are 0 and 0/0 is NaN.
 */
export function writeTrends(back: Lookback, out: Float64Array): void {
  const { close } = back;
  const today = close[0]!;
  for (let w = 0; w < WINDOWS.length; w++) {
    const d = WINDOWS[w]!;
    const center = mean(close, d);
    const age = meanAge(close, d);
    let n = 0;
    let xx = 0;
    let xy = 0;
    let yy = 0;
    for (let k = 0; k < d; k++) {
      if (!Number.isFinite(close[k]!)) continue;
      const x = age - k;
      const y = close[k]! - center;
      n++;
      xx += x * x;
      xy += x * y;
      yy += y * y;
    }
    const slope = xy / xx;
    const flat = Math.sqrt(yy / (n - 1)) <= FLAT;
    out[BETA + w] = slope / today;
    out[RSQR + w] = flat ? NaN : (xy * xy) / (xx * yy);
    out[RESI + w] = (today - center - slope * age) / today;
  }
}

/** How many rows ago the valid entries lie, on average. */
function meanAge(series: Float64Array, d: number): number {
  let sum = 0;
  let n = 0;
  for (let k = 0; k < d; k++) {
    if (!Number.isFinite(series[k]!)) continue;
    sum += k;
    n++;
  }
  return sum / n;
}
