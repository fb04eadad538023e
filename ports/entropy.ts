/**
 * The entropy port: chance and identity come in only here.
 *
 * @module
 */

/** Draws at random; a seeded adapter makes a whole run repeatable. */
export interface Entropy {
  /** `count` random bytes, unpredictable in production. */
  bytes(count: number): Uint8Array;

  /** A number from 0 up to, not including, 1; for jitter, not for secrets. */
  fraction(): number;
}
