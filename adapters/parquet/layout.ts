/**
 * Where the bars stand in a Parquet file: what its footer says, checked.
 *
 * @module
 */
import type {
  ColumnMetaData,
  FileMetaData,
  RowGroup as RowGroupMetadata,
  SchemaElement,
} from "hyparquet";
import { parquetMetadata } from "hyparquet/src/metadata.js";
import type { ByteSource } from "./byte_source.ts";
import {
  type ColumnRole,
  type ColumnType,
  readColumnType,
  type Stored,
} from "./column_type.ts";
import { maxColumnBytes } from "./column_chunk.ts";
import { damaged } from "./damage.ts";
import { checkThrift } from "./thrift.ts";

/** The columns of bars; `day` comes from `date` or `timestamp`. */
export type BarColumnName =
  | "day"
  | "open"
  | "high"
  | "low"
  | "close"
  | "volume"
  | "vwap";

/** A column of bars as the file has it. */
export interface BarColumn {
  /** What it is to us. */
  readonly name: BarColumnName;
  /** What its values are. */
  readonly type: ColumnType;
  /** Whether values may be null. */
  readonly isOptional: boolean;
}

/** Where one column of a row group stands. */
export interface Chunk {
  /** Its first byte. */
  readonly start: number;
  /** The byte behind its last one. */
  readonly end: number;
  /** How its pages are compressed, such as `SNAPPY`. */
  readonly codec: string;
}

/** A run of rows that stands together. */
export interface RowGroup {
  /** Its first row. */
  readonly firstRow: number;
  /** Number of rows, 1 or more. */
  readonly rows: number;
  /** Its columns, in the order of `BarLayout.columns`. */
  readonly chunks: readonly Chunk[];
}

/** Where the bars of a file stand. */
export interface BarLayout {
  /** Number of bars, 1 or more. */
  readonly rows: number;
  /** The columns of bars that the file has. */
  readonly columns: readonly BarColumn[];
  /** The row groups, in order. */
  readonly groups: readonly RowGroup[];
  /**
   * The first and the last day of each group, where the file says so for all of
   * them and they ascend. A hint where to look; the bars themselves decide.
   */
  readonly days:
    | readonly (readonly [first: number, last: number])[]
    | undefined;
}

/** Most bars of a file: over a thousand years of daily ones. */
export const MAX_BARS = 400_000;

const MAX_FOOTER_BYTES = 4 * 1024 * 1024;
/** The length of the footer, and the four letters. */
const TRAILER_BYTES = 8;
const MAGIC = "PAR1";

/** Values as they are stored, for `ColumnType.read` to make sense of. */
const AS_STORED = {
  timestampFromMilliseconds: (value: bigint) => value,
  timestampFromMicroseconds: (value: bigint) => value,
  timestampFromNanoseconds: (value: bigint) => value,
  dateFromDays: (value: number) => value,
  stringFromBytes: (value: Uint8Array) => value,
};

/**
 * Reads the footer of a file.
 *
 * @throws {Damage} When it is no Parquet file of daily bars.
 */
export async function readLayout(source: ByteSource): Promise<BarLayout> {
  const metadata = await readMetadata(source);
  const leaves = readLeaves(metadata.schema);
  const columns = findColumns(leaves);
  const groups: RowGroup[] = [];
  const days: ([number, number] | undefined)[] = [];
  let rows = 0;
  for (const group of metadata.row_groups) {
    const count = Number(group.num_rows);
    if (!(count >= 0) || group.columns.length !== leaves.length) {
      damaged("its footer is damaged");
    }
    if (count === 0) continue;
    const chunks = columns.map(({ index }) =>
      readChunk(group, index, leaves[index]!, source.size)
    );
    groups.push({ firstRow: rows, rows: count, chunks });
    days.push(readDays(group, columns[0]!));
    rows += count;
  }
  if (rows !== Number(metadata.num_rows)) damaged("its footer is damaged");
  if (rows === 0) damaged("it has no rows");
  if (rows > MAX_BARS) {
    damaged(
      `it has ${rows} rows, more than ${MAX_BARS}: only daily bars are supported`,
    );
  }
  return { rows, columns, groups, days: ascending(days) };
}

