/**
 * Waiting for another process's lock without blocking this one.
 *
 * @module
 */
import type { Clock } from "../../ports/clock.ts";
import type { Entropy } from "../../ports/entropy.ts";
import { isBusy } from "./errors.ts";

/** How long a call waits for the lock before it fails as `unavailable`. */
export const LOCK_DEADLINE_MS = 5000;

/** The time and chance that a wait needs. */
export interface Waiting {
  /** Tells how long it has been and lets time pass. */
  readonly clock: Clock;
  /** Keeps two processes from waiting in step. */
  readonly entropy: Entropy;
}

/** Lets the holder of the lock get on: 1 to 10 ms. */
export function yieldLock(waiting: Waiting): Promise<void> {
  return waiting.clock.sleep(1 + waiting.entropy.fraction() * 9);
}

/**
 * Makes `attempt` until nobody stands in its way.
 *
 * @throws What `attempt` throws: its busy error once `LOCK_DEADLINE_MS` have
 * passed, any other at once.
 * @throws The signal's reason when `signal` has aborted before an attempt.
 */
export async function whileBusy<T>(
  waiting: Waiting,
  attempt: () => T,
  signal?: AbortSignal,
): Promise<T> {
  let giveUpAt: number | undefined;
  for (;;) {
    signal?.throwIfAborted();
    try {
      return attempt();
    } catch (error) {
      if (!isBusy(error)) throw error;
      const now = waiting.clock.monotonic();
      giveUpAt ??= now + LOCK_DEADLINE_MS;
      if (now >= giveUpAt) throw error;
    }
    await yieldLock(waiting);
  }
}
