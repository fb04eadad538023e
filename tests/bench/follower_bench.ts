/**
 * How long settings take with Redis, beside the plain calls of the same
 * clients.
 *
 * @module
 */
import { createClient } from "@redis/client";
import { openPostgresState } from "../../adapters/postgres/state.ts";
import { openRedisConnection } from "../../adapters/redis/connection.ts";
import { CHECKPOINT } from "../../adapters/redis/keys.ts";
import { openRedisFastLayer } from "../../adapters/redis/fast_layer.ts";
import { createSystemClock } from "../../adapters/system/clock.ts";
import { createSystemEntropy } from "../../adapters/system/entropy.ts";
import { type Checkpoint, parseCheckpoint } from "../../domain/checkpoint.ts";
import { parseSettingsKey } from "../../domain/settings.ts";
import type { EventBus } from "../../ports/event_bus.ts";
import { type Follower, openFollower } from "../../src/follower/follower.ts";
import { makeSchema } from "../support/postgres_world.ts";
import { createRecordingTelemetry } from "../support/recording_telemetry.ts";
import { createRedis, type PrivateRedis } from "../support/redis_server.ts";
import { type Figure, quantile, timeEach } from "./figure.ts";

const CALLERS = 64;
const ROUNDS = 9;
const READS_A_ROUND = 64 * 400;
const CHANGES = 10_000;
const OUTAGES = 3;

/** Documents that are changed in an outage, and how many of them Redis holds by then. */
const CHANGED_KEYS = 1000;
const HELD_KEYS = 500;

const KEY = parseSettingsKey("user:42:mode:scalp");
const VALUE = JSON.stringify({ text: "x".repeat(250) });

/** Measures over a new schema at `url` and a Redis of its own, from `bin`. */
export async function benchFollower(
  url: string,
  bin: string,
): Promise<Figure[]> {
  await using redis = await createRedis(bin, { appendfsync: "everysec" });
  await redis.start();
  await using world = await openWorld(url, redis);
  const { one, two, store, bus } = world;
  const client = createClient({
    url: redis.url,
    RESP: 2,
    commandOptions: { timeout: 0 } as never,
  });
  client.on("error", () => {});
  await client.connect();
  await client.set("plain", VALUE);
  await one.settings.write([{ key: KEY, json: VALUE }], "bench");
  for (let i = 0; i < 3; i++) await one.settings.read([KEY]);

  const samples: Record<string, number[]> = {};
  const each: number[] = [];
  const gets: number[] = [];
  const measures = {
    followed: () => callsASecond(() => one.settings.read([KEY])),
    plain: () => callsASecond(() => client.get("plain")),
    commit: () => oneByOne(store, 60),
    written: () => oneByOne(one.settings, 60),
  };
  for (let round = -1; round < ROUNDS; round++) {
    for (const [name, measure] of Object.entries(measures)) {
      const value = await measure();
      if (round >= 0) (samples[name] ??= []).push(value);
    }
    if (round < 0) continue;
    each.push(...await timeEach(2000, () => one.settings.read([KEY])));
    gets.push(...await timeEach(2000, () => client.get("plain")));
  }
  const toTwo = await timeEach(100, async (i) => {
    await one.settings.write([{ key: KEY, json: `${i}` }], "bench");
    const { documents } = await two.settings.read([KEY]);
    if (documents[0]?.json !== `${i}`) throw new Error("stale");
  });
  await client.close();
  const recoveries: number[] = [];
  for (let i = 0; i < OUTAGES; i++) {
    recoveries.push(await recovery(redis, one, bus));
  }

  const of = (name: keyof typeof measures) => quantile(samples[name]!, 0.5);
  return [
    {
      name: "redis: settings read in process, p50",
      value: quantile(each, 0.5),
      unit: "ms",
      limit: 0.15,
      beside: `${quantile(gets, 0.5).toPrecision(3)} ms, a plain GET`,
    },
    {
      name: "redis: settings read in process, p99",
      value: quantile(each, 0.99),
      unit: "ms",
      limit: 1,
      beside: `${quantile(gets, 0.99).toPrecision(3)} ms, a plain GET`,
    },
    {
      name: `redis: settings reads to plain GETs, ${CALLERS} callers`,
      value: of("followed") / of("plain"),
      unit: "×",
      atLeast: 0.8,
      beside: `${Math.round(of("plain"))} GETs a second`,
    },
    {
      name: "redis: a write acknowledged after its commit",
      value: of("written") - of("commit"),
      unit: "ms",
      limit: 3,
      beside: `${of("commit").toPrecision(3)} ms, the commit`,
    },
    {
      name: "redis: a write, then seen by another instance, p50",
      value: quantile(toTwo, 0.5),
      unit: "ms",
      limit: 10,
    },
    {
      name: `redis: ${CHANGES} changes of an outage drained, gate open`,
      value: quantile(recoveries, 0.5),
      unit: "s",
      limit: 1,
      beside:
        `median of ${OUTAGES} outages, ${HELD_KEYS} of ${CHANGED_KEYS} documents in Redis before`,
    },
  ];
}

