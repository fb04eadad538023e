/**
 * How long the Alpha158 features take, from bars in memory.
 *
 * @module
 */
import {
  ALPHA158_WINDOW_ROWS,
  computeAlpha158,
  computeAlpha158History,
} from "../../domain/alpha158/alpha158.ts";
import type { Bars } from "../../domain/bars.ts";

/** One measured figure. */
export interface Alpha158Figure {
  /** What was measured. */
  name: string;
  /** The median. */
  value: number;
  /** The unit of `value` and `limit`. */
  unit: string;
  /** What `value` must not exceed. */
  limit?: number;
}

const ROWS = 1259; // five years of trading days
const FULL = ALPHA158_WINDOW_ROWS - 1; // the first row with full windows
const WARM_UP = 20;
const RUNS = 101;

/** Measures one row, and the full history of five years of bars. */
export function benchAlpha158(): Alpha158Figure[] {
  const bars = syntheticBars(ROWS);
  const vector = computeAlpha158(bars, FULL);
  const rowMs = median(() => {
    for (let row = FULL; row < ROWS; row++) computeAlpha158(bars, row, vector);
  }) / (ROWS - FULL);
  const historyMs = median(() => computeAlpha158History(bars));
  return [
    { name: "alpha158: one row", value: rowMs, unit: "ms", limit: 0.05 },
    {
      name: `alpha158: history of ${ROWS} rows`,
      value: historyMs,
      unit: "ms",
      limit: 25,
    },
  ];
}

/** The median time of `run` in milliseconds, once the compiler has settled. */
function median(run: () => unknown): number {
  for (let i = 0; i < WARM_UP; i++) run();
  const times = Array.from({ length: RUNS }, () => {
    const start = performance.now();
    run();
    return performance.now() - start;
  });
  return times.sort((a, b) => a - b)[RUNS >> 1]!;
}

/** A random walk that is the same on every machine. */
function syntheticBars(length: number): Bars {
  let state = 1;
  const chance = () => (state = (state * 48271) % 2147483647) / 2147483647;
  const column = () => new Float64Array(length);
  const bars = {
    length,
    day: Int32Array.from({ length }, (_, row) => row),
    open: column(),
    high: column(),
    low: column(),
    close: column(),
    volume: column(),
    vwap: undefined,
  };
  let price = 100;
  for (let row = 0; row < length; row++) {
    const open = price * (0.99 + 0.02 * chance());
    price = open * (0.98 + 0.04 * chance());
    bars.open[row] = open;
    bars.close[row] = price;
    bars.high[row] = Math.max(open, price) * (1 + 0.01 * chance());
    bars.low[row] = Math.min(open, price) * (1 - 0.01 * chance());
    bars.volume[row] = Math.round(1e6 * (0.5 + chance()));
  }
  return bars;
}
