/**
 * Opening Postgres databases: new, old, foreign, and by several at once.
 *
 * @module
 */
import { deepEqual, equal, ok, rejects, throws } from "../support/assert.ts";
import { createNoopTelemetry } from "../../adapters/noop/telemetry.ts";
import { parseAddress } from "../../adapters/postgres/address.ts";
import { openPostgresEventBus } from "../../adapters/postgres/event_bus.ts";
import { openPostgresRecordStore } from "../../adapters/postgres/record_store.ts";
import { openPostgresSettingsArchive } from "../../adapters/postgres/settings_archive.ts";
import { openPostgresSettingsStore } from "../../adapters/postgres/settings_store.ts";
import { parseSettingsKey, type SettingsKey } from "../../domain/settings.ts";
import { MIGRATION_ACTOR } from "../../ports/settings_archive.ts";
import type { LogLevel } from "../../ports/telemetry.ts";
import { anEvent } from "../support/events.ts";
import { createFakeClock } from "../support/fake_clock.ts";
import { makeSchema, openDatabase } from "../support/postgres_world.ts";
import { requireService } from "../support/services.ts";

/** Opens the database, makes its tables, and closes it. */
async function create(url: string): Promise<void> {
  await using db = openDatabase(url);
  await db.ready;
}

/**
 * Takes away what 0004 and those after it have made; the functions that they
 * have replaced do with their tables.
 */
const WITHOUT_HISTORY = `DROP TABLE settings_history, settings_replaced;
  DROP INDEX settings_in_order; DROP FUNCTION newest_revision, trim_history;
  DROP FUNCTION settings_updated(text, bigint, text, json);
  DROP TABLE consumer_group, group_entry, dead_letter;
  DROP FUNCTION save_group, remove_group;
  DROP TABLE log_tail;
  DROP FUNCTION log_earliest, log_position_before, log_tail_lock, trim_log;
  DROP FUNCTION commit_change, commit_events, refuse_taken;
  DROP TABLE order_intent; DROP FUNCTION keep_intents;
  DROP TABLE trade_row; DROP FUNCTION commit_trades;
  DROP TABLE api_key, api_key_state;
  DROP FUNCTION api_key_changes, add_api_key;
  DROP TABLE admin_call; DROP SEQUENCE admin_call_id;
  DROP FUNCTION commit_removals, forget_revisions, note_admin_call;`;

/** Checks that the database at `url` is refused, by `ready` and by calls. */
async function refuses(
  url: string,
  expected: { code: string; message: RegExp },
): Promise<void> {
  await using db = openDatabase(url);
  await rejects(db.ready, expected);
  await rejects(openPostgresEventBus(db).head(), expected);
  await rejects(openPostgresEventBus(db).publish([anEvent()]), expected);
}

Deno.test("postgres: an address that is malformed is refused without repeating it", () => {
  for (
    const url of [
      "mysql://ann:secret@host/db",
      "postgres//ann:secret@host/db",
      "postgres://ann:%zz-secret@host/db",
      "postgres://ann:secret@host:port/db",
      "postgres://ann:secret@host:0/db",
      "postgres://ann:secret@host:65536/db",
      "",
    ]
  ) {
    throws(() => openDatabase(url), (error: Error) => {
      equal((error as unknown as { code: string }).code, "invalid");
      ok(!`${error.message}${error.stack}${error.cause}`.includes("secret"));
      return true;
    });
  }
});

Deno.test("postgres: an address may name several hosts, and settings of the session", () => {
  deepEqual(
    parseAddress(
      "postgresql://a%40b:p%2Fw@one:5433,[::1]/db%20x?sslmode=verify-full&search_path=s",
    ),
    {
      hosts: [{ host: "one", port: 5433 }, { host: "::1", port: 5432 }],
      user: "a@b",
      password: "p/w",
      database: "db x",
      tls: { mode: "verify-full", ca: undefined },
      parameters: { search_path: "s" },
    },
  );
  deepEqual(parseAddress("postgres://"), {
    hosts: [{ host: "localhost", port: 5432 }],
    user: "postgres",
    password: "",
    database: "postgres",
    tls: { mode: "disable", ca: undefined },
    parameters: {},
  });
});

