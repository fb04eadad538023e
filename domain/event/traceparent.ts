/**
 * W3C trace context.
 *
 * @module
 */

const SHAPE =
  /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/**
 * Reads a `traceparent`, or `undefined` when the text is not one: the standard
 * has receivers pass over malformed ones.
 */
export function parseTraceparent(text: string): string | undefined {
  return SHAPE.test(text) ? text : undefined;
}
