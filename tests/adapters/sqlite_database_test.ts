/**
 * The SQLite database as its ports share it: reading, waiting, closing.
 *
 * @module
 */
import { deepEqual, equal, rejects } from "../support/assert.ts";
import type { Sql } from "../../adapters/sqlite/connection.ts";
import { createDoorbell } from "../../adapters/sqlite/doorbell.ts";
import { toPortError } from "../../adapters/sqlite/errors.ts";
import { openSqliteEventBus } from "../../adapters/sqlite/event_bus.ts";
import { openSqliteSettingsStore } from "../../adapters/sqlite/settings_store.ts";
import { parseSettingsKey } from "../../domain/settings.ts";
import { anEvent } from "../support/events.ts";
import { createFakeClock } from "../support/fake_clock.ts";
import { needs } from "../support/needs.ts";
import {
  createHurriedClock,
  createSqliteWorld,
  makeFolder,
  openDatabase,
} from "../support/sqlite_world.ts";

const KEY = parseSettingsKey("user:1:settings:all");

/** An error as node:sqlite throws it. */
function sqliteError(errcode: number): Error {
  return Object.assign(new Error("made up"), {
    code: "ERR_SQLITE_ERROR",
    errcode,
  });
}

Deno.test("sqlite: a mistake of ours is not taken for a failure of the database", () => {
  const mistake = sqliteError(21); // SQLITE_MISUSE
  equal(toPortError(mistake, "read"), mistake);
  equal(toPortError("text", "read"), "text");
});

