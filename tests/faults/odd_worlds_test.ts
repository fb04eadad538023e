/**
 * Worlds that are odd from the start: servers that come later, that refuse,
 * that belong to somebody else; and an operator who turns things under load.
 *
 * @module
 */
import { sleep } from "../../scripts/server_process.ts";
import { deepEqual, equal, match, ok, rejects } from "../support/assert.ts";
import {
  allowConnections,
  takeAllConnections,
} from "../support/postgres_connections.ts";
import { userSettings } from "../support/default_documents.ts";
import { connectPsql } from "../support/postgres_world.ts";
import { startService } from "../support/service_process.ts";
import { type Cases, testSideBySide } from "../support/side_by_side.ts";
import { ask, askJson } from "./http.ts";
import type { Instance, Launch } from "./instance.ts";
import { look } from "./modes.ts";
import { until } from "./settle.ts";
import { openWorld, type Programs, requirePrograms } from "./world.ts";

/** Each has servers of its own and waits for them most of the time. */
const LANES = 3;

/** How soon a server that appears is used. */
const SOON_MS = 5000;

/** How the service says that Postgres has no connection for it. */
const NONE_LEFT = /as its server has no connection left: Postgres says 53300/;

/** How a service that has not seen Postgres yet says what it cannot do. */
const AWAY_AT_START =
  /^Cannot reach database postgres at .*: settings wait for the database$/;

const SIGNALS = { symbols: ["SYNA", "SYNB", "SYNC"], top_n: 1, bottom_n: 1 };

/** Starts services with `more` in their environment. */
const launchWith = (more: Record<string, string>): Launch => (env) =>
  startService({ ...env, ...more });

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
  return {
    value,
    source: headers.get("x-holdfast-source"),
    verified: headers.get("x-holdfast-verified"),
  };
}

