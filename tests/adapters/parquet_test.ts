/**
 * Market data in Parquet files obeys the contract of its port, and says what is
 * wrong with a file.
 *
 * @module
 */
import { createMemoryMarketData } from "../../adapters/memory/market_data.ts";
import { createFileSource } from "../../adapters/parquet/byte_source.ts";
import { openParquetMarketData } from "../../adapters/parquet/market_data.ts";
import {
  checkUnchanged,
  identityOf,
  portErrorOf,
} from "../../adapters/parquet/source_file.ts";
import type { Bars } from "../../domain/bars.ts";
import { parseSymbol, type TradingSymbol } from "../../domain/symbol.ts";
import { epochDayOf, parseTradingDate } from "../../domain/trading_date.ts";
import { PortError } from "../../ports/port_error.ts";
import type { LogFields, Telemetry } from "../../ports/telemetry.ts";
import { testMarketData } from "../contracts/market_data.ts";
import SYNA from "../golden/alpha158/SYNA.csv" with { type: "text" };
import SYNB from "../golden/alpha158/SYNB.csv" with { type: "text" };
import SYNC from "../golden/alpha158/SYNC.csv" with { type: "text" };
import SYND from "../golden/alpha158/SYND.csv" with { type: "text" };
import SYNE from "../golden/alpha158/SYNE.csv" with { type: "text" };
import SYNT from "../golden/alpha158/SYNT.csv" with { type: "text" };
import { deepEqual, equal, match, ok, rejects } from "../support/assert.ts";
import { createFakeClock } from "../support/fake_clock.ts";
import { subject } from "../support/memory_world.ts";
import { needs } from "../support/needs.ts";
import { openParquetDir } from "../support/parquet_dir.ts";
import { someBars, writeParquet } from "../support/parquet_files.ts";

testMarketData("memory", async () => {
  const bars = new Map<string, Bars>();
  const clock = createFakeClock();
  const marketData = createMemoryMarketData(bars);
  const parts = {
    marketData,
    put: async (symbol: TradingSymbol, of: Bars) => void bars.set(symbol, of),
    remove: async (symbol: TradingSymbol) => void bars.delete(symbol),
    damage: async () => {},
    sourceOf: () => "memory",
    elapse: clock.advance,
  };
  return subject(parts, marketData);
}, {
  "a damaged source is corrupt and named, and alone":
    "what is in memory is not decoded",
});

Deno.test("parquet: whatever is thrown becomes an error of the port", () => {
  const cases: [unknown, string, RegExp][] = [
    [new Deno.errors.PermissionDenied("x"), "unavailable", /permission/],
    [new Deno.errors.NotCapable("x"), "unavailable", /permission/],
    [Object.assign(new Error("x"), { code: "EIO" }), "unavailable", /fails/],
    [new RangeError("x"), "corrupt", /damaged and cannot be decoded/],
    [new Error("x"), "corrupt", /damaged and cannot be decoded/],
    ["x", "corrupt", /damaged and cannot be decoded/],
  ];
  for (const [thrown, code, message] of cases) {
    const error = portErrorOf(thrown, "AAA.parquet");
    equal(error.code, code);
    match(error.message, /^Cannot read AAA\.parquet as /);
    match(error.message, message);
    equal(error.cause, thrown);
  }
  const known = new PortError("timeout", "Cannot wait");
  equal(portErrorOf(known, "AAA.parquet"), known);
});

const AAA = parseSymbol("AAA");

const clock = createFakeClock();
Deno.test({
  name: "parquet: a directory that may not be read is unavailable",
  permissions: { read: false },
  async fn() {
    const logged: string[] = [];
    await using data = await openParquetMarketData({
      dir: "/data",
      clock,
      telemetry: createTelemetry((message) => logged.push(message)),
    });
    const refused = { name: "PortError", code: "unavailable" };
    await rejects(data.window(AAA, undefined, 1), refused);
    await rejects(data.range(AAA), refused);
    await rejects(data.symbols(), refused);
    deepEqual(logged, []);
  },
});

