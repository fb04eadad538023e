/**
 * Several instances on one Postgres, and people with a transaction open.
 *
 * @module
 */
import { deepEqual, equal, ok, rejects } from "../support/assert.ts";
import { openPostgresEventBus } from "../../adapters/postgres/event_bus.ts";
import { openPostgresFeatureStore } from "../../adapters/postgres/feature_store.ts";
import { openPostgresSequencePort } from "../../adapters/postgres/sequence_port.ts";
import { openPostgresSettingsStore } from "../../adapters/postgres/settings_store.ts";
import type { LoggedEvent } from "../../domain/event/event.ts";
import { parseSequenceDay } from "../../domain/sequence.ts";
import { parseSettingsKey } from "../../domain/settings.ts";
import { parseSymbol } from "../../domain/symbol.ts";
import { parseTradingDate } from "../../domain/trading_date.ts";
import { parseUserId } from "../../domain/user_id.ts";
import type { EventBus } from "../../ports/event_bus.ts";
import { anEvent } from "../support/events.ts";
import { makeSchema, openDatabase } from "../support/postgres_world.ts";
import { requireService } from "../support/services.ts";

const KEY = parseSettingsKey("user:1:settings:all");
const OTHER = parseSettingsKey("user:2:settings:all");
const EVENTS = 2000;

/** Two instances over one new schema. */
async function openTwo(
  url: string,
  deadlines: { readMs?: number; writeMs?: number } = {},
) {
  await using stack = new AsyncDisposableStack();
  const schema = stack.use(await makeSchema(url));
  const one = stack.use(openDatabase(schema.url, { seed: 1, deadlines }));
  const two = stack.use(openDatabase(schema.url, { seed: 2, deadlines }));
  await Promise.all([one.ready, two.ready]);
  const open = stack.move();
  const { psql } = schema;
  return { psql, one, two, [Symbol.asyncDispose]: () => open.disposeAsync() };
}

/** Follows the log by reading and waiting in turn until it holds `count`. */
async function follow(bus: EventBus, count: number): Promise<LoggedEvent[]> {
  const seen: LoggedEvent[] = [];
  for (let after = 0; after < count;) {
    await bus.wait(after);
    const page = await bus.read({ after, limit: 100 });
    seen.push(...page.events);
    after = page.scannedTo;
  }
  return seen;
}

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

