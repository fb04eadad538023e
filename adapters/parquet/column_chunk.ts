/**
 * One column of one row group.
 *
 * @module
 */
import type { ColumnType } from "./column_type.ts";
import { damaged } from "./damage.ts";
import type { Decompress } from "./decompress.ts";
import { createPageReader, type Page } from "./page.ts";
import { readValues } from "./values.ts";

/** How a column is to be read. */
export interface ChunkOptions {
  /** What its values are. */
  readonly type: ColumnType;
  /** Whether values may be null. */
  readonly isOptional: boolean;
  /** How its pages are decompressed. */
  readonly decompress: Decompress;
}

/** Bytes that a column may have whatever its rows, and besides them a row. */
const SPARE_BYTES = 65_536;
const MAX_BYTES_A_ROW = 64;

/** Most bytes of a column of `rows` rows, compressed and not: far above need. */
export function maxColumnBytes(rows: number): number {
  return SPARE_BYTES + rows * MAX_BYTES_A_ROW;
}

/**
 * Reads the values of `rows` rows, NaN where null.
 *
 * @throws {Damage} When `bytes` do not hold exactly that many.
 */
export function readColumnChunk(
  bytes: Uint8Array,
  rows: number,
  options: ChunkOptions,
): Float64Array {
  const pages = createPageReader(
    bytes,
    { ...options, maxCount: Math.max(rows, SPARE_BYTES) },
    maxColumnBytes(rows),
  );
  const values = new Float64Array(rows);
  let dictionary: Float64Array | undefined;
  for (let done = 0; done < rows;) {
    const page = pages.next();
    if (page.kind === "dictionary") {
      dictionary = valuesOf(page, options, undefined);
    } else if (page.kind === "data") {
      if (page.count > rows - done) damaged("a column of it is too long");
      spread(valuesOf(page, options, dictionary), page, values, done);
      done += page.count;
    }
  }
  return values;
}

function valuesOf(
  { body, encoding, count, present }: Page,
  { type }: ChunkOptions,
  dictionary: Float64Array | undefined,
): Float64Array {
  let there = count;
  if (present) { for (const is of present) there -= 1 - is; }
  return readValues(body, encoding, type, there, dictionary);
}

/** Writes the values of a page from `start` on, NaN where there is none. */
function spread(
  found: Float64Array,
  { present, count }: Page,
  into: Float64Array,
  start: number,
): void {
  if (present === undefined) return into.set(found, start);
  for (let i = 0, next = 0; i < count; i++) {
    into[start + i] = present[i] ? found[next++]! : NaN;
  }
}
