/**
 * The machine's clock.
 *
 * @module
 */
import type { Clock } from "../../ports/clock.ts";

/** Creates the clock that production runs on. */
export function createSystemClock(): Clock {
  return {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    sleep(ms, signal) {
      return new Promise((resolve, reject) => {
        signal?.throwIfAborted();
        const timer = setTimeout(() => {
          signal?.removeEventListener("abort", stop);
          resolve();
        }, ms);
        function stop() {
          clearTimeout(timer);
          reject(signal?.reason);
        }
        signal?.addEventListener("abort", stop, { once: true });
      });
    },
  };
}
