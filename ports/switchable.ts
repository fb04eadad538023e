/**
 * A port whose adapter can be exchanged while it is in use.
 *
 * @module
 */

/** The side of a switching adapter on which the supervisor turns. */
export interface Switchable<Port> {
  /** Name of the adapter that new calls go to. */
  readonly active: string;

  /**
   * Sends every call that begins from now on to `next`.
   *
   * Calls under way end where they began; nothing is repeated and nothing is
   * lost. A wait for news moves to `next` at once. Neither adapter is closed:
   * both belong to whoever opened them.
   *
   * @returns Once every call on the former adapter has ended.
   */
  swapTo(name: string, next: Port): Promise<void>;
}
