/**
 * Chance that follows from names, so that a run on a paper venue repeats
 * whatever the order of its calls.
 *
 * @module
 */

/**
 * A number from 0 up to, not including, 1, that follows from `seed` and `name`
 * alone. FNV-1a with MurmurHash3's finaliser; not for secrets.
 */
export function chanceOf(seed: number, name: string): number {
  let lane = 0x811c9dc5 ^ seed;
  for (let i = 0; i < name.length; i++) {
    lane = Math.imul(lane ^ name.charCodeAt(i), 0x01000193);
  }
  lane ^= lane >>> 16;
  lane = Math.imul(lane, 0x85ebca6b);
  lane ^= lane >>> 13;
  lane = Math.imul(lane, 0xc2b2ae35);
  return ((lane ^ (lane >>> 16)) >>> 0) / 0x1_0000_0000;
}