async function readMetadata(source: ByteSource): Promise<FileMetaData> {
  const { size } = source;
  if (size === 0) damaged("it is empty");
  const tail = await source.read(Math.max(0, size - TRAILER_BYTES), size);
  const letters = new TextDecoder().decode(tail.subarray(-MAGIC.length));
  if (tail.length < TRAILER_BYTES || letters !== MAGIC) {
    damaged("it is cut off or no Parquet file");
  }
  const length = new DataView(tail.buffer, tail.byteOffset).getUint32(0, true);
  const start = size - TRAILER_BYTES - length;
  if (start < MAGIC.length || length > MAX_FOOTER_BYTES) {
    damaged("the length of its footer is damaged");
  }
  const footer = await source.read(start, size);
  checkThrift(footer.subarray(0, length), 0);
  return parquetMetadata(footer, { parsers: AS_STORED, geoparquet: false });
}

/** The columns that hold values, in order; nested ones without a name. */
function readLeaves(schema: readonly SchemaElement[]): SchemaElement[] {
  const leaves: SchemaElement[] = [];
  let at = 1;
  function readChildren(count: number, isTop: boolean): void {
    for (let i = 0; i < count; i++) {
      const element = schema[at++] ?? damaged("its schema is damaged");
      const children = element.num_children ?? 0;
      if (children > 0) readChildren(children, false);
      else leaves.push(isTop ? element : { ...element, name: "" });
    }
  }
  readChildren(schema[0]?.num_children ?? 0, true);
  if (at !== schema.length) damaged("its schema is damaged");
  return leaves;
}

type FoundColumn = BarColumn & { readonly index: number };

function findColumns(leaves: readonly SchemaElement[]): FoundColumn[] {
  const missing: string[] = [];
  const find = (name: BarColumnName, role: ColumnRole, ...names: string[]) => {
    for (const wanted of names) {
      const same = leaves.filter((leaf) => leaf.name.toLowerCase() === wanted);
      if (same.length > 1) damaged(`it has several columns named ${wanted}`);
      const element = same[0];
      if (element === undefined) continue;
      if (element.repetition_type === "REPEATED") {
        damaged(`its column ${element.name} holds lists`);
      }
      return [{
        name,
        index: leaves.indexOf(element),
        type: readColumnType(element, role),
        isOptional: element.repetition_type !== "REQUIRED",
      }];
    }
    if (name !== "vwap") missing.push(names.join(" or "));
    return [];
  };
  const columns = [
    ...find("day", "date", "date", "timestamp"),
    ...find("open", "number", "open"),
    ...find("high", "number", "high"),
    ...find("low", "number", "low"),
    ...find("close", "number", "close"),
    ...find("volume", "number", "volume"),
    ...find("vwap", "number", "vwap"),
  ];
  if (missing.length > 0) {
    damaged(`it lacks the columns ${missing.join(", ")}`);
  }
  return columns;
}

function readChunk(
  group: RowGroupMetadata,
  index: number,
  element: SchemaElement,
  fileSize: number,
): Chunk {
  const { meta_data: data, file_path: elsewhere } = group.columns[index]!;
  if (data === undefined || elsewhere !== undefined) {
    return damaged("its columns are encrypted or in another file");
  }
  const start = startOf(data);
  const end = start + Number(data.total_compressed_size);
  if (
    data.type !== element.type || data.num_values !== group.num_rows ||
    data.path_in_schema.at(-1) !== element.name ||
    !(start >= MAGIC.length && end > start) ||
    end > fileSize - TRAILER_BYTES ||
    end - start > maxColumnBytes(Number(group.num_rows))
  ) {
    damaged("its footer is damaged");
  }
  return { start, end, codec: data.codec };
}

/** The dictionary comes first, where there is one. */
function startOf(data: ColumnMetaData): number {
  const values = Number(data.data_page_offset);
  const dictionary = Number(data.dictionary_page_offset ?? 0n);
  return dictionary > 0 && dictionary < values ? dictionary : values;
}

function readDays(
  group: RowGroupMetadata,
  column: FoundColumn,
): [number, number] | undefined {
  const found = group.columns[column.index]!.meta_data?.statistics;
  if (found === undefined || column.type.stored === "INT96") return undefined;
  if (found.is_min_value_exact === false) return undefined;
  if (found.is_max_value_exact === false) return undefined;
  const days = [
    found.min_value ?? found.min,
    found.max_value ?? found.max,
  ].map((value) => {
    try {
      return column.type.read(value as Stored);
    } catch {
      return NaN; // text that was cut short
    }
  });
  return days.every(Number.isInteger) ? days as [number, number] : undefined;
}

function ascending(
  days: readonly ([number, number] | undefined)[],
): [number, number][] | undefined {
  let before = -Infinity;
  const known: [number, number][] = [];
  for (const range of days) {
    if (!range || range[0] <= before || range[1] < range[0]) return undefined;
    known.push(range);
    before = range[1];
  }
  return known;
}
