/**
 * Turns of the event loop, between which all others get their chance.
 *
 * @module
 */
import { setImmediate } from "node:timers";

/** Resolves after this turn's input and output. */
export function endOfTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
