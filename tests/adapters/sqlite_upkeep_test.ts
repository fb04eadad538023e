/**
 * Looking at a SQLite file, and migrating it without a service.
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite";
import { createSqliteUpkeep } from "../../adapters/sqlite/upkeep.ts";
import { createSystemClock } from "../../adapters/system/clock.ts";
import { testDatabaseUpkeep } from "../contracts/database_upkeep.ts";
import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { needs } from "../support/needs.ts";
import { createSeededEntropy } from "../support/seeded_entropy.ts";
import { makeFolder } from "../support/sqlite_world.ts";

const upkeepOf = (path: string) =>
  createSqliteUpkeep({
    path,
    clock: createSystemClock(),
    entropy: createSeededEntropy(3),
  });

if (await needs(import.meta.url, ["read", "write"])) {
  testDatabaseUpkeep("sqlite upkeep", async () => {
    const folder = await makeFolder();
    return {
      upkeep: upkeepOf(folder.path),
      async change(sql) {
        const database = new DatabaseSync(folder.path);
        database.exec(sql);
        database.close();
      },
      [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
    };
  });

  Deno.test("sqlite upkeep: pages that were overwritten are found, with what mends them", async () => {
    await using folder = await makeFolder();
    const { path } = folder;
    const upkeep = upkeepOf(path);
    await upkeep.migrate();
    const file = await Deno.open(path, { write: true });
    await file.seek(4096 * 2, Deno.SeekMode.Start);
    await file.write(new Uint8Array(4096 * 8).fill(7));
    file.close();
    const { findings } = await upkeep.examine(false);
    const found = findings.filter(({ level, mend }) =>
      level === "fail" && /restore/.test(mend ?? "")
    );
    ok(found.length > 0, JSON.stringify(findings));
  });

  Deno.test("sqlite upkeep: what is no database is told as such", async () => {
    await using folder = await makeFolder();
    await Deno.writeTextFile(folder.path, "no database".repeat(500));
    const { findings } = await upkeepOf(folder.path).examine(false);
    deepEqual(findings.map(({ check, level }) => [check, level]), [
      ["database", "fail"],
    ]);
  });

  Deno.test("sqlite upkeep: of one that somebody keeps to himself nobody is told to change its rights", async () => {
    await using folder = await makeFolder();
    const { path } = folder;
    const upkeep = upkeepOf(path);
    await upkeep.migrate();
    using alone = new DatabaseSync(path);
    alone.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = DELETE");
    alone.exec("BEGIN EXCLUSIVE; COMMIT");
    const { findings: [found] } = await upkeep.examine(false);
    equal(found!.level, "fail");
    match(found!.says, /another process holds its lock$/);
    equal(found!.mend, `see who has it open: fuser ${path}`);
  });

  Deno.test("sqlite upkeep: looking changes no byte of the database, and leaves no file beside it", async () => {
    await using folder = await makeFolder();
    const { path } = folder;
    const upkeep = upkeepOf(path);
    await upkeep.migrate();
    const before = await Deno.readFile(path);
    await upkeep.examine(true);
    await upkeep.schema();
    deepEqual(await Deno.readFile(path), before);
    const names = await Array.fromAsync(
      Deno.readDir(path.replace(/\/[^/]*$/, "")),
      ({ name }) => name,
    );
    deepEqual(names, ["holdfast.db"]);
    equal((await upkeep.schema()).state, "current");
  });
}
