/**
 * Chance that repeats.
 *
 * @module
 */
import type { Entropy } from "../../ports/entropy.ts";

/** An entropy whose draws follow from `seed` alone (mulberry32). */
export function createSeededEntropy(seed = 1): Entropy {
  let state = seed >>> 0;
  function draw(): number {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }
  return {
    bytes: (count) =>
      Uint8Array.from({ length: count }, () => Math.floor(draw() * 256)),
    fraction: draw,
  };
}
