/**
 * What a backup or a restore makes of the files beside it: what a crash has
 * left, what another command is about to make, who may read them.
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite";
import { createSqliteBackup } from "../../adapters/sqlite/backup.ts";
import { openSqliteEventBus } from "../../adapters/sqlite/event_bus.ts";
import { openSqliteRecordStore } from "../../adapters/sqlite/record_store.ts";
import { createSystemClock } from "../../adapters/system/clock.ts";
import { hasCode } from "../../ports/port_error.ts";
import { deepEqual, equal, ok, rejects } from "../support/assert.ts";
import { anEvent } from "../support/events.ts";
import { needs } from "../support/needs.ts";
import { createSeededEntropy } from "../support/seeded_entropy.ts";
import { startPublisher } from "../support/sqlite_process.ts";
import { makeFolder, openDatabase } from "../support/sqlite_world.ts";

function backupOf(path: string, seed = 3) {
  const clock = createSystemClock();
  return createSqliteBackup({
    ...{ path, clock, entropy: createSeededEntropy(seed) },
  });
}

async function publish(path: string, count: number): Promise<void> {
  await using db = await openDatabase(path);
  const events = Array.from({ length: count }, (_, n) => anEvent({ n }));
  await openSqliteEventBus(db).publish(events);
}

async function positionOf(path: string): Promise<number> {
  await using db = await openDatabase(path);
  await using record = openSqliteRecordStore(db);
  return (await record.read([])).head.position;
}

/** Has a process write to the database and die; its write-ahead log stays. */
async function crash(path: string): Promise<void> {
  const options = { count: 1_000_000, publishers: 1, seed: 1 };
  const publisher = startPublisher(path, options);
  const lines = publisher.lines[Symbol.asyncIterator]();
  for (let n = 0; n < 20; n++) await lines.next();
  publisher.kill();
  while (!(await lines.next()).done);
  await publisher.status;
  ok((await Deno.stat(`${path}-wal`)).size > 0);
}

function soundnessOf(path: string): unknown {
  using sql = new DatabaseSync(path);
  return sql.prepare("PRAGMA integrity_check").get()!["integrity_check"];
}

async function namesBeside(path: string): Promise<string[]> {
  const folder = path.replace(/\/[^/]*$/, "");
  const names = await Array.fromAsync(Deno.readDir(folder));
  return names.map(({ name }) => name).sort();
}

async function modeOf(path: string): Promise<number> {
  return (await Deno.stat(path)).mode! & 0o777;
}

