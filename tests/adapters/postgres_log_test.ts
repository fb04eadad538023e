/**
 * The log in Postgres: what the contract of the bus leaves open.
 *
 * @module
 */
import { deepEqual, equal, ok, rejects } from "../support/assert.ts";
import { createNoopTelemetry } from "../../adapters/noop/telemetry.ts";
import type { PostgresDatabase } from "../../adapters/postgres/database.ts";
import { openPostgresEventBus } from "../../adapters/postgres/event_bus.ts";
import { openPostgresSettingsStore } from "../../adapters/postgres/settings_store.ts";
import { parseChannelPatterns } from "../../domain/event/channel_pattern.ts";
import { parseSettingsKey } from "../../domain/settings.ts";
import { isUuid } from "../../domain/uuid.ts";
import type { EventBus } from "../../ports/event_bus.ts";
import { anEvent } from "../support/events.ts";
import {
  connectPsql,
  createPostgresWorld,
  makeSchema,
  openDatabase,
} from "../support/postgres_world.ts";
import { requireService } from "../support/services.ts";

const KEY = parseSettingsKey("user:42:mode:scalp");

/** Publishes `count` events on `channel` in batches. */
async function publishMany(bus: EventBus, count: number, channel: string) {
  for (let left = count; left > 0; left -= 1000) {
    const length = Math.min(left, 1000);
    await bus.publish(Array.from({ length }, () => anEvent({}, { channel })));
  }
}

