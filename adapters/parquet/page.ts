/**
 * Pages: the parts that a column is written in.
 *
 * Format: https://parquet.apache.org/docs/file-format/data-pages
 *
 * @module
 */
import { Encodings, PageTypes } from "hyparquet/src/constants.js";
import { crc32 } from "./crc32.ts";
import { damaged } from "./damage.ts";
import type { Decompress } from "./decompress.ts";
import { readHybrid } from "./hybrid.ts";
import { readThrift, type ThriftStruct } from "./thrift.ts";

/** A page of values, decompressed. */
export interface Page {
  /** Whether the values are a dictionary, those of rows, or of no interest. */
  readonly kind: "dictionary" | "data" | "other";
  /** Number of values, nulls among them. */
  readonly count: number;
  /** Which of the values are there; `undefined` when all are. */
  readonly present: Uint32Array | undefined;
  /** How the values are encoded, such as `PLAIN`. */
  readonly encoding: string | undefined;
  /** The encoded values. */
  readonly body: Uint8Array;
}

/** How the pages of a column are to be read. */
export interface PageOptions {
  /** Whether values may be null. */
  readonly isOptional: boolean;
  /** How pages are decompressed. */
  readonly decompress: Decompress;
  /** Most values of a page. */
  readonly maxCount: number;
}

/** Reads the pages of one column, in order. */
export interface PageReader {
  /**
   * The next page.
   *
   * @throws {Damage} When there is none, or it is damaged.
   */
  next(): Page;
}

const LEVEL_BITS = 1;

/**
 * Reads pages from `bytes`, up to `budget` decompressed bytes in all.
 *
 * Where a page carries a checksum, it is checked.
 */
export function createPageReader(
  bytes: Uint8Array,
  options: PageOptions,
  budget: number,
): PageReader {
  let at = 0;
  return {
    next() {
      if (at >= bytes.length) damaged("a column of it ends too early");
      const { fields, end } = readThrift(bytes, at);
      const size = wholeNumber(fields.field_2);
      const data = bytes.subarray(end, end + wholeNumber(fields.field_3));
      if (data.length !== fields.field_3 || size > budget) {
        damaged("the size of a page is damaged");
      }
      if (fields.field_4 !== undefined && crc32(data) !== fields.field_4) {
        damaged("the checksum of a page is wrong");
      }
      budget -= size;
      at = end + data.length;
      return readPage(fields, data, size, options);
    },
  };
}

function readPage(
  header: ThriftStruct,
  data: Uint8Array,
  size: number,
  options: PageOptions,
): Page {
  switch (PageTypes[wholeNumber(header.field_1)]) {
    case "DATA_PAGE":
      return readDataPage(fieldsOf(header.field_5), data, size, options);
    case "DATA_PAGE_V2":
      return readDataPageV2(fieldsOf(header.field_8), data, size, options);
    case "DICTIONARY_PAGE":
      return {
        kind: "dictionary",
        count: countOf(fieldsOf(header.field_7), options),
        present: undefined,
        encoding: "PLAIN",
        body: decompress(data, size, options),
      };
    case "INDEX_PAGE":
      return {
        kind: "other",
        count: 0,
        present: undefined,
        encoding: undefined,
        body: data,
      };
    default:
      return damaged("a page of it is of an unknown kind");
  }
}

function readDataPage(
  header: ThriftStruct,
  data: Uint8Array,
  size: number,
  options: PageOptions,
): Page {
  const count = countOf(header, options);
  const page = decompress(data, size, options);
  const encoding = Encodings[wholeNumber(header.field_2)];
  if (!options.isOptional) {
    return { kind: "data", count, present: undefined, encoding, body: page };
  }
  if (Encodings[wholeNumber(header.field_3)] !== "RLE" || page.length < 4) {
    damaged("the nulls of a page are damaged");
  }
  const view = new DataView(page.buffer, page.byteOffset, page.length);
  const end = 4 + view.getUint32(0, true);
  if (end > page.length) damaged("the nulls of a page are damaged");
  const present = readHybrid(page.subarray(4, end), LEVEL_BITS, count);
  return { kind: "data", count, present, encoding, body: page.subarray(end) };
}

function readDataPageV2(
  header: ThriftStruct,
  data: Uint8Array,
  size: number,
  options: PageOptions,
): Page {
  const count = countOf(header, options);
  const levels = wholeNumber(header.field_5);
  if (
    header.field_6 !== 0 || levels > data.length || levels > size ||
    !options.isOptional && levels > 0
  ) {
    damaged("the nulls of a page are damaged");
  }
  const present = levels > 0
    ? readHybrid(data.subarray(0, levels), LEVEL_BITS, count)
    : undefined;
  const values = data.subarray(levels);
  return {
    kind: "data",
    count,
    present,
    encoding: Encodings[wholeNumber(header.field_4)],
    body: header.field_7 === false
      ? values
      : decompress(values, size - levels, options),
  };
}

/** Nothing is compressed to nothing, whatever the codec would make of it. */
function decompress(
  data: Uint8Array,
  size: number,
  options: PageOptions,
): Uint8Array {
  return size === 0 ? new Uint8Array(0) : options.decompress(data, size);
}

function countOf(header: ThriftStruct, { maxCount }: PageOptions): number {
  const count = wholeNumber(header.field_1);
  if (count > maxCount) damaged("the number of values of a page is damaged");
  return count;
}

function wholeNumber(value: unknown): number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0
    ? value
    : damaged("a page of it has a damaged header");
}

function fieldsOf(value: unknown): ThriftStruct {
  return typeof value === "object" && value !== null
    ? value as ThriftStruct
    : damaged("a page of it has a damaged header");
}
