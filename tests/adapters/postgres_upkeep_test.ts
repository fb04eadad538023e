/**
 * Looking at a Postgres server, and migrating it without a service.
 *
 * @module
 */
import { judgeSettings } from "../../adapters/postgres/examine.ts";
import { openPostgresRecordStore } from "../../adapters/postgres/record_store.ts";
import { createPostgresUpkeep } from "../../adapters/postgres/upkeep.ts";
import { createSystemClock } from "../../adapters/system/clock.ts";
import { testDatabaseUpkeep } from "../contracts/database_upkeep.ts";
import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { makeSchema, openDatabase } from "../support/postgres_world.ts";
import { createSeededEntropy } from "../support/seeded_entropy.ts";
import { requireService } from "../support/services.ts";
import { openTcpProxy } from "../support/tcp_proxy.ts";

const clock = createSystemClock();

const upkeepAt = (url: string) =>
  createPostgresUpkeep({ url, clock, entropy: createSeededEntropy(5) });

type Facts = Parameters<typeof judgeSettings>[0];

const GOOD: Facts = ["15.1", "on", "on", "on", 97, 4, "public", true];

/** What stands where in the facts. */
const FACTS: Readonly<Record<number, string>> = {
  1: "fsync",
  2: "full_page_writes",
  3: "synchronous_commit",
  5: "connections in use",
  6: "schema",
  7: "a right to create",
};

const SETUPS: readonly [
  at: number,
  value: string | number | boolean | null,
  check: string,
  level: string,
][] = [
  [1, "off", "durability", "fail"],
  [2, "off", "durability", "fail"],
  [3, "off", "durability", "fail"],
  [3, "local", "durability", "fail"],
  [5, 92, "connections", "warn"],
  [6, null, "permissions", "fail"],
  [7, false, "permissions", "fail"],
];

Deno.test("postgres findings: a server that is set up well has nothing to mend", () => {
  deepEqual(judgeSettings(GOOD).filter(({ level }) => level !== "ok"), []);
});

for (const [at, value, check, level] of SETUPS) {
  const what = `${FACTS[at]} ${value}`;
  Deno.test(`postgres findings: ${what} is told, with what mends it`, () => {
    const found = judgeSettings(GOOD.with(at, value) as Facts)
      .filter((finding) => finding.level !== "ok");
    deepEqual(found.map((one) => [one.check, one.level]), [[check, level]]);
    ok(found[0]!.mend);
  });
}

const url = await requireService(import.meta.url, "postgres");

if (url) {
  testDatabaseUpkeep("postgres upkeep", async () => {
    const schema = await makeSchema(url);
    return {
      upkeep: upkeepAt(schema.url),
      change: async (sql) => void await schema.psql.unsafe(sql),
      [Symbol.asyncDispose]: () => schema[Symbol.asyncDispose](),
    };
  });

  Deno.test("postgres upkeep: an epoch that begins is seen by who has the database open", async () => {
    await using schema = await makeSchema(url);
    const upkeep = upkeepAt(schema.url);
    await upkeep.migrate();
    await using db = openDatabase(schema.url);
    await using record = openPostgresRecordStore(db);
    const { head: before } = await record.read([]);
    const epoch = await upkeep.beginEpoch();
    const { head, formerEpochs } = await record.read([]);
    deepEqual([head.epoch, formerEpochs], [epoch, [before.epoch]]);
  });

  Deno.test("postgres upkeep: a wrong database and a server that hangs are told in time, without the password", async () => {
    const wrong = new URL(url);
    wrong.pathname = "/no_such_database";
    wrong.password ||= "secret-9";
    const { findings } = await upkeepAt(wrong.href).examine(false);
    match(findings[0]!.says, /there is no database no_such_database|refuses/);
    ok(!JSON.stringify(findings).includes("secret-9"));

    const { hostname, port } = new URL(url);
    await using proxy = await openTcpProxy({
      hostname,
      port: Number(port || 5432),
    });
    const through = new URL(url);
    through.port = `${proxy.port}`;
    proxy.toClient.blackhole();
    const began = clock.monotonic();
    const hung = await upkeepAt(through.href).examine(false);
    ok(clock.monotonic() - began < 1600);
    equal(hung.findings[0]!.level, "fail");
    match(hung.findings[0]!.says, /does not answer/);
  });
}
