/**
 * Sequence numbers are switched off: asking for one is refused, since a number
 * from nowhere could be one that was issued before.
 *
 * @module
 */
import { admit, checkSequenceCount } from "../../ports/arguments.ts";
import { PortError } from "../../ports/port_error.ts";
import type { SequencePort } from "../../ports/sequence_port.ts";

/** Opens a port that issues nothing. */
export function openNoopSequencePort(): SequencePort {
  let closed = false;
  return {
    async next(_user, _day, count = 1, signal) {
      admit("sequence port", closed, signal);
      checkSequenceCount(count);
      throw new PortError(
        "unsupported",
        "Cannot issue numbers as they are switched off (SEQUENCE=noop)",
      );
    },
    async [Symbol.asyncDispose]() {
      closed = true;
    },
  };
}
