/**
 * Pages are read as they were written or refused, however they are damaged.
 *
 * @module
 */
import * as zlib from "node:zlib";
import type { Encoding } from "hyparquet";
import { readColumnChunk } from "../../adapters/parquet/column_chunk.ts";
import { readColumnType } from "../../adapters/parquet/column_type.ts";
import { crc32 } from "../../adapters/parquet/crc32.ts";
import { loadDecompress } from "../../adapters/parquet/decompress.ts";
import { readDelta } from "../../adapters/parquet/delta.ts";
import { readHybrid } from "../../adapters/parquet/hybrid.ts";
import { decompressSnappy } from "../../adapters/parquet/snappy.ts";
import { checkThrift, readThrift } from "../../adapters/parquet/thrift.ts";
import { readValues } from "../../adapters/parquet/values.ts";
import { deepEqual, equal, throws } from "../support/assert.ts";
import { damage } from "../support/parquet_files.ts";

/** Thrift's way to write a whole number. */
function zigzag(value: number): number[] {
  let left = (value << 1 ^ value >> 31) >>> 0;
  const bytes = [];
  for (; left > 127; left >>>= 7) bytes.push(left & 127 | 128);
  return [...bytes, left];
}

const field = (value: number) => [0x15, ...zigzag(value)];

/** A page of one DOUBLE column without nulls, and what its header says. */
function doublePage(
  values: readonly number[],
  { count = values.length, crc = false, size = values.length * 8 } = {},
): Uint8Array {
  const body = new Uint8Array(Float64Array.from(values).buffer);
  return Uint8Array.from([
    ...field(0),
    ...field(size),
    ...field(body.length),
    ...(crc ? [...field(crc32(body)), 0x1c] : [0x2c]),
    ...[count, 0, 3, 3].flatMap(field),
    0,
    0,
    ...body,
  ]);
}

const DOUBLES = {
  type: readColumnType({ name: "open", type: "DOUBLE" }, "number"),
  isOptional: false,
  decompress: await loadDecompress("UNCOMPRESSED"),
};

Deno.test("parquet: the checksum of a page is checked where it has one", () => {
  const page = doublePage([1, 2, 3], { crc: true });
  deepEqual([...readColumnChunk(page, 3, DOUBLES)], [1, 2, 3]);
  for (let at = 0; at < page.length; at++) {
    for (let bit = 0; bit < 8; bit++) {
      const damaged = page.with(at, page[at]! ^ 1 << bit);
      let values: number[];
      try {
        values = [...readColumnChunk(damaged, 3, DOUBLES)];
      } catch {
        continue;
      }
      deepEqual(values, [1, 2, 3], `bit ${bit} of byte ${at}`);
    }
  }
  equal(crc32(new TextEncoder().encode("123456789")) >>> 0, 0xcbf43926);
});

Deno.test("parquet: pages that do not fit the column are refused", () => {
  const read = (bytes: Uint8Array, rows = 2) =>
    readColumnChunk(bytes, rows, DOUBLES);
  throws(() => read(doublePage([1])), damage(/ends too early/));
  throws(() => read(doublePage([1, 2, 3])), damage(/too long/));
  throws(() => read(doublePage([1, 2], { count: 1 })), damage(/cut off/));
  throws(() => read(doublePage([1, 2], { count: -1 })), damage(/header/));
  throws(() => read(doublePage([1, 2], { count: 1e9 })), damage(/number of/));
  throws(() => read(doublePage([1, 2], { size: 2 ** 30 })), damage(/size of/));
  throws(() => read(doublePage([1, 2]).slice(0, -1)), damage(/size of a page/));
});

