/**
 * The market data contract: the laws every adapter of the port obeys.
 *
 * @module
 */
import { type Bars, sliceBars } from "../../domain/bars.ts";
import { parseSymbol, type TradingSymbol } from "../../domain/symbol.ts";
import {
  dateOfEpochDay,
  epochDayOf,
  parseTradingDate,
} from "../../domain/trading_date.ts";
import type { MarketData } from "../../ports/market_data.ts";
import { deepEqual, equal, ok, rejects } from "../support/assert.ts";
import { testLaws, type Waivers } from "./law.ts";

/** Market data over an empty source, and what a test may do to that. */
export interface MarketDataSubject extends AsyncDisposable {
  readonly marketData: MarketData;
  /** Replaces the bars of a symbol. */
  put(symbol: TradingSymbol, bars: Bars): Promise<void>;
  /** Removes a symbol. */
  remove(symbol: TradingSymbol): Promise<void>;
  /** Makes the bars of a symbol unreadable. */
  damage(symbol: TradingSymbol): Promise<void>;
  /** What messages call the source of a symbol. */
  sourceOf(symbol: TradingSymbol): string;
  /** Lets time pass. */
  elapse(ms: number): Promise<void>;
}

const [A, B, INDEX] = ["AAA", "BRK.B", "^GSPC"].map(parseSymbol) as [
  TradingSymbol,
  TradingSymbol,
  TradingSymbol,
];

const MONDAY = epochDayOf(parseTradingDate("2024-01-01"));

/** Bars of the first `length` weekdays from a Monday on; every value differs. */
function weekdays(
  length: number,
  { vwap = false, base = 100, monday = MONDAY } = {},
): Bars {
  const column = (step: number) =>
    Float64Array.from({ length }, (_, i) => base + i + step / 8);
  return {
    length,
    day: Int32Array.from(
      { length },
      (_, i) => monday + Math.floor(i / 5) * 7 + i % 5,
    ),
    open: column(1),
    high: column(2),
    low: column(3),
    close: column(4),
    volume: Float64Array.from({ length }, (_, i) => 1000 * (base + i)),
    vwap: vwap ? column(5) : undefined,
  };
}

const dateOf = (bars: Bars, row: number) => dateOfEpochDay(bars.day[row]!);

/** Bars as plain values: windows may be views of larger arrays. */
const plain = ({ length, vwap, ...bars }: Bars) => ({
  length,
  vwap: vwap && [...vwap],
  ...Object.fromEntries(
    Object.entries(bars).map(([name, column]) => [name, [...column]]),
  ),
});

const equalBars = (actual: Bars, expected: Bars) =>
  deepEqual(plain(actual), plain(expected));

const notFound = (message?: RegExp) => ({
  name: "PortError",
  code: "not_found",
  ...(message && { message }),
});

