/**
 * The compressions of Parquet pages.
 *
 * @module
 */
import { Damage, damaged } from "./damage.ts";
import { decompressSnappy } from "./snappy.ts";

/**
 * Decompresses a page to exactly `length` bytes.
 *
 * @throws {Damage} When it cannot; it never allocates much more than `length`.
 */
export type Decompress = (bytes: Uint8Array, length: number) => Uint8Array;

/**
 * The decompression of `codec`, such as `SNAPPY`.
 *
 * All but Snappy are loaded when a file first needs them. gzip, zstd and brotli
 * are Deno's own: they stop at `length`, and gzip's checksum is looked at.
 *
 * @throws {Damage} When the codec is not known.
 */
export async function loadDecompress(
  codec: string,
): Promise<Decompress> {
  switch (codec) {
    case "UNCOMPRESSED":
      return checked((bytes) => bytes);
    case "SNAPPY":
      return decompressSnappy;
    case "GZIP":
    case "ZSTD":
    case "BROTLI": {
      const zlib = await import("node:zlib");
      const run = {
        GZIP: zlib.gunzipSync,
        ZSTD: zlib.zstdDecompressSync,
        BROTLI: zlib.brotliDecompressSync,
      }[codec];
      return checked((bytes, length) =>
        run(bytes, { maxOutputLength: Math.max(length, 1) })
      );
    }
    case "LZ4":
    case "LZ4_RAW": {
      const lz4 = await import("hyparquet-compressors");
      return checked(
        codec === "LZ4" ? lz4.decompressLz4 : lz4.decompressLz4Raw,
      );
    }
    default:
      return damaged(`its compression ${codec} is not supported`);
  }
}

function checked(run: Decompress): Decompress {
  return (bytes, length) => {
    let page: Uint8Array;
    try {
      page = run(bytes, length);
    } catch (cause) {
      throw new Damage("its compressed data is damaged", { cause });
    }
    if (page.length !== length) damaged("its compressed data is damaged");
    return page;
  };
}