Deno.test("parquet: pages of the first version with nulls are understood", () => {
  const body = new Uint8Array(Float64Array.of(5, 7).buffer);
  /** Three rows, the second one null: one bit-packed run of 1, 0, 1. */
  const page = (levels: number[], levelEncoding = 3) =>
    Uint8Array.from([
      ...field(0),
      ...field(levels.length + body.length),
      ...field(levels.length + body.length),
      0x2c,
      ...[3, 0, levelEncoding, levelEncoding].flatMap(field),
      0,
      0,
      ...levels,
      ...body,
    ]);
  const read = (
    bytes: Uint8Array,
  ) => [...readColumnChunk(bytes, 3, { ...DOUBLES, isOptional: true })];
  deepEqual(read(page([2, 0, 0, 0, 3, 0b101])), [5, NaN, 7]);
  throws(() => read(page([2, 0, 0, 0, 3, 0b111])), damage(/values are cut/));
  throws(() => read(page([99, 0, 0, 0, 3, 5])), damage(/nulls of a page/));
  throws(() => read(page([2, 0, 0, 0, 3, 5], 4)), damage(/nulls of a page/));
});

Deno.test("parquet: values that do not fill their page are refused", () => {
  const text = readColumnType({ name: "date", type: "BYTE_ARRAY" }, "date");
  const fixed = readColumnType({
    name: "open",
    type: "FIXED_LEN_BYTE_ARRAY",
    type_length: 2,
    converted_type: "DECIMAL",
  }, "number");
  const { type: double } = DOUBLES;
  const day = [...new TextEncoder().encode("2024-01-02")];
  const read = (
    encoding: Encoding,
    type: typeof text,
    bytes: number[],
    count: number,
  ) => [...readValues(Uint8Array.from(bytes), encoding, type, count, ONE)];
  const ONE = Float64Array.of(1);
  /** Numbers as the delta encoding of one block without widths writes them. */
  const deltas = (count: number, first: number, step = 0) => [
    0x80,
    1,
    1,
    count,
    ...zigzag(first),
    ...(count > 1 ? [...zigzag(step), 0] : []),
  ];

  deepEqual(read("PLAIN", text, [10, 0, 0, 0, ...day], 1), [19_724]);
  deepEqual(read("PLAIN", fixed, [0, 5, 255, 251], 2), [5, -5]);
  deepEqual(
    read("DELTA_BYTE_ARRAY", fixed, [
      ...deltas(2, 0, 1),
      ...deltas(2, 2, -1),
      ...[1, 0, 1],
    ], 2),
    [256, 257],
  );
  deepEqual(
    read("DELTA_LENGTH_BYTE_ARRAY", text, [
      ...deltas(2, 10),
      ...day,
      ...day,
    ], 2),
    [19_724, 19_724],
  );
  const cases: [Encoding, typeof text, number[], number][] = [
    ["PLAIN", text, [10, 0, 0], 1],
    ["PLAIN", text, [99, 0, 0, 0, ...day], 1],
    ["PLAIN", text, [10, 0, 0, 0, ...day, 0], 1],
    ["PLAIN", fixed, [0, 5, 0], 1],
    ["PLAIN", { ...fixed, byteLength: -2 }, [0, 5], 1],
    ["PLAIN", double, [0, 0, 0, 0], 1],
    ["RLE_DICTIONARY", double, [1, 2, 1], 1],
    ["DELTA_BINARY_PACKED", double, deltas(1, 1), 1],
    ["DELTA_LENGTH_BYTE_ARRAY", fixed, deltas(1, 0), 1],
    ["DELTA_LENGTH_BYTE_ARRAY", text, [...deltas(1, 11), ...day], 1],
    ["DELTA_BYTE_ARRAY", double, deltas(1, 0), 1],
    ["DELTA_BYTE_ARRAY", text, [...deltas(1, 1), ...deltas(1, 10), ...day], 1],
    ["BYTE_STREAM_SPLIT", double, [0, 0, 0], 2],
  ];
  for (const [encoding, type, bytes, count] of cases) {
    throws(
      () => read(encoding, type, bytes, count),
      damage(/values are cut off or damaged/),
      `${encoding} ${bytes}`,
    );
  }
  const long = [...deltas(2, 0, 200), ...deltas(2, 200, 0)];
  throws(
    () => read("DELTA_BYTE_ARRAY", text, [...long, ...Array(400).fill(48)], 2),
    damage(/values are cut off or damaged/),
  );
  throws(
    () => readValues(new Uint8Array(9), "RLE_DICTIONARY", double, 1, undefined),
    damage(/dictionary of its values is missing/),
  );
  throws(() => read("BIT_PACKED", double, [0], 1), damage(/BIT_PACKED is not/));
});

