/**
 * Chance that follows from a seed, so that a whole run repeats.
 *
 * @module
 */
import { chanceOf } from "../../domain/paper/chance.ts";
import type { Entropy } from "../../ports/entropy.ts";

/** Creates an entropy whose draws follow from `seed` and their number alone. */
export function createSimulatedEntropy(seed: number): Entropy {
  let drawn = 0;
  const draw = () => chanceOf(seed, `draw ${drawn++}`);
  return {
    bytes: (count) =>
      Uint8Array.from({ length: count }, () => Math.floor(draw() * 256)),
    fraction: draw,
  };
}
