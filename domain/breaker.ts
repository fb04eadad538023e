/**
 * The circuit breaker: when to stop asking something that does not answer.
 *
 * It knows no time: whoever reports tells it what happened, and probes when it
 * sees fit.
 *
 * @module
 */

/** Consecutive failures after which nothing is asked any more. */
export const STRIKES = 3;

/** Counts failures; open from the beginning, until a first probe succeeds. */
export interface Breaker {
  /** Whether calls are to fail without being tried. */
  readonly isOpen: boolean;

  /**
   * Lets a call through.
   *
   * @returns The generation to report its outcome with; `undefined` while open.
   */
  admit(): number | undefined;

  /** A call of `generation` was answered. */
  succeeded(generation: number): void;

  /**
   * A call of `generation` failed; one of a former generation, of an outage
   * that is over, counts nothing.
   *
   * @returns Whether this one has opened the breaker.
   */
  failed(generation: number): boolean;

  /** Opens at once. */
  open(): void;

  /** Claims the one probe; `false` unless open and nobody else is at it. */
  probe(): boolean;

  /** Ends the probe; when it succeeded the breaker closes, with a new generation. */
  probed(succeeded: boolean): void;
}

/** Creates a breaker that opens after `strikes` consecutive failures. */
export function createBreaker(strikes = STRIKES): Breaker {
  let generation = 0;
  let failures = 0;
  let isOpen = true;
  let isProbing = false;

  return {
    get isOpen() {
      return isOpen;
    },
    admit: () => isOpen ? undefined : generation,
    succeeded(of) {
      if (of === generation) failures = 0;
    },
    failed(of) {
      if (isOpen || of !== generation) return false;
      isOpen = ++failures >= strikes;
      return isOpen;
    },
    open() {
      isOpen = true;
    },
    probe() {
      if (!isOpen || isProbing) return false;
      return isProbing = true;
    },
    probed(succeeded) {
      isProbing = false;
      if (!succeeded) return;
      isOpen = false;
      failures = 0;
      generation++;
    },
  };
}