const url = await requireService(import.meta.url, "postgres");
if (url) {
  Deno.test("postgres: a new database gets its tables, and says so", async () => {
    await using schema = await makeSchema(url);
    const clock = createFakeClock();
    const lines: [LogLevel, string][] = [];
    const telemetry = {
      ...createNoopTelemetry(),
      log: (level: LogLevel, message: string) => lines.push([level, message]),
    };
    await using db = openDatabase(schema.url, { clock, telemetry });
    await db.ready;
    const rows = await db.read(
      "SELECT version, name, applied_at FROM schema_migration",
    );
    deepEqual([...rows], [
      [1, "0001_state", clock.now()],
      [2, "0002_leases", clock.now()],
      [3, "0003_blocks", clock.now()],
      [4, "0004_history", clock.now()],
      [5, "0005_groups", clock.now()],
      [6, "0006_retention", clock.now()],
      [7, "0007_quick_change", clock.now()],
      [8, "0008_effects", clock.now()],
      [9, "0009_order_intents", clock.now()],
      [10, "0010_quick_append", clock.now()],
      [11, "0011_trade_ledger", clock.now()],
      [12, "0012_api_keys", clock.now()],
      [13, "0013_administration", clock.now()],
    ]);
    const line = ["info", "Migrated the database"] as const;
    deepEqual(lines, Array(13).fill(line));
  });

  Deno.test("postgres: a database of an older program is brought up to date and keeps what it has", async () => {
    await using schema = await makeSchema(url);
    const before = openDatabase(schema.url);
    await openPostgresEventBus(before).publish([anEvent()]);
    await before[Symbol.asyncDispose]();
    await schema.psql.unsafe(`DROP TABLE instance; DROP TABLE log_epoch;
      DROP FUNCTION record_view; DROP FUNCTION claim_lease;
      DROP FUNCTION change_epoch; DROP FUNCTION leave_epoch;
      ALTER TABLE log_head DROP COLUMN epoch_since;
      DROP FUNCTION give_numbers; ALTER TABLE sequence DROP COLUMN leased_in,
        DROP COLUMN fenced_pos, DROP COLUMN epoch;
      ${WITHOUT_HISTORY}
      DELETE FROM schema_migration WHERE version > 1`);
    await using db = openDatabase(schema.url);
    await using store = openPostgresRecordStore(db);
    await db.ready;
    const { head, formerEpochs, epochAgeMs } = await store.read([]);
    deepEqual([head.position, formerEpochs, epochAgeMs], [1, [], Infinity]);
  });

  Deno.test("postgres: what documents were when their history began is kept", async () => {
    await using schema = await makeSchema(url);
    const [one, two, gone] = ["1", "2", "3"].map((user) =>
      parseSettingsKey(`user:${user}:mode:scalp`)
    ) as [SettingsKey, SettingsKey, SettingsKey];
    const clock = createFakeClock();
    {
      await using db = openDatabase(schema.url, { clock });
      const store = openPostgresSettingsStore(db);
      await store.write([{ key: one, json: "1" }], "ann");
      await store.write([{ key: one, json: "2" }], "ann");
      await store.write([{ key: gone, json: "3" }], "ann");
      await schema.psql`DELETE FROM settings WHERE key = ${gone}`;
    }
    await schema.psql.unsafe(`${WITHOUT_HISTORY}
      DELETE FROM schema_migration WHERE version > 3`);
    await using db = openDatabase(schema.url);
    const store = openPostgresSettingsStore(db);
    const archive = openPostgresSettingsArchive(db);
    await store.write([one, two].map((key) => ({ key, json: "3" })), "bob");
    const edits = await archive.edits({ keys: [one], after: 2, limit: 10 });
    deepEqual(edits.map(({ before }) => before), [{
      key: one,
      version: 2,
      at: clock.now(),
      actor: MIGRATION_ACTOR,
      json: "2",
    }]);
    deepEqual(await archive.at([two], 1), [undefined]);
    deepEqual(await archive.at([gone], 4), [undefined]);
    for (const [key, earliest] of [[one, 2], [gone, 4]] as const) {
      await rejects(archive.at([key], 1), {
        code: "expired",
        facts: { key, earliest },
      });
    }
  });

  Deno.test("postgres: a database opened again keeps its epoch, its head and its events", async () => {
    await using schema = await makeSchema(url);
    const event = anEvent();
    const before = openDatabase(schema.url, { seed: 1 });
    await using bus = openPostgresEventBus(before);
    await bus.publish([anEvent(), event]);
    const head = await bus.head();
    await before[Symbol.asyncDispose]();

    await using db = openDatabase(schema.url, { seed: 2 });
    await using again = openPostgresEventBus(db);
    deepEqual(await again.head(), head);
    const page = await again.read({ after: 1, limit: 10, epoch: head.epoch });
    deepEqual(page.events.map((e) => e.id), [event.id]);
  });

  Deno.test("postgres: of four that open a new database at once one makes it", async () => {
    await using schema = await makeSchema(url);
    const lines: string[] = [];
    const telemetry = {
      ...createNoopTelemetry(),
      log: (_: string, message: string) => lines.push(message),
    };
    const openers = [1, 2, 3, 4].map((seed) =>
      openDatabase(schema.url, { seed, telemetry })
    );
    await Promise.all(openers.map((db) => db.ready));
    deepEqual(lines, Array(13).fill("Migrated the database"));
    const heads = await Promise.all(
      openers.map((db) => openPostgresEventBus(db).head()),
    );
    equal(new Set(heads.map((head) => head.epoch)).size, 1);
    const [made] = await schema.psql`SELECT count(*) FROM schema_migration`;
    equal(made!["count"], "13");
    for (const db of openers) await db[Symbol.asyncDispose]();
  });

  Deno.test("postgres: two databases have different epochs", async () => {
    await using one = await makeSchema(url);
    await using two = await makeSchema(url);
    await using a = openDatabase(one.url, { seed: 1 });
    await using b = openDatabase(two.url, { seed: 2 });
    const [headA, headB] = await Promise.all(
      [a, b].map((db) => openPostgresEventBus(db).head()),
    );
    ok(headA!.epoch !== headB!.epoch);
  });

  Deno.test("postgres: sessions flush every commit and have their limits set", async () => {
    await using schema = await makeSchema(url);
    await using db = openDatabase(schema.url, { deadlines: { readMs: 2000 } });
    const [settings] = await db.read(`SELECT
      current_setting('synchronous_commit'), current_setting('statement_timeout'),
      current_setting('lock_timeout'),
      current_setting('idle_in_transaction_session_timeout')`);
    deepEqual(settings, ["on", "1800ms", "900ms", "2s"]);
  });

  Deno.test("postgres: a database of a newer program is refused", async () => {
    await using schema = await makeSchema(url);
    await create(schema.url);
    await schema
      .psql`INSERT INTO schema_migration VALUES (14, '0014_x', 'c', 0)`;
    await refuses(schema.url, {
      code: "unsupported",
      message:
        /^Cannot use database \w+ at [\w.]+:\d+ as a newer program made it: found schema version 14, known version is 13$/,
    });
  });

  Deno.test("postgres: a database of other scripts is refused", async () => {
    await using schema = await makeSchema(url);
    await create(schema.url);
    await schema.psql`UPDATE schema_migration SET checksum = 'other'`;
    await refuses(schema.url, {
      code: "corrupt",
      message:
        /as other scripts than this program's made it: found schema version 13, known version is 13, and migration 1 differs$/,
    });
  });

  Deno.test("postgres: a schema of another program is refused and left alone", async () => {
    await using schema = await makeSchema(url);
    await schema.psql`CREATE TABLE theirs (a integer)`;
    await refuses(schema.url, {
      code: "unsupported",
      message: /as schema \w+ belongs to another program: it has tables/,
    });
    const tables = await schema.psql`SELECT relname FROM pg_class
      WHERE relnamespace = current_schema()::regnamespace`;
    deepEqual(tables.map((table) => table["relname"]), ["theirs"]);
  });

  Deno.test("postgres: a schema that does not exist is waited for", async () => {
    await using schema = await makeSchema(url);
    const name = new URL(schema.url).searchParams.get("search_path")!;
    await schema.psql.unsafe(`DROP SCHEMA ${name}`);
    await using db = openDatabase(schema.url);
    await rejects(openPostgresEventBus(db).head(), {
      code: "unavailable",
      message: /as its search_path names no schema that exists$/,
    });
    await schema.psql.unsafe(`CREATE SCHEMA ${name}`);
    await db.ready;
    equal((await openPostgresEventBus(db).head()).position, 0);
  });

  Deno.test("postgres: a database that is closed before it is ready says so", async () => {
    await using schema = await makeSchema(url);
    const db = openDatabase(schema.url);
    const publishing = openPostgresEventBus(db).publish([anEvent()]);
    publishing.catch(() => {});
    await db[Symbol.asyncDispose]();
    await db[Symbol.asyncDispose]();
    equal((await publishing)[0]!.position, 1);
    await rejects(openPostgresSettingsArchive(db).trim(0), { code: "closed" });
    await rejects(openPostgresEventBus(db).head(), { code: "closed" });
    await rejects(openPostgresEventBus(db).publish([anEvent()]), {
      code: "closed",
    });
  });
}