if (await needs(import.meta.url, ["read", "write"])) {
  Deno.test("sqlite: what one connection has committed the other reads", async () => {
    await using world = await createSqliteWorld();
    await using other = await openDatabase(world.path, { seed: 2 });
    await using ours = openSqliteSettingsStore(world.db);
    await using theirs = openSqliteSettingsStore(other);
    for (let i = 0; i < 10; i++) {
      await ours.write([{ key: KEY, json: `${i}` }], "1");
      equal((await theirs.read([KEY])).documents[0]!.json, `${i}`);
      await theirs.write([{ key: KEY, json: `-${i}` }], "1");
      equal((await ours.read([KEY])).documents[0]!.json, `-${i}`);
    }
    equal((await ours.read([KEY])).documents[0]!.version, 20);
  });

  Deno.test("sqlite: a settings write whose event id is taken draws another", async () => {
    await using world = await createSqliteWorld();
    const { clock } = world;
    await using twin = await openDatabase(world.path, { seed: 1, clock });
    await using ours = openSqliteSettingsStore(world.db);
    await using theirs = openSqliteSettingsStore(twin);
    await ours.write([{ key: KEY, json: "1" }], "1");
    // The group runs once more, and draws again.
    deepEqual(await theirs.write([{ key: KEY, json: "2" }], "1"), [2]);
    const [document] = (await ours.read([KEY])).documents;
    deepEqual(document, { key: KEY, version: 2, json: "2" });
    await using bus = openSqliteEventBus(twin);
    const { events } = await bus.read({ after: 0, limit: 10 });
    deepEqual(events.map((event) => JSON.parse(event.json).version), [1, 2]);
  });

  Deno.test("sqlite: a version conflict does not make the others' writes run again", async () => {
    await using world = await createSqliteWorld();
    let ids = 0;
    await using store = openSqliteSettingsStore({
      ...world.db,
      newId: () => `${ids++}`,
    });
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, (_, i) => {
        const key = parseSettingsKey(`user:${i}:settings:all`);
        const ifVersion = i === 10 ? 99 : 0;
        return store.write([{ key, json: "1", ifVersion }], "1");
      }),
    );
    deepEqual(
      results.flatMap((r) => r.status === "rejected" ? r.reason.code : []),
      ["version_conflict"],
    );
    equal(ids, 19);
  });

  Deno.test("sqlite: a table that is gone makes calls corrupt", async () => {
    await using world = await createSqliteWorld();
    await using bus = openSqliteEventBus(world.db);
    await using store = openSqliteSettingsStore(world.db);
    await world.db.write((sql) => sql.run("DROP TABLE settings"));
    const reason = "as its tables are not those of this program";
    await rejects(store.read([KEY]), {
      code: "corrupt",
      message: `Cannot read from the database ${reason}`,
    });
    await rejects(store.write([{ key: KEY, json: "1" }], "1"), {
      code: "corrupt",
      message: `Cannot write to the database ${reason}`,
    });
    equal((await bus.publish([anEvent()]))[0]!.position, 1);
  });

  Deno.test("sqlite: a read that finds another process in the way is made again, up to a point", async () => {
    await using folder = await makeFolder();
    const clock = createHurriedClock();
    await using db = await openDatabase(folder.path, { clock });
    // SQLite says so while another process recovers or closes the file.
    const obstacle = sqliteError(261);
    let tries = 0;
    const third = () => {
      if (++tries < 3) throw obstacle;
      return tries;
    };
    equal(await db.read(third), 3);

    const never = () => {
      throw obstacle;
    };
    await rejects(db.read(never), {
      code: "unavailable",
      message:
        "Cannot read from the database as another process holds its lock",
      cause: obstacle,
    });
    const stop = new AbortController();
    const stopped = db.read(never, stop.signal);
    stop.abort(new Error("enough"));
    await rejects(stopped, { message: "enough" });
  });

  Deno.test("sqlite: a read during which the disk fails says so, and the next one works", async () => {
    await using world = await createSqliteWorld();
    const fail = (sql: Sql) => {
      sql.run("ROLLBACK"); // as SQLite does on some errors
      throw sqliteError(10);
    };
    await rejects(world.db.read(fail), {
      code: "unavailable",
      message: "Cannot read from the database as its disk has failed",
    });
    equal((await openSqliteEventBus(world.db).head()).position, 0);
  });

  Deno.test("sqlite: a wait sees another connection's commit at the next look", async () => {
    await using world = await createSqliteWorld();
    await using other = await openDatabase(world.path, { seed: 2 });
    await using bus = openSqliteEventBus(world.db);
    await using theirs = openSqliteEventBus(other);
    let over = false;
    const wait = bus.wait(0).then(() => over = true);
    await world.clock.advance(50);
    equal(over, false);
    await theirs.publish([anEvent()]);
    equal(over, false);
    await world.clock.advance(50);
    await wait;
  });

  Deno.test("sqlite: a commit without events wakes nobody", async () => {
    await using world = await createSqliteWorld();
    await using bus = openSqliteEventBus(world.db);
    let over = false;
    const wait = bus.wait(0).then(() => over = true);
    await world.db.write((sql) =>
      sql.run(
        "INSERT INTO sequence (user_id, day, leased_to) VALUES ('1', '20260105', 1)",
      )
    );
    equal(over, false);
    await bus.publish([anEvent()]);
    await wait;
  });

  Deno.test("sqlite: one look serves everybody who waits, and none is made for nobody", async () => {
    const clock = createFakeClock();
    const looks: string[] = [];
    const sql = {
      get(text: string) {
        looks.push(text.split(" ")[0]!);
        return [1];
      },
      all: () => [],
      run: () => 0,
    };
    const doorbell = createDoorbell(sql as unknown as Sql, clock);
    doorbell.ring();
    deepEqual(looks, []);
    const stops = [1, 2, 3].map(() => doorbell.listen(() => {}));
    await clock.advance(100);
    deepEqual(looks, ["PRAGMA", "PRAGMA", "PRAGMA"]);
    doorbell.ring();
    equal(looks.length, 4);
    stops.forEach((stop) => stop());
    await clock.advance(500);
    equal(looks.length, 5);
    doorbell.listen(() => {});
    equal(looks.length, 6);
    await doorbell[Symbol.asyncDispose]();
  });

  Deno.test("sqlite: a database that cannot be looked at wakes those who wait", async () => {
    const clock = createFakeClock();
    const sql = {
      get() {
        throw new Error("disk I/O error");
      },
      all: () => [],
      each: () => [],
      run: () => 0,
    };
    await using doorbell = createDoorbell(sql, clock);
    const heard = new Promise<number>((resolve) => doorbell.listen(resolve));
    await clock.advance(50);
    equal(await heard, Infinity);
  });

  Deno.test("sqlite: closing ends waits, commits what is queued and refuses the rest", async () => {
    await using world = await createSqliteWorld();
    const bus = openSqliteEventBus(world.db);
    const wait = bus.wait(5);
    wait.catch(() => {});
    const queued = bus.publish([anEvent()]);
    const closing = world.db[Symbol.asyncDispose]();
    await rejects(wait, { code: "closed" });
    equal((await queued)[0]!.position, 1);
    await closing;
    await world.db[Symbol.asyncDispose]();
    await rejects(bus.publish([anEvent()]), { code: "closed" });
    await rejects(bus.head(), { code: "closed" });
    await rejects(bus.wait(0), { code: "closed" });

    await using again = await openDatabase(world.path);
    equal((await openSqliteEventBus(again).head()).position, 1);
  });

  Deno.test("sqlite: a port that is closed leaves the database to the others", async () => {
    await using world = await createSqliteWorld();
    const one = openSqliteEventBus(world.db);
    await using two = openSqliteEventBus(world.db);
    const wait = two.wait(0);
    await one[Symbol.asyncDispose]();
    await two.publish([anEvent()]);
    await wait;
  });
}
