/**
 * Events are switched off: the log is empty, and publishing is refused loudly
 * rather than pretended.
 *
 * @module
 */
import type { LogHead } from "../../domain/event/event.ts";
import { admit, checkEventQuery, checkPublish } from "../../ports/arguments.ts";
import type { EventBus } from "../../ports/event_bus.ts";
import { PortError } from "../../ports/port_error.ts";
import { type PositionBell, waitForPosition } from "../../ports/waiting.ts";

/** Where a log ends and begins that never holds anything. */
export const EMPTY_HEAD: LogHead = {
  epoch: "00000000-0000-7000-8000-000000000000",
  position: 0,
  earliest: 1,
};

/** Never rings: nothing is ever appended. */
const SILENCE: PositionBell = { position: () => 0, listen: () => () => {} };

/** Opens a bus that holds nothing and takes nothing. */
export function openNoopEventBus(): EventBus {
  const closing = new AbortController();
  const enter = (signal?: AbortSignal) =>
    admit("event bus", closing.signal.aborted, signal);
  return {
    async publish(events, signal) {
      enter(signal);
      checkPublish(events);
      throw new PortError(
        "unsupported",
        "Cannot publish as events are switched off (EVENT_BUS=noop)",
      );
    },
    async read(query, signal) {
      enter(signal);
      checkEventQuery(query, EMPTY_HEAD);
      return { events: [], scannedTo: 0, head: EMPTY_HEAD };
    },
    async wait(_after, signal) {
      enter(signal);
      await waitForPosition(SILENCE, 0, [signal, closing.signal]);
    },
    async head(signal) {
      enter(signal);
      return EMPTY_HEAD;
    },
    async positionAt(_timeMs, signal) {
      enter(signal);
      return 0;
    },
    async [Symbol.asyncDispose]() {
      closing.abort(
        new PortError("closed", "Cannot wait for events as the bus is closed"),
      );
    },
  };
}
