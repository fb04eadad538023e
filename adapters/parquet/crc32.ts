/**
 * The checksum of Parquet pages.
 *
 * @module
 */

const TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  for (let i = 0; i < 8; i++) byte = byte >>> 1 ^ (byte & 1 ? 0xedb88320 : 0);
  return byte;
});

/**
 * CRC-32 as gzip computes it (RFC 1952), as a signed number.
 *
 * Ours, as loading `node:zlib` costs more than all the reading of a file.
 */
export function crc32(bytes: Uint8Array): number {
  let crc = -1;
  for (let i = 0; i < bytes.length; i++) {
    crc = TABLE[(crc ^ bytes[i]!) & 255]! ^ crc >>> 8;
  }
  return ~crc;
}
