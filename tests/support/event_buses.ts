/**
 * Event buses that behave badly, on purpose.
 *
 * @module
 */
import { checkEventQuery } from "../../ports/arguments.ts";
import type { EventBus } from "../../ports/event_bus.ts";

/** Calls of a bus that a test may make fail. */
export type BusCall = "publish" | "read" | "wait" | "head" | "positionAt";

/**
 * `bus` behind a gate: `before` runs ahead of every call and may throw.
 * Closing it closes `bus`.
 */
export function guardedBus(
  bus: EventBus,
  before: (call: BusCall) => void | Promise<void>,
): EventBus {
  return {
    async publish(events, signal) {
      await before("publish");
      return bus.publish(events, signal);
    },
    async read(query, signal) {
      await before("read");
      return bus.read(query, signal);
    },
    async wait(after, signal) {
      await before("wait");
      return bus.wait(after, signal);
    },
    async head(signal) {
      await before("head");
      return bus.head(signal);
    },
    async positionAt(timeMs, signal) {
      await before("positionAt");
      return bus.positionAt(timeMs, signal);
    },
    [Symbol.asyncDispose]: () => bus[Symbol.asyncDispose](),
  };
}

/** A bus whose end can be held back. */
export interface LaggingBus extends EventBus {
  /** Has the last `count` events of the log not arrived yet. */
  lagBy(count: number): void;
}

/** A copy of `bus` that may not have got the last events yet. */
export function laggingBus(bus: EventBus): LaggingBus {
  let lag = 0;
  let changed = new AbortController();
  const head: EventBus["head"] = async (signal) => {
    const head = await bus.head(signal);
    const position = Math.max(head.earliest - 1, head.position - lag);
    return { ...head, position };
  };
  return {
    ...guardedBus(bus, () => {}),
    head,
    lagBy(count) {
      lag = count;
      changed.abort();
      changed = new AbortController();
    },
    async read(query, signal) {
      const seen = await head(signal);
      checkEventQuery(query, seen);
      const page = await bus.read(query, signal);
      return {
        events: page.events.filter((event) => event.position <= seen.position),
        scannedTo: Math.min(page.scannedTo, seen.position),
        head: seen,
      };
    },
    async wait(after, signal) {
      for (;;) {
        const stops = [changed.signal, ...(signal ? [signal] : [])];
        try {
          return await bus.wait(after + lag, AbortSignal.any(stops));
        } catch (error) {
          if (signal?.aborted || !stops[0]!.aborted) throw error;
        }
      }
    },
  };
}
