/**
 * Worlds that are odd from the start: servers that come later, that refuse,
 * that belong to somebody else; and an operator who turns things under load.
 *
 * @module
 */
import { sleep } from "../../scripts/server_process.ts";
import { equal, match, ok, rejects } from "../support/assert.ts";
import {
  allowConnections,
  takeAllConnections,
} from "../support/postgres_connections.ts";
import { userSettings } from "../support/default_documents.ts";
import { connectPsql } from "../support/postgres_world.ts";
import { startService } from "../support/service_process.ts";
import { ask, askJson } from "./http.ts";
import type { Instance } from "./instance.ts";
import { look } from "./modes.ts";
import { until } from "./settle.ts";
import { openWorld, type Programs, requirePrograms } from "./world.ts";

/** How soon a server that appears is used. */
const SOON_MS = 5000;

/** How the service says that Postgres has no connection for it. */
const NONE_LEFT = /as its server has no connection left: Postgres says 53300/;

const untilNormal = (instance: Pick<Instance, "url">) =>
  until(SOON_MS, () => look(instance), ({ mode }) => mode === "normal");

const healthOf = ({ url }: Pick<Instance, "url">) => askJson(`${url}/health`);

async function put({ url }: Pick<Instance, "url">, value: number) {
  const body = JSON.stringify(userSettings({ value }));
  const { headers } = await ask(url, "PUT", "ann", body);
  return headers.get("etag");
}

async function get({ url }: Pick<Instance, "url">) {
  const { headers, document } = await ask(url, "GET", "ann");
  const { value } = JSON.parse(document!).custom;
  return { value, source: headers.get("x-holdfast-source") };
}

