/**
 * How long bars take, from a Parquet file and from the cache.
 *
 * @module
 */
import { openParquetMarketData } from "../../adapters/parquet/market_data.ts";
import type { Clock } from "../../ports/clock.ts";
import { type Figure, quantile, timeEach } from "./figure.ts";

const DIR = new URL("../../examples/market_data", import.meta.url).pathname;
const ROWS = 61;
const ROUNDS = 60;
const WARM_UP_ROUNDS = 10;

const CLOCK: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: () => Promise.reject(new Error("nothing sleeps here")),
};

/** Measures the window that the features of one day need. */
export async function benchParquet(): Promise<Figure[]> {
  const [first] = await timeCold(1);
  await timeCold(WARM_UP_ROUNDS);
  const cold = await timeCold(ROUNDS);
  return [
    {
      name: "parquet: the very first window of the process",
      value: first!,
      unit: "ms",
    },
    {
      name: `parquet: cold window of ${ROWS} bars, one symbol`,
      value: quantile(cold, 0.5),
      unit: "ms",
      limit: 5,
    },
    {
      name: `parquet: cold window of ${ROWS} bars, one symbol, p99`,
      value: quantile(cold, 0.99),
      unit: "ms",
    },
    {
      name: `parquet: warm window of ${ROWS} bars, one symbol`,
      value: await timeWarm() * 1000,
      unit: "µs",
    },
  ];
}

/** Times of first windows, each round over a cache that is empty. */
async function timeCold(rounds: number): Promise<number[]> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    await using data = await openParquetMarketData({ dir: DIR, clock: CLOCK });
    const symbols = await data.symbols();
    times.push(
      ...await timeEach(
        symbols.length,
        (i) => data.window(symbols[i]!, undefined, ROWS),
      ),
    );
  }
  return times;
}

/** Milliseconds of a window that is decoded already. */
async function timeWarm(): Promise<number> {
  await using data = await openParquetMarketData({ dir: DIR, clock: CLOCK });
  const [symbol] = await data.symbols();
  const times = await timeEach(
    2000,
    () => data.window(symbol!, undefined, ROWS),
  );
  return quantile(times, 0.5);
}