const url = await requireService(import.meta.url, "postgres");
if (url) {
  Deno.test("postgres log: only settings.updated raises set_pos, to the last of a batch", async () => {
    await using world = await createPostgresWorld(url);
    await using bus = openPostgresEventBus(world.db);
    await using settings = openPostgresSettingsStore(world.db);
    const setPosition = async () =>
      (await world.db.read("SELECT pos, set_pos FROM log_head"))[0];

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

  Deno.test("postgres log: a settings event names the user, the time and where it comes from", async () => {
    await using world = await createPostgresWorld(url);
    await using bus = openPostgresEventBus(world.db);
    await using settings = openPostgresSettingsStore(world.db);
    const actor = 'ann "\\\b\u007f\u2028ä😀/';
    await settings.write([
      { key: KEY, json: "1" },
      { key: parseSettingsKey("admin:defaults:all"), json: "2" },
    ], actor);
    const { events } = await bus.read({ after: 0, limit: 10 });
    const timestamp = new Date(world.clock.now()).toISOString();
    deepEqual(
      events.map(({ id, ...event }) => ({ ...event, id: isUuid(id) })),
      [[KEY, { user: "42" }], ["admin:defaults:all", {}]].map(
        ([key, user], i) => ({
          id: true,
          channel: "settings.updated",
          key,
          json: JSON.stringify({ key, version: i + 1, actor }),
          meta: { timestamp, source: "settings", ...user as object },
          position: i + 1,
          batchEnd: 2,
          committedAt: world.clock.now(),
        }),
      ),
    );
  });

  Deno.test("postgres log: the time of commit stands still while the clock goes back", async () => {
    await using world = await createPostgresWorld(url);
    await using bus = openPostgresEventBus(world.db);
    const start = world.clock.now();
    for (const jump of [-60_000, 60_000.5, 0]) {
      await bus.publish([anEvent()]);
      world.clock.jumpWall(jump);
    }
    const { events } = await bus.read({ after: 0, limit: 10 });
    deepEqual(events.map((event) => event.committedAt - start), [0, 0, 0]);
  });

  Deno.test("postgres log: one read looks at a bounded number of events", async () => {
    await using world = await createPostgresWorld(url);
    await using bus = openPostgresEventBus(world.db);
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
    const end = await bus.read({ after: 5003, limit: 2, channels });
    deepEqual([end.events, end.scannedTo], [[], 5003]);
  });

  Deno.test("postgres log: what is no longer held is said to be", async () => {
    await using world = await createPostgresWorld(url);
    await using bus = openPostgresEventBus(world.db);
    await bus.publish([anEvent(), anEvent(), anEvent()]);
    await world.psql`DELETE FROM event_log WHERE pos < 3`;
    equal((await bus.head()).earliest, 3);
    equal(await bus.positionAt(0), 2);
    for (const channels of [undefined, parseChannelPatterns(["a.*"])]) {
      const query = { after: 1, limit: 1, ...(channels && { channels }) };
      await rejects(bus.read(query), {
        code: "expired",
        facts: { earliest: 3 },
      });
    }
    await world.psql`DELETE FROM event_log`;
    const { position, earliest } = await bus.head();
    deepEqual([position, earliest], [3, 4]);
    equal(await bus.positionAt(0), 3);
    equal((await bus.publish([anEvent()]))[0]!.position, 4);
  });

  Deno.test("postgres log: what is dropped while a page is read is not passed over", async () => {
    await using world = await createPostgresWorld(url);
    await openPostgresEventBus(world.db).publish([anEvent(), anEvent()]);
    let drops = 1;
    const dropping: PostgresDatabase = {
      ...world.db,
      async read(text, values, signal) {
        if (text.includes("= ANY") && drops-- > 0) {
          await world.psql`DELETE FROM event_log WHERE pos = 1`;
        }
        return await world.db.read(text, values, signal);
      },
    };
    const channels = parseChannelPatterns(["setup.*"]);
    await rejects(
      openPostgresEventBus(dropping).read({ after: 0, limit: 5, channels }),
      { code: "expired", facts: { earliest: 2 } },
    );
  });

  Deno.test("postgres log: a caller whose data Postgres cannot hold is refused alone", async () => {
    await using world = await createPostgresWorld(url);
    await using bus = openPostgresEventBus(world.db);
    const odd = [
      anEvent({}, { id: "not a uuid" }),
      { ...anEvent(), json: '"a\0b"' },
      anEvent({}, { key: "\ud800" }),
    ];
    const results = await Promise.allSettled(
      [anEvent(), ...odd, anEvent()].map((event) => bus.publish([event])),
    );
    deepEqual(
      results.map((result) =>
        result.status === "fulfilled"
          ? result.value[0]!.position
          : result.reason.code
      ),
      [1, "invalid", "invalid", "invalid", 2],
    );
  });

  Deno.test("postgres log: a settings write whose event id is taken can be made again", async () => {
    await using world = await createPostgresWorld(url);
    const { clock } = world;
    await using twin = openDatabase(world.url, { seed: 1, clock });
    await using ours = openPostgresSettingsStore(world.db);
    await using theirs = openPostgresSettingsStore(twin);
    let taken = 0;
    for (let i = 1; i <= 10; i++) {
      const store = i % 2 ? ours : theirs;
      await store.write([{ key: KEY, json: `${i}` }], "1").catch((error) => {
        equal(error.code, "unavailable");
        taken++;
      });
    }
    ok(taken > 0);
    const [document] = (await ours.read([KEY])).documents;
    equal(document!.version, 10 - taken);
  });

  Deno.test("postgres log: another timeline gives the log another epoch, once, at a read", async () => {
    await using schema = await makeSchema(url);
    const lines: string[] = [];
    const telemetry = {
      ...createNoopTelemetry(),
      log: (_: string, message: string) => lines.push(message),
    };
    await using db = openDatabase(schema.url, { telemetry });
    await using bus = openPostgresEventBus(db);
    await bus.publish([anEvent()]);
    const { epoch } = await bus.head();
    await schema.psql`UPDATE log_head SET timeline = 'as it was elsewhere'`;

    const heads = await Promise.all([bus.head(), bus.head()]);
    equal(heads[0]!.epoch, heads[1]!.epoch);
    ok(heads[0]!.epoch !== epoch);
    await rejects(bus.read({ after: 1, limit: 1, epoch }), {
      code: "epoch_changed",
      facts: { epoch: heads[0]!.epoch, earliest: 1 },
    });
    deepEqual(await bus.head(), heads[0]);
    deepEqual(lines.slice(-2), [
      "Migrated the database",
      "The log has another epoch",
    ]);
  });

  Deno.test("postgres log: another timeline gives the log another epoch at an append", async () => {
    await using world = await createPostgresWorld(url);
    await using bus = openPostgresEventBus(world.db);
    const { epoch } = await bus.head();
    await world.psql`UPDATE log_head SET timeline = 'as it was elsewhere'`;
    equal((await bus.publish([anEvent()]))[0]!.position, 1);
    const [row] = await world.psql`SELECT epoch FROM log_head`;
    ok(row!["epoch"] !== epoch);
    equal((await bus.head()).epoch, row!["epoch"]);
  });

  Deno.test("postgres log: a database copied on the same server has another epoch", async () => {
    const name = `test_${crypto.randomUUID().replaceAll("-", "")}`;
    const at = (database: string) =>
      Object.assign(new URL(url), { pathname: `/${database}` }).href;
    await using psql = connectPsql(url);
    await psql.unsafe(`CREATE DATABASE ${name}`);
    const original = openDatabase(at(name));
    await openPostgresEventBus(original).publish([anEvent()]);
    const { epoch } = await openPostgresEventBus(original).head();
    await original[Symbol.asyncDispose]();
    await psql.unsafe(`CREATE DATABASE ${name}_copy TEMPLATE ${name}`);

    const copy = openDatabase(at(`${name}_copy`));
    const head = await openPostgresEventBus(copy).head();
    equal(head.position, 1);
    ok(head.epoch !== epoch);
    await copy[Symbol.asyncDispose]();
    await psql.unsafe(`DROP DATABASE ${name}_copy`);
    await psql.unsafe(`DROP DATABASE ${name}`);
  });
}
