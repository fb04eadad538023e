/**
 * A venue that always answers: an answer that does not come is an answer too.
 *
 * @module
 */
import type { Broker } from "../../../ports/broker.ts";
import type { Clock } from "../../../ports/clock.ts";
import { PortError } from "../../../ports/port_error.ts";

/** Why the clock need not wait any longer. */
const ANSWERED = new Error("the venue has answered");

/**
 * `broker`, whose calls end with `timeout` after `withinMs`. The call is told
 * to stop then, and may still take effect.
 */
export function withDeadlines(
  broker: Broker,
  clock: Clock,
  withinMs: number,
): Broker {
  async function within<T>(
    call: (stop: AbortSignal) => Promise<T>,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    const stop = new AbortController();
    const answered = new AbortController();
    const late = clock.sleep(withinMs, answered.signal).then(() => {
      const error = new PortError(
        "timeout",
        `Cannot tell what became of it as ${broker.name} has not answered for ${withinMs} ms`,
      );
      stop.abort(error);
      throw error;
    });
    late.catch(() => {}); // who has an answer does not wait for it
    const either = signal
      ? AbortSignal.any([signal, stop.signal])
      : stop.signal;
    try {
      return await Promise.race([call(either), late]);
    } finally {
      answered.abort(ANSWERED);
    }
  }

  return {
    name: broker.name,
    inFlightMs: broker.inFlightMs,
    submit: (order, signal) =>
      within((stop) => broker.submit(order, stop), signal),
    cancel: (user, id, signal) =>
      within((stop) => broker.cancel(user, id, stop), signal),
    find: (user, id, signal) =>
      within((stop) => broker.find(user, id, stop), signal),
    open: (user, signal) => within((stop) => broker.open(user, stop), signal),
    positions: (user, signal) =>
      within((stop) => broker.positions(user, stop), signal),
    onChange: (listener) => broker.onChange(listener),
    [Symbol.asyncDispose]: () => broker[Symbol.asyncDispose](),
  };
}
