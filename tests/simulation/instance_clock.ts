/**
 * The clock of one instance: it runs fast or slow, and its wall time jumps.
 *
 * @module
 */
import type { Clock } from "../../ports/clock.ts";
import type { Chance } from "./chance.ts";
import type { Actor, Timeline } from "./timeline.ts";

/** Wall time at the beginning. */
export const EPOCH_MS = Date.UTC(2026, 0, 2, 3, 4, 5);

/**
 * The clock of an instance. Either its wall time jumps or its monotonic time
 * may stop: one of the two has to tell how long a lease has lasted.
 */
export interface InstanceClock extends Clock {
  /** Whether its machine sleeps now and then. */
  readonly sleeps: boolean;
  /** Moves wall time alone, either way, unless the machine sleeps. */
  jumpWall(ms: number): void;
  /** Stops monotonic time for so long, if the machine sleeps. */
  suspend(ms: number): void;
}

/**
 * Creates a clock.
 *
 * @param rate How much of its own time passes in a millisecond of the timeline's.
 * @param chance Says how late sleepers wake.
 */
export function createInstanceClock(
  timeline: Timeline,
  actor: Actor | undefined,
  rate: number,
  chance: Chance,
): InstanceClock {
  const bornAt = timeline.now;
  const sleeps = chance.happens(0.35);
  let stoppedMs = 0;
  let wall = EPOCH_MS + bornAt;
  const monotonic = () => (timeline.now - bornAt - stoppedMs) * rate;

  return {
    monotonic,
    now: () => Math.floor(wall + (timeline.now - bornAt) * rate),
    suspend(ms) {
      if (sleeps) stoppedMs += ms;
    },
    sleeps,
    jumpWall(ms) {
      if (!sleeps) wall += ms;
    },
    sleep(ms, signal) {
      return new Promise((resolve, reject) => {
        signal?.throwIfAborted();
        const due = monotonic() + ms;
        let callOff = wait();
        function wait(): () => void {
          const lateMs = chance.happens(0.1) ? chance.around(2) : 0.01;
          const leftMs = (due - monotonic()) / rate;
          return timeline.after(leftMs + lateMs, actor, () => {
            if (monotonic() < due) return callOff = wait();
            signal?.removeEventListener("abort", stop);
            resolve();
          });
        }
        function stop(): void {
          callOff();
          reject(signal!.reason);
        }
        signal?.addEventListener("abort", stop, { once: true });
      });
    },
  };
}
