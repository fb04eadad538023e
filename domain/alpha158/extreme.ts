/**
 * The highest high and the lowest low of a window.
 *
 * @module
 */
import type { Lookback } from "./lookback.ts";
import { slotOf, WINDOWS } from "./names.ts";

const MAX = slotOf("MAX5");
const MIN = slotOf("MIN5");
const RSV = slotOf("RSV5");
const IMAX = slotOf("IMAX5");
const IMIN = slotOf("IMIN5");
const IMXD = slotOf("IMXD5");

/** The extreme of each window and its position; scratch, refilled each row. */
interface Extremes {
  readonly value: Float64Array;
  readonly position: Float64Array;
}

const highest = createExtremes();
const lowest = createExtremes();

/**
 * Writes
 *
 * - MAX, MIN: `max_d(H)/C` and `min_d(L)/C`
 * - RSV: where the close lies between them,
 *   `(C - min_d(L))/(max_d(H) - min_d(L) + 1e-12)`
 * - IMAX, IMIN: their positions, `idxmax_d(H)/d` and `idxmin_d(L)/d`
 * - IMXD: `(idxmax_d(H) - idxmin_d(L))/d`
 */
export function writeExtremes(back: Lookback, out: Float64Array): void {
  findExtremes(back.high, 1, back.rows, highest);
  findExtremes(back.low, -1, back.rows, lowest);
  const today = back.close[0]!;
  for (let w = 0; w < WINDOWS.length; w++) {
    const d = WINDOWS[w]!;
    const max = highest.value[w]!;
    const min = lowest.value[w]!;
    const maxAt = highest.position[w]!;
    const minAt = lowest.position[w]!;
    out[MAX + w] = max / today;
    out[MIN + w] = min / today;
    out[RSV + w] = (today - min) / (max - min + 1e-12);
    out[IMAX + w] = maxAt / d;
    out[IMIN + w] = minAt / d;
    out[IMXD + w] = (maxAt - minAt) / d;
  }
}

/**
 * Finds the maximum (`sign` 1) or the minimum (`sign` -1) of every window.
 *
 * Positions count from 1 at the oldest of the `rows` that the window has; of
 * equal entries the oldest wins. Where an entry is missing, the position is
 * that of the oldest missing one (numpy's argmax), while the value skips it.
 * Both are NaN when nothing is valid.
 */
function findExtremes(
  series: Float64Array,
  sign: 1 | -1,
  rows: number,
  into: Extremes,
): void {
  let best = NaN;
  let bestAge = NaN;
  let missingAge = -1;
  let k = 0;
  for (let w = 0; w < WINDOWS.length; w++) {
    const length = Math.min(WINDOWS[w]!, rows);
    for (; k < length; k++) {
      const value = series[k]!;
      if (!Number.isFinite(value)) {
        missingAge = k;
      } else if (!(sign * value < sign * best)) {
        best = value;
        bestAge = k;
      }
    }
    const age = missingAge < 0 || Number.isNaN(best) ? bestAge : missingAge;
    into.value[w] = best;
    into.position[w] = length - age;
  }
}

function createExtremes(): Extremes {
  return {
    value: new Float64Array(WINDOWS.length),
    position: new Float64Array(WINDOWS.length),
  };
}
