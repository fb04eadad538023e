/**
 * What a signal is, once and for all.
 *
 * @module
 */

/** What tells signals apart. */
export interface SignalName {
  /** For whom. */
  readonly user: string;
  /** On what. */
  readonly symbol: string;
  /** Date of the bar that it follows from. */
  readonly bar: string;
  /** Which way. */
  readonly side: string;
}

/**
 * The identity of a signal: whoever decides on the same side for the same bar,
 * in this process or another, means the same signal. The mode is no part of
 * it, so that a signal that nobody has answered is not given again in another.
 */
export function signalIdentity(name: SignalName): string {
  const { user, symbol, bar, side } = name;
  return [user, symbol, bar, side].join("|");
}