const LAWS = {
  "without a date a window ends with the newest bar": async (
    { marketData, put },
  ) => {
    const bars = weekdays(100, { vwap: true });
    await put(A, bars);
    for (const rows of [1, 61, 99, 100]) {
      equalBars(
        await marketData.window(A, undefined, rows),
        sliceBars(bars, 100 - rows, 100),
      );
    }
  },

  "with a date a window ends with the bar of that date": async (
    { marketData, put },
  ) => {
    const bars = weekdays(100);
    await put(A, bars);
    for (const row of [99, 98, 61, 60]) {
      equalBars(
        await marketData.window(A, dateOf(bars, row), 61),
        sliceBars(bars, row - 60, row + 1),
      );
    }
  },

  "a window is shorter where the history begins": async (
    { marketData, put },
  ) => {
    const bars = weekdays(20);
    await put(A, bars);
    equalBars(await marketData.window(A, undefined, 61), bars);
    equalBars(
      await marketData.window(A, dateOf(bars, 4), 1_000_000),
      sliceBars(bars, 0, 5),
    );
    equalBars(
      await marketData.window(A, dateOf(bars, 0), 61),
      sliceBars(bars, 0, 1),
    );
  },

  "missing values are NaN, and vwap is absent where the source has none":
    async ({ marketData, put }) => {
      const holes = weekdays(10, { vwap: true });
      for (const column of [holes.open, holes.close, holes.volume]) {
        column[3] = NaN;
      }
      holes.vwap!.fill(NaN);
      await put(A, holes);
      await put(B, weekdays(10));
      equalBars(await marketData.window(A, undefined, 10), holes);
      equal((await marketData.window(B, undefined, 10)).vwap, undefined);
    },

  "an unknown symbol is not found, and named": async ({ marketData, put }) => {
    await put(A, weekdays(10));
    await rejects(marketData.window(B, undefined, 61), notFound(/BRK\.B/));
    await rejects(marketData.range(B), notFound(/BRK\.B/));
  },

  "a date without a bar is not found, and the way out is told": async (
    { marketData, put },
  ) => {
    const bars = weekdays(20);
    await put(A, bars);
    const facts = { first: "2024-01-01", last: "2024-01-26" };
    const cases = [
      ["2024-01-07", /2024-01-01 to 2024-01-26.*2024-01-05/],
      ["2023-12-31", /2024-01-01 to 2024-01-26$/],
      ["2024-01-27", /2024-01-01 to 2024-01-26$/],
      ["1999-01-01", /2024-01-01 to 2024-01-26$/],
    ] as const;
    for (const [date, message] of cases) {
      await rejects(marketData.window(A, parseTradingDate(date), 61), {
        ...notFound(message),
        facts,
      });
    }
  },

  "range() tells how far the bars reach": async ({ marketData, put }) => {
    await put(A, weekdays(20));
    await put(INDEX, weekdays(1));
    deepEqual(await marketData.range(A), {
      first: "2024-01-01",
      last: "2024-01-26",
      count: 20,
    });
    deepEqual(await marketData.range(INDEX), {
      first: "2024-01-01",
      last: "2024-01-01",
      count: 1,
    });
  },

  "symbols() are in ascending order": async ({ marketData, put, elapse }) => {
    deepEqual(await marketData.symbols(), []);
    for (const symbol of [INDEX, B, A]) await put(symbol, weekdays(5));
    await elapse(1000);
    deepEqual(await marketData.symbols(), [A, B, INDEX]);
  },

  "a change of the source is seen within a second": async (
    { marketData, put, remove, elapse },
  ) => {
    const before = weekdays(50);
    await put(A, before);
    await marketData.symbols();
    equalBars(await marketData.window(A, undefined, 50), before);

    const after = weekdays(51, { base: 500 });
    await put(A, after);
    await put(B, before);
    await elapse(1000);
    equalBars(await marketData.window(A, undefined, 61), after);
    equal((await marketData.range(A)).count, 51);
    deepEqual(await marketData.symbols(), [A, B]);

    await remove(A);
    await elapse(1000);
    await rejects(marketData.window(A, undefined, 1), notFound());
    deepEqual(await marketData.symbols(), [B]);

    await put(A, before);
    await elapse(1000);
    equalBars(await marketData.window(A, undefined, 61), before);
  },

  "a window keeps its bars when the source changes": async (
    { marketData, put, elapse },
  ) => {
    const before = weekdays(50);
    await put(A, before);
    const window = await marketData.window(A, undefined, 61);
    await put(A, weekdays(50, { base: 500 }));
    await elapse(1000);
    await marketData.window(A, undefined, 61);
    equalBars(window, before);
  },

  "a damaged source is corrupt and named, and alone": async (
    { marketData, put, damage, sourceOf, elapse },
  ) => {
    for (const symbol of [A, B]) await put(symbol, weekdays(50));
    await damage(A);
    const corrupt = (error: Error) => {
      const { name, code } = error as Error & { code?: string };
      deepEqual([name, code], ["PortError", "corrupt"]);
      ok(error.message.includes(sourceOf(A)), error.message);
      return true;
    };
    await rejects(marketData.window(A, undefined, 61), corrupt);
    await rejects(marketData.range(A), corrupt);
    equal((await marketData.window(B, undefined, 61)).length, 50);

    await put(A, weekdays(50));
    await elapse(1000);
    equal((await marketData.window(A, undefined, 61)).length, 50);
  },

  "concurrent calls do not disturb each other": async (
    { marketData, put },
  ) => {
    const bars = weekdays(200);
    await put(A, bars);
    await put(B, weekdays(30, { base: 7 }));
    const rows = Array.from({ length: 40 }, (_, i) => (i * 37) % 200);
    await Promise.all(rows.map(async (row) => {
      equalBars(
        await marketData.window(A, dateOf(bars, row), 61),
        sliceBars(bars, Math.max(0, row - 60), row + 1),
      );
      equal((await marketData.window(B, undefined, 1)).close[0], 36.5);
      equal((await marketData.range(A)).count, 200);
    }));
  },

  "a window of no rows is refused": async ({ marketData, put }) => {
    await put(A, weekdays(5));
    for (const rows of [0, -1, 1.5, NaN]) {
      await rejects(marketData.window(A, undefined, rows), {
        name: "PortError",
        code: "invalid",
      });
    }
  },

  "an aborted call is refused": async ({ marketData, put }) => {
    await put(A, weekdays(5));
    const gone = AbortSignal.abort(new Error("gone"));
    const refused = { message: "gone" };
    await rejects(marketData.window(A, undefined, 1, gone), refused);
    await rejects(marketData.range(A, gone), refused);
    await rejects(marketData.symbols(gone), refused);
  },

  "closed market data rejects, and closes twice": async (
    { marketData, put },
  ) => {
    await put(A, weekdays(5));
    await marketData.window(A, undefined, 1);
    await marketData[Symbol.asyncDispose]();
    await marketData[Symbol.asyncDispose]();
    const closed = { name: "PortError", code: "closed" };
    await rejects(marketData.window(A, undefined, 1), closed);
    await rejects(marketData.range(A), closed);
    await rejects(marketData.symbols(), closed);
  },
} satisfies Record<string, (subject: MarketDataSubject) => Promise<void>>;

/** Holds all market data `open` returns to every law, save those waived by name. */
export function testMarketData(
  adapter: string,
  open: () => Promise<MarketDataSubject>,
  waived: Waivers<typeof LAWS> = {},
): void {
  testLaws(adapter, LAWS, open, waived);
}
