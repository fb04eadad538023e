/**
 * The closes of a window in order of size.
 *
 * @module
 */
import type { Lookback } from "./lookback.ts";
import { slotOf, WINDOWS } from "./names.ts";

const QTLU = slotOf("QTLU5");
const QTLD = slotOf("QTLD5");
const RANK = slotOf("RANK5");

/** The valid closes so far, ascending; scratch, refilled each row. */
const sorted = new Float64Array(Math.max(...WINDOWS));

/**
 * Writes
 *
 * - QTLU, QTLD: `quantile_d(C; 0.8)/C` and `quantile_d(C; 0.2)/C`
 * - RANK: today's close among the closes, `rankpct_d(C)`
 *
 * Each window holds the one before, so that one sorted run grows from the
 * newest close to the oldest and is read off at the end of every window.
 */
export function writeOrders(back: Lookback, out: Float64Array): void {
  const { close } = back;
  const today = close[0]!;
  let n = 0;
  let k = 0;
  for (let w = 0; w < WINDOWS.length; w++) {
    for (; k < WINDOWS[w]!; k++) {
      if (Number.isFinite(close[k]!)) insert(close[k]!, n++);
    }
    out[QTLU + w] = quantile(0.8, n) / today;
    out[QTLD + w] = quantile(0.2, n) / today;
    out[RANK + w] = rank(today, n);
  }
}

/** Puts `value` in its place among the first `n` of `sorted`. */
function insert(value: number, n: number): void {
  let i = n;
  for (; i > 0 && sorted[i - 1]! > value; i--) sorted[i] = sorted[i - 1]!;
  sorted[i] = value;
}

/** Interpolates between the two closes around position `q(n - 1)`. */
function quantile(q: number, n: number): number {
  if (n === 0) return NaN;
  const position = q * (n - 1);
  const i = Math.floor(position);
  const below = sorted[i]!;
  const above = sorted[Math.min(i + 1, n - 1)]!;
  return below + (above - below) * (position - i);
}

/**
 * The rank of `today` among the first `n` of `sorted`, as a fraction of `n`;
 * equal closes share their mean rank. NaN when today's close is missing.
 */
function rank(today: number, n: number): number {
  if (!Number.isFinite(today)) return NaN;
  let less = 0;
  while (sorted[less]! < today) less++;
  let equal = 0;
  while (less + equal < n && sorted[less + equal] === today) equal++;
  return (less + (equal + 1) / 2) / n;
}