const oddWorlds = (programs: Programs): Cases => ({
  "a Redis that appears after the service is used": async () => {
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
  },

  "a Redis that goes and comes back is one line each, however many ask":
    async () => {
      const launch = launchWith({ LOG_LEVEL: "info" });
      await using world = await openWorld(programs, { launch });
      const { redis, instances: [ann] } = world;
      const empty = await redis.snapshot();
      await ann.start();
      await put(ann, 1);
      await untilNormal(ann);
      await until(SOON_MS, () => get(ann), ({ source }) => source === "redis");
      const before = ann.log.length;
      /** What was logged since, except of the requests themselves. */
      const said = () =>
        ann.log.slice(before).map((line) => JSON.parse(line))
          .filter(({ message }) => message !== "request")
          .map(({ level, message }) => [level, message]);
      const askMany = async () => {
        for (let i = 0; i < 5; i++) {
          const asked = Array.from({ length: 10 }, () => get(ann));
          for (const { value } of await Promise.all(asked)) equal(value, 1);
          await put(ann, 1);
        }
      };

      const asking = askMany();
      await redis.stop();
      await asking;
      await until(SOON_MS, () => look(ann), ({ mode }) => mode === "degraded");
      await askMany();
      const went = [["warn", "The service is degraded"]];
      deepEqual(said(), went);
      // It comes back with nothing, so that it is filled anew as well.
      await redis.restore(empty);
      await redis.start();
      await untilNormal(ann);
      await askMany();
      // The warm-up and whatever else follows has the time to say so.
      await sleep(1000);
      deepEqual(said(), [...went, ["info", "Redis serves reads"]]);
    },

  "a Redis that is not there at the start is one line, and so is its coming":
    async () => {
      const launch = launchWith({ LOG_LEVEL: "info" });
      await using world = await openWorld(programs, { launch });
      const { redis, instances: [ann] } = world;
      await redis.stop();
      await ann.start();
      const ofRedis = () =>
        ann.log.map((line) => JSON.parse(line)).filter((line) =>
          JSON.stringify(line).includes("Redis")
        ).map(({ level, message }) => [level, message]);
      // Longer than several attempts to connect.
      await sleep(1500);
      const away = [["warn", "Redis cannot be used"]];
      deepEqual(ofRedis(), away);
      await redis.start();
      await untilNormal(ann);
      await sleep(500);
      deepEqual(ofRedis(), [...away, ["info", "Redis serves reads"]]);
    },

  "a wrong password of Redis is said once, without it, and the service serves":
    async () => {
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
    },

  "a Redis that follows another database is refused and left alone":
    async () => {
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
    },

  "a service starts without Postgres, says so, and serves when it appears":
    async () => {
      await using world = await openWorld(programs);
      const { postgres, instances: [ann, bob] } = world;
      // Redis has settings, but nothing tells whether they are of this database.
      await bob.start();
      await put(bob, 1);
      await untilNormal(bob);
      await until(SOON_MS, () => get(bob), ({ source }) => source === "redis");
      await bob.stop("SIGTERM");
      await postgres.stop();
      await ann.start();
      const health = await until(
        SOON_MS,
        () => healthOf(ann),
        ({ redis_connected }) => redis_connected,
      );
      equal(health.http, 503);
      equal(health.database_connected, false);
      equal(health.mode, "degraded");
      match(health.reasons.at(-1), AWAY_AT_START);
      const said = [...health.reasons, ...ann.log].join("\n");
      ok(!/unverified|serves reads|in its place/.test(said), said);
      const ready = await askJson(`${ann.url}/health/ready`);
      equal(ready.http, 503);
      equal(ready.ready, false);
      equal((await askJson(`${ann.url}/health/live`)).status, "alive");
      const waits = { status: 503, message: /Cannot reach database postgres / };
      await rejects(get(ann), { name: "Refused", ...waits });
      // Signals are made of market data and model.
      const signals = await askJson(
        `${ann.url}/api/v1/signals/generate`,
        "POST",
        SIGNALS,
      );
      equal(signals.http, 200);
      await postgres.start();
      await untilNormal(ann);
      equal((await get(ann)).value, 1);
      await put(ann, 2);
      equal((await get(ann)).value, 2);
      equal((await askJson(`${ann.url}/health/ready`)).ready, true);
    },

  "a Postgres out of connections is told, and used again without a restart":
    async () => {
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
          ({ http, reasons }) =>
            http === 503 && /connection left/.test(reasons),
        );
        equal(health.database_connected, false);
        equal((await askJson(`${ann.url}/health/ready`)).http, 503);
        equal((await askJson(`${ann.url}/health/live`)).status, "alive");
        const refused = { name: "Refused", status: 503, message: NONE_LEFT };
        await rejects(put(ann, 2), refused);
        // What Redis has is served, and said to be unverified.
        const { value, source } = await until(
          SOON_MS,
          () => get(ann),
          ({ verified }) => verified === "false",
        );
        deepEqual([value, source], [1, "redis"]);
      }
      await untilNormal(ann);
      await put(ann, 3);
      const { value, verified } = await get(ann);
      deepEqual([value, verified], [3, "true"]);
      equal((await healthOf(ann)).database_connected, true);
    },

  "a strict service answers 503 rather than unverified, and says why":
    async () => {
      const launch = launchWith({ CONSISTENCY: "strict" });
      await using world = await openWorld(programs, { launch });
      const { postgres, instances: [ann] } = world;
      await ann.start();
      await put(ann, 1);
      await untilNormal(ann);
      await until(SOON_MS, () => get(ann), ({ source }) => source === "redis");
      await postgres.stop();
      // Until its lease has run out it knows that what Redis has is the newest.
      const refused = await until(
        SOON_MS,
        () =>
          get(ann).then(({ verified }) => {
            equal(verified, "true");
            return undefined;
          }, (error) => error),
        (error) => error !== undefined,
      );
      equal(refused.status, 503, String(refused));
      for (let i = 0; i < 20; i++) {
        await rejects(get(ann), { name: "Refused", status: 503 });
        await sleep(20);
      }
      const { mode, reasons, http } = await healthOf(ann);
      deepEqual([mode, http], ["degraded", 503]);
      ok(!/in its place/.test(reasons.join()), reasons.join("\n"));
      await postgres.start();
      await untilNormal(ann);
      const { value, verified } = await get(ann);
      deepEqual([value, verified], [1, "true"]);
    },

  "what an instance without Redis writes is seen at once by one with it":
    async () => {
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
    },

  "a pinned port reads from Postgres, sees every write at once, and is released":
    async () => {
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
    },
});

const programs = await requirePrograms(import.meta.url);
if (programs) {
  testSideBySide("faults: worlds that are odd", LANES, oddWorlds(programs));
}
