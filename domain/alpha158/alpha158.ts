/**
 * Alpha158: the 158 features that qlib's handler of this name computes from
 * daily bars.
 *
 * The formulas are those of microsoft/qlib at d5379c520f66
 * (`contrib/data/loader.py`, `data/ops.py`), each evaluated afresh for every
 * row and from deviations; qlib keeps running sums, which drift. In them `O`,
 * `H`, `L`, `C`, `V` are today's bar, `C1` and `V1` the previous row's close
 * and volume, and `op_d(x)` an operator over the last `d` rows, today's
 * included. What holds for every operator:
 *
 * - A window that reaches before the first bar is cut short there.
 * - NaN and the infinities in a window count as missing, and are skipped.
 * - Outside the windows arithmetic is IEEE 754's: a price of 0 as a divisor
 *   gives an infinity or NaN.
 *
 * A row is a row of the bars, not a day of a market calendar: a day without a
 * bar takes no slot in a window. qlib's own data layer gives it one, so the two
 * differ for symbols with missing days.
 *
 * @module
 */
import type { Bars } from "../bars.ts";
import { writeCandle } from "./candle.ts";
import { writeCorrelations } from "./correlation.ts";
import { writeExtremes } from "./extreme.ts";
import { writeLevels } from "./level.ts";
import { createLookback, lookBack, LOOKBACK_ROWS } from "./lookback.ts";
import { writeCounts, writeSums } from "./movement.ts";
import { ALPHA158_NAMES } from "./names.ts";
import { writeOrders } from "./order.ts";
import { writePrices } from "./price.ts";
import { writeTrends } from "./trend.ts";
import { writeVolumes } from "./volume.ts";

export { ALPHA158_NAMES } from "./names.ts";

/** Name and version of this feature set; the number rises when values change. */
export const ALPHA158_SET = "alpha158/1";

/** How many bars, ending at a row, decide the features of that row. */
export const ALPHA158_WINDOW_ROWS: number = LOOKBACK_ROWS;

const WIDTH = ALPHA158_NAMES.length;

/** Scratch: calls share it, which is safe as they never await. */
const back = createLookback();

/**
 * Computes the features of row `row`, in the order of `ALPHA158_NAMES`; NaN
 * where a feature is not defined.
 *
 * Reads no bar but `row` and the 60 before it. The result is that of the full
 * history, bit for bit, whenever `bars` holds these 61, or begins where history
 * begins. From fewer it is silently another: `bars` cannot tell a beginning
 * that was cut from the real one.
 *
 * @param out Receives the features, and is returned; allocated when absent.
 * @throws {RangeError} When there is no such row, or `out` has another length.
 */
export function computeAlpha158(
  bars: Bars,
  row: number,
  out: Float64Array = new Float64Array(WIDTH),
): Float64Array {
  if (!Number.isInteger(row) || row < 0 || row >= bars.length) {
    throw new RangeError(
      `Cannot compute features as the row must be one of ${bars.length}, ` +
        `counted from 0: current value is ${row}`,
    );
  }
  if (out.length !== WIDTH) {
    throw new RangeError(
      `Cannot compute features as the output must have ${WIDTH} entries: ` +
        `current value is ${out.length}`,
    );
  }
  lookBack(bars, row, back);
  writeCandle(bars, row, out);
  writePrices(bars, row, out);
  writeLevels(back, out);
  writeTrends(back, out);
  writeExtremes(back, out);
  writeOrders(back, out);
  writeCorrelations(back, out);
  writeCounts(back, out);
  writeSums(back, out);
  writeVolumes(back, out);
  return out;
}

/**
 * Computes the features of every row, as one row-major matrix: feature `f` of
 * row `r` is entry `r * ALPHA158_NAMES.length + f`.
 *
 * Equal to `computeAlpha158` row by row.
 */
export function computeAlpha158History(bars: Bars): Float64Array {
  const history = new Float64Array(bars.length * WIDTH);
  const vector = new Float64Array(WIDTH);
  for (let row = 0; row < bars.length; row++) {
    history.set(computeAlpha158(bars, row, vector), row * WIDTH);
  }
  return history;
}
