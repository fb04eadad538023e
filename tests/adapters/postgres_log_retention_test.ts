/**
 * Dropping events in Postgres while others make groups, write and look on.
 *
 * @module
 */
import { openPostgresEventBus } from "../../adapters/postgres/event_bus.ts";
import { openPostgresGroupStore } from "../../adapters/postgres/group_store.ts";
import { openPostgresLogRetention } from "../../adapters/postgres/log_retention.ts";
import { parseChannelPatterns } from "../../domain/event/channel_pattern.ts";
import { changeOf } from "../../domain/event_group/change.ts";
import { createGroup } from "../../domain/event_group/group.ts";
import { DEFAULT_POLICY } from "../../domain/event_group/policy.ts";
import { NOTHING_DUE } from "../contracts/log_retention_subject.ts";
import { deepEqual, equal, ok, rejects } from "../support/assert.ts";
import { anEvent } from "../support/events.ts";
import { createPostgresWorld, type Psql } from "../support/postgres_world.ts";
import { requireService } from "../support/services.ts";

/** A log of 10 events, of which all but one are due. */
async function openLog(url: string) {
  const world = await createPostgresWorld(url);
  const bus = openPostgresEventBus(world.db);
  const store = openPostgresGroupStore(world.db);
  const retention = openPostgresLogRetention(world.db);
  await bus.publish(Array.from({ length: 10 }, () => anEvent()));
  const { epoch } = await bus.head();
  return {
    ...world,
    bus,
    trim: () => retention.trim({ ...NOTHING_DUE, keep: 1 }),
    /** Makes a group that begins with the oldest event. */
    async make() {
      const state = createGroup({
        name: "g",
        incarnation: "i1",
        policy: DEFAULT_POLICY,
        epoch,
        position: 0,
      });
      const step = { state, letters: [], gone: [] };
      await store.save(changeOf(undefined, step));
    },
  };
}

/** Resolves when somebody waits for an advisory lock that `psql` has. */
async function someoneWaits(psql: Psql): Promise<void> {
  for (let looks = 0; looks < 5000; looks++) {
    const [row] = await psql`SELECT count(*)::integer AS waiting FROM pg_locks
      WHERE locktype = 'advisory' AND NOT granted
        AND pg_backend_pid() = ANY (pg_blocking_pids(pid))`;
    if (row!["waiting"] > 0) return;
  }
  throw new Error("nobody waits");
}

const TRIM = `SELECT trim_log(0, 1, ${2 ** 50}, 0, 1000)`;

const url = await requireService(import.meta.url, "postgres");
if (url) {
  Deno.test("postgres: who makes a group while events are dropped waits, and hears that they are gone", async () => {
    await using log = await openLog(url);
    await log.psql.unsafe(`BEGIN; ${TRIM}`);
    const made = log.make();
    made.catch(() => {});
    await someoneWaits(log.psql);
    await log.psql.unsafe("COMMIT");
    await rejects(made, { code: "expired", facts: { earliest: 10 } });
  });

  Deno.test("postgres: who drops events while a group is made waits, and leaves what it needs", async () => {
    await using log = await openLog(url);
    await log.make();
    await log.psql.unsafe(`CREATE TABLE made AS TABLE consumer_group;
      DELETE FROM consumer_group; BEGIN;
      SELECT pg_advisory_xact_lock_shared(log_tail_lock());
      INSERT INTO consumer_group SELECT * FROM made`);
    const trim = log.trim();
    trim.catch(() => {});
    await someoneWaits(log.psql);
    await log.psql.unsafe("COMMIT");
    const { dropped, pins } = await trim;
    deepEqual([dropped, pins.map(({ group }) => group)], [0, ["g"]]);
  });

  Deno.test("postgres: without that lock a group would be overtaken", async () => {
    await using log = await openLog(url);
    await log.psql.unsafe(`CREATE OR REPLACE FUNCTION log_tail_lock()
      RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN
        RETURN floor(random() * 1e15); END $$`);
    await log.psql.unsafe(`BEGIN; ${TRIM}`);
    await log.make();
    await log.psql.unsafe("COMMIT");
    await rejects(log.bus.read({ after: 0, limit: 1 }), { code: "expired" });
  });

  Deno.test("postgres: dropping waits for nobody who appends, nor they for it", async () => {
    await using log = await openLog(url);
    await log.psql.unsafe(
      "BEGIN; SELECT lock_log_head(gen_random_uuid()::text)",
    );
    equal((await log.trim()).dropped, 9);
    await log.psql.unsafe("COMMIT");
    await log.bus.publish([anEvent(), anEvent()]);
    await log.psql.unsafe(`BEGIN; ${TRIM}`);
    const [receipt] = await log.bus.publish([anEvent()]);
    equal(receipt!.position, 13);
    await log.psql.unsafe("COMMIT");
    equal((await log.bus.head()).earliest, 12);
  });

  Deno.test("postgres: a page whose first events are dropped while it is read says so", async () => {
    await using log = await openLog(url);
    const { db, bus } = log;
    const events = Array.from(
      { length: 10 },
      () => anEvent({ text: "x".repeat(1024 * 1024) }),
    );
    await bus.publish(events);
    const read = db.read;
    let reads = 0;
    const slow = openPostgresEventBus({
      ...db,
      async read(text, values, signal) {
        // After the channels have been looked at, before the data are.
        if (++reads === 2) {
          await log.psql.unsafe(
            `SELECT trim_log(0, 5, ${2 ** 50}, 0, 1000)`,
          );
        }
        return await read(text, values, signal);
      },
    });
    const channels = parseChannelPatterns(["setup.*"]);
    await rejects(slow.read({ after: 10, limit: 10, channels }), {
      code: "expired",
      facts: { earliest: 16 },
    });
    ok(reads > 2);
  });
}
