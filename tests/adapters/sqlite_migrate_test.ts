/**
 * A SQLite database is opened whole, or refused in one clear sentence.
 *
 * @module
 */
import { deepEqual, equal, match, ok, rejects } from "../support/assert.ts";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { openSqliteEventBus } from "../../adapters/sqlite/event_bus.ts";
import { openSqliteRecordStore } from "../../adapters/sqlite/record_store.ts";
import { openSqliteSettingsArchive } from "../../adapters/sqlite/settings_archive.ts";
import { openSqliteSettingsStore } from "../../adapters/sqlite/settings_store.ts";
import { parseSettingsKey, type SettingsKey } from "../../domain/settings.ts";
import { MIGRATION_ACTOR } from "../../ports/settings_archive.ts";
import type { LogLevel, Telemetry } from "../../ports/telemetry.ts";
import { anEvent } from "../support/events.ts";
import { createFakeClock } from "../support/fake_clock.ts";
import { needs } from "../support/needs.ts";
import { startPublisher } from "../support/sqlite_process.ts";
import {
  createHurriedClock,
  makeFolder,
  openDatabase,
} from "../support/sqlite_world.ts";

/** Changes the file behind the adapter's back. */
function tamper(path: string, script: string): void {
  const raw = new DatabaseSync(path);
  raw.exec(script);
  raw.close();
}

async function create(path: string): Promise<void> {
  await (await openDatabase(path))[Symbol.asyncDispose]();
}

async function createWithEvents(path: string, count: number): Promise<void> {
  await using db = await openDatabase(path);
  await using bus = openSqliteEventBus(db);
  await bus.publish(Array.from({ length: count }, () => anEvent()));
}

/** Opens the database in another process, as another user where one is given. */
async function openAs(user: { uid?: number }, path: string) {
  await Deno.chmod(dirname(path), 0o777);
  const nothing = { count: 0, publishers: 0, seed: 1 };
  const child = startPublisher(path, { ...nothing, ...user });
  const said = await Array.fromAsync(child.lines);
  return { code: (await child.status).code, said };
}

/** A user whom files can be kept from: this one, or nobody if this is root. */
async function findStranger(): Promise<{ uid?: number } | undefined> {
  await using folder = await makeFolder();
  await Deno.writeTextFile(folder.path, "", { mode: 0o000 });
  const isRoot = await Deno.readTextFile(folder.path)
    .then(() => true, () => false);
  if (!isRoot) return {};
  await using other = await makeFolder();
  const nobody = { uid: 65534 };
  const works = await openAs(nobody, other.path)
    .then(({ code }) => code === 0, () => false);
  return works ? nobody : undefined;
}

/** Takes away what 0005 and those after it have made. */
const WITHOUT_GROUPS =
  `DROP TABLE consumer_group; DROP TABLE group_entry; DROP TABLE dead_letter;
  DROP TABLE order_intent; DROP TABLE trade_row;
  DROP TABLE api_key; DROP TABLE api_key_state; DROP TABLE admin_call;`;

