/**
 * A clock for days that have been: it stands still until it is moved, and who
 * sleeps moves it.
 *
 * @module
 */
import { setImmediate } from "node:timers";
import type { Clock } from "../../ports/clock.ts";

/** A clock that is moved. */
export interface SimulatedClock extends Clock {
  /** Moves it on to `ms` since the Unix epoch; it never goes back. */
  moveTo(ms: number): void;

  /**
   * Stands still until `work` is done, whoever sleeps: for work that is none of
   * the days that have been.
   */
  standStill(work: () => Promise<void>): Promise<void>;
}

/**
 * Creates a clock that shows `startMs`.
 *
 * A sleep is over when all work that can go on without time has gone on: then
 * the clock shows the moment at which the first sleeper wakes.
 */
export function createSimulatedClock(startMs: number): SimulatedClock {
  let now = startMs;
  const sleepers = new Set<{ readonly due: number; wake(): void }>();
  let isWaking = false;
  /** How much work there is for which it stands still. */
  let standing = 0;

  function wakeNext(): void {
    isWaking = false;
    if (standing > 0) return;
    const [next] = [...sleepers].sort((a, b) => a.due - b.due);
    if (!next) return;
    now = Math.max(now, next.due);
    next.wake();
    waitForQuiet();
  }

  function waitForQuiet(): void {
    if (isWaking || standing > 0 || sleepers.size === 0) return;
    isWaking = true;
    setImmediate(wakeNext);
  }

  return {
    now: () => now,
    monotonic: () => now - startMs,
    moveTo(ms) {
      now = Math.max(now, ms);
    },
    async standStill(work) {
      standing++;
      try {
        await work();
      } finally {
        standing--;
        waitForQuiet();
      }
    },
    async sleep(ms, signal) {
      signal?.throwIfAborted();
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const sleeper = {
        due: now + ms,
        wake() {
          sleepers.delete(sleeper);
          signal?.removeEventListener("abort", stop);
          resolve();
        },
      };
      function stop(): void {
        sleepers.delete(sleeper);
        reject(signal?.reason);
      }
      sleepers.add(sleeper);
      signal?.addEventListener("abort", stop, { once: true });
      waitForQuiet();
      await promise;
    },
  };
}
