/**
 * Bounded reading of Thrift's compact protocol, in which Parquet writes its
 * footer and its page headers.
 *
 * hyparquet does the reading. It trusts its input: a number of a million bytes
 * or a list of two thousand million entries would keep it busy for minutes.
 * So every structure is walked first, in one pass that allocates nothing.
 *
 * @module
 */
import { deserializeTCompactProtocol } from "hyparquet/src/thrift.js";
import { damaged } from "./damage.ts";

/** A structure: its fields by number, as `field_1` and so on. */
export type ThriftStruct = {
  readonly [field: `field_${number}`]: unknown;
};

const MAX_DEPTH = 16;
const MAX_INTEGER_BYTES = 10;

const BOOLEANS = [1, 2];
const BYTE = 3;
const INTEGERS = [4, 5, 6];
const DOUBLE = 7;
const BINARY = 8;
const LIST = 9;
const STRUCT = 12;

/**
 * Reads the structure at `start`.
 *
 * @returns Its fields, and where it ends.
 * @throws {Damage} When it is not a structure or does not end within `bytes`.
 */
export function readThrift(
  bytes: Uint8Array,
  start: number,
): { fields: ThriftStruct; end: number } {
  const end = checkThrift(bytes, start);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { fields: deserializeTCompactProtocol({ view, offset: start }), end };
}

/**
 * Walks the structure at `start`.
 *
 * @returns Where it ends.
 * @throws {Damage} When it is not a structure or does not end within `bytes`.
 */
export function checkThrift(bytes: Uint8Array, start: number): number {
  let at = start;

  function skip(count: number): void {
    if (!(count <= bytes.length - at)) damaged("it is cut off or damaged");
    at += count;
  }

  function integer(): number {
    let value = 0;
    for (let i = 0; i < MAX_INTEGER_BYTES; i++) {
      skip(1);
      const byte = bytes[at - 1]!;
      value += (byte & 0x7f) * 2 ** (7 * i);
      if (byte < 0x80) return value;
    }
    return damaged("it holds a number that is too long");
  }

  function value(type: number, depth: number): void {
    if (BOOLEANS.includes(type)) return;
    if (type === BYTE) return skip(1);
    if (INTEGERS.includes(type)) return void integer();
    if (type === DOUBLE) return skip(8);
    if (type === BINARY) return skip(integer());
    if (type === STRUCT) return struct(depth + 1);
    if (type !== LIST) damaged("it holds a value of an unknown kind");
    skip(1);
    const head = bytes[at - 1]!;
    const count = head >> 4 === 15 ? integer() : head >> 4;
    const kind = head & 15;
    if (count > bytes.length - at) damaged("it holds a list that is too long");
    if (BOOLEANS.includes(kind)) return skip(count);
    for (let i = 0; i < count; i++) value(kind, depth);
  }

  function struct(depth: number): void {
    if (depth > MAX_DEPTH) damaged("it is nested too deeply");
    for (;;) {
      skip(1);
      const head = bytes[at - 1]!;
      if ((head & 15) === 0) return;
      if (head >> 4 === 0) integer();
      value(head & 15, depth);
    }
  }

  struct(0);
  return at;
}
