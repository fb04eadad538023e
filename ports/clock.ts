/**
 * The clock port: time comes in only here.
 *
 * @module
 */

/** Tells the time and waits. */
export interface Clock {
  /** Wall time in milliseconds since the Unix epoch; may jump either way. */
  now(): number;

  /** Milliseconds since some fixed moment; never goes back. */
  monotonic(): number;

  /**
   * Waits `ms` milliseconds.
   *
   * @throws The signal's reason, at once, when `signal` aborts.
   */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}