function testOddWorlds(programs: Programs): void {
  Deno.test("faults: a Redis that appears after the service is used", async () => {
    await using world = await openWorld(programs);
    const { redis, instances: [ann] } = world;
    await redis.stop();
    await ann.start();
    await put(ann, 1);
    equal((await get(ann)).source, "database");
    equal((await healthOf(ann)).mode, "degraded");
    await redis.start();
    await untilNormal(ann);
    await until(
      SOON_MS,
      () => get(ann),
      ({ value, source }) => value === 1 && source === "redis",
    );
  });

  Deno.test("faults: a wrong password of Redis is said once, without it, and the service serves", async () => {
    await using world = await openWorld(programs);
    const { redis, postgres } = world;
    await redis.command("CONFIG", "SET", "requirepass", "right");
    await using service = await startService({
      DATABASE_URL: postgres.url,
      REDIS_URL: redis.url.replace("//", "//:hunter2@"),
    });
    await put(service, 1);
    equal((await get(service)).value, 1);
    // Longer than the pause before it is tried again.
    await sleep(3000);
    const { status, reasons } = await healthOf(service);
    equal(status, "degraded");
    equal(reasons.length, 1);
    match(reasons[0], /^Cannot use Redis /);
    const said = service.log.filter((line) => line.includes("password"));
    equal(said.length, 1, service.log.join("\n"));
    equal(service.log.join("\n").includes("hunter2"), false);
    equal(JSON.stringify(reasons).includes("hunter2"), false);
  });

  Deno.test("faults: a Redis that follows another database is refused and left alone", async () => {
    await using world = await openWorld(programs);
    const { redis, postgres, instances: [ann] } = world;
    await ann.start();
    await put(ann, 1);
    await untilNormal(ann);
    await until(SOON_MS, () => get(ann), ({ source }) => source === "redis");
    await ann.stop("SIGTERM");
    const before = await redis.command("DEBUG", "DIGEST");

    const other = new URL(postgres.url);
    other.pathname = "/other";
    {
      await using psql = connectPsql(postgres.url);
      await psql.unsafe("CREATE DATABASE other");
    }
    await using stranger = await startService({
      DATABASE_URL: other.href,
      REDIS_URL: redis.url,
    });
    await put(stranger, 2);
    equal((await get(stranger)).value, 2);
    const { reasons } = await until(
      SOON_MS,
      () => healthOf(stranger),
      ({ reasons }) => /another database/.test(reasons[0]),
    );
    equal(reasons.length, 1);
    match(
      reasons[0],
      /^Cannot use Redis as it follows another database: use another REDIS_DB/,
    );
    // It has had the time to do harm.
    await sleep(1000);
    equal(await redis.command("DEBUG", "DIGEST"), before);
  });

  Deno.test("faults: a service starts without Postgres, says so, and serves when it appears", async () => {
    await using world = await openWorld(programs);
    const { postgres, instances: [ann] } = world;
    await postgres.stop();
    await ann.start();
    const health = await healthOf(ann);
    equal(health.http, 503);
    equal(health.database_connected, false);
    const ready = await askJson(`${ann.url}/health/ready`);
    equal(ready.http, 503);
    equal(ready.ready, false);
    equal((await askJson(`${ann.url}/health/live`)).status, "alive");
    equal((await askJson(`${ann.url}/api/user/settings`)).http, 503);
    await postgres.start();
    await untilNormal(ann);
    await put(ann, 1);
    equal((await get(ann)).value, 1);
    equal((await askJson(`${ann.url}/health/ready`)).ready, true);
  });

  Deno.test("faults: a Postgres out of connections is told, and used again without a restart", async () => {
    await using world = await openWorld(programs);
    const { postgres, instances: [ann] } = world;
    await allowConnections(postgres, 20);
    await ann.start();
    await put(ann, 1);
    await untilNormal(ann);
    await until(SOON_MS, () => get(ann), ({ source }) => source === "redis");
    {
      await using _ = await takeAllConnections(postgres.url);
      const health = await until(
        SOON_MS,
        () => healthOf(ann),
        ({ http, reasons }) => http === 503 && /connection left/.test(reasons),
      );
      equal(health.database_connected, false);
      equal((await askJson(`${ann.url}/health/ready`)).http, 503);
      equal((await askJson(`${ann.url}/health/live`)).status, "alive");
      const refused = { name: "Refused", status: 503, message: NONE_LEFT };
      await rejects(put(ann, 2), refused);
      // What Redis has is served, and said to be unverified.
      equal((await get(ann)).value, 1);
    }
    await untilNormal(ann);
    await put(ann, 3);
    equal((await get(ann)).value, 3);
    equal((await healthOf(ann)).database_connected, true);
  });

  Deno.test("faults: what an instance without Redis writes is seen at once by one with it", async () => {
    await using world = await openWorld(programs);
    const { postgres, instances: [ann] } = world;
    await ann.start();
    await using plain = await startService({ DATABASE_URL: postgres.url });
    await put(ann, 0);
    await untilNormal(ann);
    for (let i = 1; i <= 50; i++) {
      await put(plain, i);
      equal((await get(ann)).value, i);
      await put(ann, -i);
      equal((await get(plain)).value, -i);
    }
  });

  Deno.test("faults: a pinned port reads from Postgres, sees every write at once, and is released", async () => {
    await using world = await openWorld(programs);
    const [ann, bob] = world.instances;
    await ann.start();
    await bob.start();
    await put(bob, 0);
    await untilNormal(ann);
    await untilNormal(bob);
    const stop = new AbortController();
    const sources: (string | null)[] = [];
    const written = (async () => {
      for (let i = 1; !stop.signal.aborted; i++) {
        await put(bob, i);
        const { value, source } = await get(ann);
        equal(value, i);
        sources.push(source);
      }
    })();
    const pin = (adapter: string | null) =>
      askJson(
        `${ann.url}/api/admin/adapters/settings_store`,
        "PUT",
        { adapter },
      );
    const isRead = (source: string) => async () => {
      await until(
        SOON_MS,
        async () => sources.slice(-5),
        (last) => last.length === 5 && last.every((one) => one === source),
      );
    };
    try {
      await isRead("redis")();
      const pinned = await pin("postgres");
      equal(pinned.active, "postgres");
      equal(pinned.pinned, "postgres");
      // What was under way when it was pinned may have ended on Redis.
      await isRead("database")();
      sources.length = 0;
      await sleep(500);
      ok(!sources.includes("redis"));
      const released = await pin(null);
      equal(released.pinned, null);
      equal(released.active, "redis");
      await isRead("redis")();
    } finally {
      stop.abort();
      await written;
    }
  });
}

const programs = await requirePrograms(import.meta.url);
if (programs) testOddWorlds(programs);
