/**
 * Bars come out of every way to write them.
 *
 * @module
 */
import type { Encoding } from "hyparquet";
import { parquetWriteBuffer } from "hyparquet-writer";
import { readColumnType } from "../../adapters/parquet/column_type.ts";
import type { Bars } from "../../domain/bars.ts";
import { deepEqual, equal, rejects } from "../support/assert.ts";
import {
  type ColumnShape,
  COMPRESSIONS,
  damage,
  decodeParquet,
  type FileShape,
  holedBars,
  someBars,
  writeParquet,
} from "../support/parquet_files.ts";

const roundTrip = (bars: Bars, shape?: FileShape) =>
  decodeParquet(writeParquet(bars, shape));

Deno.test("parquet: bars come back as they were written", async () => {
  for (const length of [1, 2, 7, 8, 9, 100, 1500]) {
    deepEqual(await roundTrip(someBars(length)), someBars(length));
  }
  const plain = someBars(20, { vwap: false });
  deepEqual(await roundTrip(plain), plain);
});

Deno.test("parquet: a missing value is NaN, in every page and row group", async () => {
  const bars = holedBars(300);
  for (
    const shape of [
      {},
      { pageSize: 64 },
      { rowGroupSize: 3 },
      { rowGroupSize: 100, pageSize: 100, statistics: false },
    ]
  ) {
    deepEqual(await roundTrip(bars, shape), bars);
  }
  const empty = someBars(20);
  empty.volume.fill(NaN);
  deepEqual(await roundTrip(empty), empty);
});

Deno.test("parquet: every compression is understood", async () => {
  const bars = holedBars(200);
  for (const [codec, compress] of COMPRESSIONS) {
    const shape = { codec, ...(compress && { compress }) };
    deepEqual(await roundTrip(bars, shape), bars, codec);
  }
  await rejects(
    roundTrip(bars, { codec: "LZO", compress: (bytes) => bytes }),
    damage(/compression LZO is not supported/),
  );
});

/** Column `open` in another way, with the values that come out. */
async function open(
  shape: ColumnShape,
  length = shape.values!.length,
): Promise<number[]> {
  const bars = someBars(length, { vwap: false });
  return [...(await roundTrip(bars, { columns: { open: shape } })).open];
}

Deno.test("parquet: numbers of every type are understood", async () => {
  const decimal = {
    converted_type: "DECIMAL",
    scale: 2,
    precision: 9,
  } as const;
  const cases: [ColumnShape, number[]][] = [
    [{ type: "INT32", values: [1, null, -3] }, [1, NaN, -3]],
    [{ type: "INT64", values: [1n, null, -(2n ** 40n)] }, [1, NaN, -(2 ** 40)]],
    [{ type: "FLOAT", values: [1.5, null, -2.25] }, [1.5, NaN, -2.25]],
    [{ type: "DOUBLE", values: [0.1, null, 1e300] }, [0.1, NaN, 1e300]],
    [
      { type: "INT32", converted_type: "UINT_32", values: [4294967295, 0, 1] },
      [4294967295, 0, 1],
    ],
    [
      { type: "INT64", converted_type: "UINT_64", values: [2n ** 63n, 0n, 1n] },
      [2 ** 63, 0, 1],
    ],
    [{ type: "INT32", converted_type: "INT_16", values: [-5, 5] }, [-5, 5]],
    [
      {
        type: "INT64",
        logical_type: { type: "INTEGER", bitWidth: 64, isSigned: true },
        values: [-5n, 5n],
      },
      [-5, 5],
    ],
    [{ type: "INT32", ...decimal, values: [1.1, null, -2.55] }, [
      1.1,
      NaN,
      -2.55,
    ]],
    [{ type: "INT64", ...decimal, values: [1.1, null, -2.55] }, [
      1.1,
      NaN,
      -2.55,
    ]],
    [
      {
        type: "FIXED_LEN_BYTE_ARRAY",
        type_length: 16,
        ...decimal,
        values: [1.1, null, -2.55, 0],
      },
      [1.1, NaN, -2.55, 0],
    ],
    [
      { type: "BYTE_ARRAY", ...decimal, values: [1.1, null, -2.55, 1e6] },
      [1.1, NaN, -2.55, 1e6],
    ],
  ];
  for (const [shape, values] of cases) {
    deepEqual(await open(shape), values, JSON.stringify(shape.type));
    const required = { ...shape, repetition_type: "REQUIRED" } as const;
    if (shape.values!.includes(null)) continue;
    deepEqual(await open(required), values);
  }
});

Deno.test("parquet: every encoding is understood", async () => {
  const ints = Array.from({ length: 300 }, (_, i) => (i * 7919) % 1000 - 500);
  const bigs = ints.map((n) => BigInt(n) * 10n ** 12n);
  const same = Array(300).fill(7);
  const cases: [Encoding, ColumnShape, unknown[]][] = [
    ["DELTA_BINARY_PACKED", { type: "INT32" }, ints],
    ["DELTA_BINARY_PACKED", { type: "INT32" }, same],
    ["DELTA_BINARY_PACKED", { type: "INT32" }, [2147483647, -2147483648]],
    ["DELTA_BINARY_PACKED", { type: "INT64" }, bigs],
    ["DELTA_BINARY_PACKED", { type: "INT64" }, [2n ** 63n - 1n, -(2n ** 63n)]],
    ["BYTE_STREAM_SPLIT", { type: "INT32" }, ints],
    ["BYTE_STREAM_SPLIT", { type: "INT64" }, bigs],
    ["BYTE_STREAM_SPLIT", { type: "FLOAT" }, ints],
    ["BYTE_STREAM_SPLIT", { type: "DOUBLE" }, ints.map((n) => n / 7)],
    ["RLE_DICTIONARY", { type: "DOUBLE" }, ints.map((n) => n / 7)],
    ["RLE_DICTIONARY", { type: "INT32" }, same],
    ["PLAIN", { type: "DOUBLE" }, ints.map((n) => n / 7)],
  ];
  for (const [encoding, shape, full] of cases) {
    for (const values of [full, full.with(1, null)]) {
      deepEqual(
        await open({ ...shape, encoding, values }),
        values.map((value) => value === null ? NaN : Number(value)),
        `${encoding} of ${shape.type}`,
      );
    }
  }
});

