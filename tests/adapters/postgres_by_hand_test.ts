/**
 * Rows of settings changed by hand in SQL get their version and their entry.
 *
 * @module
 */
import { deepEqual, equal, match, ok, rejects } from "../support/assert.ts";
import { openPostgresEventBus } from "../../adapters/postgres/event_bus.ts";
import { openPostgresSettingsArchive } from "../../adapters/postgres/settings_archive.ts";
import { openPostgresSettingsStore } from "../../adapters/postgres/settings_store.ts";
import { parseSettingsKey } from "../../domain/settings.ts";
import { settingsUpdated } from "../../domain/settings_event.ts";
import { isUuid } from "../../domain/uuid.ts";
import { anEvent } from "../support/events.ts";
import { makeSchema, openDatabase } from "../support/postgres_world.ts";
import { requireService } from "../support/services.ts";

const [A, B, C] = ["1", "2", "3"].map((user) =>
  parseSettingsKey(`user:${user}:mode:scalp`)
) as [typeof KEY, typeof KEY, typeof KEY];
const KEY = parseSettingsKey("admin:defaults:all");

async function setUp(url: string) {
  await using stack = new AsyncDisposableStack();
  const { url: address, psql } = stack.use(await makeSchema(url));
  const db = stack.use(openDatabase(address));
  const bus = stack.use(openPostgresEventBus(db));
  const settings = stack.use(openPostgresSettingsStore(db));
  const archive = stack.use(openPostgresSettingsArchive(db));
  await settings.write([A, B].map((key) => ({ key, json: "0" })), "ann");
  const open = stack.move();
  return {
    db,
    psql,
    bus,
    settings,
    archive,
    /** Keys, positions and batch ends of what was logged after `after`. */
    async logged(after: number) {
      const { events } = await bus.read({ after, limit: 100 });
      return events.map(({ key, position, batchEnd }) => [
        key,
        position,
        batchEnd,
      ]);
    },
    /** The versions of `keys`. */
    async versions(...keys: typeof KEY[]) {
      const { documents } = await settings.read(keys);
      return documents.map((document) => document?.version);
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}

const url = await requireService(import.meta.url, "postgres");
if (url) {
  Deno.test("postgres by hand: a changed row gets the position of its entry as version", async () => {
    await using world = await setUp(url);
    const wait = world.bus.wait(2);
    await world.psql`UPDATE settings SET value = '{"n":1}' WHERE key = ${A}`;
    await wait;
    deepEqual((await world.settings.read([A])).documents, [
      { key: A, version: 3, json: '{"n":1}' },
    ]);
    deepEqual(await world.versions(B), [2]);

    const [event] = (await world.bus.read({ after: 2, limit: 10 })).events;
    const { id, meta, json, committedAt: _, ...rest } = event!;
    ok(isUuid(id));
    const { actor } = JSON.parse(json);
    match(actor, /^sql:\w+$/);
    const made = settingsUpdated({ key: A, version: 3, actor }, id, Date.now());
    equal(json, made.json);
    const { timestamp, ...more } = meta;
    equal(new Date(timestamp).toISOString(), timestamp);
    const { timestamp: __, ...expected } = made.meta;
    deepEqual(more, expected);
    const { channel, key } = made;
    deepEqual(rest, { channel, key, position: 3, batchEnd: 3 });
  });

  Deno.test("postgres by hand: rows of one transaction are one batch, each row once", async () => {
    await using world = await setUp(url);
    await world.psql.begin(async (sql) => {
      await sql`UPDATE settings SET value = '1'`;
      await sql`UPDATE settings SET value = '2', version = 999 WHERE key = ${B}`;
      await sql`INSERT INTO settings (key, value) VALUES (${C}, '3')`;
    });
    deepEqual(await world.logged(2), [[A, 3, 5], [B, 4, 5], [C, 5, 5]]);
    deepEqual(await world.versions(A, B, C), [3, 4, 5]);
    const [head] = await world.psql`SELECT pos, set_pos FROM log_head`;
    deepEqual({ ...head }, { pos: "5", set_pos: "5" });
    equal((await world.psql`SELECT FROM settings_by_hand`).length, 0);
  });

  Deno.test("postgres by hand: a row that is deleted or renamed is told of", async () => {
    await using world = await setUp(url);
    await world.psql`DELETE FROM settings WHERE key = ${A}`;
    deepEqual(await world.logged(2), [[A, 3, 3]]);
    await world.psql`UPDATE settings SET key = ${C} WHERE key = ${B}`;
    deepEqual(await world.logged(3), [[B, 4, 5], [C, 5, 5]]);
    deepEqual(await world.versions(A, B, C), [undefined, undefined, 5]);
    await world.settings.write([{ key: A, json: "1", ifVersion: 0 }], "ann");
    deepEqual(await world.versions(A), [6]);
  });

  Deno.test("postgres by hand: what a row was before is kept, and that it was removed", async () => {
    await using world = await setUp(url);
    await world.psql`UPDATE settings SET value = '{"n":1}' WHERE key = ${A}`;
    await world.psql`DELETE FROM settings WHERE key = ${A}`;
    await world.psql.begin(async (sql) => {
      await sql`INSERT INTO settings (key, value) VALUES (${A}, '2'), (${C}, '3')`;
      await sql`UPDATE settings SET value = '4' WHERE key = ${C}`;
    });
    await world.settings.write([{ key: A, json: "5" }], "ann");
    const { events } = await world.bus.read({ after: 2, limit: 10 });
    const by = JSON.parse(events[0]!.json).actor;
    const query = { keys: [A, C], after: 1, limit: 10 };
    const edits = await world.archive.edits(query);
    const [, , third, , last] = edits;
    deepEqual(
      edits.map(({ key, version, at, actor, json }) => [
        key,
        version,
        at,
        actor,
        json,
      ]),
      [[A, 3, '{"n":1}'], [A, 4], [A, 5, "2"], [C, 6, "4"], [A, 7, "5"]].map(
        ([key, version, json], i) => {
          const at = events[i]!.committedAt;
          return [key, version, at, version === 7 ? "ann" : by, json];
        },
      ),
    );
    equal(third!.before!.json, undefined);
    equal(third!.before!.version, 4);
    deepEqual(last!.before, {
      key: A,
      version: 5,
      at: third!.at,
      actor: by,
      json: "2",
    });
    const values = async (version: number) =>
      (await world.archive.at([A, C], version)).map((one) => one?.json);
    deepEqual(await values(3), ['{"n":1}', undefined]);
    deepEqual(await values(4), [undefined, undefined]);
    deepEqual(await values(6), ["2", "4"]);
    equal(await world.archive.trim(Number.MAX_SAFE_INTEGER), 4);
    // It is known to have existed, though it was new when it came again.
    await rejects(values(2), {
      code: "expired",
      facts: { key: A, earliest: 7 },
    });
    const [row] = await world.psql`SELECT count(*) FROM settings_replaced`;
    equal(row!["count"], "0");
  });

  Deno.test("postgres by hand: what is rolled back leaves nothing, not even a gap", async () => {
    await using world = await setUp(url);
    await world.psql.unsafe("BEGIN; UPDATE settings SET value = '1'; ROLLBACK");
    equal((await world.bus.publish([anEvent()]))[0]!.position, 3);
    deepEqual(await world.versions(A, B), [1, 2]);
  });

  Deno.test("postgres by hand: an open change delays nobody else, and comes after them", async () => {
    await using world = await setUp(url);
    await world.psql.unsafe("BEGIN");
    await world.psql`UPDATE settings SET value = '1' WHERE key = ${A}`;
    await world.bus.publish([anEvent()]);
    await world.settings.write([{ key: B, json: "1" }], "ann");
    const mine = world.settings.write([{ key: A, json: "mine" }], "ann");
    await world.psql.unsafe("COMMIT");
    deepEqual(await mine, [6]);
    deepEqual((await world.logged(3)).map(([key]) => key), [B, A, A]);
    equal((await world.settings.read([A])).documents[0]!.json, "mine");
  });

  Deno.test("postgres by hand: what is not JSON is refused, and so is TRUNCATE", async () => {
    await using world = await setUp(url);
    await rejects(
      world.psql`UPDATE settings SET value = '{"n":' WHERE key = ${A}`,
      { code: "22P02" },
    );
    await rejects(world.psql`TRUNCATE settings`, {
      message:
        "Cannot truncate settings as nobody would hear of it: use DELETE",
    });
    equal((await world.bus.head()).position, 2);
  });

  Deno.test("postgres by hand: another search_path makes no difference", async () => {
    await using world = await setUp(url);
    const [row] = await world.psql`SELECT current_schema() AS name`;
    await world.psql.unsafe(
      `SET search_path = pg_catalog; UPDATE ${
        row!["name"]
      }.settings SET value = '1'`,
    );
    deepEqual(await world.versions(A, B), [3, 4]);
    await world.psql.unsafe(`SET search_path = ${row!["name"]}`);
  });

  Deno.test("postgres by hand: the adapter's own writes make one entry each", async () => {
    await using world = await setUp(url);
    const key = KEY;
    for (const json of ["1", "2"]) {
      await world.settings.write([{ key, json }], "x");
    }
    await rejects(
      world.settings.write([{ key: C, json: "1", ifVersion: 7 }], "x"),
      { code: "version_conflict", facts: { key: C, version: 0 } },
    );
    equal((await world.bus.head()).position, 4);
    equal((await world.psql`SELECT FROM settings`).length, 3);
  });
}
