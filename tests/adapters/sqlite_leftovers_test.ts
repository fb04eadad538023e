/**
 * What backups and restores that were killed have left is removed by the next
 * one, and nothing else is.
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite";
import { createSqliteBackup } from "../../adapters/sqlite/backup.ts";
import { createSystemClock } from "../../adapters/system/clock.ts";
import { deepEqual, equal, match } from "../support/assert.ts";
import { needs } from "../support/needs.ts";
import { createSeededEntropy } from "../support/seeded_entropy.ts";
import { makeFolder, openDatabase } from "../support/sqlite_world.ts";

const DAY_MS = 24 * 3600 * 1000;

function backupOf(path: string, seed = 3) {
  const clock = createSystemClock();
  const entropy = createSeededEntropy(seed);
  return createSqliteBackup({ path, clock, entropy });
}

/** Has the file look as if it was written to so long ago. */
async function age(path: string, agoMs: number): Promise<void> {
  const at = new Date(Date.now() - agoMs);
  await Deno.utime(path, at, at);
}

/** Makes a file of SQLite's that was written to so long ago. */
async function makeOld(path: string, agoMs = DAY_MS): Promise<void> {
  const database = new DatabaseSync(path);
  database.exec("CREATE TABLE half_made (a)");
  database.close();
  await age(path, agoMs);
}

async function makeWorld() {
  const folder = await makeFolder();
  const { path } = folder;
  await using _ = await openDatabase(path);
  const place = path.replace(/\/[^/]*$/, "");
  return {
    path,
    place,
    async names() {
      const names = await Array.fromAsync(Deno.readDir(place));
      return names.map(({ name }) => name).sort();
    },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

if (await needs(import.meta.url, ["read", "write"])) {
  Deno.test("sqlite backup: what a killed one has left goes with the next, whatever that is called", async () => {
    await using world = await makeWorld();
    const { path, place, names } = world;
    const { rename } = Deno;
    let made = "";
    Deno.rename = (from, to) => {
      made = String(from);
      return rename(from, to);
    };
    try {
      const { leftovers } = await backupOf(path).backUp(`${place}/monday.db`);
      deepEqual(leftovers, []);
    } finally {
      Deno.rename = rename;
    }
    // As a backup that is under way calls its file.
    const name = made.slice(place.length + 1);
    match(name, /^monday\.db\.partial-[0-9a-f]{8}$/);
    for (const end of ["", "-journal", "-wal", "-shm"]) {
      await makeOld(`${place}/${name}${end}`);
    }
    const empty = `${place}/sunday.db.partial-00000000`;
    await Deno.writeTextFile(empty, "");
    await age(empty, DAY_MS);
    const { leftovers } = await backupOf(path).backUp(`${place}/tuesday.db`);
    deepEqual(leftovers, [`${place}/${name}`, empty]);
    deepEqual(await names(), ["holdfast.db", "monday.db", "tuesday.db"]);
  });

  Deno.test("sqlite backup: one that is under way keeps its file, and so does everybody else", async () => {
    await using world = await makeWorld();
    const { path, place, names } = world;
    const kept = [
      // Written to a moment ago, or so lately that somebody may write again.
      ["a.db.partial-0123abcd", 0],
      ["b.db.partial-0123abcd", DAY_MS / 5],
      // Not called as we do.
      ["c.db.partial-0123abc", DAY_MS],
      ["d.db.partial-0123abcde", DAY_MS],
      ["e.db.partial-0123ABCD", DAY_MS],
      ["f.db-partial-0123abcd", DAY_MS],
      [".partial-0123abcd", DAY_MS],
      ["g.db.restoring-0123abcd", DAY_MS],
    ] as const;
    for (const [name, agoMs] of kept) await makeOld(`${place}/${name}`, agoMs);
    // Somebody writes beside it.
    await makeOld(`${place}/h.db.partial-0123abcd`);
    await makeOld(`${place}/h.db.partial-0123abcd-journal`, 0);
    // Not made by SQLite, and no file.
    const text = `${place}/i.db.partial-0123abcd`;
    await Deno.writeTextFile(text, "a file of somebody else's");
    await age(text, DAY_MS);
    await Deno.mkdir(`${place}/j.db.partial-0123abcd`);
    await Deno.symlink(path, `${place}/k.db.partial-0123abcd`);
    const before = await names();
    const { leftovers } = await backupOf(path).backUp(`${place}/new.db`);
    deepEqual(leftovers, []);
    deepEqual(await names(), [...before, "new.db"].sort());
  });

  Deno.test("sqlite restore: what a killed one has left beside the database goes with the next", async () => {
    await using world = await makeWorld();
    const { path, place, names } = world;
    await backupOf(path).backUp(`${place}/b.db`);
    await makeOld(`${path}.restoring-0123abcd`);
    await makeOld(`${path}.restoring-0123abce`, 0);
    await backupOf(path).restore(`${place}/b.db`);
    const left = (await names()).filter((name) => name.includes("restoring"));
    deepEqual(left, ["holdfast.db.restoring-0123abce"]);
  });

  Deno.test("sqlite backup: a folder that cannot be listed takes a backup all the same", async () => {
    await using world = await makeWorld();
    const { path, place } = world;
    const listed = Deno.readDir;
    Deno.readDir = () => {
      throw new Deno.errors.PermissionDenied("no");
    };
    try {
      const { leftovers } = await backupOf(path).backUp(`${place}/b.db`);
      equal(leftovers.length, 0);
    } finally {
      Deno.readDir = listed;
    }
  });
}
