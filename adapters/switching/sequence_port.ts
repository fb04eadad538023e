/**
 * A sequence port whose adapter can be exchanged while it is in use.
 *
 * @module
 */
import type { SequencePort } from "../../ports/sequence_port.ts";
import type { Switchable } from "../../ports/switchable.ts";
import { createSwitch } from "./switch.ts";

/**
 * Opens a switching port that starts on `port`. Only adapters over the same
 * series may follow one another.
 */
export function openSwitchingSequencePort(
  name: string,
  port: SequencePort,
): SequencePort & Switchable<SequencePort> {
  const turnout = createSwitch("sequence port", name, port);
  return {
    get active() {
      return turnout.active;
    },
    swapTo: turnout.swapTo,
    next: (user, day, count, signal) =>
      turnout.use((port) => port.next(user, day, count, signal), signal),
    [Symbol.asyncDispose]: turnout[Symbol.asyncDispose],
  };
}
