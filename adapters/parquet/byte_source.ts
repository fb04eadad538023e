/**
 * Bytes of a file, read where they are asked for.
 *
 * @module
 */
import { damaged } from "./damage.ts";

/** Something to read bytes from. */
export interface ByteSource {
  /** Number of bytes. */
  readonly size: number;

  /**
   * The bytes from `start` up to, not including, `end`. Callers do not write to
   * them. One call at a time.
   *
   * @throws {Damage} When there are fewer.
   */
  read(start: number, end: number): Promise<Uint8Array>;
}

/** Files up to this size are read at once: one call is faster than three. */
const READ_WHOLE_BYTES = 128 * 1024;

/** How much is read of the end of a larger file: most footers fit. */
const TAIL_BYTES = 64 * 1024;

/**
 * Reads from an open file of `size` bytes; a small one, or else its end, is
 * read once and kept.
 */
export function createFileSource(
  file: Deno.FsFile,
  size: number,
): ByteSource {
  const keptFrom = size <= READ_WHOLE_BYTES ? 0 : size - TAIL_BYTES;
  let kept: Uint8Array | undefined;

  async function fetch(start: number, end: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(end - start);
    await file.seek(start, Deno.SeekMode.Start);
    for (let filled = 0; filled < bytes.length;) {
      const count = await file.read(bytes.subarray(filled));
      if (count === null) return damaged("it became shorter while it was read");
      filled += count;
    }
    return bytes;
  }

  return {
    size,
    async read(start, end) {
      if (start < keptFrom) return await fetch(start, end);
      kept ??= await fetch(keptFrom, size);
      return kept.subarray(start - keptFrom, end - keptFrom);
    },
  };
}
