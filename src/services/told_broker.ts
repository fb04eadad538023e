/**
 * A broker that tells when an account may have changed.
 *
 * @module
 */
import type { UserId } from "../../domain/user_id.ts";
import type { Broker } from "../../ports/broker.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import { errorFields } from "./error_fields.ts";

/**
 * Wraps `broker`: before an order or a cancellation of ours is answered,
 * whatever came of it, `changed` has been told; and when an order changes by
 * itself. Where `changed` fails, that is logged: the answer of the venue stays
 * what it is.
 */
export function createToldBroker(
  broker: Broker,
  changed: (user: UserId) => Promise<void>,
  telemetry: Pick<Telemetry, "log">,
): Broker {
  async function tell(user: UserId): Promise<void> {
    try {
      await changed(user);
    } catch (error) {
      const fields = { user, ...errorFields(error) };
      telemetry.log("warn", "a changed account could not be told of", fields);
    }
  }

  async function telling<T>(user: UserId, call: Promise<T>): Promise<T> {
    try {
      return await call;
    } finally {
      await tell(user);
    }
  }

  return {
    name: broker.name,
    inFlightMs: broker.inFlightMs,
    submit: (order, signal) =>
      telling(order.user, broker.submit(order, signal)),
    cancel: (user, id, signal) =>
      telling(user, broker.cancel(user, id, signal)),
    find: (user, id, signal) => broker.find(user, id, signal),
    open: (user, signal) => broker.open(user, signal),
    positions: (user, signal) => broker.positions(user, signal),
    onChange: (listener) =>
      broker.onChange((user, id) => {
        void tell(user);
        listener(user, id);
      }),
    [Symbol.asyncDispose]: () => broker[Symbol.asyncDispose](),
  };
}
