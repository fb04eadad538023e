/**
 * A SQLite file backed up while it is written to, and put back.
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite";
import { createSqliteBackup } from "../../adapters/sqlite/backup.ts";
import { openSqliteEventBus } from "../../adapters/sqlite/event_bus.ts";
import { openSqliteRecordStore } from "../../adapters/sqlite/record_store.ts";
import { openSqliteSequencePort } from "../../adapters/sqlite/sequence_port.ts";
import { createSqliteUpkeep } from "../../adapters/sqlite/upkeep.ts";
import { createSystemClock } from "../../adapters/system/clock.ts";
import { parseSequenceDay } from "../../domain/sequence.ts";
import { parseUserId } from "../../domain/user_id.ts";
import { deepEqual, equal, match, ok, rejects } from "../support/assert.ts";
import { anEvent } from "../support/events.ts";
import { needs } from "../support/needs.ts";
import { createSeededEntropy } from "../support/seeded_entropy.ts";
import { startPublisher } from "../support/sqlite_process.ts";
import { makeFolder, openDatabase } from "../support/sqlite_world.ts";

const ANN = parseUserId("ann");
const DAY = parseSequenceDay("20260102");

function options(path: string) {
  return {
    path,
    clock: createSystemClock(),
    entropy: createSeededEntropy(3),
  };
}

/** Publishes `count` events and takes `numbers` order numbers. */
async function use(path: string, count: number, numbers = 0): Promise<void> {
  await using db = await openDatabase(path);
  const bus = openSqliteEventBus(db);
  await bus.publish(Array.from({ length: count }, (_, n) => anEvent({ n })));
  if (numbers === 0) return;
  await openSqliteSequencePort(db).next(ANN, DAY, numbers);
}

async function headOf(path: string) {
  await using db = await openDatabase(path);
  await using record = openSqliteRecordStore(db);
  return await record.read([]);
}

async function namesIn(folder: string): Promise<string[]> {
  const names = [];
  for await (const { name } of Deno.readDir(folder)) names.push(name);
  return names.sort();
}