/** Two instances on one database and one Redis, both on Redis. */
async function openWorld(url: string, redis: PrivateRedis) {
  await using stack = new AsyncDisposableStack();
  const schema = stack.use(await makeSchema(url));
  const telemetry = createRecordingTelemetry();
  const clock = createSystemClock();
  const entropy = createSystemEntropy();
  const open = (label: string) => {
    const parts = { clock, entropy, telemetry };
    const state = openPostgresState({ ...parts, url: schema.url }, stack);
    const connection = stack.use(
      openRedisConnection({ ...parts, url: redis.url }),
    );
    const follower = stack.use(openFollower({
      ...parts,
      record: state.record,
      bus: state.eventBus,
      fast: stack.use(openRedisFastLayer(connection)),
      label,
    }));
    return { follower, store: state.settingsStore, bus: state.eventBus };
  };
  const { follower: one, store, bus } = open("one");
  const { follower: two } = open("two");
  await Promise.all([isNormal(one), isNormal(two)]);
  const held = stack.move();
  return {
    one,
    two,
    store,
    bus,
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

function isNormal(follower: Follower, wanted = true): Promise<void> {
  return new Promise((resolve) => {
    const deafen = follower.listen(check);
    check();
    function check(): void {
      if ((follower.state().mode === "normal") !== wanted) return;
      deafen();
      resolve();
    }
  });
}

async function callsASecond(call: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await Promise.all(Array.from({ length: CALLERS }, async () => {
    for (let i = 0; i < READS_A_ROUND / CALLERS; i++) await call();
  }));
  return READS_A_ROUND * 1000 / (performance.now() - began);
}

/** Median of milliseconds of one write after the other. */
async function oneByOne(
  store: Pick<Follower["settings"], "write">,
  count: number,
): Promise<number> {
  const times = await timeEach(
    count,
    () => store.write([{ key: KEY, json: VALUE }], "bench"),
  );
  return quantile(times, 0.5);
}

/**
 * Changes while Redis is away; seconds from its start to the open gate.
 *
 * @throws When that is not what was measured: Redis has begun anew in place of
 * following, or the gate has opened before it had caught up.
 */
async function recovery(
  redis: PrivateRedis,
  one: Follower,
  bus: Pick<EventBus, "head">,
): Promise<number> {
  const held = Array.from({ length: HELD_KEYS }, (_, i) => changedKey(i));
  await one.settings.write(
    held.map((key) => ({ key, json: VALUE })),
    "bench",
  );
  while ((await one.settings.read(held)).source !== "redis");
  const isHeld = Number(await redis.command("EXISTS", ...held));
  check(isHeld === HELD_KEYS, `Redis holds ${isHeld} documents`);
  const before = await checkpointOf(redis);

  await redis.shutdown();
  await isNormal(one, false);
  await Promise.all(Array.from({ length: CALLERS }, async (_, writer) => {
    for (let i = writer; i < CHANGES; i += CALLERS) {
      const changes = [{ key: changedKey(i), json: VALUE }];
      await one.settings.write(changes, "bench");
    }
  }));
  const { position: head } = await bus.head();
  const behind = head - before.position;
  check(behind === CHANGES, `${behind} changes were made`);

  await redis.start();
  const began = performance.now();
  await isNormal(one);
  const seconds = (performance.now() - began) / 1000;
  const { checkpoint = 0 } = one.state();
  check(checkpoint >= head, `the gate opened at ${checkpoint}, not ${head}`);
  const { generation } = await checkpointOf(redis);
  check(generation === before.generation, "Redis has begun anew");
  return seconds;
}

const changedKey = (i: number) =>
  parseSettingsKey(`user:${i % CHANGED_KEYS}:mode:scalp`);

async function checkpointOf(redis: PrivateRedis): Promise<Checkpoint> {
  return parseCheckpoint(
    String(await redis.command("GET", CHECKPOINT)),
  ) as Checkpoint;
}

function check(isSo: boolean, instead: string): asserts isSo {
  if (!isSo) throw new Error(`Cannot measure the recovery as ${instead}`);
}
