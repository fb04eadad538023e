/**
 * The run-length and bit-packed hybrid encoding of small whole numbers:
 * definition levels and places in a dictionary.
 *
 * Ours, as hyparquet's reader writes a run as long as it says it is, which may
 * be two thousand million entries.
 * Format: https://parquet.apache.org/docs/file-format/data-pages/encodings
 *
 * @module
 */
import { damaged } from "./damage.ts";

/** Widest number read: no file of bars has a larger dictionary. */
const MAX_WIDTH = 24;

/**
 * Reads the `count` numbers of `width` bits that `bytes` begin with.
 *
 * @throws {Damage} When they hold fewer, or a run goes beyond `count`.
 */
export function readHybrid(
  bytes: Uint8Array,
  width: number,
  count: number,
): Uint32Array {
  if (width > MAX_WIDTH) damaged("its dictionary is too large");
  const values = new Uint32Array(count);
  if (width === 0) return values;
  let at = 0;
  for (let done = 0; done < count;) {
    const head = readHead();
    const run = head & 1
      ? Math.min((head >>> 1) * 8, count - done)
      : head >>> 1;
    const size = head & 1 ? Math.ceil(run * width / 8) : Math.ceil(width / 8);
    if (run > count - done || size > bytes.length - at) {
      damaged("a run of its values is damaged");
    }
    if (head & 1) {
      unpack(bytes.subarray(at, at + size), width, values, done, run);
    } else {
      let value = 0;
      for (let i = 0; i < size; i++) value |= bytes[at + i]! << (8 * i);
      values.fill(value, done, done + run);
    }
    at += size;
    done += run;
  }
  return values;

  function readHead(): number {
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = bytes[at++];
      if (byte === undefined) break;
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
    return damaged("a run of its values is damaged");
  }
}

/** Takes `count` numbers of `width` bits, lowest bits first. */
function unpack(
  bytes: Uint8Array,
  width: number,
  into: Uint32Array,
  start: number,
  count: number,
): void {
  const mask = (1 << width) - 1;
  let at = 0;
  let buffer = 0;
  let held = 0;
  for (let i = start; i < start + count; i++) {
    for (; held < width; held += 8) buffer |= bytes[at++]! << held;
    into[i] = buffer & mask;
    buffer >>>= width;
    held -= width;
  }
}