if (await needs(import.meta.url, ["read", "write", "run", "env"])) {
  Deno.test("sqlite backup: what stood at one moment, as one sound file, while others write", async () => {
    await using folder = await makeFolder();
    const { path } = folder;
    const to = `${path}.backup`;
    await use(path, 1);
    const publisher = startPublisher(path, {
      count: 400,
      publishers: 2,
      seed: 1,
    });
    const lines = publisher.lines[Symbol.asyncIterator]();
    await lines.next();
    const { position, bytes } = await createSqliteBackup(options(path))
      .backUp(to);
    while (!(await lines.next()).done);
    equal((await publisher.status).success, true);
    ok(position >= 1);
    equal(bytes, (await Deno.stat(to)).size);
    const copy = new DatabaseSync(to, { readOnly: true });
    const facts = copy.prepare(
      "SELECT (SELECT pos FROM log_head) AS head, count(*) AS n, max(pos) AS last FROM event_log",
    ).get();
    const { journal_mode: mode } = copy.prepare("PRAGMA journal_mode").get()!;
    copy.close();
    deepEqual({ ...facts }, { head: position, n: position, last: position });
    // Nothing beside the file belongs to it.
    equal(mode, "delete");
    ok((await headOf(path)).head.position > position);
  });

  Deno.test("sqlite backup: a file that is there is left alone, and nothing half made stays", async () => {
    await using folder = await makeFolder();
    const { path } = folder;
    const backup = createSqliteBackup(options(path));
    await rejects(backup.backUp(`${path}.b`), { code: "not_found" });
    await use(path, 2);
    await Deno.writeTextFile(`${path}.b`, "mine");
    await rejects(backup.backUp(`${path}.b`), {
      code: "conflict",
      message: /as there is a file of that name: name another$/,
    });
    equal(await Deno.readTextFile(`${path}.b`), "mine");
    await rejects(backup.backUp(`${path}.no/where/b`), { name: "PortError" });
    const names = await namesIn(path.replace(/\/[^/]*$/, ""));
    deepEqual(names, ["holdfast.db", "holdfast.db.b"]);
  });

  Deno.test("sqlite backup: of a database whose log is damaged there is none", async () => {
    await using folder = await makeFolder();
    const { path } = folder;
    await use(path, 2);
    await change(path, "UPDATE log_head SET pos = 1");
    const backup = createSqliteBackup(options(path));
    await rejects(backup.backUp(`${path}.b`), { code: "corrupt" });
    const names = await namesIn(path.replace(/\/[^/]*$/, ""));
    deepEqual(names, ["holdfast.db"]);
  });

  Deno.test("sqlite restore: what was backed up, under another epoch that knows all before it", async () => {
    await using folder = await makeFolder();
    const { path } = folder;
    const backup = createSqliteBackup(options(path));
    await use(path, 3, 5);
    const { head: before } = await headOf(path);
    await backup.backUp(`${path}.b`);
    const later = await createSqliteUpkeep(options(path)).beginEpoch();
    await use(path, 4, 7);

    const report = await backup.restore(`${path}.b`);
    equal(report.position, 3);
    equal(report.replacedPosition, 7);
    const { head, formerEpochs } = await headOf(path);
    equal(head.position, 3);
    equal(head.epoch, report.epoch);
    // A Redis that followed either is known to be of this database.
    deepEqual(new Set(formerEpochs), new Set([before.epoch, later]));
    ok(!formerEpochs.includes(head.epoch));
    // What was replaced is whole.
    equal((await headOf(report.kept!)).head.position, 7);
  });

  Deno.test("sqlite restore: no order number that was given out is given out again", async () => {
    await using folder = await makeFolder();
    const { path } = folder;
    const backup = createSqliteBackup(options(path));
    await use(path, 1, 5);
    await backup.backUp(`${path}.b`);
    await use(path, 1, 7);
    await backup.restore(`${path}.b`);
    await using db = await openDatabase(path);
    const { first } = await openSqliteSequencePort(db).next(ANN, DAY, 1);
    ok(first > 12, `${first}`);
  });

  Deno.test("sqlite restore: twice from one backup is two epochs", async () => {
    await using folder = await makeFolder();
    const { path } = folder;
    const backup = createSqliteBackup(options(path));
    await use(path, 1);
    await backup.backUp(`${path}.b`);
    const one = await backup.restore(`${path}.b`);
    const two = await backup.restore(`${path}.b`);
    ok(one.epoch !== two.epoch);
  });

  Deno.test("sqlite restore: into an empty folder, and over a damaged file", async () => {
    await using folder = await makeFolder();
    const { path } = folder;
    const backup = createSqliteBackup(options(path));
    await use(path, 3);
    await backup.backUp(`${path}.b`);
    await Deno.remove(path);
    const { kept } = await backup.restore(`${path}.b`);
    equal(kept, undefined);
    equal((await headOf(path)).head.position, 3);

    await Deno.writeTextFile(
      path,
      "no database at all, and long enough to be looked at".repeat(99),
    );
    const over = await backup.restore(`${path}.b`);
    equal(over.replacedPosition, undefined);
    equal((await headOf(path)).head.position, 3);
    match(await Deno.readTextFile(over.kept!), /^no database at all/);
  });

  Deno.test("sqlite restore: refused while another process has the database open", async () => {
    await using folder = await makeFolder();
    const { path } = folder;
    const backup = createSqliteBackup(options(path));
    await use(path, 1);
    await backup.backUp(`${path}.b`);
    const publisher = startPublisher(path, {
      count: 1_000_000,
      publishers: 1,
      seed: 1,
    });
    const lines = publisher.lines[Symbol.asyncIterator]();
    await lines.next();
    await rejects(backup.restore(`${path}.b`), {
      code: "conflict",
      message: /as a service has it open: stop it first$/,
    });
    publisher.kill();
    while (!(await lines.next()).done);
    await publisher.status;
    await backup.restore(`${path}.b`);
    equal((await headOf(path)).head.position, 1);
  });

  Deno.test("sqlite restore: what is no backup changes nothing", async () => {
    await using folder = await makeFolder();
    const { path } = folder;
    const backup = createSqliteBackup(options(path));
    await use(path, 2);
    const before = await headOf(path);
    await Deno.writeTextFile(`${path}.text`, "no database".repeat(1000));
    const foreign = new DatabaseSync(`${path}.foreign`);
    foreign.exec("CREATE TABLE theirs (a)");
    foreign.close();
    await use(`${path}.newer`, 1);
    const newer = new DatabaseSync(`${path}.newer`);
    newer.exec("INSERT INTO schema_migration VALUES (99, 'x', 'y', 0)");
    newer.close();
    const refusals = [
      [`${path}.none`, "not_found", /there is no such file$/],
      [`${path}.text`, "corrupt", /is not a SQLite database$/],
      [`${path}.foreign`, "corrupt", /is no database of Holdfast's$/],
      [`${path}.newer`, "unsupported", /as a newer program made it/],
    ] as const;
    for (const [from, code, message] of refusals) {
      await rejects(backup.restore(from), { code, message });
    }
    deepEqual(await headOf(path), before);
    const left = await namesIn(path.replace(/\/[^/]*$/, ""));
    ok(
      !left.some((name) => /restoring|replaced|partial/.test(name)),
      `${left}`,
    );
  });
}

async function change(path: string, sql: string): Promise<void> {
  const database = new DatabaseSync(path);
  database.exec(sql);
  database.close();
  await Promise.resolve();
}
