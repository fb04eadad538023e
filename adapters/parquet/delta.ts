/**
 * The delta encoding of whole numbers.
 *
 * Ours, as hyparquet's reader allocates and loops as much as the data says.
 * Format: https://parquet.apache.org/docs/file-format/data-pages/encodings
 *
 * @module
 */
import { damaged } from "./damage.ts";

const MAX_BLOCK = 65_536;
const MINIBLOCK_UNIT = 32;
const DAMAGED = "its delta encoding is damaged";

/**
 * Reads the `count` numbers that stand at `start`.
 *
 * @param bits How wide the numbers are; sums wrap around at that width.
 * @returns The numbers, and where they end.
 * @throws {Damage} When there is another number of them, or they are cut off.
 */
export function readDelta(
  bytes: Uint8Array,
  start: number,
  count: number,
  bits: 32 | 64,
): { values: BigInt64Array; end: number } {
  let at = start;
  const blockSize = Number(readUnsigned());
  const miniblocks = Number(readUnsigned());
  const perMiniblock = blockSize / miniblocks;
  if (
    blockSize > MAX_BLOCK || !(perMiniblock >= MINIBLOCK_UNIT) ||
    perMiniblock % MINIBLOCK_UNIT !== 0 || readUnsigned() !== BigInt(count)
  ) {
    damaged(DAMAGED);
  }
  const values = new BigInt64Array(count);
  let value = readSigned();
  if (count > 0) values[0] = BigInt.asIntN(bits, value);
  for (let done = 1; done < count;) {
    const smallest = readSigned();
    const widths = take(miniblocks);
    for (let m = 0; m < miniblocks && done < count; m++) {
      const width = widths[m]!;
      if (width > bits) damaged(DAMAGED);
      const block = take(perMiniblock * width / 8);
      const stop = Math.min(count, done + perMiniblock);
      for (let bit = 0; done < stop; done++, bit += width) {
        value = BigInt.asIntN(
          bits,
          value + smallest + readBits(block, bit, width),
        );
        values[done] = value;
      }
    }
  }
  return { values, end: at };

  function take(length: number): Uint8Array {
    if (length > bytes.length - at) damaged(DAMAGED);
    return bytes.subarray(at, at += length);
  }

  function readUnsigned(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = take(1)[0]!;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
    return damaged(DAMAGED);
  }

  function readSigned(): bigint {
    const value = readUnsigned();
    return value >> 1n ^ -(value & 1n);
  }
}

/** The `width` bits from bit `start` on, lowest first. */
function readBits(bytes: Uint8Array, start: number, width: number): bigint {
  if (width === 0) return 0n;
  let value = 0n;
  const first = start >> 3;
  const last = start + width - 1 >> 3;
  for (let at = last; at >= first; at--) {
    value = value << 8n | BigInt(bytes[at]!);
  }
  return BigInt.asUintN(width, value >> BigInt(start & 7));
}
