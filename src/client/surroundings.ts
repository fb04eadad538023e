/**
 * What the client has of the world: the network, time and chance.
 *
 * @module
 */

/** The world as the client sees it. */
export interface Surroundings {
  /** Asks over HTTP, as the function of every runtime does. */
  readonly fetch: typeof fetch;
  /** Milliseconds of a clock that never goes back. */
  monotonic(): number;
  /** A fraction from 0 up to, not including, 1. */
  fraction(): number;
  /** A UUID that nobody else has. */
  uuid(): string;
  /**
   * Waits.
   *
   * @throws The reason of `signal`, when it aborts first.
   */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The longest that timers can wait, 24 days; beyond it they do not wait at all. */
const LONGEST_MS = 2 ** 31 - 1;

/** The world of this runtime: Deno, Node 20 or newer, or a browser. */
export const SYSTEM: Surroundings = {
  fetch: (input, init) => fetch(input, init),
  monotonic: () => performance.now(),
  fraction: () => Math.random(),
  uuid,
  sleep(ms, signal) {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const timer = setTimeout(wake, Math.min(ms, LONGEST_MS));
      function wake(): void {
        signal?.removeEventListener("abort", stop);
        resolve();
      }
      function stop(): void {
        clearTimeout(timer);
        reject(signal?.reason);
      }
      signal?.addEventListener("abort", stop, { once: true });
    });
  },
};

/** `crypto.randomUUID` is absent from pages that came without TLS. */
function uuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = bytes[6]! & 0x0f | 0x40;
  bytes[8] = bytes[8]! & 0x3f | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0"))
    .join("");
  const parts = [[0, 8], [8, 12], [12, 16], [16, 20], [20, 32]] as const;
  return parts.map(([from, to]) => hex.slice(from, to)).join("-");
}

/** The longest pause after the first failure. */
const FIRST_MS = 100;

/**
 * How long to pause after so many failures in a row, in milliseconds: doubled
 * each time up to `capMs`, less a random part of up to one half.
 */
export function pauseMs(
  failures: number,
  capMs: number,
  fraction: number,
): number {
  const longest = Math.min(capMs, FIRST_MS * 2 ** (failures - 1));
  return longest * (1 - fraction / 2);
}
