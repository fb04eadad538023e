/**
 * Events are switched off: the log is empty and stays so.
 *
 * @module
 */
import { admit } from "../../ports/arguments.ts";
import type { LogRetention } from "../../ports/log_retention.ts";
import { EMPTY_HEAD } from "./event_bus.ts";

/** Opens a port that has nothing to drop. */
export function openNoopLogRetention(): LogRetention {
  let closed = false;
  return {
    async trim(_limits, signal) {
      admit("log retention", closed, signal);
      return {
        dropped: 0,
        isMore: false,
        passed: [],
        pins: [],
        head: EMPTY_HEAD,
        oldestAt: undefined,
      };
    },
    async [Symbol.asyncDispose]() {
      closed = true;
    },
  };
}
