/**
 * The record store in Postgres obeys the contract of its port.
 *
 * @module
 */
import { deepEqual, equal, rejects } from "../support/assert.ts";
import { openPostgresEventBus } from "../../adapters/postgres/event_bus.ts";
import { openPostgresRecordStore } from "../../adapters/postgres/record_store.ts";
import { openPostgresSettingsStore } from "../../adapters/postgres/settings_store.ts";
import { testRecordStore } from "../contracts/record_store.ts";
import { claimOf } from "../contracts/record_claims.ts";
import { ALL, changesOf, SCALP } from "../contracts/record_subject.ts";
import { subject } from "../support/memory_world.ts";
import {
  createPostgresWorld,
  openDatabase,
} from "../support/postgres_world.ts";
import { requireService } from "../support/services.ts";

const url = await requireService(import.meta.url, "postgres");
if (url) {
  testRecordStore("postgres", async () => {
    const world = await createPostgresWorld(url);
    const { db, psql } = world;
    const store = openPostgresRecordStore(db);
    const settings = openPostgresSettingsStore(db);
    const bus = openPostgresEventBus(db);
    const hooks = {
      async changeEpoch() {
        await psql`UPDATE log_head SET timeline = 'as it was elsewhere'`;
      },
      async dropOldest() {
        await psql`DELETE FROM event_log WHERE pos <= 1`;
      },
      async elapse(ms: number) {
        await psql`SELECT pg_sleep(${ms / 1000})`;
      },
    };
    return subject(
      { store, settings, bus, ...hooks },
      store,
      settings,
      bus,
      world,
    );
  });

  Deno.test("postgres records: the change of one document tells what it has appended", async () => {
    await using world = await createPostgresWorld(url);
    const store = openPostgresRecordStore(world.db);
    for (const key of [ALL, SCALP, ALL]) {
      const { versions, appended } = await store.write(
        changesOf([key], "1"),
        "1",
      );
      deepEqual(appended?.entries.map(({ position }) => position), versions);
    }
  });

  Deno.test("postgres records: a document deleted by hand is gone, and its change told", async () => {
    await using world = await createPostgresWorld(url);
    await using store = openPostgresRecordStore(world.db);
    await using settings = openPostgresSettingsStore(world.db);
    await settings.write(changesOf([ALL, SCALP], "1"), "1");
    await world.psql`DELETE FROM settings WHERE key = ${ALL}`;
    await world.psql`UPDATE settings SET value = '2' WHERE key = ${SCALP}`;
    const scalp = { key: SCALP, version: 4, json: "2" };
    const stretch = await store.stretch(2);
    deepEqual(stretch.entries.map(({ key }) => key), [ALL, SCALP]);
    deepEqual(
      stretch.documents,
      new Map([[ALL, undefined], [SCALP, scalp]]),
    );
    const { documents, settingsPosition } = await store.read([ALL, SCALP]);
    deepEqual([documents, settingsPosition], [[undefined, scalp], 4]);
  });

  Deno.test("postgres records: what is committed while a call is under way is no part of its answer", async () => {
    await using world = await createPostgresWorld(url);
    await using store = openPostgresRecordStore(world.db);
    await using settings = openPostgresSettingsStore(world.db);
    const { psql } = world;
    await settings.write(changesOf([ALL], "1"), "1");
    for (const call of [() => store.read([ALL]), () => store.stretch(0)]) {
      const before = await call();
      await psql.unsafe("BEGIN; LOCK TABLE log_epoch");
      let hasEnded = false;
      const calling = call().finally(() => hasEnded = true);
      for (let waiting = 0; waiting === 0 && !hasEnded;) {
        const locks = await psql`SELECT FROM pg_locks
          WHERE NOT granted AND relation = 'log_epoch'::regclass`;
        waiting = locks.length;
      }
      await psql.unsafe("UPDATE settings SET value = '2'; COMMIT");
      deepEqual(await calling, before);
      equal((await call()).head.position, before.head.position + 1);
    }
  });

  Deno.test("postgres records: a claim waits for an append under way, and shows it", async () => {
    await using world = await createPostgresWorld(url);
    await using store = openPostgresRecordStore(world.db);
    const { psql } = world;
    await psql.unsafe(`BEGIN; SELECT lock_log_head('x');
      UPDATE log_head SET pos = pos + 5`);
    let answered = false;
    const claiming = store.claim(claimOf("a")).finally(() => answered = true);
    await store.read([]);
    equal(answered, false);
    await psql.unsafe("COMMIT");
    equal((await claiming).head.position, 5);
  });

  Deno.test("postgres records: of the instances of a fleet one history is let in", async () => {
    await using world = await createPostgresWorld(url);
    await using other = openDatabase(world.url, { seed: 2 });
    const stores = [world.db, other].map(openPostgresRecordStore);
    for (let renewal = 1; renewal <= 10; renewal++) {
      const answers = await Promise.all(
        stores.map((store, i) =>
          store.claim(claimOf(`${i}`, { renewal, history: `h${i}` }))
        ),
      );
      equal(answers.filter(({ granted }) => granted).length, 1);
      const { leases } = await stores[0]!.read([]);
      equal(leases.length, 1);
      await stores[1]!.leave(leases[0]!.bootId);
    }
  });

  Deno.test("postgres records: a server that is on yet another timeline each time is not believed", async () => {
    await using world = await createPostgresWorld(url);
    await using store = openPostgresRecordStore({
      ...world.db,
      renewEpoch: async () => {},
    });
    await world.psql`UPDATE log_head SET timeline = 'as it was elsewhere'`;
    await rejects(store.read([]), { code: "unavailable" });
    await rejects(store.stretch(0), { code: "unavailable" });
  });

  Deno.test("postgres records: a log without a head and a closed database are said to be", async () => {
    await using world = await createPostgresWorld(url);
    await using store = openPostgresRecordStore(world.db);
    const calls = [
      () => store.read([]),
      () => store.stretch(0),
      () => store.claim(claimOf("a")),
    ];
    await world.psql`DELETE FROM log_head`;
    for (const call of calls) await rejects(call, { code: "corrupt" });
    await world.db[Symbol.asyncDispose]();
    for (const call of [...calls, () => store.leave("a")]) {
      await rejects(call, { code: "closed" });
    }
  });
}
