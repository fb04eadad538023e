/**
 * How many events a client has asked for and not yet got.
 *
 * @module
 */
import { InvalidInput } from "../../../domain/invalid_input.ts";

/** The credits of one client. */
export interface Credits {
  /**
   * Adds `count`.
   *
   * @throws {InvalidInput} When there would be more than anybody may have.
   */
  add(count: number): void;
  /** Resolves once there is a credit; rejects with the reason of `signal`. */
  some(signal: AbortSignal): Promise<void>;
  /** Takes one, once there is one; rejects with the reason of `signal`. */
  take(signal: AbortSignal): Promise<void>;
}

/** Creates credits: none yet, and never more than `most`. */
export function createCredits(most: number): Credits {
  let left = 0;
  let added = Promise.withResolvers<void>();

  async function some(signal: AbortSignal): Promise<void> {
    while (left === 0) {
      const stop = Promise.withResolvers<never>();
      const onAbort = () => stop.reject(signal.reason);
      signal.addEventListener("abort", onAbort, { once: true });
      try {
        signal.throwIfAborted();
        await Promise.race([added.promise, stop.promise]);
      } finally {
        signal.removeEventListener("abort", onAbort);
      }
    }
    signal.throwIfAborted();
  }

  return {
    add(count) {
      if (left + count > most) {
        throw new InvalidInput(
          `Cannot take ${count} credits as ${left} are left: there may be ${most}`,
        );
      }
      left += count;
      if (left === 0) return;
      added.resolve();
      added = Promise.withResolvers();
    },
    some,
    async take(signal) {
      // Another taker may have been woken for the same one.
      do await some(signal); while (left === 0);
      left--;
    },
  };
}
