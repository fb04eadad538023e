/**
 * An event bus in this process's memory; nothing survives a restart, and the
 * next process begins a new epoch.
 *
 * @module
 */
import type { LoggedEvent } from "../../domain/event/event.ts";
import { admit, checkEventQuery, checkPublish } from "../../ports/arguments.ts";
import { type EventBus, MAX_EVENT_PAGE_CHARS } from "../../ports/event_bus.ts";
import { PortError } from "../../ports/port_error.ts";
import { waitForPosition } from "../../ports/waiting.ts";
import type { MemoryLog } from "./log.ts";

/** Most events that one read looks at. */
const MAX_SCAN = 10_000;

/** Opens a bus over `log`; closing it leaves the log as it is. */
export function openMemoryEventBus(log: MemoryLog): EventBus {
  const closing = new AbortController();
  const enter = (signal?: AbortSignal) =>
    admit("event bus", closing.signal.aborted, signal);

  return {
    async publish(events, signal) {
      enter(signal);
      checkPublish(events);
      return log.append(events);
    },

    async read(query, signal) {
      enter(signal);
      const head = log.head();
      checkEventQuery(query, head);
      const events: LoggedEvent[] = [];
      const end = Math.min(head.position, query.after + MAX_SCAN);
      let scannedTo = query.after;
      let chars = 0;
      while (
        scannedTo < end && events.length < query.limit &&
        chars < MAX_EVENT_PAGE_CHARS
      ) {
        const event = log.at(++scannedTo);
        if (!(query.channels?.(event.channel) ?? true)) continue;
        events.push(event);
        chars += event.json.length;
      }
      return { events, scannedTo, head };
    },

    async wait(after, signal) {
      enter(signal);
      await waitForPosition(log, after, [signal, closing.signal]);
    },

    async head(signal) {
      enter(signal);
      return log.head();
    },

    async positionAt(timeMs, signal) {
      enter(signal);
      return log.positionAt(timeMs);
    },

    async [Symbol.asyncDispose]() {
      closing.abort(
        new PortError("closed", "Cannot wait for events as the bus is closed"),
      );
    },
  };
}
