/**
 * Waits that end after a while, whatever becomes of what they wait for.
 *
 * @module
 */
import type { Clock } from "../../ports/clock.ts";

/** The waits of one reader, one at a time. */
export interface BoundedWaiting {
  /** Tells whether `wait` ended by itself, and was not stopped. */
  until(wait: (stop: AbortSignal) => Promise<void>): Promise<boolean>;
  /** Frees the timer. */
  stop(): void;
}

/**
 * Creates waits of `maxMs` at most, often less: one timer goes round for all
 * of them, as most are short. The abort of `signal` fails a wait.
 */
export function createBoundedWaiting(
  clock: Clock,
  maxMs: number,
  signal: AbortSignal,
): BoundedWaiting {
  const end = new AbortController();
  let round = new AbortController();
  let isTurning = false;
  function onAbort(): void {
    end.abort();
    round.abort(signal.reason);
  }
  signal.addEventListener("abort", onAbort, { once: true });

  async function turn(): Promise<void> {
    isTurning = true;
    for (;;) {
      await clock.sleep(maxMs, end.signal);
      round.abort();
      round = new AbortController();
    }
  }

  return {
    async until(wait) {
      if (!isTurning) turn().catch(() => {});
      const stop = round.signal;
      try {
        await wait(stop);
        return true;
      } catch (error) {
        if (signal.aborted || !stop.aborted) throw error;
        return false;
      }
    },
    stop() {
      signal.removeEventListener("abort", onAbort);
      end.abort();
    },
  };
}