/** What the days of a file with these dates are. */
async function days(shape: ColumnShape): Promise<number[]> {
  const bars = someBars(shape.values!.length, { vwap: false });
  const columns = { date: { name: "date", ...shape } };
  return [...(await roundTrip(bars, { columns })).day];
}

const HOUR = 3_600_000n;
const DAY = 24n * HOUR;

Deno.test("parquet: a timestamp of any unit becomes its UTC day", async () => {
  const millis = [-DAY, -1n, 0n, DAY - 1n + DAY, 19_000n * DAY + 5n * HOUR];
  const wanted = [-1, -1, 0, 1, 19_000].map((day, i) => i === 0 ? -2 : day);
  const stamps = millis.map((ms, i) => i === 0 ? ms - 1n : ms);
  const logical = (unit: "MILLIS" | "MICROS" | "NANOS") => ({
    type: "INT64" as const,
    logical_type: { type: "TIMESTAMP" as const, isAdjustedToUTC: true, unit },
  });
  const by = (factor: bigint) => stamps.map((ms) => ms * factor);
  const cases: ColumnShape[] = [
    { type: "INT64", converted_type: "TIMESTAMP_MILLIS", values: stamps },
    { type: "INT64", converted_type: "TIMESTAMP_MICROS", values: by(1000n) },
    { ...logical("MILLIS"), values: stamps },
    { ...logical("MICROS"), values: by(1000n) },
    { ...logical("NANOS"), values: by(1_000_000n) },
    { ...logical("NANOS"), values: by(1_000_000n), name: "Timestamp" },
    {
      ...logical("NANOS"),
      values: by(1_000_000n),
      encoding: "DELTA_BINARY_PACKED",
    },
  ];
  for (const shape of cases) deepEqual(await days(shape), wanted);
  // One nanosecond before midnight is still the day before.
  deepEqual(
    await days({
      ...logical("NANOS"),
      values: [20_000n * DAY * 1_000_000n - 1n],
    }),
    [19_999],
  );
});

Deno.test("parquet: dates as text are understood", async () => {
  const text = { type: "BYTE_ARRAY", converted_type: "UTF8" } as const;
  const values = [
    "1969-12-31",
    "1970-01-02T00:00:00",
    "1970-01-03 23:59:59.999999",
    "1970-01-04T12:00Z",
    "1970-01-06T01:00:00+02:00",
    "1970-01-06T23:00:00.5-0200",
  ];
  const wanted = [-1, 1, 2, 3, 4, 6];
  for (
    const encoding of [
      "PLAIN",
      "RLE_DICTIONARY",
      "DELTA_LENGTH_BYTE_ARRAY",
      "DELTA_BYTE_ARRAY",
    ] as const
  ) {
    deepEqual(await days({ ...text, values, encoding }), wanted, encoding);
  }
  for (
    const value of ["", "2024-02-30", "24-01-01", "today", "2024-01-01T25"]
  ) {
    await rejects(days({ ...text, values: [value] }), damage(/for a date$/));
  }
});

Deno.test("parquet: timestamps of 96 bits are understood", () => {
  const type = readColumnType({ name: "date", type: "INT96" }, "date");
  const stamp = (nanos: bigint, julianDay: number) => {
    const view = new DataView(new ArrayBuffer(12));
    view.setBigInt64(0, nanos, true);
    view.setInt32(8, julianDay, true);
    return new Uint8Array(view.buffer);
  };
  equal(type.byteLength, 12);
  equal(type.read(stamp(0n, 2_440_588)), 0);
  equal(type.read(stamp(DAY * 1_000_000n - 1n, 2_440_589)), 1);
});

Deno.test("parquet: names of columns may be written in any case, and others are ignored", async () => {
  const bars = someBars(10);
  const columns = {
    date: { name: "Date", type: "INT32", converted_type: "DATE" },
    open: { name: "OPEN", type: "DOUBLE" },
    "Adj Close": { type: "DOUBLE", values: [...bars.close] },
    symbol: {
      type: "BYTE_ARRAY",
      converted_type: "UTF8",
      values: Array(10).fill("X"),
    },
    timestamp: { type: "INT32", values: [...bars.day] },
  } as const;
  deepEqual(await roundTrip(bars, { columns }), bars);
});

Deno.test("parquet: columns within columns are ignored", async () => {
  const names = ["open", "high", "low", "close", "volume"];
  const double = (name: string) => ({ name, type: "DOUBLE" } as const);
  const inner = { open: 9, note: 9 };
  const bytes = parquetWriteBuffer({
    schema: [
      { name: "root", num_children: 7 },
      { name: "date", type: "INT32", converted_type: "DATE" },
      { name: "info", num_children: 2, repetition_type: "OPTIONAL" },
      ...["open", "note", ...names].map(double),
    ],
    columnData: [
      { name: "date", data: [1, 2] },
      { name: "info", data: [inner, inner] },
      ...names.map((name) => ({ name, data: [3, 4] })),
    ],
  });
  deepEqual([...(await decodeParquet(new Uint8Array(bytes))).open], [3, 4]);
});
