/**
 * What every adapter of the order intents asks of its arguments.
 *
 * @module
 */
import {
  MAX_INTENT_CHARS,
  MAX_INTENT_NAME_CHARS,
  MAX_INTENTS,
  type OrderIntent,
} from "./order_intents.ts";
import { PortError } from "./port_error.ts";

/** Checks the list given to `OrderIntents.keep`. */
export function checkIntents(intents: readonly OrderIntent[]): void {
  checkNames("keep intents", intents.map(({ name }) => name));
  for (const { name, json, keptUntil } of intents) {
    if (name === "" || name.length > MAX_INTENT_NAME_CHARS) {
      throw refusal(
        `a name must have 1 to ${MAX_INTENT_NAME_CHARS} characters: current value is ${name.length}`,
      );
    }
    if (json.length > MAX_INTENT_CHARS) {
      throw refusal(
        `one must have at most ${MAX_INTENT_CHARS} characters: current value is ${json.length}`,
      );
    }
    // Databases cut text at NUL or refuse it.
    if (`${name}${json}`.includes("\0")) {
      throw refusal("one has the character NUL in it");
    }
    if (!Number.isSafeInteger(keptUntil)) {
      throw refusal(
        `keptUntil must be whole milliseconds: current value is ${keptUntil}`,
      );
    }
  }
}

/** Checks the list given to `OrderIntents.find`. */
export function checkIntentNames(names: readonly string[]): void {
  checkNames("find intents", names);
}

function checkNames(verb: string, names: readonly string[]): void {
  const { length } = names;
  if (length < 1 || length > MAX_INTENTS) {
    throw new PortError(
      "invalid",
      `Cannot ${verb} as there must be 1 to ${MAX_INTENTS}: current value is ${length}`,
    );
  }
  if (new Set(names).size < length) {
    throw new PortError("invalid", `Cannot ${verb} as a name comes twice`);
  }
}

function refusal(reason: string): PortError {
  return new PortError("invalid", `Cannot keep intents as ${reason}`);
}
