/**
 * Notices when nothing happens any more.
 *
 * @module
 */
import type { Clock } from "../../ports/clock.ts";

/** Barks once, unless it is fed in time or disposed of. */
export interface Watchdog extends Disposable {
  /** Has it wait anew. */
  feed(): void;
}

/** Calls `bark` after `ms` milliseconds without `feed`. */
export function createWatchdog(
  clock: Clock,
  ms: number,
  bark: () => void,
): Watchdog {
  let waiting = new AbortController();
  function feed(): void {
    waiting.abort();
    waiting = new AbortController();
    clock.sleep(ms, waiting.signal).then(bark, () => {});
  }
  feed();
  return { feed, [Symbol.dispose]: () => waiting.abort() };
}
