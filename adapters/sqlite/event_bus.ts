/**
 * An event bus over the log in a SQLite file: as durable as the disk.
 *
 * @module
 */
import { admit, checkPublish } from "../../ports/arguments.ts";
import type { EventBus } from "../../ports/event_bus.ts";
import { PortError } from "../../ports/port_error.ts";
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

    wait(after, signal) {
      return new Promise((resolve, reject) => {
        enter(signal);
        db.closing.throwIfAborted();
        const stops = [signal, closing.signal, db.closing]
          .filter((s) => s !== undefined);
        const stop = db.doorbell.listen(check);
        stops.forEach((s) => s.addEventListener("abort", onStop));
        check(db.doorbell.position());

        function end(): void {
          stop();
          stops.forEach((s) => s.removeEventListener("abort", onStop));
        }
        function check(position: number): void {
          if (position <= after) return;
          end();
          resolve();
        }
        function onStop(event: Event): void {
          end();
          reject((event.target as AbortSignal).reason);
        }
      });
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
