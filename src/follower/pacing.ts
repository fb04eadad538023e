/**
 * The pauses between the attempts of a gate to open.
 *
 * @module
 */
import { RENEW_MS } from "../../domain/lease.ts";
import type { Clock } from "../../ports/clock.ts";
import { onFirstAbort } from "../../ports/waiting.ts";

/** The longest pause before the next attempt to open. */
const RETRY_MS = 250;

/** A gate that closes sooner after it opened was short-lived. */
const SHORT_MS = 500;

/** The longest pause after a gate has been short-lived several times. */
const MAX_REST_MS = 1600;

/** Paces a gate. */
export interface Pacing {
  /** Takes note that the gate has opened. */
  opened(): void;

  /** Takes note that the open gate has closed. */
  closed(): void;

  /**
   * How long to pause after so many failures in a row; a server that is lost
   * again and again is given time to come to rest.
   */
  retryMs(failures: number): number;

  /** Pauses, unless it was woken since the last pause, or `signal` aborts. */
  pause(ms: number, signal: AbortSignal): Promise<void>;

  /** Ends the pause, or lets the next one be none. */
  wake(): void;
}

/** Creates the pacing of one gate. */
export function createPacing(clock: Clock): Pacing {
  let openedAt = 0;
  let shortLived = 0;
  let isWoken = false;
  let wakeUp = () => {};

  return {
    opened() {
      openedAt = clock.monotonic();
    },

    closed() {
      const isShort = clock.monotonic() - openedAt < SHORT_MS;
      shortLived = isShort ? shortLived + 1 : 0;
    },

    retryMs(failures) {
      const rest = shortLived < 3 ? 0 : 50 * 2 ** shortLived;
      const retry = failures === 0
        ? RENEW_MS
        : Math.min(RETRY_MS, 10 * 2 ** failures);
      return Math.max(retry, Math.min(MAX_REST_MS, rest));
    },

    async pause(ms, signal) {
      const isResting = shortLived >= 3;
      if ((!isWoken || isResting) && !signal.aborted) {
        const stop = new AbortController();
        const release = onFirstAbort([signal], () => stop.abort());
        if (!isResting) wakeUp = () => stop.abort();
        await clock.sleep(ms, stop.signal).catch(() => {});
        wakeUp = () => {};
        release();
      }
      isWoken = false;
    },

    wake() {
      isWoken = true;
      wakeUp();
    },
  };
}
