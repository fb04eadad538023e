/**
 * Where the close has been, and how far it strayed.
 *
 * @module
 */
import type { Lookback } from "./lookback.ts";
import { deviation, mean } from "./moments.ts";
import { slotOf, WINDOWS } from "./names.ts";

const ROC = slotOf("ROC5");
const MA = slotOf("MA5");
const STD = slotOf("STD5");

/**
 * Writes, as multiples of today's close,
 *
 * - ROC: the close `d` rows ago, `C[t-d]/C`
 * - MA: the mean close, `mean_d(C)/C`
 * - STD: its standard deviation, `sd_d(C)/C`
 *
 * ROC takes the very row; missing there is missing, nothing is skipped.
 */
export function writeLevels(back: Lookback, out: Float64Array): void {
  const { close } = back;
  const today = close[0]!;
  for (let w = 0; w < WINDOWS.length; w++) {
    const d = WINDOWS[w]!;
    const center = mean(close, d);
    out[ROC + w] = close[d]! / today;
    out[MA + w] = center / today;
    out[STD + w] = deviation(close, d, center) / today;
  }
}