if (await needs(import.meta.url, ["read", "write", "run", "env", "sys"])) {
  Deno.test("sqlite restore: what a crash left of a database that was deleted is not read into the restored one", async () => {
    await using folder = await makeFolder();
    const { path } = folder;
    await publish(path, 3);
    await backupOf(path).backUp(`${path}.b`);
    await crash(path);
    await Deno.remove(path);
    await backupOf(path).restore(`${path}.b`);
    equal(soundnessOf(path), "ok");
    equal(await positionOf(path), 3);
    ok((await namesBeside(path)).some((name) => /replaced.*-wal$/.test(name)));
  });

  Deno.test("sqlite restore: what a crash left of a damaged database is not read into the restored one", async () => {
    await using folder = await makeFolder();
    const { path } = folder;
    await publish(path, 3);
    await backupOf(path).backUp(`${path}.b`);
    await crash(path);
    await Deno.writeTextFile(path, "no database at all".repeat(999));
    await Deno.writeTextFile(`${path}-wal`, "no log".repeat(999));
    await backupOf(path).restore(`${path}.b`);
    equal(soundnessOf(path), "ok");
    equal(await positionOf(path), 3);
  });

  Deno.test("sqlite backup: of several to one file at the same time, one is kept whole, and the others say so", async () => {
    await using folder = await makeFolder();
    const { path } = folder;
    await publish(path, 500);
    const attempts = await Promise.allSettled(
      [1, 2, 3, 4].map((seed) => backupOf(path, seed).backUp(`${path}.b`)),
    );
    const done = attempts.filter(({ status }) => status === "fulfilled");
    equal(done.length, 1);
    const failures = attempts.flatMap((attempt) =>
      attempt.status === "rejected" ? [attempt.reason] : []
    );
    ok(failures.every((error) => hasCode(error, "conflict")), `${failures}`);
    equal(soundnessOf(`${path}.b`), "ok");
    const names = await namesBeside(path);
    deepEqual(names, ["holdfast.db", "holdfast.db.b"]);
  });

  Deno.test("sqlite restore: of several at the same time none takes the other's copy away", async () => {
    await using folder = await makeFolder();
    const { path } = folder;
    await publish(path, 500);
    await backupOf(path).backUp(`${path}.b`);
    await Deno.remove(path);
    const attempts = await Promise.allSettled(
      [1, 2, 3].map((seed) => backupOf(path, seed).restore(`${path}.b`)),
    );
    ok(attempts.some(({ status }) => status === "fulfilled"));
    for (const attempt of attempts) {
      if (attempt.status === "fulfilled") continue;
      ok(hasCode(attempt.reason, "conflict"), `${attempt.reason}`);
    }
    equal(soundnessOf(path), "ok");
    equal(await positionOf(path), 500);
    ok(!(await namesBeside(path)).some((name) => name.includes("restoring")));
  });

  Deno.test("sqlite backup: where it cannot be written, that file is named and not the database", async () => {
    await using folder = await makeFolder();
    const { path } = folder;
    await publish(path, 1);
    const to = `${path}.no/where/b`;
    await rejects(backupOf(path).backUp(to), {
      code: "unavailable",
      message: new RegExp(`^Cannot write ${to}\\S* as No such file`),
    });
  });

  Deno.test("sqlite backup and restore: nobody may read them who might not read the database", async () => {
    await using folder = await makeFolder();
    const { path } = folder;
    await publish(path, 1);
    await Deno.chmod(path, 0o600);
    await backupOf(path).backUp(`${path}.b`);
    equal(await modeOf(`${path}.b`), 0o600);
    await Deno.chmod(`${path}.b`, 0o644);
    await backupOf(path).restore(`${path}.b`);
    equal(await modeOf(path), 0o600);
  });

  Deno.test(
    "sqlite restore: the database belongs to whom it belonged, or else its folder",
    {
      ignore: Deno.uid() !== 0,
    },
    async () => {
      await using folder = await makeFolder();
      const { path } = folder;
      await publish(path, 1);
      await backupOf(path).backUp(`${path}.b`);
      await Deno.chown(path, 1234, 1235);
      await backupOf(path).restore(`${path}.b`);
      const { uid, gid } = await Deno.stat(path);
      deepEqual([uid, gid], [1234, 1235]);
      await Deno.remove(path);
      await Deno.chown(path.replace(/\/[^/]*$/, ""), 2345, 2346);
      await backupOf(path).restore(`${path}.b`);
      const now = await Deno.stat(path);
      deepEqual([now.uid, now.gid], [2345, 2346]);
    },
  );

  Deno.test("sqlite restore: a database that a link names is replaced where it lies", async () => {
    await using folder = await makeFolder();
    const { path } = folder;
    const real = `${path}.real`;
    await publish(real, 1);
    await Deno.symlink(real, path);
    await backupOf(path).backUp(`${path}.b`);
    await publish(real, 2);
    const { kept } = await backupOf(path).restore(`${path}.b`);
    ok((await Deno.lstat(path)).isSymlink);
    ok(kept!.startsWith(`${real}.replaced-`));
    equal(await positionOf(real), 1);
    ok(!(await namesBeside(path)).some((name) => name.endsWith("-journal")));
    equal(await positionOf(kept!), 3);
  });

  Deno.test("sqlite restore: a write that fails leaves all as it was", async () => {
    await using folder = await makeFolder();
    const { path } = folder;
    await publish(path, 2);
    await backupOf(path).backUp(`${path}.b`);
    const clock = { ...createSystemClock(), now: () => Date.UTC(2026, 1, 1) };
    const entropy = createSeededEntropy(3);
    const backup = createSqliteBackup({ path, clock, entropy });
    // What is replaced cannot be kept under a name that is taken.
    await Deno.mkdir(`${path}.replaced-2026-02-01T00-00-00-000Z`);
    await rejects(backup.restore(`${path}.b`), { code: "unavailable" });
    equal(await positionOf(path), 2);
    ok(!(await namesBeside(path)).some((name) => name.includes("restoring")));
  });
}
