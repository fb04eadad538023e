/**
 * A disk without room refuses writes and loses nothing.
 *
 * @module
 */
import { deepEqual, equal, ok, rejects } from "../support/assert.ts";
import type { SqliteDatabase } from "../../adapters/sqlite/database.ts";
import { openSqliteEventBus } from "../../adapters/sqlite/event_bus.ts";
import { openSqliteSettingsStore } from "../../adapters/sqlite/settings_store.ts";
import type { LoggedEvent } from "../../domain/event/event.ts";
import { parseSettingsKey } from "../../domain/settings.ts";
import type { EventBus } from "../../ports/event_bus.ts";
import { anEvent } from "../support/events.ts";
import { needs } from "../support/needs.ts";
import { createSqliteWorld, openDatabase } from "../support/sqlite_world.ts";

const KEY = parseSettingsKey("user:1:settings:all");
const TEXT = "x".repeat(900);

/** Ids by the position that was acknowledged. */
type Acknowledged = Map<number, string>;

/** Publishes by several at once until somebody is refused; returns the refusal. */
async function publishUntilRefused(
  bus: EventBus,
  acknowledged: Acknowledged,
): Promise<unknown> {
  let refusal: unknown;
  await Promise.all(Array.from({ length: 8 }, async () => {
    while (refusal === undefined) {
      try {
        const [receipt] = await bus.publish([anEvent({ TEXT })]);
        acknowledged.set(receipt!.position, receipt!.id);
      } catch (error) {
        refusal = error;
      }
    }
  }));
  return refusal;
}

async function readAll(bus: EventBus): Promise<LoggedEvent[]> {
  const events: LoggedEvent[] = [];
  for (let after = 0;;) {
    const page = await bus.read({ after, limit: 1000 });
    if (page.events.length === 0) return events;
    events.push(...page.events);
    after = page.scannedTo;
  }
}

/** Fills the disk, looks, has room made, and looks again. */
async function outlive(
  db: SqliteDatabase,
  makeRoom: () => Promise<unknown>,
): Promise<Acknowledged> {
  await using bus = openSqliteEventBus(db);
  await using settings = openSqliteSettingsStore(db);
  await settings.write([{ key: KEY, json: "1" }], "1");
  const acknowledged: Acknowledged = new Map();
  for (let outage = 0; outage < 2; outage++) {
    const before = acknowledged.size;
    const refusal = await publishUntilRefused(bus, acknowledged);
    ok(acknowledged.size > before);
    equal((refusal as { code: string }).code, "full", String(refusal));
    await rejects(bus.publish([anEvent({ TEXT: TEXT.repeat(50) })]), {
      code: "full",
      message: "Cannot write to the database as no room is left on its disk",
    });
    equal((await settings.read([KEY])).documents[0]!.json, "1");
    equal((await bus.head()).position, acknowledged.size + 1);
    await makeRoom();
    const [receipt] = await bus.publish([anEvent()]);
    acknowledged.set(receipt!.position, receipt!.id);
  }
  await check(bus, acknowledged);
  return acknowledged;
}

/** The log is dense, and holds everything that was acknowledged, and no more. */
async function check(bus: EventBus, acknowledged: Acknowledged) {
  const events = await readAll(bus);
  deepEqual(
    events.map((event) => event.position),
    events.map((_, i) => i + 1),
  );
  equal(events.length, acknowledged.size + 1);
  for (const { position, id } of events.slice(1)) {
    equal(acknowledged.get(position), id);
  }
}

/** Mounts a small file system in memory; only root may. */
async function mount(folder: string): Promise<boolean> {
  const args = ["-t", "tmpfs", "-o", "size=4m", "tmpfs", folder];
  const { success } = await new Deno.Command("mount", { args, stderr: "null" })
    .output().catch(() => ({ success: false }));
  return success;
}

async function unmount(folder: string): Promise<void> {
  await new Deno.Command("umount", { args: [folder] }).output();
}

async function canMount(): Promise<boolean> {
  const folder = await Deno.makeTempDir();
  const works = await mount(folder);
  if (works) await unmount(folder);
  await Deno.remove(folder);
  return works;
}

if (await needs(import.meta.url, ["read", "write", "run"])) {
  Deno.test("sqlite: a file that may not grow refuses writes and loses nothing", async () => {
    await using world = await createSqliteWorld();
    let pages = 0;
    const grow = () =>
      world.db.read((sql) =>
        sql.get(`PRAGMA max_page_count = ${pages += 100}`)
      );
    await grow();
    const acknowledged = await outlive(world.db, grow);
    await world.db[Symbol.asyncDispose]();
    await using again = await openDatabase(world.path);
    await check(openSqliteEventBus(again), acknowledged);
  });

  const ignore = !await canMount();
  const unless = ignore ? " (skipped, as it takes root to mount a disk)" : "";

  Deno.test({
    name:
      `sqlite: a disk that is full refuses writes and loses nothing${unless}`,
    ignore,
    async fn() {
      const folder = await Deno.makeTempDir({ prefix: "holdfast-full-" });
      try {
        await mount(folder);
        const ballast = [1, 2].map((i) => `${folder}/ballast${i}`);
        for (const file of ballast) {
          await Deno.writeFile(file, new Uint8Array(500_000));
        }
        const db = await openDatabase(`${folder}/holdfast.db`);
        const makeRoom = () => Deno.remove(ballast.pop()!);
        const acknowledged = await outlive(db, makeRoom);
        await db[Symbol.asyncDispose]();
        await using again = await openDatabase(`${folder}/holdfast.db`);
        await check(openSqliteEventBus(again), acknowledged);
      } finally {
        await unmount(folder);
        await Deno.remove(folder);
      }
    },
  });

  Deno.test({
    name: `sqlite: a disk without room for a new database refuses it${unless}`,
    ignore,
    async fn() {
      const folder = await Deno.makeTempDir({ prefix: "holdfast-full-" });
      try {
        await mount(folder);
        await Deno.writeFile(`${folder}/ballast`, new Uint8Array(4_160_000));
        await rejects(openDatabase(`${folder}/holdfast.db`), {
          code: "full",
          message: /as no room is left on its disk$/,
        });
        await Deno.remove(`${folder}/ballast`);
        const db = await openDatabase(`${folder}/holdfast.db`);
        await db[Symbol.asyncDispose]();
      } finally {
        await unmount(folder);
        await Deno.remove(folder);
      }
    },
  });
}
