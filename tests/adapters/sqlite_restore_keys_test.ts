/**
 * Which API keys are good after a restore: a key that was revoked stays so,
 * where anybody can know.
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite";
import { openSqliteApiKeyStore } from "../../adapters/sqlite/api_key_store.ts";
import { createSqliteBackup } from "../../adapters/sqlite/backup.ts";
import { createSystemClock } from "../../adapters/system/clock.ts";
import type { ApiKeyStore } from "../../ports/api_key_store.ts";
import { createApiKeys } from "../../src/services/api_keys.ts";
import { deepEqual, equal } from "../support/assert.ts";
import { needs } from "../support/needs.ts";
import { createRecordingTelemetry } from "../support/recording_telemetry.ts";
import { createSeededEntropy } from "../support/seeded_entropy.ts";
import { makeFolder, openDatabase } from "../support/sqlite_world.ts";

let seed = 1;

function backupOf(path: string) {
  const clock = createSystemClock();
  return createSqliteBackup({ path, clock, entropy: createSeededEntropy(3) });
}

/** Does `work` with the keys of the database, as a service would. */
async function withKeys<T>(
  path: string,
  work: (
    keys: ReturnType<typeof createApiKeys>,
    store: ApiKeyStore,
  ) => Promise<T>,
): Promise<T> {
  await using db = await openDatabase(path);
  await using store = openSqliteApiKeyStore(db);
  const keys = createApiKeys({
    store,
    clock: createSystemClock(),
    entropy: createSeededEntropy(++seed),
    telemetry: createRecordingTelemetry(),
  });
  return await work(keys, store);
}

const make = (path: string, name: string) =>
  withKeys(path, async (keys) => {
    const { key, text } = await keys.create({ name, scopes: ["admin"] }, "me");
    return { id: key.id, text };
  });

/** Which of the keys are good. */
const good = (path: string, ...texts: readonly string[]) =>
  withKeys(path, async (keys) => {
    const checked = await Promise.all(texts.map((text) => keys.check(text)));
    return checked.map((one) => typeof one !== "string");
  });

/** A database with three keys, backed up; then one is revoked, one rotated, one made. */
async function createWorld() {
  const folder = await makeFolder();
  const { path } = folder;
  const [stays, revoked, rotated] = [
    await make(path, "stays"),
    await make(path, "revoked"),
    await make(path, "rotated"),
  ];
  const file = `${path}.b`;
  await backupOf(path).backUp(file);
  const anew = await withKeys(path, async (keys) => {
    await keys.revoke(revoked.id, "me");
    return await keys.rotate(rotated.id, 0, "me");
  });
  const made = await make(path, "made");
  const texts = [stays, revoked, rotated, anew, made].map(({ text }) => text);
  return {
    path,
    file,
    good: () => good(path, ...texts),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

/** In the order of the texts: stays, revoked, rotated, its new secret, made. */
const AS_THEY_WERE = [true, false, false, true, true];
const AS_BACKED_UP = [true, true, true, false, false];

if (await needs(import.meta.url, ["read", "write"])) {
  Deno.test("sqlite restore: keys stay as they were in the database replaced", async () => {
    await using world = await createWorld();
    deepEqual(await world.good(), AS_THEY_WERE);
    const report = await backupOf(world.path).restore(world.file);
    deepEqual([report.keys, report.keyCount], ["kept", 3]);
    deepEqual(await world.good(), AS_THEY_WERE);
    // Also when what is replaced has been restored itself.
    const again = await backupOf(world.path).restore(world.file);
    equal(again.keys, "kept");
    deepEqual(await world.good(), AS_THEY_WERE);
  });

  Deno.test("sqlite restore: where the database is lost or damaged keys are those of the backup, and that is told", async () => {
    for (const text of [undefined, "damaged ".repeat(1000)]) {
      await using world = await createWorld();
      await Deno.remove(world.path);
      if (text !== undefined) await Deno.writeTextFile(world.path, text);
      const report = await backupOf(world.path).restore(world.file);
      deepEqual([report.keys, report.keyCount], ["restored", 3]);
      deepEqual(await world.good(), AS_BACKED_UP);
    }
  });

  Deno.test("sqlite restore: keys of a database that was begun anew are no later ones of the backup", async () => {
    await using world = await createWorld();
    await Deno.remove(world.path);
    const other = await make(world.path, "first key of a new database");
    const report = await backupOf(world.path).restore(world.file);
    equal(report.keys, "restored");
    deepEqual(await world.good(), AS_BACKED_UP);
    deepEqual(await good(world.path, other.text), [false]);
  });

  Deno.test("sqlite restore: numbers go on where the database replaced is too old to have keys", async () => {
    await using world = await createWorld();
    const old = new DatabaseSync(world.path);
    old.exec(
      `DROP TABLE api_key; DROP TABLE api_key_state;
        INSERT INTO sequence (user_id, day, leased_to) VALUES ('ann', '20260102', 40)`,
    );
    old.close();
    const { keys, replacedPosition } = await backupOf(world.path)
      .restore(world.file);
    deepEqual([keys, replacedPosition], ["restored", 0]);
    const restored = new DatabaseSync(world.path);
    const row = restored.prepare("SELECT leased_to FROM sequence").get();
    restored.close();
    equal(row?.["leased_to"], 40);
  });

  Deno.test("sqlite restore: all keys can be revoked with it, and the next start makes a first one", async () => {
    await using world = await createWorld();
    const { path } = world;
    const report = await backupOf(path)
      .restore(world.file, { revokesKeys: true });
    deepEqual([report.keys, report.keyCount], ["revoked", 0]);
    deepEqual(await world.good(), AS_THEY_WERE.map(() => false));
    let first = "";
    await withKeys(path, (keys) => keys.begin((text) => void (first = text)));
    deepEqual(await good(path, first), [true]);
  });
}
