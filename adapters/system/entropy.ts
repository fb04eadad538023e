/**
 * The machine's randomness.
 *
 * @module
 */
import type { Entropy } from "../../ports/entropy.ts";

/** Bytes drawn at a time: one call of the system serves many ids. */
const POOL_BYTES = 4096;

/** Creates the entropy that production runs on. */
export function createSystemEntropy(): Entropy {
  const pool = new Uint8Array(POOL_BYTES);
  let used = POOL_BYTES;
  return {
    bytes(count) {
      if (count > POOL_BYTES) {
        throw new RangeError(
          `Cannot draw ${count} bytes as ${POOL_BYTES} is the most`,
        );
      }
      if (used + count > POOL_BYTES) {
        crypto.getRandomValues(pool);
        used = 0;
      }
      const drawn = pool.slice(used, used + count);
      pool.fill(0, used, used + count);
      used += count;
      return drawn;
    },
    fraction: () => Math.random(),
  };
}
