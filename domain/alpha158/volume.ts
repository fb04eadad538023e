/**
 * How much is traded, and how evenly.
 *
 * @module
 */
import type { Lookback } from "./lookback.ts";
import { deviation, mean } from "./moments.ts";
import { slotOf, WINDOWS } from "./names.ts";

const VMA = slotOf("VMA5");
const VSTD = slotOf("VSTD5");
const WVMA = slotOf("WVMA5");

/** Volume weighted by the move of the day; scratch, refilled each row. */
const weighted = new Float64Array(Math.max(...WINDOWS));

/**
 * Writes
 *
 * - VMA, VSTD: mean and standard deviation of the volume as multiples of
 *   today's, `mean_d(V)/(V + 1e-12)` and `sd_d(V)/(V + 1e-12)`
 * - WVMA: the unevenness of volume weighted by return,
 *   `sd_d(A)/(mean_d(A) + 1e-12)` with `A = abs(C/C1 - 1)*V`
 *
 * On a day without volume VMA and VSTD are of the order of 1e18; that is what
 * qlib serves and models were trained with.
 */
export function writeVolumes(back: Lookback, out: Float64Array): void {
  const { close, volume } = back;
  const today = volume[0]! + 1e-12;
  for (let k = 0; k < weighted.length; k++) {
    weighted[k] = Math.abs(close[k]! / close[k + 1]! - 1) * volume[k]!;
  }
  for (let w = 0; w < WINDOWS.length; w++) {
    const d = WINDOWS[w]!;
    const center = mean(volume, d);
    out[VMA + w] = center / today;
    out[VSTD + w] = deviation(volume, d, center) / today;
    const weightedCenter = mean(weighted, d);
    out[WVMA + w] = deviation(weighted, d, weightedCenter) /
      (weightedCenter + 1e-12);
  }
}
