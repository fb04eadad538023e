/**
 * The turnout that all switching adapters are built on.
 *
 * @module
 */
import { admit } from "../../ports/arguments.ts";
import { PortError } from "../../ports/port_error.ts";
import type { Switchable } from "../../ports/switchable.ts";

/** Sends calls to one adapter of a port, and to another one after a swap. */
export interface Switch<Port> extends Switchable<Port> {
  /** The adapter that calls go to now. */
  readonly port: Port;
  /** Aborts when that adapter is swapped out or the switch is closed. */
  readonly tenure: AbortSignal;
  /** Runs `call` on the adapter of this moment, and counts it as under way. */
  use<T>(
    call: (port: Port) => Promise<T>,
    signal: AbortSignal | undefined,
  ): Promise<T>;
  /** Refuses all calls from now on. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** One adapter's time at the switch. */
interface Tenure<Port> {
  readonly name: string;
  readonly port: Port;
  readonly end: AbortController;
  underWay: number;
  /** Called when the last call under way has ended after a swap. */
  drained: (() => void) | undefined;
}

/** Creates a switch of the port called `what` that starts on `port`. */
export function createSwitch<Port>(
  what: string,
  name: string,
  port: Port,
): Switch<Port> {
  let current = begin(name, port);
  let closed = false;

  function begin(name: string, port: Port): Tenure<Port> {
    const end = new AbortController();
    return { name, port, end, underWay: 0, drained: undefined };
  }

  return {
    get active() {
      return current.name;
    },
    get port() {
      return current.port;
    },
    get tenure() {
      return current.end.signal;
    },

    async use(call, signal) {
      admit(what, closed, signal);
      const tenure = current;
      tenure.underWay++;
      try {
        return await call(tenure.port);
      } finally {
        if (--tenure.underWay === 0) tenure.drained?.();
      }
    },

    swapTo(name, next) {
      const former = current;
      current = begin(name, next);
      former.end.abort(
        new PortError("unavailable", `Cannot go on as ${what} was swapped`),
      );
      if (former.underWay === 0) return Promise.resolve();
      return new Promise((resolve) => former.drained = resolve);
    },

    async [Symbol.asyncDispose]() {
      closed = true;
      current.end.abort(
        new PortError("closed", `Cannot use the ${what} as it is closed`),
      );
    },
  };
}