if (await needs(import.meta.url, ["read", "write", "run"])) {
  Deno.test("sqlite: a new database gets its tables, and says so", async () => {
    await using folder = await makeFolder();
    const clock = createFakeClock();
    const lines: [LogLevel, string][] = [];
    const telemetry = {
      log: (level: LogLevel, message: string) => lines.push([level, message]),
    } as unknown as Telemetry;
    await using db = await openDatabase(folder.path, { clock, telemetry });
    const rows = await db.read((sql) =>
      sql.all("SELECT version, name, applied_at FROM schema_migration")
    );
    deepEqual(rows, [
      [1, "0001_state", clock.now()],
      [2, "0002_leases", clock.now()],
      [3, "0003_blocks", clock.now()],
      [4, "0004_history", clock.now()],
      [5, "0005_groups", clock.now()],
      [6, "0006_order_intents", clock.now()],
      [7, "0007_trade_ledger", clock.now()],
      [8, "0008_api_keys", clock.now()],
      [9, "0009_administration", clock.now()],
    ]);
    const line = ["info", "Migrated the database"] as const;
    deepEqual(lines, Array(9).fill(line));
  });

  Deno.test("sqlite: a database of an older program is brought up to date and keeps what it has", async () => {
    await using folder = await makeFolder();
    await createWithEvents(folder.path, 3);
    tamper(
      folder.path,
      `DROP TABLE instance; DROP TABLE log_epoch;
        ALTER TABLE log_head DROP COLUMN epoch_since;
        ALTER TABLE sequence DROP COLUMN leased_in;
        ALTER TABLE sequence DROP COLUMN fenced_pos;
        ALTER TABLE sequence DROP COLUMN epoch;
        DROP TABLE settings_history; DROP TABLE settings_replaced;
        ${WITHOUT_GROUPS}
        DELETE FROM schema_migration WHERE version > 1`,
    );
    await using db = await openDatabase(folder.path);
    await using store = openSqliteRecordStore(db);
    const { head, formerEpochs, epochAgeMs } = await store.read([]);
    deepEqual([head.position, formerEpochs, epochAgeMs], [3, [], Infinity]);
  });

  Deno.test("sqlite: what documents were when their history began is kept", async () => {
    await using folder = await makeFolder();
    const [one, two] = ["1", "2"].map((user) =>
      parseSettingsKey(`user:${user}:mode:scalp`)
    ) as [SettingsKey, SettingsKey];
    {
      const clock = createFakeClock();
      await using db = await openDatabase(folder.path, { clock });
      await using store = openSqliteSettingsStore(db);
      await store.write([{ key: one, json: "1" }], "ann");
      await store.write([{ key: one, json: "2" }], "ann");
    }
    tamper(
      folder.path,
      `DROP TABLE settings_history; DROP TABLE settings_replaced;
        ${WITHOUT_GROUPS}
        DELETE FROM schema_migration WHERE version > 3`,
    );
    await using db = await openDatabase(folder.path);
    await using store = openSqliteSettingsStore(db);
    await using archive = openSqliteSettingsArchive(db);
    await store.write([one, two].map((key) => ({ key, json: "3" })), "bob");
    const edits = await archive.edits({ keys: [one], after: 2, limit: 10 });
    deepEqual(edits[0]!.before, {
      key: one,
      version: 2,
      at: createFakeClock().now(),
      actor: MIGRATION_ACTOR,
      json: "2",
    });
    deepEqual(await archive.at([two], 1), [undefined]);
    await rejects(archive.at([one], 1), {
      code: "expired",
      facts: { key: one, earliest: 2 },
    });
  });

  Deno.test("sqlite: a database opened again keeps its epoch, its head and its events", async () => {
    await using folder = await makeFolder();
    const event = anEvent();
    const before = await openDatabase(folder.path, { seed: 1 });
    await using bus = openSqliteEventBus(before);
    await bus.publish([anEvent(), event]);
    const head = await bus.head();
    await before[Symbol.asyncDispose]();

    await using db = await openDatabase(folder.path, { seed: 2 });
    await using again = openSqliteEventBus(db);
    deepEqual(await again.head(), head);
    const page = await again.read({ after: 1, limit: 10, epoch: head.epoch });
    deepEqual(page.events.map((e) => e.id), [event.id]);
  });

  Deno.test("sqlite: two databases have different epochs", async () => {
    await using one = await makeFolder();
    await using two = await makeFolder();
    await using a = await openDatabase(one.path, { seed: 1 });
    await using b = await openDatabase(two.path, { seed: 2 });
    await using busA = openSqliteEventBus(a);
    await using busB = openSqliteEventBus(b);
    ok((await busA.head()).epoch !== (await busB.head()).epoch);
  });

  Deno.test("sqlite: a database is in WAL mode and flushes every commit", async () => {
    await using folder = await makeFolder();
    await using db = await openDatabase(folder.path);
    const settings = await db.read((sql) =>
      ["journal_mode", "synchronous", "foreign_keys", "busy_timeout"].map(
        (name) => sql.get(`PRAGMA ${name}`)![0],
      )
    );
    deepEqual(settings, ["wal", 2, 1, 5]);
  });

  Deno.test("sqlite: a database of a newer program is refused", async () => {
    await using folder = await makeFolder();
    await create(folder.path);
    tamper(
      folder.path,
      "INSERT INTO schema_migration VALUES (10, '0010_x', 'c', 0)",
    );
    await rejects(openDatabase(folder.path), {
      code: "unsupported",
      message:
        `Cannot use database ${folder.path} as a newer program made it: found schema version 10, known version is 9`,
    });
  });

  for (
    const [change, script] of [
      ["a lost table", "DROP TABLE log_head"],
      ["an empty list of migrations", "DELETE FROM schema_migration"],
      [
        "another list of migrations",
        "DROP TABLE schema_migration; CREATE TABLE schema_migration (a)",
      ],
    ] as const
  ) {
    Deno.test(`sqlite: a database with ${change} is refused`, async () => {
      await using folder = await makeFolder();
      await create(folder.path);
      tamper(folder.path, script);
      await rejects(openDatabase(folder.path), {
        code: "corrupt",
        message:
          `Cannot open database ${folder.path} as its tables are not those of this program`,
      });
    });
  }

  Deno.test("sqlite: a database without its list of migrations is refused", async () => {
    await using folder = await makeFolder();
    await create(folder.path);
    tamper(folder.path, "DROP TABLE schema_migration");
    await rejects(openDatabase(folder.path), {
      code: "unsupported",
      message: /it has tables, but no schema_migration$/,
    });
  });

  Deno.test("sqlite: a log whose head is not where its events end is refused", async () => {
    const heads = [
      ["DELETE FROM log_head", "found head none, newest event 3"],
      ["UPDATE log_head SET pos = 2", "found head 2, newest event 3"],
      ["UPDATE log_head SET pos = 4", "found head 4, newest event 3"],
      ["DELETE FROM log_head; DELETE FROM event_log", /none.*none$/],
    ] as const;
    for (const [script, found] of heads) {
      await using folder = await makeFolder();
      await createWithEvents(folder.path, 3);
      tamper(folder.path, script);
      await rejects(openDatabase(folder.path), {
        code: "corrupt",
        message: found instanceof RegExp
          ? found
          : `Cannot use database ${folder.path} as its log is damaged or was changed by hand: ${found}`,
      });
    }
  });

  Deno.test("sqlite: a log whose events have all been dropped goes on where it was", async () => {
    await using folder = await makeFolder();
    await createWithEvents(folder.path, 3);
    tamper(folder.path, "DELETE FROM event_log");
    await using db = await openDatabase(folder.path);
    await using bus = openSqliteEventBus(db);
    equal((await bus.publish([anEvent()]))[0]!.position, 4);
  });

  Deno.test("sqlite: a database of other scripts is refused", async () => {
    await using folder = await makeFolder();
    await create(folder.path);
    tamper(folder.path, "UPDATE schema_migration SET checksum = 'other'");
    await rejects(openDatabase(folder.path), {
      code: "corrupt",
      message:
        `Cannot use database ${folder.path} as other scripts than this program's made it: found schema version 9, known version is 9, and migration 1 differs`,
    });
  });

  Deno.test("sqlite: a database of another program is refused and left alone", async () => {
    await using folder = await makeFolder();
    tamper(folder.path, "CREATE TABLE theirs (a)");
    await rejects(openDatabase(folder.path), {
      code: "unsupported",
      message: /belongs to another program/,
    });
    const raw = new DatabaseSync(folder.path);
    const tables = raw.prepare("SELECT name FROM sqlite_schema").all();
    raw.close();
    deepEqual(tables.map((table) => table["name"]), ["theirs"]);
  });

  Deno.test("sqlite: a file of garbage is refused and left alone", async () => {
    await using folder = await makeFolder();
    const garbage = "this is a letter to my aunt. ".repeat(500);
    await Deno.writeTextFile(folder.path, garbage);
    await rejects(openDatabase(folder.path), {
      code: "corrupt",
      message:
        `Cannot open database ${folder.path} as its file is not a SQLite database`,
    });
    equal(await Deno.readTextFile(folder.path), garbage);
  });

  Deno.test("sqlite: a damaged database is refused", async () => {
    await using folder = await makeFolder();
    await create(folder.path);
    using file = await Deno.open(folder.path, { write: true });
    await file.seek(100, Deno.SeekMode.Start);
    await file.write(new Uint8Array(8192).fill(0xa5));
    await rejects(openDatabase(folder.path), {
      code: "corrupt",
      message: `Cannot open database ${folder.path} as its file is damaged`,
    });
  });

  Deno.test("sqlite: a missing folder, a folder in its place and memory are refused", async () => {
    await using folder = await makeFolder();
    await rejects(openDatabase(`${folder.path}/none/x.db`), {
      code: "unavailable",
      message: /as its folder does not exist: expected .*\/none$/,
    });
    await Deno.mkdir(folder.path);
    await rejects(openDatabase(folder.path), {
      code: "unavailable",
      message: /as a folder has that name$/,
    });
    await rejects(openDatabase(":memory:"), { code: "unsupported" });
  });

  Deno.test("sqlite: a file that cannot be created is refused", async () => {
    await using folder = await makeFolder();
    await Deno.symlink(`${folder.path}-none/x.db`, folder.path);
    await rejects(openDatabase(folder.path), {
      code: "unavailable",
      message: /as the system does not let this user create it$/,
    });
    await Deno.remove(folder.path);
    await Deno.writeTextFile(folder.path, "");
    await rejects(openDatabase(`${folder.path}/x.db`), {
      code: "unavailable",
      message: /as the system does not let this user read and write it$/,
    });
  });

  Deno.test("sqlite: a program without the permission is told which", async () => {
    await using folder = await makeFolder();
    const child = startPublisher(folder.path, {
      count: 0,
      publishers: 0,
      seed: 1,
      permissions: [],
    });
    const [line] = await Array.fromAsync(child.lines);
    match(line!, /as this program was not allowed to: start it with --allow/);
    equal((await child.status).code, 1);
  });

  const stranger = await findStranger();
  Deno.test({
    name: `sqlite: a file that this user may not use is refused${
      stranger ? "" : " (skipped, as no other user can start this program)"
    }`,
    ignore: stranger === undefined,
    async fn() {
      const refusals = [
        [0o000, "the system does not let this user read and write it"],
        [0o444, "its file may not be written"],
      ] as const;
      for (const [mode, reason] of refusals) {
        await using folder = await makeFolder();
        await create(folder.path);
        await Deno.chmod(folder.path, mode);
        deepEqual(await openAs(stranger!, folder.path), {
          code: 1,
          said: [
            `PortError: Cannot open database ${folder.path} as ${reason}`,
          ],
        });
      }
    },
  });

  Deno.test("sqlite: a database that stays locked is unavailable", async () => {
    await using folder = await makeFolder();
    await create(folder.path);
    const raw = new DatabaseSync(folder.path);
    raw.exec("BEGIN IMMEDIATE");
    await rejects(
      openDatabase(folder.path, { clock: createHurriedClock() }),
      {
        code: "unavailable",
        message:
          `Cannot open database ${folder.path} as another process holds its lock`,
      },
    );
    raw.close();
    await create(folder.path);
  });
}