const url = await requireService(import.meta.url, "postgres");
if (url) {
  Deno.test("postgres: readers of two instances that write at once skip nothing and repeat nothing", async () => {
    await using world = await openTwo(url);
    const buses = [world.one, world.two].map(openPostgresEventBus);
    const followers = buses.map((bus) => follow(bus, EVENTS));
    const given = new Map<number, string>();
    let left = EVENTS;
    await Promise.all(buses.flatMap((bus) =>
      upTo(16).map(async () => {
        while (left-- > 0) {
          const [receipt] = await bus.publish([anEvent()]);
          ok(!given.has(receipt!.position), "a position was given twice");
          given.set(receipt!.position, receipt!.id);
        }
      })
    ));
    for (const seen of await Promise.all(followers)) {
      deepEqual(seen.map((event) => event.position), upTo(EVENTS));
      for (const { position, id } of seen) equal(given.get(position), id);
    }
  });

  Deno.test("postgres: positions are in commit order, whoever began first", async () => {
    await using world = await openTwo(url);
    const [one, two] = [world.one, world.two].map(openPostgresEventBus);
    await world.psql.unsafe("BEGIN; SELECT 1 FROM log_head FOR UPDATE");
    const first = one!.publish([anEvent()]);
    const next = two!.publish([anEvent()]);
    const head = await one!.head();
    equal(head.position, 0);
    await world.psql.unsafe("COMMIT");
    const positions = [(await first)[0]!.position, (await next)[0]!.position];
    deepEqual(positions.toSorted(), [1, 2]);
  });

  Deno.test("postgres: a transaction that had the head and rolled back leaves no gap", async () => {
    await using world = await openTwo(url);
    const bus = openPostgresEventBus(world.one);
    await bus.publish([anEvent()]);
    await world.psql.unsafe("BEGIN; UPDATE log_head SET pos = pos + 5");
    const publishing = bus.publish([anEvent()]);
    equal((await bus.head()).position, 1);
    await world.psql.unsafe("ROLLBACK");
    equal((await publishing)[0]!.position, 2);
  });

  Deno.test("postgres: a head that stays locked refuses writes, and nothing is stored", async () => {
    await using world = await openTwo(url, { writeMs: 400 });
    const bus = openPostgresEventBus(world.one);
    await world.psql.unsafe("BEGIN; SELECT 1 FROM log_head FOR UPDATE");
    await rejects(bus.publish([anEvent()]), {
      code: "unavailable",
      message:
        /^Cannot write to the database as another transaction holds its lock/,
    });
    await world.psql.unsafe("ROLLBACK");
    equal((await bus.publish([anEvent()]))[0]!.position, 1);
  });

  for (
    const hold of [
      "SELECT 1 FROM settings WHERE key = $1 FOR UPDATE",
      "UPDATE settings SET value = '9' WHERE key = $1",
      "DELETE FROM settings WHERE key = $1",
    ]
  ) {
    Deno.test(`postgres: a row that somebody holds delays its own writers only: ${hold}`, async () => {
      await using world = await openTwo(url, { writeMs: 1000 });
      const settings = openPostgresSettingsStore(world.one);
      const bus = openPostgresEventBus(world.one);
      await settings.write([{ key: KEY, json: "1" }], "1");
      await world.psql.unsafe("BEGIN");
      await world.psql.unsafe(hold, [KEY]);

      const stuck = settings.write([{ key: KEY, json: "2" }], "1");
      const others = Promise.all([
        settings.write([{ key: OTHER, json: "1" }], "1"),
        bus.publish([anEvent()]),
      ]);
      const first = await Promise.race([
        others.then(() => "others"),
        stuck.catch(() => "stuck"),
      ]);
      equal(first, "others");
      await rejects(stuck, {
        code: "unavailable",
        message: `Cannot write ${KEY} as another transaction holds its row`,
      });

      const patient = settings.write([{ key: KEY, json: "3" }], "1");
      await world.psql.unsafe("ROLLBACK");
      await patient;
      const { documents } = await settings.read([KEY, OTHER]);
      deepEqual(documents.map((document) => document?.json), ["3", "1"]);
      equal((await bus.head()).position, 4);
    });
  }

  Deno.test("postgres: of the writers of two instances on one version, one succeeds", async () => {
    await using world = await openTwo(url);
    const stores = [world.one, world.two].map(openPostgresSettingsStore);
    for (let version = 0; version < 10;) {
      const ifVersion = version;
      const results = await Promise.allSettled(
        upTo(12).map((i) =>
          stores[i % 2]!.write([{ key: KEY, json: `${i}`, ifVersion }], "1")
        ),
      );
      const written = results.flatMap((result) =>
        result.status === "fulfilled" ? result.value : []
      );
      deepEqual(written, [version + 1]);
      version = written[0]!;
    }
  });

  Deno.test("postgres: batches that name the same documents in other orders do not deadlock", async () => {
    await using world = await openTwo(url);
    const stores = [world.one, world.two].map(openPostgresSettingsStore);
    const keys = upTo(6).map((i) => parseSettingsKey(`user:${i}:mode:scalp`));
    await Promise.all(
      upTo(60).map((i) => {
        const named = i % 2 ? keys : keys.toReversed();
        const changes = named.map((key) => ({ key, json: `${i}` }));
        return stores[i % 2]!.write(changes, "1");
      }),
    );
    const { documents } = await stores[0]!.read(keys);
    equal(new Set(documents.map((document) => document!.json)).size, 1);
    equal((await openPostgresEventBus(world.one).head()).position, 360);
  });

  Deno.test("postgres: the same id published by two instances at once is stored once", async () => {
    await using world = await openTwo(url);
    const buses = [world.one, world.two].map(openPostgresEventBus);
    for (let i = 1; i <= 30; i++) {
      const event = anEvent();
      const receipts = await Promise.all(
        buses.map((bus) => bus.publish([event])),
      );
      deepEqual(receipts.map(([receipt]) => receipt!.position), [i, i]);
      equal(receipts.filter(([receipt]) => !receipt!.duplicate).length, 1);
    }
  });

  Deno.test("postgres: two instances never issue a number twice", async () => {
    await using world = await openTwo(url);
    const ports = [world.one, world.two].map(openPostgresSequencePort);
    const users = ["ann", "bob"].map(parseUserId);
    const day = parseSequenceDay("20260105");
    const issued = await Promise.all(
      upTo(400).map(async (i) => {
        const user = users[i % 3 ? 0 : 1]!;
        return `${user} ${(await ports[i % 2]!.next(user, day)).first}`;
      }),
    );
    equal(new Set(issued).size, 400);
  });

  Deno.test("postgres: a wait hears of another instance's event before the next look", async () => {
    await using world = await openTwo(url);
    const [ours, theirs] = [world.one, world.two].map(openPostgresEventBus);
    for (let position = 0; position < 5; position++) {
      const wait = ours!.wait(position);
      // Let it have looked, so that only the ringing can tell it.
      await new Promise((resolve) => setTimeout(resolve, 60));
      const began = performance.now();
      await theirs!.publish([anEvent()]);
      await wait;
      ok(performance.now() - began < 900);
    }
  });

  Deno.test("postgres: a wait whose connection is killed still hears of events", async () => {
    await using world = await openTwo(url);
    const [ours, theirs] = [world.one, world.two].map(openPostgresEventBus);
    await theirs!.publish([anEvent()]);
    await ours!.wait(0);
    const wait = ours!.wait(1);
    wait.catch(() => {});
    let killed = 0;
    for (let tries = 0; killed === 0 && tries < 200; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      const rows = await world.psql`
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE application_name = current_schema()
          AND query IN ('LISTEN holdfast_log', 'SELECT 1')`;
      killed = rows.length;
    }
    ok(killed > 0);
    await theirs!.publish([anEvent()]);
    await wait;
  });

  Deno.test("postgres: instances share vectors and invalidations", async () => {
    await using world = await openTwo(url);
    const [ours, theirs] = [world.one, world.two].map(openPostgresFeatureStore);
    const date = parseTradingDate("2026-01-05");
    const stamp = { set: "alpha158/1", window: "00ff", computedAt: 1.5 };
    const vectors = ["AAA", "BBB"].map(parseSymbol).map((symbol) => ({
      symbol,
      date,
      json: "{}",
      stamp,
    }));
    const { token } = await ours!.read(vectors);
    equal(await ours!.fill(token, vectors, [60, 60]), 2);
    deepEqual((await theirs!.read(vectors)).vectors, vectors);
    await theirs!.invalidate({ symbol: vectors[0]!.symbol });
    deepEqual((await ours!.read(vectors)).vectors, [undefined, vectors[1]]);
    equal(await ours!.fill(token, vectors, [60, 60]), 1);
    deepEqual((await theirs!.read(vectors)).vectors, [undefined, vectors[1]]);
    for (const odd of ["", "x", "-1", "99"]) {
      // deno-lint-ignore no-explicit-any
      equal(await ours!.fill(odd as any, vectors, [60, 60]), 0);
    }
  });

  Deno.test("postgres: a fill under way when an invalidation begins is forgotten too", async () => {
    await using world = await openTwo(url);
    const store = openPostgresFeatureStore(world.one);
    const key = {
      symbol: parseSymbol("AAA"),
      date: parseTradingDate("2026-01-05"),
    };
    const row = {
      ...key,
      n: 0,
      json: "{}",
      feature_set: "s",
      window_hash: "w",
      computed_at: 0,
      expires_at: 1e15,
    };
    await world.psql.unsafe("BEGIN");
    await world.psql`SELECT fill_features(0, ${
      JSON.stringify([row])
    }::text::json, 0)`;
    const invalidating = store.invalidate({});
    await new Promise((resolve) => setTimeout(resolve, 50));
    await world.psql.unsafe("COMMIT");
    await invalidating;
    deepEqual((await store.read([key])).vectors, [undefined]);
  });
}
