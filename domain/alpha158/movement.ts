/**
 * How often and how far the close, and the volume, went up and down.
 *
 * @module
 */
import type { Lookback } from "./lookback.ts";
import { slotOf, WINDOWS } from "./names.ts";

const CNTP = slotOf("CNTP5");
const CNTN = slotOf("CNTN5");
const CNTD = slotOf("CNTD5");
const SUMP = slotOf("SUMP5");
const SUMN = slotOf("SUMN5");
const SUMD = slotOf("SUMD5");
const VSUMP = slotOf("VSUMP5");
const VSUMN = slotOf("VSUMN5");
const VSUMD = slotOf("VSUMD5");

/**
 * Writes the share of rows on which the close moved,
 *
 * - CNTP: up, `mean_d([C > C1])`
 * - CNTN: down, `mean_d([C < C1])`
 * - CNTD: `CNTP - CNTN`
 *
 * A comparison with a missing close is false, and false is a valid 0: these
 * are never NaN.
 */
export function writeCounts(back: Lookback, out: Float64Array): void {
  const { close } = back;
  let ups = 0;
  let downs = 0;
  let k = 0;
  for (let w = 0; w < WINDOWS.length; w++) {
    const length = Math.min(WINDOWS[w]!, back.rows);
    for (; k < length; k++) {
      if (close[k]! > close[k + 1]!) ups++;
      if (close[k]! < close[k + 1]!) downs++;
    }
    out[CNTP + w] = ups / length;
    out[CNTN + w] = downs / length;
    out[CNTD + w] = (ups - downs) / length;
  }
}

/**
 * Writes the share of all movement of the close that was
 *
 * - SUMP: up, `sum_d(max(C - C1, 0))/(sum_d(abs(C - C1)) + 1e-12)`
 * - SUMN: down, the same of `C1 - C`
 * - SUMD: up less down
 *
 * and VSUMP, VSUMN, VSUMD: the same of the volume.
 */
export function writeSums(back: Lookback, out: Float64Array): void {
  writeShares(back.close, out, SUMP, SUMN, SUMD);
  writeShares(back.volume, out, VSUMP, VSUMN, VSUMD);
}

/** Writes the shares of one series; NaN as long as it has no valid change. */
function writeShares(
  series: Float64Array,
  out: Float64Array,
  upSlot: number,
  downSlot: number,
  netSlot: number,
): void {
  let up = 0;
  let down = 0;
  let n = 0;
  let k = 0;
  for (let w = 0; w < WINDOWS.length; w++) {
    for (; k < WINDOWS[w]!; k++) {
      const change = series[k]! - series[k + 1]!;
      if (!Number.isFinite(change)) continue;
      up += Math.max(change, 0);
      down += Math.max(-change, 0);
      n++;
    }
    const total = n === 0 ? NaN : up + down + 1e-12;
    out[upSlot + w] = up / total;
    out[downSlot + w] = down / total;
    out[netSlot + w] = (up - down) / total;
  }
}
