/**
 * How long settings take in process: a snapshot of all documents of a user,
 * and filling Redis with those of many.
 *
 * @module
 */
import { createClient } from "@redis/client";
import { openPostgresState } from "../../adapters/postgres/state.ts";
import { openRedisConnection } from "../../adapters/redis/connection.ts";
import { openRedisFastLayer } from "../../adapters/redis/fast_layer.ts";
import { createSystemClock } from "../../adapters/system/clock.ts";
import { createSystemEntropy } from "../../adapters/system/entropy.ts";
import { BUILT_IN_DOCUMENTS } from "../../domain/settings/catalogue.ts";
import {
  type SettingsKey,
  settingsKey,
  USER_DOCUMENTS,
} from "../../domain/settings.ts";
import { parseUserId } from "../../domain/user_id.ts";
import type { SettingsStore } from "../../ports/settings_store.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import { type Follower, openFollower } from "../../src/follower/follower.ts";
import { keepWarm } from "../../src/services/settings/warm_up.ts";
import { makeSchema } from "../support/postgres_world.ts";
import { createRecordingTelemetry } from "../support/recording_telemetry.ts";
import { createRedis, type PrivateRedis } from "../support/redis_server.ts";
import { type Figure, quantile, timeEach } from "./figure.ts";
import { benchAutopilot } from "./autopilot_bench.ts";
import { benchSettingsHttp } from "./settings_http_bench.ts";

const USERS = 1000;
/** Users whose first snapshots only make the machine run warm. */
const PRACTICE = 200;
const NEAR_READS = 5000;
const WARM_UPS = 3;

/** Measures over new schemas at `url` and Redis servers of its own, from `bin`. */
export async function benchSettings(
  url: string,
  bin: string,
): Promise<Figure[]> {
  return [
    ...await benchInProcess(url, bin),
    ...await benchAutopilot(url, bin),
    ...await benchSettingsHttp(url, bin),
  ];
}

async function benchInProcess(url: string, bin: string): Promise<Figure[]> {
  await using redis = await createRedis(bin, { appendfsync: "everysec" });
  await redis.start();
  await using stack = new AsyncDisposableStack();
  const schema = stack.use(await makeSchema(url));
  const one = openInstance("one", schema.url, redis.url, stack);
  await store(one.store);
  await isNormal(one.follower);
  const warmed: number[] = [];
  for (let i = 0; i < WARM_UPS; i++) {
    await redis.command("FLUSHALL");
    await begunAnew(one.follower);
    warmed.push(USERS * USER_DOCUMENTS.length / await warmUpS(one));
  }
  // Nothing is near this one yet: what it reads comes from Redis.
  const two = openInstance("two", schema.url, redis.url, stack);
  await isNormal(two.follower);
  await readEach(redis, two.follower, 0, PRACTICE);
  const far = await readEach(redis, two.follower, PRACTICE, USERS - PRACTICE);
  const near = await readEach(redis, two.follower, 0, NEAR_READS);
  const plain = await plainReads(redis);
  return [
    {
      name: "settings: snapshot of 8 documents in process, p50",
      value: quantile(near.times, 0.5),
      unit: "ms",
      beside: `${ms(quantile(plain, 0.5))}, 8 plain GETs`,
    },
    {
      name: "settings: snapshot of 8 documents in process, p99",
      value: quantile(near.times, 0.99),
      unit: "ms",
      limit: 1,
      beside: `${ms(quantile(plain, 0.99))}, 8 plain GETs`,
    },
    {
      name: "settings: the first snapshot of a user in process, p50",
      value: quantile(far.times, 0.5),
      unit: "ms",
    },
    {
      name: "settings: the first snapshot of a user in process, p99",
      value: quantile(far.times, 0.99),
      unit: "ms",
    },
    {
      name: "settings: round trips of a snapshot, first or not",
      value: Math.max(far.trips, near.trips),
      unit: "to Redis",
      limit: 1,
    },
    {
      name: `settings: warm-up of ${USERS} users after a flush`,
      value: quantile(warmed, 0.5),
      unit: "documents/s",
    },
  ];
}

