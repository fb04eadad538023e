/**
 * Other prices of today as multiples of today's close.
 *
 * @module
 */
import type { Bars } from "../bars.ts";
import { slotOf } from "./names.ts";

const OPEN0 = slotOf("OPEN0");
const HIGH0 = slotOf("HIGH0");
const LOW0 = slotOf("LOW0");
const VWAP0 = slotOf("VWAP0");

/**
 * Writes OPEN0 `O/C`, HIGH0 `H/C`, LOW0 `L/C` and VWAP0 `VWAP/C`.
 *
 * VWAP0 is missing where the source has no such column: a stand-in would look
 * like a real value to a model trained with one.
 */
export function writePrices(bars: Bars, row: number, out: Float64Array): void {
  const close = bars.close[row]!;
  out[OPEN0] = bars.open[row]! / close;
  out[HIGH0] = bars.high[row]! / close;
  out[LOW0] = bars.low[row]! / close;
  out[VWAP0] = bars.vwap ? bars.vwap[row]! / close : NaN;
}
