/**
 * An event bus over the log in Postgres: as durable as its disk.
 *
 * @module
 */
import { isUuid } from "../../domain/uuid.ts";
import { admit, checkPublish } from "../../ports/arguments.ts";
import type { EventBus } from "../../ports/event_bus.ts";
import { waitForPosition } from "../../ports/waiting.ts";
import { PortError } from "../../ports/port_error.ts";
import type { PostgresDatabase } from "./database.ts";
import { readEventPage, readLogHead, readPositionAt } from "./log_reading.ts";

/** Opens a bus over `db`; closing it leaves the database open. */
export function openPostgresEventBus(db: PostgresDatabase): EventBus {
  const closing = new AbortController();
  const enter = (signal?: AbortSignal) =>
    admit("event bus", closing.signal.aborted, signal);

  return {
    async publish(events, signal) {
      enter(signal);
      checkPublish(events);
      const odd = events.find((event) => !isUuid(event.id));
      if (odd) {
        throw new PortError(
          "invalid",
          `Cannot publish as an id must be a UUID in lower case: current value is ${odd.id}`,
        );
      }
      return (await db.append({ events }, signal)).receipts;
    },

    async read(query, signal) {
      enter(signal);
      const page = await readEventPage(db, query, signal);
      db.doorbell.saw(page.head.position);
      db.known.note(page.head.epoch, page.events.slice(-1));
      return page;
    },

    async wait(after, signal) {
      enter(signal);
      const stops = [signal, closing.signal, db.closing];
      await waitForPosition(db.doorbell, after, stops);
    },

    async head(signal) {
      enter(signal);
      return await readLogHead(db, signal);
    },

    async positionAt(timeMs, signal) {
      enter(signal);
      return await readPositionAt(db, timeMs, signal);
    },

    async [Symbol.asyncDispose]() {
      closing.abort(
        new PortError("closed", "Cannot wait for events as the bus is closed"),
      );
    },
  };
}
