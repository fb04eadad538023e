/**
 * Snappy, the compression that most Parquet files use.
 *
 * Ours, as hyparquet's reader can be sent back to where it was by a negative
 * length, and then never ends.
 * Format: https://github.com/google/snappy/blob/main/format_description.txt
 *
 * @module
 */
import { damaged } from "./damage.ts";

const CUT_OFF = "its compressed data is cut off or damaged";

/**
 * Decompresses `bytes` to exactly `length` bytes.
 *
 * @throws {Damage} When they are not what Snappy makes of `length` bytes.
 */
export function decompressSnappy(
  bytes: Uint8Array,
  length: number,
): Uint8Array {
  const out = new Uint8Array(length);
  let at = 0;
  let end = 0;

  function readNumber(byteCount: number): number {
    if (at + byteCount > bytes.length) damaged(CUT_OFF);
    let value = 0;
    for (let i = 0; i < byteCount; i++) value += bytes[at++]! * 2 ** (8 * i);
    return value;
  }

  function readLength(): number {
    let value = 0;
    for (let shift = 0;; shift += 7) {
      const byte = readNumber(1);
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
      if (shift === 28) damaged(CUT_OFF);
    }
  }

  function copyLiteral(count: number): void {
    if (at + count > bytes.length || end + count > length) damaged(CUT_OFF);
    out.set(bytes.subarray(at, at + count), end);
    at += count;
    end += count;
  }

  function copyBack(distance: number, count: number): void {
    if (distance < 1 || distance > end || end + count > length) {
      damaged(CUT_OFF);
    }
    if (distance >= count) {
      out.copyWithin(end, end - distance, end - distance + count);
      end += count;
      return;
    }
    // The copy overlaps itself: it repeats the last `distance` bytes.
    for (const stop = end + count; end < stop; end++) {
      out[end] = out[end - distance]!;
    }
  }

  if (readLength() !== length) damaged(CUT_OFF);
  while (at < bytes.length) {
    const tag = bytes[at++]!;
    const kind = tag & 3;
    const size = tag >> 2;
    if (kind === 0) {
      copyLiteral((size < 60 ? size : readNumber(size - 59)) + 1);
    } else if (kind === 1) {
      copyBack((tag >> 5) * 256 + readNumber(1), (size & 7) + 4);
    } else {
      copyBack(readNumber(kind === 2 ? 2 : 4), size + 1);
    }
  }
  if (end !== length) damaged(CUT_OFF);
  return out;
}
