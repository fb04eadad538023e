/**
 * Calls of other processes that are safe to repeat, repeated.
 *
 * @module
 */
import type { OrderEntry } from "../../ports/order_entry.ts";
import type { SignalSource } from "../../ports/signal_source.ts";
import { type Pacing, retry } from "./retry.ts";

/** Times that a call is tried. */
const ATTEMPTS = 3;

/** A signal source that is asked again; only where the log is not told, as it would be told twice. */
export function createPatientSignals(
  source: SignalSource,
  pacing: Pacing,
): SignalSource {
  return {
    signals: (request, signal) =>
      retry(
        () => source.signals(request, signal),
        pacing,
        request.publish === false ? ATTEMPTS : 1,
        signal,
      ),
  };
}

/**
 * A gateway that is asked again: an order is entered once under its id; one
 * without an id is sent once.
 */
export function createPatientOrders(
  entry: OrderEntry,
  pacing: Pacing,
): OrderEntry {
  return {
    submit: (user, wanted, signal) =>
      retry(
        () => entry.submit(user, wanted, signal),
        pacing,
        wanted.id === undefined ? 1 : ATTEMPTS,
        signal,
      ),
    find: (user, id, signal) =>
      retry(() => entry.find(user, id, signal), pacing, ATTEMPTS, signal),
    cancel: (user, id, signal) =>
      retry(() => entry.cancel(user, id, signal), pacing, ATTEMPTS, signal),
    positions: (user, signal) =>
      retry(() => entry.positions(user, signal), pacing, ATTEMPTS, signal),
  };
}
