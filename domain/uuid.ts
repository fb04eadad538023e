/**
 * Identifiers: those that sort by time, and those that follow from a digest.
 *
 * @module
 */

const SHAPE =
  /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/**
 * A UUID of version 7 (RFC 9562, section 5.7).
 *
 * @param ms Milliseconds since the Unix epoch.
 * @param random Ten random bytes; the array is read, not kept.
 */
export function uuidV7(ms: number, random: Uint8Array): string {
  const time = Math.floor(ms).toString(16).padStart(12, "0");
  let tail = "";
  for (let i = 0; i < 10; i++) {
    let byte = random[i]!;
    if (i === 0) byte = 0x70 | (byte & 0x0f);
    if (i === 2) byte = 0x80 | (byte & 0x3f);
    tail += byte.toString(16).padStart(2, "0");
  }
  return `${time.slice(0, 8)}-${time.slice(8)}-${tail.slice(0, 4)}-${
    tail.slice(4, 8)
  }-${tail.slice(8)}`;
}

/**
 * A UUID of version 8 (RFC 9562, section 5.8) out of a digest.
 *
 * @param digest Sixteen bytes or more; the array is read, not kept.
 */
export function uuidOfDigest(digest: Uint8Array): string {
  let hex = "";
  for (let i = 0; i < 16; i++) {
    let byte = digest[i]!;
    if (i === 6) byte = 0x80 | (byte & 0x0f);
    if (i === 8) byte = 0x80 | (byte & 0x3f);
    hex += byte.toString(16).padStart(2, "0");
  }
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** Whether `text` is a UUID in lower case, of any version. */
export function isUuid(text: string): boolean {
  return SHAPE.test(text);
}
