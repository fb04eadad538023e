/**
 * Chance that follows from a seed, one stream for each use.
 *
 * @module
 */
import type { Entropy } from "../../ports/entropy.ts";
import { createSeededEntropy } from "../support/seeded_entropy.ts";

/** Draws at random. */
export interface Chance {
  /** For what takes a port. */
  readonly entropy: Entropy;
  /** Whether something happens that does so with `probability`. */
  happens(probability: number): boolean;
  /** A number from `low` up to `high`. */
  between(low: number, high: number): number;
  /** A whole number from 0 up to, not including, `count`. */
  below(count: number): number;
  /** One of `items`, of which there must be some. */
  pick<T>(items: readonly T[]): T;
  /** A length of time with the given mean; mostly short, sometimes long. */
  around(meanMs: number): number;
  /** One of the names, as often as its weight says. */
  weighted<Name extends string>(weights: Readonly<Record<Name, number>>): Name;
}

/** Creates the stream `use` of `seed`. */
export function createChance(seed: number, use: string): Chance {
  let hash = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b);
  for (const char of use) {
    hash = Math.imul(hash ^ char.codePointAt(0)!, 0x01000193);
    hash ^= hash >>> 15;
  }
  const entropy = createSeededEntropy(hash);
  const { fraction } = entropy;
  const below = (count: number) => Math.floor(fraction() * count);
  return {
    entropy,
    below,
    happens: (probability) => fraction() < probability,
    between: (low, high) => low + fraction() * (high - low),
    pick: (items) => items[below(items.length)]!,
    around: (meanMs) => -Math.log(1 - fraction()) * meanMs,
    weighted(weights) {
      const entries = Object.entries<number>(weights);
      let left = fraction() * entries.reduce((sum, [, w]) => sum + w, 0);
      for (const [name, weight] of entries) {
        if ((left -= weight) < 0) return name as keyof typeof weights;
      }
      return entries.findLast(([, w]) => w > 0)![0] as keyof typeof weights;
    },
  };
}
