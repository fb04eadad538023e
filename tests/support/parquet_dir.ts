/**
 * Directories of Parquet files for tests.
 *
 * @module
 */
import {
  openParquetMarketData,
  type ParquetMarketDataOptions,
} from "../../adapters/parquet/market_data.ts";
import type { Bars } from "../../domain/bars.ts";
import type { TradingSymbol } from "../../domain/symbol.ts";
import type { MarketDataSubject } from "../contracts/market_data.ts";
import { createFakeClock } from "./fake_clock.ts";
import { subject } from "./memory_world.ts";
import { type FileShape, writeParquet } from "./parquet_files.ts";

/** Market data over a directory, and what a test may do to its files. */
export interface ParquetDir extends MarketDataSubject {
  /** The directory. */
  readonly dir: string;
  /** The path of a symbol's file. */
  pathOf(symbol: TradingSymbol): string;
  /** Replaces the file of a symbol as a writer should: whole. */
  replace(symbol: TradingSymbol, bytes: Uint8Array): Promise<void>;
  /** Replaces the bars of a symbol, written in a way of its own. */
  put(symbol: TradingSymbol, bars: Bars, shape?: FileShape): Promise<void>;
}

/** Opens a directory of its own, or `options.dir`; it goes when it is closed. */
export async function openParquetDir(
  options: Partial<ParquetMarketDataOptions> = {},
): Promise<ParquetDir> {
  const root = await Deno.makeTempDir();
  const dir = options.dir ?? root;
  const clock = createFakeClock();
  const marketData = await openParquetMarketData({ clock, ...options, dir });
  const pathOf = (symbol: TradingSymbol) => `${dir}/${symbol}.parquet`;
  const replace = async (symbol: TradingSymbol, bytes: Uint8Array) => {
    await Deno.writeFile(`${dir}/new`, bytes);
    await Deno.rename(`${dir}/new`, pathOf(symbol));
  };
  const parts = {
    dir,
    marketData,
    pathOf,
    replace,
    put: (symbol: TradingSymbol, bars: Bars, shape?: FileShape) =>
      replace(symbol, writeParquet(bars, shape)),
    remove: (symbol: TradingSymbol) => Deno.remove(pathOf(symbol)),
    damage: async (symbol: TradingSymbol) => {
      const bytes = await Deno.readFile(pathOf(symbol));
      await replace(symbol, bytes.subarray(0, bytes.length / 2));
    },
    sourceOf: (symbol: TradingSymbol) => `${symbol}.parquet`,
    elapse: clock.advance,
  };
  return subject(parts, marketData, {
    [Symbol.asyncDispose]: () => Deno.remove(root, { recursive: true }),
  });
}
