/**
 * A rolling upgrade: while an older build works, a newer one starts on the same
 * Redis and database, changes its tables, and takes over. Nobody notices.
 *
 * @module
 */
import { join } from "node:path";
import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { needs } from "../support/needs.ts";
import { openPatchedSource } from "../support/patched_source.ts";
import { makeSchema } from "../support/postgres_world.ts";
import { canStartRedis, startRedis } from "../support/redis_world.ts";
import {
  ServiceEnded,
  type ServiceProcess,
  startService,
} from "../support/service_process.ts";
import { requireService } from "../support/services.ts";
import { askThrough, type Client, startClient } from "./clients.ts";

/** The source of a build. */
const SOURCE = ["adapters", "domain", "ports", "src", "examples"];

/** What a later version does to the tables: it adds. */
const LATER = {
  postgres: `ALTER TABLE settings ADD COLUMN later text;
    ALTER TABLE event_log ADD COLUMN later jsonb;
    CREATE TABLE later (id bigint PRIMARY KEY);`,
  sqlite: `ALTER TABLE settings ADD COLUMN later TEXT;
    CREATE TABLE later (id INTEGER PRIMARY KEY) STRICT;`,
};

/** The build of a later version, whose tables have changed. */
async function openLaterBuild() {
  const edits = (["postgres", "sqlite"] as const).map((technology) => ({
    file: join("adapters", technology, "migrate.ts"),
    find: "\n];\n",
    replace: `\n  { name: "9999_later", script: \`${
      LATER[technology]
    }\` },\n];\n`,
  }));
  const files = ["deno.json", "deno.lock"];
  const source = await openPatchedSource([...SOURCE, ...files], edits);
  equal(source.fault, undefined);
  return source;
}

const database = await requireService(import.meta.url, "postgres");
if (database !== undefined && await canStartRedis(import.meta.url)) {
  Deno.test("an older build goes on while a newer one migrates and takes over", async () => {
    await using later = await openLaterBuild();
    await using schema = await makeSchema(database);
    await using redis = await startRedis();
    const env = (name: string) => {
      const url = new URL(schema.url);
      url.searchParams.set("application_name", name);
      return {
        DATABASE_URL: url.href,
        REDIS_URL: redis.url,
        INSTANCE_ID: name,
      };
    };
    await using older = await startService(env("older"));
    await isServing(older);
    const services = [older];
    const clients = ["ann", "bob", "carl"].map((user) =>
      startClient(user, () => services)
    );
    await worked(clients, 10);

    await using newer = await startService(env("newer"), [], later.folder);
    await isServing(newer);
    const [{ count }] = await schema.psql.unsafe(
      "SELECT count(*)::int AS count FROM schema_migration WHERE name = '9999_later'",
    ) as unknown as [{ count: number }];
    equal(count, 1);
    services.push(newer);
    await worked(clients, 20);

    // The older one looks at nothing again when it has to connect anew.
    await schema.psql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE application_name = 'older'`;
    await worked(clients, 20);

    await refuses(env("late"));

    services.splice(0, 1);
    equal((await older.end("SIGTERM")).code, 0);
    await worked(clients, 10);
    const heard = await Promise.all(clients.map((client) => client.end()));
    deepEqual(heard.flatMap(({ violations }) => violations), []);
    await judge(newer, heard);
    for (const { log } of [older, newer]) {
      deepEqual(log.filter((line) => /"level":"error"/.test(line)), []);
    }
  });
}

if (await needs(import.meta.url, ["read", "write", "run", "net", "env"])) {
  Deno.test("an older build refuses a SQLite file that a newer one has changed", async () => {
    await using later = await openLaterBuild();
    const folder = await Deno.makeTempDir({ prefix: "holdfast-rolling-" });
    try {
      const env = { DATA_DIR: folder };
      {
        await using older = await startService(env);
        await askThrough(older, "PATCH", "/api/user/settings", {
          body: { notifications: { enabled: false } },
        });
      }
      {
        await using newer = await startService(env, [], later.folder);
        const { json } = await askThrough(newer, "GET", "/api/user/settings");
        equal(json.notifications.enabled, false);
      }
      const refused = await startService(env).catch((error) => error);
      ok(refused instanceof ServiceEnded, "an older build has started");
      match(refused.message, /as a newer program made it/);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

/** An older build that starts after the newer one has nothing to serve with, and says why. */
async function refuses(env: Record<string, string>): Promise<void> {
  await using late = await startService(env);
  const says =
    /Cannot use database .* as a newer program made it: found schema version \d+, known version is \d+/;
  const ready = await askThrough(late, "GET", "/health/ready");
  equal(ready.status, 503, JSON.stringify(ready.json));
  const settings = await askThrough(late, "GET", "/api/user/settings");
  equal(settings.status, 501, JSON.stringify(settings.json));
  match(settings.json.detail, says);
  ok(late.log.some((line) => says.test(line)), late.log.join("\n"));
}

/** Waits until Redis serves. */
async function isServing(service: ServiceProcess): Promise<void> {
  const isNormal = async () => {
    const { json } = await askThrough(service, "GET", "/api/admin/adapters");
    return json.mode === "normal";
  };
  while (!await isNormal()) await new Promise((done) => setTimeout(done, 10));
}

/** Waits until each client has made `rounds` more. */
async function worked(
  clients: readonly Client[],
  rounds: number,
): Promise<void> {
  await Promise.all(clients.map((client) => client.rounds(rounds)));
}

/** Nothing that was acknowledged is missing or there twice. */
async function judge(
  service: ServiceProcess,
  heard: readonly Awaited<ReturnType<Client["end"]>>[],
): Promise<void> {
  const numbers = heard.flatMap(({ user, numbers }) =>
    numbers.map((number) => `${user} ${number}`)
  );
  equal(new Set(numbers).size, numbers.length, "a number was issued twice");
  const published = heard.flatMap(({ events }) => events);
  const ids = new Map<string, number>();
  for (let after = 0;;) {
    const { json } = await askThrough(
      service,
      "GET",
      `/api/v1/events?channel=setup.*&limit=1000&after=${after}`,
    );
    for (const { id } of json.events) ids.set(id, (ids.get(id) ?? 0) + 1);
    if (json.events.length === 0) break;
    after = json.events.at(-1).metadata.position;
  }
  deepEqual(published.filter((id) => ids.get(id) !== 1), []);
}
