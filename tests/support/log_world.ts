/**
 * A log on memory that is followed in the background.
 *
 * @module
 */
import { openMemoryEventBus } from "../../adapters/memory/event_bus.ts";
import { createMemoryLog } from "../../adapters/memory/log.ts";
import type { EventBus, EventPage } from "../../ports/event_bus.ts";
import {
  subscribe,
  type SubscribeOptions,
} from "../../src/services/subscription.ts";
import { anEvent } from "./events.ts";
import { createFakeClock } from "./fake_clock.ts";
import { createSeededEntropy } from "./seeded_entropy.ts";

/** A log on memory, and readers of it. */
export function createLogWorld(capacity?: number) {
  const clock = createFakeClock();
  const entropy = createSeededEntropy();
  const log = createMemoryLog({
    clock,
    entropy,
    ...(capacity !== undefined && { capacity }),
  });
  const bus = openMemoryEventBus(log);
  const stop = new AbortController();
  return {
    clock,
    log,
    bus,
    stop: () => stop.abort(new Error("enough")),
    publish: (count: number, channel = "setup.received") =>
      bus.publish(
        Array.from({ length: count }, () => anEvent({}, { channel })),
      ),
    /** Reads on in the background; `pages` grows. */
    follow(from: EventBus, options: Partial<SubscribeOptions> = {}) {
      const pages: EventPage[] = [];
      const { signal } = stop;
      const steps = subscribe(from, {
        after: 0,
        clock,
        entropy,
        signal,
        ...options,
      });
      const ended = (async () => {
        for await (const page of steps) pages.push(page);
      })();
      ended.catch(() => {});
      return { pages, ended };
    },
  };
}

/** The positions of the events of `pages`. */
export const positionsOf = (pages: readonly EventPage[]) =>
  pages.flatMap((page) => page.events.map((event) => event.position));

/** 1 to `count`. */
export const upTo = (count: number) =>
  Array.from({ length: count }, (_, i) => i + 1);
