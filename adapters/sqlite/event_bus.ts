/**
 * An event bus over the log in a SQLite file: as durable as the disk.
 *
 * @module
 */
import { admit, checkPublish } from "../../ports/arguments.ts";
import type { EventBus } from "../../ports/event_bus.ts";
import { PortError } from "../../ports/port_error.ts";
import { waitForPosition } from "../../ports/waiting.ts";
import type { SqliteDatabase } from "./database.ts";
import { appendEvents, readLogHead } from "./log.ts";
import { readEventPage, readPositionAt } from "./log_reading.ts";

/** Opens a bus over `db`; closing it leaves the database open. */
export function openSqliteEventBus(db: SqliteDatabase): EventBus {
  const closing = new AbortController();
  const enter = (signal?: AbortSignal) =>
    admit("event bus", closing.signal.aborted, signal);

  return {
    async publish(events, signal) {
      enter(signal);
      checkPublish(events);
      return await db.write(
        (sql) => appendEvents(sql, events, db.clock.now()),
        signal,
      );
    },

    async read(query, signal) {
      enter(signal);
      return await db.read((sql) => readEventPage(sql, query), signal);
    },

    async wait(after, signal) {
      enter(signal);
      const stops = [signal, closing.signal, db.closing];
      await waitForPosition(db.doorbell, after, stops);
    },

    async head(signal) {
      enter(signal);
      return await db.read(readLogHead, signal);
    },

    async positionAt(timeMs, signal) {
      enter(signal);
      return await db.read((sql) => readPositionAt(sql, timeMs), signal);
    },

    async [Symbol.asyncDispose]() {
      closing.abort(
        new PortError("closed", "Cannot wait for events as the bus is closed"),
      );
    },
  };
}
