/**
 * Whether close and volume move together.
 *
 * @module
 */
import type { Lookback } from "./lookback.ts";
import { deviation, FLAT, mean } from "./moments.ts";
import { slotOf, WINDOWS } from "./names.ts";

const CORR = slotOf("CORR5");
const CORD = slotOf("CORD5");

const LONGEST = Math.max(...WINDOWS);

// Scratch, refilled each row.
const logVolume = new Float64Array(LONGEST);
const closeRatio = new Float64Array(LONGEST);
const logVolumeRatio = new Float64Array(LONGEST);

/**
 * Writes
 *
 * - CORR: close and volume, `corr_d(C, ln(V + 1))`
 * - CORD: their changes, `corr_d(C/C1, ln(V/V1 + 1))`
 */
export function writeCorrelations(back: Lookback, out: Float64Array): void {
  const { close, volume } = back;
  for (let k = 0; k < LONGEST; k++) {
    logVolume[k] = Math.log(volume[k]! + 1);
    closeRatio[k] = close[k]! / close[k + 1]!;
    logVolumeRatio[k] = Math.log(volume[k]! / volume[k + 1]! + 1);
  }
  for (let w = 0; w < WINDOWS.length; w++) {
    const d = WINDOWS[w]!;
    out[CORR + w] = correlation(close, logVolume, d);
    out[CORD + w] = correlation(closeRatio, logVolumeRatio, d);
  }
}

/**
 * Pearson's correlation over the rows where both are valid; not clipped.
 *
 * NaN when there are fewer than two such rows, and when either series is flat
 * over its own valid entries, the other's gaps included. The means are taken as
 * `mean` takes them, so that equal numbers give 0/0 and not noise.
 */
function correlation(x: Float64Array, y: Float64Array, d: number): number {
  if (deviation(x, d, mean(x, d)) <= FLAT) return NaN;
  if (deviation(y, d, mean(y, d)) <= FLAT) return NaN;
  let n = 0;
  let xPivot = NaN;
  let yPivot = NaN;
  let xSum = 0;
  let ySum = 0;
  for (let k = 0; k < d; k++) {
    if (!Number.isFinite(x[k]!) || !Number.isFinite(y[k]!)) continue;
    if (n++ === 0) {
      xPivot = x[k]!;
      yPivot = y[k]!;
    }
    xSum += x[k]! - xPivot;
    ySum += y[k]! - yPivot;
  }
  const xMean = xPivot + xSum / n;
  const yMean = yPivot + ySum / n;
  let xx = 0;
  let xy = 0;
  let yy = 0;
  for (let k = 0; k < d; k++) {
    if (!Number.isFinite(x[k]!) || !Number.isFinite(y[k]!)) continue;
    const dx = x[k]! - xMean;
    const dy = y[k]! - yMean;
    xx += dx * dx;
    xy += dx * dy;
    yy += dy * dy;
  }
  return xy / Math.sqrt(xx * yy);
}
