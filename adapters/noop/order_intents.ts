/**
 * Nothing is held: keeping an intent is refused, since what was given out for
 * it could be given out again.
 *
 * @module
 */
import { admit } from "../../ports/arguments.ts";
import { checkIntentNames, checkIntents } from "../../ports/intent_rules.ts";
import type { OrderIntents } from "../../ports/order_intents.ts";
import { PortError } from "../../ports/port_error.ts";

/** Opens a port that keeps nothing. */
export function openNoopOrderIntents(): OrderIntents {
  let closed = false;
  const enter = (signal?: AbortSignal) =>
    admit("order intents", closed, signal);
  return {
    async keep(_user, intents, signal) {
      enter(signal);
      checkIntents(intents);
      throw new PortError(
        "unsupported",
        "Cannot keep intents as there is no place for them: use a database",
      );
    },
    async find(_user, names, signal) {
      enter(signal);
      checkIntentNames(names);
      return names.map(() => undefined);
    },
    async trim(_nowMs, signal) {
      enter(signal);
      return 0;
    },
    async forget(_user, signal) {
      enter(signal);
      return 0;
    },
    async [Symbol.asyncDispose]() {
      closed = true;
    },
  };
}
