/**
 * A clock that stands still until it is told to move.
 *
 * @module
 */
import type { Clock } from "../../ports/clock.ts";

/** A clock under the test's control. */
export interface FakeClock extends Clock {
  /** Moves wall and monotonic time on, waking the sleepers due in order. */
  advance(ms: number): Promise<void>;
  /** Moves wall time alone, either way. */
  jumpWall(ms: number): void;
}

/** A clock that shows `startMs` (2026-01-02T03:04:05Z when absent). */
export function createFakeClock(
  startMs = Date.UTC(2026, 0, 2, 3, 4, 5),
): FakeClock {
  let elapsed = 0;
  let skew = 0;
  const sleepers = new Set<{ due: number; wake: () => void }>();

  return {
    now: () => startMs + elapsed + skew,
    monotonic: () => elapsed,
    sleep(ms, signal) {
      signal?.throwIfAborted();
      return new Promise((resolve, reject) => {
        const sleeper = { due: elapsed + ms, wake };
        function wake() {
          sleepers.delete(sleeper);
          signal?.removeEventListener("abort", stop);
          resolve();
        }
        function stop() {
          sleepers.delete(sleeper);
          reject(signal?.reason);
        }
        sleepers.add(sleeper);
        signal?.addEventListener("abort", stop, { once: true });
      });
    },
    async advance(ms) {
      const end = elapsed + ms;
      for (;;) {
        await Promise.resolve();
        const next = [...sleepers].filter((s) => s.due <= end)
          .sort((a, b) => a.due - b.due)[0];
        if (!next) break;
        elapsed = Math.max(elapsed, next.due);
        next.wake();
      }
      elapsed = end;
    },
    jumpWall(ms) {
      skew += ms;
    },
  };
}
