/**
 * The shape of today's bar.
 *
 * @module
 */
import type { Bars } from "../bars.ts";
import { slotOf } from "./names.ts";

const KMID = slotOf("KMID");
const KLEN = slotOf("KLEN");
const KMID2 = slotOf("KMID2");
const KUP = slotOf("KUP");
const KUP2 = slotOf("KUP2");
const KLOW = slotOf("KLOW");
const KLOW2 = slotOf("KLOW2");
const KSFT = slotOf("KSFT");
const KSFT2 = slotOf("KSFT2");

/**
 * Writes the parts of the candle as fractions of the open, and (those that end
 * in 2) of its length `H - L + 1e-12`.
 *
 * - KMID: the body, `C - O`
 * - KLEN: the length, `H - L`
 * - KUP: the upper shadow, `H - max(O, C)`
 * - KLOW: the lower shadow, `min(O, C) - L`
 * - KSFT: twice the close's distance from the middle, `2C - H - L`
 */
export function writeCandle(bars: Bars, row: number, out: Float64Array): void {
  const open = bars.open[row]!;
  const high = bars.high[row]!;
  const low = bars.low[row]!;
  const close = bars.close[row]!;
  const length = high - low + 1e-12;
  const upper = high - Math.max(open, close);
  const lower = Math.min(open, close) - low;
  const shift = 2 * close - high - low;
  out[KMID] = (close - open) / open;
  out[KLEN] = (high - low) / open;
  out[KMID2] = (close - open) / length;
  out[KUP] = upper / open;
  out[KUP2] = upper / length;
  out[KLOW] = lower / open;
  out[KLOW2] = lower / length;
  out[KSFT] = shift / open;
  out[KSFT2] = shift / length;
}