function createTelemetry(
  log: (message: string, fields: LogFields | undefined) => void,
): Telemetry {
  return {
    log: (_level, message, fields) => log(message, fields),
    count() {},
    gauge() {},
    retain() {},
    onRead: () => () => {},
    observe() {},
  };
}

if (await needs(import.meta.url, ["read", "write"])) {
  testMarketData("parquet", () => openParquetDir());

  testMarketData("parquet in row groups", async () => {
    const { put, ...rest } = await openParquetDir();
    const shape = { rowGroupSize: 7, pageSize: 40 };
    return { ...rest, put: (symbol, bars) => put(symbol, bars, shape) };
  });

  const openSamples = () =>
    openParquetMarketData({
      dir: new URL("../../examples/market_data", import.meta.url).pathname,
      clock: createFakeClock(),
    });

  Deno.test("parquet: the sample files hold what their CSV files say", async () => {
    await using data = await openSamples();
    const files = { SYNA, SYNB, SYNC, SYND, SYNE, SYNT };
    deepEqual(await data.symbols(), Object.keys(files));
    for (const [name, csv] of Object.entries(files)) {
      const bars = await data.window(parseSymbol(name), undefined, 1000);
      const [head = "", ...lines] = csv.trim().split(/\r?\n/);
      equal(bars.length, lines.length);
      equal(bars.vwap !== undefined, name === "SYNA");
      head.split(",").forEach((column, c) => {
        const values = lines.map((line) => line.split(",")[c]!);
        if (column === "date") {
          const days = values.map((date) => epochDayOf(parseTradingDate(date)));
          return deepEqual([...bars.day], days);
        }
        deepEqual(
          [...bars[column as "open"]],
          values.map((value) => value === "" ? NaN : Number(value)),
          `${name} ${column}`,
        );
      });
    }
  });

  Deno.test("parquet: every fault of a file is told with the file's name alone", async () => {
    await using data = await openParquetDir();
    const bars = someBars(30);
    const good = writeParquet(bars);
    const columns = {
      open: null,
      close: { type: "BYTE_ARRAY", values: Array(30).fill(good) },
    } as const;
    const twice = {
      date: {
        type: "INT32",
        converted_type: "DATE",
        values: [...bars.day].with(1, bars.day[0]!),
      },
    } as const;
    const cases: [Uint8Array, RegExp][] = [
      [new Uint8Array(0), /as it is empty$/],
      [good.subarray(0, 900), /as it is cut off or no Parquet file$/],
      [new TextEncoder().encode("date,open\n"), /no Parquet file$/],
      [
        writeParquet(bars, { columns: { open: null, low: null } }),
        /columns open, low$/,
      ],
      [
        writeParquet(bars, {
          columns: { ...columns, open: { type: "DOUBLE" } },
        }),
        /column close is of type BYTE_ARRAY: a number is expected$/,
      ],
      [
        writeParquet(bars, { columns: twice }),
        /of the same day .* not intraday/,
      ],
      [writeParquet(someBars(0)), /as it has no rows$/],
      [good.with(good.length - 20, 255).fill(255, 100, 200), /./],
    ];
    for (const [bytes, message] of cases) {
      await data.replace(AAA, bytes);
      await data.elapse(1000);
      for (
        const call of [
          () => data.marketData.window(AAA, undefined, 61),
          () => data.marketData.range(AAA),
        ]
      ) {
        await rejects(call, (error: unknown) => {
          ok(error instanceof PortError);
          equal(error.code, "corrupt", error.message);
          match(error.message, /^Cannot read AAA\.parquet as [^\n]+$/);
          match(error.message, message);
          ok(!error.message.includes(data.dir));
          return true;
        });
      }
    }
    await data.remove(AAA);
    await Deno.mkdir(data.pathOf(AAA));
    await data.elapse(1000);
    await rejects(data.marketData.range(AAA), {
      code: "corrupt",
      message: "Cannot read AAA.parquet as it is not a file",
    });
  });

  Deno.test("parquet: a missing directory has no symbols until it exists, and is logged once", async () => {
    const root = await Deno.makeTempDir();
    const dir = `${root}/later`;
    const logged: unknown[] = [];
    const telemetry = createTelemetry((message, fields) =>
      logged.push([message, fields])
    );
    await using data = await openParquetDir({ dir, telemetry });
    deepEqual(await data.marketData.symbols(), []);
    const missing = { code: "not_found", message: /AAA as the symbol is unkn/ };
    await rejects(data.marketData.window(AAA, undefined, 1), missing);
    await rejects(data.marketData.range(AAA), missing);

    await Deno.mkdir(dir);
    await data.put(AAA, someBars(30));
    await data.elapse(1000);
    deepEqual(await data.marketData.symbols(), [AAA]);
    equal((await data.marketData.range(AAA)).count, 30);
    deepEqual(logged, [[
      "There is no market data directory: no symbol has bars until it exists",
      { dir },
    ]]);
    await Deno.remove(root, { recursive: true });
  });

  Deno.test("parquet: a file in the place of the directory has no symbols", async () => {
    const file = await Deno.makeTempFile();
    const logged: string[] = [];
    await using data = await openParquetMarketData({
      dir: file,
      clock: createFakeClock(),
      telemetry: createTelemetry((message) => logged.push(message)),
    });
    deepEqual(await data.symbols(), []);
    await rejects(data.range(AAA), { code: "not_found" });
    equal(logged.length, 1);
    await Deno.remove(file);
  });

  Deno.test("parquet: only files that are named after a symbol are symbols", async () => {
    await using data = await openParquetDir();
    const names = ["aaa.parquet", "AAA.csv", ".parquet", "A B.parquet", "new"];
    for (const name of names) {
      await Deno.writeTextFile(`${data.dir}/${name}`, "");
    }
    await Deno.mkdir(`${data.dir}/DIR.parquet`);
    await data.put(parseSymbol("BRK.B"), someBars(3));
    await Deno.symlink("BRK.B.parquet", `${data.dir}/LINK.parquet`);
    deepEqual(await data.marketData.symbols(), ["BRK.B", "LINK"]);
    equal((await data.marketData.range(parseSymbol("LINK"))).count, 3);
    for (const symbol of ["../AAA", "", "/etc/passwd", "a", "A\n"]) {
      await rejects(data.marketData.range(symbol as TradingSymbol), {
        name: "PortError",
        code: "invalid",
      });
    }
  });

  Deno.test("parquet: a file that becomes shorter while it is read is refused", async () => {
    await using data = await openParquetDir();
    await data.put(AAA, someBars(3));
    using handle = await Deno.open(data.pathOf(AAA));
    const source = createFileSource(handle, 100_000);
    await rejects(source.read(0, 10), { message: /became shorter/ });
  });

  Deno.test("parquet: a file that does not fit one read is read from its end", async () => {
    await using data = await openParquetDir();
    const bars = someBars(20_000, { first: 0 });
    await data.put(AAA, bars, { rowGroupSize: 500, codec: "UNCOMPRESSED" });
    ok((await Deno.stat(data.pathOf(AAA))).size > 256 * 1024);
    const { marketData } = data;
    const plain = (of: Bars) => [...of.day, ...of.close, ...of.vwap!];
    for (
      const [row, rows] of [[19_999, 61], [10_000, 700], [30, 61]] as const
    ) {
      const asOf = parseTradingDate(
        new Date(row * 864e5).toISOString().slice(0, 10),
      );
      const found = await marketData.window(AAA, asOf, rows);
      const [start, end] = [Math.max(0, row + 1 - rows), row + 1];
      deepEqual(plain(found), [
        ...bars.day.subarray(start, end),
        ...bars.close.subarray(start, end),
        ...bars.vwap!.subarray(start, end),
      ]);
    }
  });

  Deno.test("parquet: a file that is written to while it is read is unavailable", async () => {
    await using data = await openParquetDir();
    await data.put(AAA, someBars(10));
    using handle = await Deno.open(data.pathOf(AAA));
    const identity = identityOf(await handle.stat());
    await checkUnchanged(handle, identity, "AAA.parquet");
    await Deno.writeTextFile(data.pathOf(AAA), "more", { append: true });
    await rejects(checkUnchanged(handle, identity, "AAA.parquet"), {
      name: "PortError",
      code: "unavailable",
      message: "Cannot read AAA.parquet as it is being written to",
    });
  });
}
