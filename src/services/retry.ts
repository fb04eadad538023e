/**
 * Tries again what failed for a while; adapters never do.
 *
 * @module
 */
import type { Clock } from "../../ports/clock.ts";
import type { Entropy } from "../../ports/entropy.ts";
import { isTransient } from "../../ports/port_error.ts";

/** The longest pause after the first failure. */
const FIRST_MS = 20;

/** The longest pause of all. */
const CAP_MS = 1000;

/** Times that a publish is tried; safe, as the ids stay the same. */
export const PUBLISH_ATTEMPTS = 3;

/** After so long no further attempt begins, unless there is no end to them. */
const BUDGET_MS = 2000;

/** What pauses are made of. */
export interface Pacing {
  /** Waits. */
  readonly clock: Clock;
  /** Keeps those who failed together from trying again together. */
  readonly entropy: Entropy;
}

/**
 * How long to pause after so many failures in a row, in milliseconds: doubled
 * each time up to a second, less a random part of up to one half.
 */
export function pauseMs(failures: number, entropy: Entropy): number {
  const longest = Math.min(CAP_MS, FIRST_MS * 2 ** (failures - 1));
  return longest * (1 - entropy.fraction() / 2);
}

/**
 * Calls until it succeeds, `attempts` or two seconds are used up, or the
 * failure is one that will last.
 *
 * @throws What the last attempt threw, or the signal's reason.
 */
export async function retry<T>(
  call: () => Promise<T>,
  { clock, entropy }: Pacing,
  attempts: number,
  signal?: AbortSignal,
): Promise<T> {
  const began = clock.monotonic();
  for (let failures = 1;; failures++) {
    try {
      return await call();
    } catch (error) {
      if (failures === attempts || !isTransient(error)) throw error;
      // Who has waited for a deadline does not wait for another one.
      const isPatient = attempts === Infinity;
      if (!isPatient && clock.monotonic() - began > BUDGET_MS) throw error;
      await clock.sleep(pauseMs(failures, entropy), signal);
    }
  }
}
