/**
 * The encodings of values in Parquet pages.
 *
 * Format: https://parquet.apache.org/docs/file-format/data-pages/encodings
 *
 * @module
 */
import type { ColumnType, Stored } from "./column_type.ts";
import { damaged } from "./damage.ts";
import { readDelta } from "./delta.ts";
import { readHybrid } from "./hybrid.ts";

/** Longest text or decimal of a row: far above any date or price. */
const MAX_VALUE_BYTES = 256;

const DAMAGED = "its values are cut off or damaged";

type StoredValues =
  | Int32Array
  | BigInt64Array
  | Float32Array
  | Float64Array
  | Uint8Array[];

/**
 * Reads the `count` values of a page, each as the number it stands for.
 *
 * @param body The values alone, decompressed.
 * @param encoding How they are encoded, such as `PLAIN`.
 * @param dictionary What a dictionary encoding refers to, if there was one.
 * @throws {Damage} When the body does not hold exactly `count` values.
 */
export function readValues(
  body: Uint8Array,
  encoding: string | undefined,
  type: ColumnType,
  count: number,
  dictionary: Float64Array | undefined,
): Float64Array {
  if (count === 0) return new Float64Array(0);
  switch (encoding) {
    case "PLAIN":
      return readAll(type, readPlain(body, type, count));
    case "PLAIN_DICTIONARY":
    case "RLE_DICTIONARY":
      return lookUp(body, count, dictionary);
    case "DELTA_BINARY_PACKED":
      return readAll(type, readDeltas(body, type, count));
    case "DELTA_LENGTH_BYTE_ARRAY":
      return readAll(type, readDeltaLengths(body, type, count));
    case "DELTA_BYTE_ARRAY":
      return readAll(type, readDeltaBytes(body, type, count));
    case "BYTE_STREAM_SPLIT":
      return readAll(type, readPlain(joinStreams(body, count), type, count));
    default:
      return damaged(`its encoding ${encoding} is not supported`);
  }
}

function readAll(type: ColumnType, values: StoredValues): Float64Array {
  if (values instanceof Float64Array && type.read === Number) return values;
  return Float64Array.from(values as ArrayLike<Stored>, type.read);
}

function lookUp(
  body: Uint8Array,
  count: number,
  dictionary: Float64Array | undefined,
): Float64Array {
  if (dictionary === undefined || body.length === 0) {
    return damaged("a dictionary of its values is missing");
  }
  const places = readHybrid(body.subarray(1), body[0]!, count);
  const values = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const place = places[i]!;
    if (place >= dictionary.length) damaged(DAMAGED);
    values[i] = dictionary[place]!;
  }
  return values;
}

function readPlain(
  body: Uint8Array,
  type: ColumnType,
  count: number,
): StoredValues {
  switch (type.stored) {
    case "INT32":
      return new Int32Array(aligned(body, count * 4));
    case "INT64":
      return new BigInt64Array(aligned(body, count * 8));
    case "FLOAT":
      return new Float32Array(aligned(body, count * 4));
    case "DOUBLE":
      return new Float64Array(aligned(body, count * 8));
    case "BYTE_ARRAY":
      return readByteArrays(body, count);
    default:
      return cut(body, Array(count).fill(type.byteLength));
  }
}

/** The bytes of exactly `length`, copied to where a typed array may begin. */
function aligned(body: Uint8Array, length: number): ArrayBuffer {
  if (body.length !== length) damaged(DAMAGED);
  return new Uint8Array(body).buffer;
}

/** Values that each follow their length. */
function readByteArrays(body: Uint8Array, count: number): Uint8Array[] {
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  const values: Uint8Array[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + 4 > body.length) damaged(DAMAGED);
    const end = at + 4 + view.getUint32(at, true);
    if (end > body.length) damaged(DAMAGED);
    values.push(body.subarray(at + 4, end));
    at = end;
  }
  if (at !== body.length) damaged(DAMAGED);
  return values;
}

/** Values of the given lengths, one behind the other. */
function cut(body: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  let at = 0;
  const values = lengths.map((length) => {
    if (!(length >= 0 && length <= MAX_VALUE_BYTES)) damaged(DAMAGED);
    return body.subarray(at, at += length);
  });
  if (at !== body.length) damaged(DAMAGED);
  return values;
}

function readDeltas(
  body: Uint8Array,
  type: ColumnType,
  count: number,
): StoredValues {
  if (type.stored === "INT64") return readDelta(body, 0, count, 64).values;
  if (type.stored !== "INT32") damaged(DAMAGED);
  return Int32Array.from(readDelta(body, 0, count, 32).values, Number);
}

function readLengths(body: Uint8Array, start: number, count: number) {
  const { values, end } = readDelta(body, start, count, 32);
  return { lengths: Array.from(values, Number), end };
}

function readDeltaLengths(
  body: Uint8Array,
  type: ColumnType,
  count: number,
): Uint8Array[] {
  if (type.stored !== "BYTE_ARRAY") damaged(DAMAGED);
  const { lengths, end } = readLengths(body, 0, count);
  return cut(body.subarray(end), lengths);
}

/** Values that each begin like the one before. */
function readDeltaBytes(
  body: Uint8Array,
  type: ColumnType,
  count: number,
): Uint8Array[] {
  if (!type.stored.endsWith("BYTE_ARRAY")) damaged(DAMAGED);
  const shared = readLengths(body, 0, count);
  const own = readLengths(body, shared.end, count);
  let before: Uint8Array = new Uint8Array(0);
  return cut(body.subarray(own.end), own.lengths).map((rest, i) => {
    const length = shared.lengths[i]!;
    if (!(length >= 0 && length <= before.length)) damaged(DAMAGED);
    const value = new Uint8Array(length + rest.length);
    if (value.length > MAX_VALUE_BYTES) damaged(DAMAGED);
    value.set(before.subarray(0, length));
    value.set(rest, length);
    return before = value;
  });
}

/** Puts together values whose first, second, … bytes stand apart. */
function joinStreams(body: Uint8Array, count: number): Uint8Array {
  const width = body.length / count;
  if (!Number.isInteger(width)) damaged(DAMAGED);
  const joined = new Uint8Array(body.length);
  for (let byte = 0; byte < width; byte++) {
    for (let i = 0; i < count; i++) {
      joined[i * width + byte] = body[byte * count + i]!;
    }
  }
  return joined;
}