/** One instance of what serves settings. */
interface Instance {
  readonly follower: Follower;
  readonly store: SettingsStore;
  warmUp(telemetry: Telemetry, signal: AbortSignal): Promise<void>;
}

function openInstance(
  label: string,
  databaseUrl: string,
  redisUrl: string,
  stack: AsyncDisposableStack,
): Instance {
  const telemetry = createRecordingTelemetry();
  const clock = createSystemClock();
  const parts = { clock, entropy: createSystemEntropy(), telemetry };
  const state = openPostgresState({ ...parts, url: databaseUrl }, stack);
  const connection = stack.use(
    openRedisConnection({ ...parts, url: redisUrl }),
  );
  const follower = stack.use(openFollower({
    ...parts,
    record: state.record,
    bus: state.eventBus,
    fast: stack.use(openRedisFastLayer(connection)),
    label,
  }));
  return {
    follower,
    store: state.settingsStore,
    warmUp: (telemetry, signal) =>
      keepWarm({
        store: follower.settings,
        archive: state.settingsArchive,
        clock,
        telemetry,
        onAnew(listener) {
          listener();
          return () => {};
        },
      }, signal),
  };
}

const keysOf = (user: number): SettingsKey[] =>
  USER_DOCUMENTS.map((name) => settingsKey(parseUserId(`${user}`), name));

/** Stores the defaults for every user. */
async function store(settings: SettingsStore): Promise<void> {
  const documents = BUILT_IN_DOCUMENTS;
  const texts = USER_DOCUMENTS.map((name) => JSON.stringify(documents[name]));
  await Promise.all(Array.from({ length: USERS }, (_, user) => {
    const changes = keysOf(user).map((key, i) => ({ key, json: texts[i]! }));
    return settings.write(changes, "bench");
  }));
}

function isNormal({ listen, state }: Follower): Promise<void> {
  return new Promise((resolve) => {
    const deafen = listen(check);
    check();
    function check(): void {
      if (state().mode !== "normal") return;
      deafen();
      resolve();
    }
  });
}

/** Resolves once the flush has been found out and Redis has begun anew. */
async function begunAnew(follower: Follower): Promise<void> {
  let begun = -1;
  const changed = Promise.withResolvers<void>();
  const forget = follower.onAnew(() => {
    if (++begun === 1) changed.resolve();
  });
  await follower.settings.read(keysOf(0));
  await changed.promise;
  forget();
}

/** Seconds that a warm-up takes. */
async function warmUpS(instance: Instance): Promise<number> {
  const stop = new AbortController();
  const began = performance.now();
  let s = 0;
  const telemetry: Telemetry = {
    ...createRecordingTelemetry(),
    log(_level, message) {
      if (message !== "settings warmed up") return;
      s = (performance.now() - began) / 1000;
      stop.abort();
    },
  };
  await instance.warmUp(telemetry, stop.signal);
  return s;
}

/** Milliseconds of snapshots one after the other, and scripts run for each. */
async function readEach(
  redis: PrivateRedis,
  { settings }: Follower,
  first: number,
  count: number,
): Promise<{ times: number[]; trips: number }> {
  await redis.command("CONFIG", "RESETSTAT");
  const times = await timeEach(count, async (i) => {
    const { source } = await settings.read(keysOf((first + i) % USERS));
    if (source !== "redis") throw new Error(`from the ${source}`);
  });
  const stats = String(await redis.command("INFO", "commandstats"));
  // Every read is one script, by itself or in a transaction that is sent at once.
  const calls = ["evalsha", "eval"].map((name) =>
    Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(stats)?.[1] ?? 0)
  );
  return { times, trips: (calls[0]! + calls[1]!) / count };
}

const ms = (value: number) => `${value.toPrecision(3)} ms`;

/** Milliseconds that 8 GETs of the plain client take, sent at once. */
async function plainReads(redis: PrivateRedis): Promise<number[]> {
  const client = createClient({ url: redis.url });
  client.on("error", () => {});
  await client.connect();
  const times = await timeEach(
    1000,
    (i) => Promise.all(keysOf(i).map((key) => client.get(key))),
  );
  client.destroy();
  return times;
}
