/**
 * Parquet files are decoded once, as long as they stay what they are and there
 * is room.
 *
 * @module
 */
import { parseSymbol, type TradingSymbol } from "../../domain/symbol.ts";
import { deepEqual, equal, ok, rejects } from "../support/assert.ts";
import { needs } from "../support/needs.ts";
import { openParquetDir, type ParquetDir } from "../support/parquet_dir.ts";
import { someBars } from "../support/parquet_files.ts";

const AAA = parseSymbol("AAA");

if (await needs(import.meta.url, ["read", "write"])) {
  Deno.test("parquet: the directory is listed once a second", async () => {
    await using data = await openParquetDir();
    deepEqual(await data.marketData.symbols(), []);
    await data.put(AAA, someBars(3));
    await data.elapse(999);
    deepEqual(await data.marketData.symbols(), []);
    await data.elapse(1);
    deepEqual(await data.marketData.symbols(), [AAA]);
  });

  /** The memory that a window is a view of: it tells one decoding from another. */
  const memoryOf = async (
    { marketData }: ParquetDir,
    symbol = AAA,
  ) => (await marketData.window(symbol, undefined, 20)).close.buffer;

  Deno.test("parquet: concurrent first reads of a file are one", async () => {
    await using data = await openParquetDir();
    await data.put(AAA, someBars(100));
    const windows = await Promise.all(
      Array.from({ length: 10 }, () => memoryOf(data)),
    );
    equal(new Set(windows).size, 1);
  });

  Deno.test("parquet: a file is decoded again when it is another one, and only then", async () => {
    await using data = await openParquetDir();
    await data.put(AAA, someBars(100));
    const first = await memoryOf(data);
    await data.elapse(5000);
    equal(await memoryOf(data), first);

    await data.put(AAA, someBars(100, { vwap: false }));
    await data.elapse(999);
    equal(await memoryOf(data), first);
    await data.elapse(1);
    const second = await memoryOf(data);
    ok(second !== first);
    await data.elapse(1000);
    equal(await memoryOf(data), second);

    await Deno.utime(data.pathOf(AAA), 1000, 1000);
    await data.elapse(1000);
    ok(await memoryOf(data) !== second);
  });

  Deno.test("parquet: a file that is replaced between two reads of it is read anew", async () => {
    await using data = await openParquetDir();
    const shape = { rowGroupSize: 10 };
    await data.put(AAA, someBars(100), shape);
    const { marketData } = data;
    equal((await marketData.window(AAA, undefined, 5)).length, 5);
    const other = someBars(90, { first: 20_000 });
    await data.put(AAA, other, shape);
    // Older bars are needed, and the second has not passed.
    const bars = await marketData.window(AAA, undefined, 80);
    deepEqual([...bars.day], [...other.day.subarray(10)]);
  });

  Deno.test("parquet: decoded bars beyond the limit are dropped, the least recently used first", async () => {
    const bytes = 1000 * (4 + 5 * 8);
    await using data = await openParquetDir({
      maxCachedBytes: 5 * (bytes + 2000),
    });
    const symbols = Array.from({ length: 8 }, (_, i) => parseSymbol(`S${i}`));
    for (const symbol of symbols) {
      await data.put(symbol, someBars(1000, { vwap: false }));
    }
    const before = new Map<TradingSymbol, ArrayBufferLike>();
    for (const symbol of symbols) {
      before.set(symbol, await memoryOf(data, symbol));
      await memoryOf(data, symbols[0]);
    }
    const isKept = async (symbol: TradingSymbol) =>
      await memoryOf(data, symbol) === before.get(symbol);
    const kept: boolean[] = [];
    for (const symbol of [symbols[0]!, ...symbols.slice(3).toReversed()]) {
      kept.push(await isKept(symbol));
    }
    deepEqual(kept, [true, true, true, true, true, false]);
  });

  Deno.test("parquet: a file larger than the limit is read all the same", async () => {
    await using data = await openParquetDir({ maxCachedBytes: 100 });
    await data.put(AAA, someBars(1000));
    equal((await data.marketData.window(AAA, undefined, 1000)).length, 1000);
    equal((await data.marketData.range(AAA)).count, 1000);
  });

  Deno.test("parquet: an abort ends the wait, and not the work of others", async () => {
    await using data = await openParquetDir();
    await data.put(AAA, someBars(100));
    const { marketData } = data;
    const stop = new AbortController();
    const stopped = marketData.window(AAA, undefined, 5, stop.signal);
    const other = marketData.window(AAA, undefined, 5);
    stop.abort(new Error("gone"));
    await rejects(stopped, { message: "gone" });
    equal((await other).length, 5);
    const unused = new AbortController();
    equal((await marketData.symbols(unused.signal)).length, 1);
    equal((await marketData.range(AAA, unused.signal)).count, 100);
  });

  Deno.test("parquet: market data closed while it reads keeps nothing", async () => {
    await using data = await openParquetDir();
    await data.put(AAA, someBars(100));
    const read = data.marketData.window(AAA, undefined, 5);
    await data.marketData[Symbol.asyncDispose]();
    equal((await read).length, 5);
    await rejects(data.marketData.range(AAA), { code: "closed" });
  });
}
