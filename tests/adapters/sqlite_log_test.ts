/**
 * The log in a SQLite file: what the contract of the bus leaves open.
 *
 * @module
 */
import { setImmediate } from "node:timers/promises";
import { deepEqual, equal, ok, rejects } from "../support/assert.ts";
import { openSqliteEventBus } from "../../adapters/sqlite/event_bus.ts";
import { openSqliteSettingsStore } from "../../adapters/sqlite/settings_store.ts";
import { parseChannelPatterns } from "../../domain/event/channel_pattern.ts";
import { parseSettingsKey } from "../../domain/settings.ts";
import { isUuid } from "../../domain/uuid.ts";
import type { EventBus } from "../../ports/event_bus.ts";
import { anEvent } from "../support/events.ts";
import { needs } from "../support/needs.ts";
import {
  createSqliteWorld,
  makeFolder,
  openDatabase,
} from "../support/sqlite_world.ts";

const KEY = parseSettingsKey("user:42:mode:scalp");

/** Publishes `count` events on `channel` in batches. */
async function publishMany(bus: EventBus, count: number, channel: string) {
  for (let left = count; left > 0; left -= 1000) {
    await bus.publish(
      Array.from(
        { length: Math.min(left, 1000) },
        () => anEvent({}, { channel }),
      ),
    );
  }
}

if (await needs(import.meta.url, ["read", "write"])) {
  Deno.test("sqlite log: only settings.updated raises set_pos, to the last of a batch", async () => {
    await using world = await createSqliteWorld();
    await using bus = openSqliteEventBus(world.db);
    await using settings = openSqliteSettingsStore(world.db);
    const setPosition = () =>
      world.db.read((sql) => sql.get("SELECT pos, set_pos FROM log_head"));

    await bus.publish([anEvent(), anEvent()]);
    deepEqual(await setPosition(), [2, 0]);
    await settings.write([{ key: KEY, json: "1" }], "42");
    deepEqual(await setPosition(), [3, 3]);
    const told = anEvent({}, { channel: "settings.updated" });
    await bus.publish([anEvent(), told, anEvent()]);
    deepEqual(await setPosition(), [6, 5]);
    await bus.publish([told]);
    deepEqual(await setPosition(), [6, 5]);
  });

  Deno.test("sqlite log: a settings event names the user, the time and where it comes from", async () => {
    await using world = await createSqliteWorld();
    await using bus = openSqliteEventBus(world.db);
    await using settings = openSqliteSettingsStore(world.db);
    await settings.write([
      { key: KEY, json: "1" },
      { key: parseSettingsKey("admin:defaults:all"), json: "2" },
    ], "ann");
    const { events } = await bus.read({ after: 0, limit: 10 });
    const timestamp = new Date(world.clock.now()).toISOString();
    deepEqual(
      events.map(({ id, ...event }) => ({ ...event, id: isUuid(id) })),
      [
        {
          id: true,
          channel: "settings.updated",
          key: KEY,
          json: `{"key":"${KEY}","version":1,"actor":"ann"}`,
          meta: { timestamp, source: "settings", user: "42" },
          position: 1,
          batchEnd: 2,
          committedAt: world.clock.now(),
        },
        {
          id: true,
          channel: "settings.updated",
          key: "admin:defaults:all",
          json: '{"key":"admin:defaults:all","version":2,"actor":"ann"}',
          meta: { timestamp, source: "settings" },
          position: 2,
          batchEnd: 2,
          committedAt: world.clock.now(),
        },
      ],
    );
  });

  Deno.test("sqlite log: the time of commit stands still while the clock goes back", async () => {
    await using world = await createSqliteWorld();
    await using bus = openSqliteEventBus(world.db);
    const start = world.clock.now();
    await bus.publish([anEvent()]);
    world.clock.jumpWall(-60_000);
    await bus.publish([anEvent()]);
    world.clock.jumpWall(60_000.5);
    await bus.publish([anEvent()]);
    const { events } = await bus.read({ after: 0, limit: 10 });
    deepEqual(
      events.map((event) => event.committedAt - start),
      [0, 0, 0],
    );
  });

  Deno.test("sqlite log: one read looks at a bounded number of events", async () => {
    await using world = await createSqliteWorld();
    await using bus = openSqliteEventBus(world.db);
    await publishMany(bus, 5000, "a.x");
    await publishMany(bus, 3, "b.x");
    const channels = parseChannelPatterns(["b.*"]);

    const first = await bus.read({ after: 0, limit: 2, channels });
    deepEqual(first.events, []);
    equal(first.scannedTo, 5000);
    const next = await bus.read({ after: 5000, limit: 2, channels });
    deepEqual(next.events.map((event) => event.position), [5001, 5002]);
    equal(next.scannedTo, 5002);
    const last = await bus.read({ after: 5002, limit: 2, channels });
    deepEqual(last.events.map((event) => event.position), [5003]);
    equal(last.scannedTo, 5003);
    const end = await bus.read({ after: 5003, limit: 2, channels });
    deepEqual([end.events, end.scannedTo], [[], 5003]);
  });

  Deno.test("sqlite log: who reads it page after page lets others go between", async () => {
    await using folder = await makeFolder();
    await using db = await openDatabase(folder.path);
    await using bus = openSqliteEventBus(db);
    await publishMany(bus, 5000, "a.x");
    let turns = 0;
    let isOver = false;
    const others = (async () => {
      for (; !isOver; turns++) await setImmediate();
    })();
    const channels = parseChannelPatterns(["a.*"]);
    for (let after = 0, before = -1; after < 5000;) {
      after = (await bus.read({ after, limit: 1000, channels })).scannedTo;
      ok(turns > before, `${turns} turns by ${after}`);
      before = turns;
    }
    isOver = true;
    await others;
  });

  Deno.test("sqlite log: what is no longer held is said to be", async () => {
    await using world = await createSqliteWorld();
    await using bus = openSqliteEventBus(world.db);
    await bus.publish([anEvent(), anEvent(), anEvent()]);
    await world.db.write((sql) =>
      sql.run("DELETE FROM event_log WHERE pos < 3")
    );
    equal((await bus.head()).earliest, 3);
    equal(await bus.positionAt(0), 2);
    await rejects(bus.read({ after: 1, limit: 1 }), {
      code: "expired",
      facts: { earliest: 3 },
    });
    equal((await bus.read({ after: 2, limit: 1 })).events.length, 1);

    await world.db.write((sql) => sql.run("DELETE FROM event_log"));
    const { position, earliest } = await bus.head();
    deepEqual([position, earliest], [3, 4]);
    equal(await bus.positionAt(0), 3);
    const [receipt] = await bus.publish([anEvent()]);
    equal(receipt!.position, 4);
  });
}
