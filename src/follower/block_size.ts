/**
 * How large the next block of a series should be: small where numbers are
 * wanted seldom, as those of a block that is lost are skipped.
 *
 * @module
 */
import { MAX_SEQUENCE_COUNT } from "../../domain/sequence.ts";
import type { Clock } from "../../ports/clock.ts";

/** A block should last longer than this. */
const SHORT_MS = 10_000;

/** It need not last longer than this. */
const LONG_MS = 60_000;

/** The largest block, unless it would not last for `RUSH_MS`. */
const LARGEST = 64;

/** The database cannot be asked much more often than that. */
const RUSH_MS = 100;

/** Sizes of the blocks of one series, as this instance leases them. */
export interface BlockSize {
  /** Takes note of numbers that were taken from a block, whoever leased it. */
  took(count: number): void;

  /** The size of a block that is leased now. */
  next(): number;
}

/** Creates the sizes of a series that has just begun. */
export function createBlockSize(clock: Clock): BlockSize {
  let size = 1;
  let taken = 0;
  let leasedAt = -Infinity;
  return {
    took(count) {
      taken += count;
    },
    next() {
      const now = clock.monotonic();
      const lasted = now - leasedAt;
      // A small block tells nothing of the pace.
      const rush = size >= LARGEST && taken > 0
        ? Math.min(Math.ceil(taken * RUSH_MS / lasted), MAX_SEQUENCE_COUNT)
        : 0;
      const isUsedUp = taken * 2 >= size;
      const isLost = taken * 4 < size;
      if (isLost || lasted > LONG_MS) size = Math.max(1, Math.floor(size / 2));
      else if (isUsedUp && lasted < SHORT_MS) size = Math.max(size * 2, rush);
      size = Math.min(size, Math.max(LARGEST, rush));
      leasedAt = now;
      taken = 0;
      return size;
    },
  };
}