Deno.test("parquet: a file that asks for the impossible is refused at once", async () => {
  // A run of two thousand million nulls.
  throws(
    () => readHybrid(Uint8Array.of(0xfe, 0xff, 0xff, 0xff, 0x0f, 1), 1, 10),
    damage(/run of its values/),
  );
  throws(() => readHybrid(Uint8Array.of(40, 1), 1, 10), damage(/run/));
  throws(() => readHybrid(Uint8Array.of(), 1, 10), damage(/run/));
  throws(() => readHybrid(Uint8Array.of(3), 8, 8), damage(/run/));
  throws(() => readHybrid(Uint8Array.of(2, 1), 32, 1), damage(/too large/));
  deepEqual([...readHybrid(Uint8Array.of(4, 5, 2, 6), 3, 3)], [5, 5, 6]);
  deepEqual(
    [...readHybrid(Uint8Array.of(3, 0x88, 0xc6, 0xfa), 3, 8)],
    [0, 1, 2, 3, 4, 5, 6, 7],
  );

  // A block of a thousand million deltas, and no miniblocks.
  const delta = (...bytes: number[]) => () =>
    readDelta(Uint8Array.from(bytes), 0, 2, 32);
  throws(delta(0x80, 0x94, 0xeb, 0xdc, 3, 1, 2, 0, 0), damage(/delta/));
  throws(delta(0x80, 1, 0, 2, 0, 0), damage(/delta/));
  throws(delta(0x80, 1, 4, 3, 0, 0), damage(/delta/));
  throws(delta(0x80, 1, 4, 2, 0, 0, 33, 0, 0, 0), damage(/delta/));
  throws(delta(0x80, 1, 4, 2, 0, 0, 8, 0, 0, 0), damage(/delta/));
  throws(delta(...Array(20).fill(0x80)), damage(/delta/));

  // A literal of negative length leads back to its own beginning.
  throws(
    () =>
      decompressSnappy(Uint8Array.of(5, 0xfc, 0xfa, 0xff, 0xff, 0xff, 0), 5),
    damage(/compressed data/),
  );
  for (
    const bytes of [
      [],
      [0x80, 0x80, 0x80, 0x80, 0x80, 0x01],
      [6, 0x10, 1, 2, 3, 4, 5],
      [5, 0x14, 1, 2, 3, 4, 5],
      [5, 0x01, 0x00],
      [5, 0x00, 9, 0x01, 0x02],
      [5, 0x00, 9, 0x0e, 0x01],
      [5, 0x00, 9],
    ]
  ) {
    throws(
      () => decompressSnappy(Uint8Array.from(bytes), 5),
      damage(/compressed data/),
    );
  }
  deepEqual(
    [...decompressSnappy(Uint8Array.of(9, 0, 7, 0x0e, 1, 0, 0x01, 4), 9)],
    Array(9).fill(7),
  );

  // A list of a million entries, endless numbers, endless nesting.
  for (
    const bytes of [
      [0x19, 0xf5, 0xc0, 0x84, 0x3d, 0, 0],
      [0x15, ...Array(50).fill(0x80), 0, 0],
      Array(1000).fill(0x1c),
      [0x1b, 0],
      [0x18, 0x7f, 0],
      [0x15],
      [],
    ]
  ) {
    throws(() => checkThrift(Uint8Array.from(bytes), 0), { name: "Damage" });
  }
  const thrift = [0x11, 0x12, 0x13, 5, 0x17, 0, 0, 0, 0, 0, 0, 0, 0, 0x19];
  const { end } = readThrift(
    Uint8Array.from([...thrift, 0x21, 1, 2, 0x06, 22, 3, 0]),
    0,
  );
  equal(end, thrift.length + 7);

  // Pages that unpack to far more than they say.
  const zeros = new Uint8Array(5_000_000);
  for (
    const [codec, bytes] of [
      ["GZIP", zlib.gzipSync(zeros)],
      ["ZSTD", zlib.zstdCompressSync(zeros)],
      ["BROTLI", zlib.brotliCompressSync(zeros)],
    ] as const
  ) {
    const decompress = await loadDecompress(codec);
    throws(() => decompress(bytes, 1000), damage(/compressed data is damaged/));
  }
});
