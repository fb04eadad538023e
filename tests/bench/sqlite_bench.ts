/**
 * How long the embedded database takes: settings read, durable events.
 *
 * @module
 */
import { openConnection } from "../../adapters/sqlite/connection.ts";
import { openSqliteEventBus } from "../../adapters/sqlite/event_bus.ts";
import { appendEvents } from "../../adapters/sqlite/log.ts";
import { openSqliteSettingsStore } from "../../adapters/sqlite/settings_store.ts";
import { parseSettingsKey } from "../../domain/settings.ts";
import type { EventBus } from "../../ports/event_bus.ts";
import type { SettingsStore } from "../../ports/settings_store.ts";
import { anEvent } from "../support/events.ts";
import { makeFolder, openDatabase } from "../support/sqlite_world.ts";
import { type Figure, quantile } from "./figure.ts";

const PUBLISHERS = 64;
const ROUNDS = 15;
const EVENTS_A_ROUND = 64 * 32;
const SINGLE_A_ROUND = 256;
const READS_A_ROUND = 2000;
const EVENT = { side: "long", price: "42000.10", note: "x".repeat(300) };

/** Measures on a new database in the folder for temporary files. */
export async function benchSqlite(): Promise<Figure[]> {
  await using folder = await makeFolder();
  await using db = await openDatabase(folder.path);
  await using bus = openSqliteEventBus(db);
  await using settings = openSqliteSettingsStore(db);

  const grouped: number[] = [];
  const single: number[] = [];
  const read: number[] = [];
  // In turns, so that all of them meet the same noise of the machine.
  for (let round = -2; round < ROUNDS; round++) {
    const figures = [
      await publishGrouped(bus),
      publishSingly(folder.path),
      await readSettings(settings),
    ];
    if (round < 0) continue; // while the compiler settles
    [grouped, single, read].forEach((list, i) => list.push(figures[i]!));
  }
  return [
    {
      name: `sqlite: durable events a second, ${PUBLISHERS} publishers`,
      value: 1e6 / median(grouped),
      unit: "1/s",
      atLeast: 10_000,
    },
    {
      name: "sqlite: durable events a second, one transaction each",
      value: 1e6 / median(single),
      unit: "1/s",
    },
    {
      name: "sqlite: settings read",
      value: median(read),
      unit: "µs",
      limit: 10,
    },
  ];
}

/** Microseconds an event when many publish at once, each after its own. */
async function publishGrouped(bus: EventBus): Promise<number> {
  const events = Array.from({ length: EVENTS_A_ROUND }, () => anEvent(EVENT));
  const start = performance.now();
  await Promise.all(Array.from({ length: PUBLISHERS }, async () => {
    for (let event = events.pop(); event; event = events.pop()) {
      await bus.publish([event]);
    }
  }));
  return (performance.now() - start) * 1000 / EVENTS_A_ROUND;
}

/** Microseconds an event when each has a transaction to itself. */
function publishSingly(path: string): number {
  const sql = openConnection(path);
  const events = Array.from({ length: SINGLE_A_ROUND }, () => anEvent(EVENT));
  const start = performance.now();
  for (const event of events) {
    sql.run("BEGIN IMMEDIATE");
    appendEvents(sql, [event], Date.now());
    sql.run("COMMIT");
  }
  const us = (performance.now() - start) * 1000 / SINGLE_A_ROUND;
  sql.close();
  return us;
}

/** Microseconds a read of one document of a mode's size. */
async function readSettings(settings: SettingsStore): Promise<number> {
  const key = parseSettingsKey("user:42:mode:scalp");
  const json = JSON.stringify({ text: "x".repeat(4000) });
  await settings.write([{ key, json }], "bench");
  const start = performance.now();
  for (let i = 0; i < READS_A_ROUND; i++) await settings.read([key]);
  return (performance.now() - start) * 1000 / READS_A_ROUND;
}

function median(samples: readonly number[]): number {
  return quantile(samples, 0.5);
}
