/**
 * Parquet files for tests.
 *
 * @module
 */
import * as zlib from "node:zlib";
import type {
  CompressionCodec,
  DecodedArray,
  Encoding,
  SchemaElement,
} from "hyparquet";
import { parquetWriteBuffer } from "hyparquet-writer";
import type { Bars } from "../../domain/bars.ts";
import type { ByteSource } from "../../adapters/parquet/byte_source.ts";
import { readLayout } from "../../adapters/parquet/layout.ts";
import { readBars } from "../../adapters/parquet/read_bars.ts";

/** A column of a file. */
export interface ColumnShape extends Omit<SchemaElement, "name"> {
  /** What the file calls it; the key when absent. */
  readonly name?: string;
  /** Its values; those of the bars, or null where NaN, when absent. */
  readonly values?: readonly unknown[];
  /** How its values are encoded; as the writer thinks best when absent. */
  readonly encoding?: Encoding;
}

/** How a file is written. */
export interface FileShape {
  /** Columns that differ from the usual; `null` leaves one out. */
  readonly columns?: Readonly<Record<string, ColumnShape | null>>;
  /** Rows of a row group. */
  readonly rowGroupSize?: number;
  /** Bytes of a page. */
  readonly pageSize?: number;
  /** How pages are compressed. */
  readonly codec?: CompressionCodec;
  /** How `codec` is done, where the writer does not know. */
  readonly compress?: (bytes: Uint8Array) => Uint8Array;
  /** Whether the range of each column is noted. */
  readonly statistics?: boolean;
}

const DATE = { type: "INT32", converted_type: "DATE" } as const;
const DOUBLE = { type: "DOUBLE" } as const;

/** Writes `bars` as the file of a symbol. */
export function writeParquet(bars: Bars, shape: FileShape = {}): Uint8Array {
  const usual: Record<string, ColumnShape | null> = {
    date: { ...DATE, values: [...bars.day] },
    ...Object.fromEntries(
      (["open", "high", "low", "close", "volume", "vwap"] as const)
        .flatMap((name) => {
          const column = bars[name];
          if (column === undefined) return [];
          const values = Array.from(column, (x) => Number.isNaN(x) ? null : x);
          return [[name, { ...DOUBLE, values }]];
        }),
    ),
  };
  const columns = Object.entries({ ...usual, ...shape.columns })
    .flatMap(([key, column]) => {
      if (column === null) return [];
      const { name = key, values, encoding, ...element } = column;
      const data = (values ?? usual[key]?.values ?? []) as DecodedArray;
      return [{
        element: { repetition_type: "OPTIONAL", ...element, name } as const,
        data: { name, data, ...(encoding && { encoding }) },
      }];
    });
  const { compress, codec = "SNAPPY" } = shape;
  return new Uint8Array(parquetWriteBuffer({
    schema: [
      { name: "root", num_children: columns.length },
      ...columns.map(({ element }) => element),
    ],
    columnData: columns.map(({ data }) => data),
    rowGroupSize: shape.rowGroupSize ?? bars.length,
    statistics: shape.statistics ?? true,
    codec,
    ...(shape.pageSize && { pageSize: shape.pageSize }),
    ...(compress && { compressors: { [codec]: compress } }),
  }));
}

/** Bars of `length` days in a row from day `first` on; every value differs. */
export function someBars(
  length: number,
  { first = 19_000, vwap = true } = {},
): Bars {
  const column = (seed: number) =>
    Float64Array.from(
      { length },
      (_, i) => Math.round(1e4 * (50 + 20 * Math.sin(i / 9 + seed))) / 1e4,
    );
  return {
    length,
    day: Int32Array.from({ length }, (_, i) => first + i),
    open: column(1),
    high: column(2),
    low: column(3),
    close: column(4),
    volume: Float64Array.from({ length }, (_, i) => 1000 + 7 * i),
    vwap: vwap ? column(5) : undefined,
  };
}

/** Bytes in memory that tell how many of them were read. */
export interface CountingSource extends ByteSource {
  /** Bytes read so far. */
  readonly bytesRead: number;
}

/** Creates a source over `bytes`. */
export function createCountingSource(bytes: Uint8Array): CountingSource {
  let bytesRead = 0;
  return {
    size: bytes.length,
    get bytesRead() {
      return bytesRead;
    },
    async read(start, end) {
      bytesRead += end - start;
      return bytes.subarray(start, end);
    },
  };
}

/** All bars of a file. */
export async function decodeParquet(bytes: Uint8Array): Promise<Bars> {
  const source = createCountingSource(bytes);
  const layout = await readLayout(source);
  return await readBars(source, layout, 0, layout.groups.length);
}

/** What a file that cannot be understood throws. */
export const damage = (message: RegExp) => ({ name: "Damage", message });

/** Bars with a missing value in every column but the date. */
export function holedBars(length: number): Bars {
  const bars = someBars(length);
  [bars.open, bars.high, bars.low, bars.close, bars.volume, bars.vwap!]
    .forEach((column, i) => column[i + 1] = NaN);
  return bars;
}

/** The shortest LZ4 block: one run of bytes as they are. */
function storeLz4(bytes: Uint8Array): Uint8Array {
  if (bytes.length === 0) return Uint8Array.of(0);
  if (bytes.length < 15) return Uint8Array.of(bytes.length << 4, ...bytes);
  const rest = bytes.length - 15;
  const lengths = [...Array(Math.floor(rest / 255)).fill(255), rest % 255];
  return Uint8Array.of(0xf0, ...lengths, ...bytes);
}

/** The same with the lengths that Hadoop puts before it. */
function storeHadoopLz4(bytes: Uint8Array): Uint8Array {
  const block = storeLz4(bytes);
  const lengths = new DataView(new ArrayBuffer(8));
  lengths.setUint32(0, bytes.length);
  lengths.setUint32(4, block.length);
  return Uint8Array.from([...new Uint8Array(lengths.buffer), ...block]);
}

/** Every compression, and how it is done where the writer does not know. */
export const COMPRESSIONS: [CompressionCodec, FileShape["compress"]?][] = [
  ["UNCOMPRESSED"],
  ["SNAPPY"],
  ["GZIP", (bytes) => zlib.gzipSync(bytes)],
  ["ZSTD", (bytes) => zlib.zstdCompressSync(bytes)],
  ["BROTLI", (bytes) => zlib.brotliCompressSync(bytes)],
  ["LZ4_RAW", storeLz4],
  ["LZ4", storeHadoopLz4],
];
