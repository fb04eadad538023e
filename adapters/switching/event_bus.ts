/**
 * An event bus whose adapter can be exchanged while it is in use.
 *
 * @module
 */
import type { EventBus } from "../../ports/event_bus.ts";
import type { Switchable } from "../../ports/switchable.ts";
import { onFirstAbort } from "../../ports/waiting.ts";
import { createSwitch } from "./switch.ts";

/**
 * Opens a switching bus that starts on `bus`. Only adapters over the same log
 * may follow one another: readers keep their positions.
 */
export function openSwitchingEventBus(
  name: string,
  bus: EventBus,
): EventBus & Switchable<EventBus> {
  const turnout = createSwitch("event bus", name, bus);
  return {
    get active() {
      return turnout.active;
    },
    swapTo: turnout.swapTo,
    publish: (events, signal) =>
      turnout.use((bus) => bus.publish(events, signal), signal),
    read: (query, signal) =>
      turnout.use((bus) => bus.read(query, signal), signal),
    head: (signal) => turnout.use((bus) => bus.head(signal), signal),
    positionAt: (timeMs, signal) =>
      turnout.use((bus) => bus.positionAt(timeMs, signal), signal),

    async wait(after, signal) {
      for (;;) {
        const { tenure } = turnout;
        const stop = new AbortController();
        const release = onFirstAbort(
          [signal, tenure],
          (reason) => stop.abort(reason),
        );
        try {
          return await turnout.use(
            (bus) => bus.wait(after, stop.signal),
            signal,
          );
        } catch (error) {
          signal?.throwIfAborted();
          // Only a swap sends the wait on to the next adapter.
          if (turnout.tenure === tenure) throw error;
        } finally {
          release();
        }
      }
    },

    [Symbol.asyncDispose]: turnout[Symbol.asyncDispose],
  };
}
