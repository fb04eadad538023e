/**
 * How long order numbers and client order ids take: in process on Redis and on
 * Postgres, and over HTTP beside the service of an afternoon; then orders and
 * orchestration.
 *
 * @module
 */
import { createClient } from "@redis/client";
import {
  openPostgresState,
  type PostgresState,
} from "../../adapters/postgres/state.ts";
import { openRedisConnection } from "../../adapters/redis/connection.ts";
import { openRedisFastLayer } from "../../adapters/redis/fast_layer.ts";
import { openRedisSequenceBlocks } from "../../adapters/redis/sequence_blocks.ts";
import { createSystemClock } from "../../adapters/system/clock.ts";
import { createSystemEntropy } from "../../adapters/system/entropy.ts";
import { createSystemTelemetry } from "../../adapters/system/telemetry.ts";
import { BUILT_IN_DOCUMENTS } from "../../domain/settings/catalogue.ts";
import { parseSettingsKey, settingsKey } from "../../domain/settings.ts";
import { parseUserId } from "../../domain/user_id.ts";
import type { SequencePort } from "../../ports/sequence_port.ts";
import type { SettingsStore } from "../../ports/settings_store.ts";
import { openBystanderSettings } from "../../src/follower/database_settings.ts";
import { type Follower, openFollower } from "../../src/follower/follower.ts";
import { openFollowedSequences } from "../../src/follower/sequences.ts";
import { createOrderIds, type OrderIds } from "../../src/services/order_ids.ts";
import { createTimeZones } from "../../src/services/settings/time_zone.ts";
import { makeSchema } from "../support/postgres_world.ts";
import { createRedis } from "../support/redis_server.ts";
import { startService } from "../support/service_process.ts";
import { type Figure, quantile, timeEach } from "./figure.ts";
import type { LoadPlan, LoadResult } from "./load_generator.ts";
import { onOneProcessor } from "./one_processor.ts";
import { type Program, startProgram } from "./program.ts";
import { benchTrading } from "./trading_bench.ts";

const USER = parseUserId("ann");
/** Somebody who has no settings: that he has none has to be known as well. */
const STRANGER = parseUserId("bob");
const PATH = "/api/orders/sequence";
/** A read of it gives a user his settings. */
const SETTINGS = "/api/user/settings";
const CALLERS = 64;
const CONNECTIONS = 50;
const ROUNDS = 9;
const NUMBERS_A_ROUND = CALLERS * 400;
const DATABASE_NUMBERS_A_ROUND = CALLERS * 40;
const IDS_A_ROUND = CALLERS * 10;
const SINGLE_A_ROUND = 1000;
const REQUESTS_A_ROUND = 5000;
const SINGLE_REQUESTS = 300;

const clock = createSystemClock();
const entropy = createSystemEntropy();
const telemetry = createSystemTelemetry({
  clock,
  level: "error",
  format: "json",
  write: () => {},
});
const PARTS = { clock, entropy, telemetry };

/** Samples by what was measured. */
type Samples = Record<string, number[]>;

/** Measures on new schemas at `url` and Redis servers of its own, from `bin`. */
export async function benchOrders(url: string, bin: string): Promise<Figure[]> {
  return [
    ...await onOneProcessor(() => benchInProcess(url, bin)),
    ...await onOneProcessor(() => benchHttp(url, bin)),
    ...await benchTrading(),
  ];
}

async function benchInProcess(url: string, bin: string): Promise<Figure[]> {
  await using stack = new AsyncDisposableStack();
  const redis = stack.use(await createRedis(bin, { appendfsync: "everysec" }));
  await redis.start();
  const onRedis = await openOnRedis(url, redis.url, stack);
  const onPostgres = await openOnPostgres(url, stack);
  const client = createClient({ url: `${redis.url}/1` });
  client.on("error", () => {});
  await client.connect();
  stack.defer(() => client.destroy());

  const samples: Samples = {};
  const each: number[] = [];
  const ofStranger: number[] = [];
  const issue = (ids: OrderIds, user = USER) => () => ids.issue(user, {});
  const measures = {
    numbers: () => callsASecond(issue(onRedis), NUMBERS_A_ROUND),
    plain: () => callsASecond(() => client.incr("plain"), NUMBERS_A_ROUND),
    database: () => callsASecond(issue(onPostgres), DATABASE_NUMBERS_A_ROUND),
    ids: () =>
      callsASecond(
        () => onRedis.make(USER, { of: "ULT", type: "E", symbol: undefined }),
        IDS_A_ROUND,
      ),
  };
  // In turns, so that all of them meet the same noise of the machine.
  for (let round = -2; round < ROUNDS; round++) {
    for (const [name, measure] of Object.entries(measures)) {
      const value = await measure();
      if (round >= 0) (samples[name] ??= []).push(value);
    }
    const times = await timeEach(SINGLE_A_ROUND, issue(onRedis));
    const other = await timeEach(SINGLE_A_ROUND / 5, issue(onRedis, STRANGER));
    if (round < 0) continue;
    each.push(...times);
    ofStranger.push(...other);
  }
  const of = (name: keyof typeof measures) => quantile(samples[name]!, 0.5);
  return [
    {
      name: "orders: a number in process on Redis, p50",
      value: quantile(each, 0.5),
      unit: "ms",
      limit: 0.2,
    },
    {
      name: "orders: a number in process on Redis, p99",
      value: quantile(each, 0.99),
      unit: "ms",
      limit: 1,
    },
    {
      name: "orders: a number of a user without settings, p50",
      value: quantile(ofStranger, 0.5),
      unit: "ms",
    },
    {
      name: `orders: numbers a second on Redis, ${CALLERS} callers`,
      value: of("numbers"),
      unit: "1/s",
      atLeast: 50_000,
      beside: `${Math.round(of("plain"))} plain INCRs a second`,
    },
    {
      name: `orders: numbers a second on Postgres, ${CALLERS} callers`,
      value: of("database"),
      unit: "1/s",
      atLeast: 2000,
    },
    {
      name: `orders: new client order ids a second, ${CALLERS} callers`,
      value: of("ids"),
      unit: "1/s",
      beside: "each committed before it is given",
    },
  ];
}

async function openOnRedis(
  databaseUrl: string,
  redisUrl: string,
  stack: AsyncDisposableStack,
): Promise<OrderIds> {
  const state = await openState(databaseUrl, stack);
  const connection = stack.use(
    openRedisConnection({ ...PARTS, url: redisUrl }),
  );
  const follower = stack.use(openFollower({
    ...PARTS,
    record: state.record,
    bus: state.eventBus,
    fast: stack.use(openRedisFastLayer(connection)),
    label: "bench",
  }));
  const { sequence } = openFollowedSequences({
    ledger: state.ledger,
    blocks: stack.use(openRedisSequenceBlocks(connection)),
    gate: follower.gate,
    ...PARTS,
  });
  await isNormal(follower);
  return openIds(state, sequence, follower.settings);
}

async function openOnPostgres(
  databaseUrl: string,
  stack: AsyncDisposableStack,
): Promise<OrderIds> {
  const state = await openState(databaseUrl, stack);
  const { record } = state;
  const settings = stack.use(
    openBystanderSettings({ ...PARTS, record, label: "bench" }),
  );
  return openIds(state, state.sequence, settings);
}

async function openState(
  url: string,
  stack: AsyncDisposableStack,
): Promise<PostgresState> {
  const schema = stack.use(await makeSchema(url));
  return openPostgresState({ ...PARTS, url: schema.url }, stack);
}

async function openIds(
  { orderIntents: intents, settingsStore }: PostgresState,
  sequence: SequencePort,
  settings: SettingsStore,
): Promise<OrderIds> {
  const json = JSON.stringify(BUILT_IN_DOCUMENTS["settings:all"]);
  const keys = [
    settingsKey(USER, "settings:all"),
    parseSettingsKey("admin:defaults:all"),
  ];
  await settingsStore.write(keys.map((key) => ({ key, json })), "bench");
  const timeZone = createTimeZones(settings);
  return createOrderIds({ ...PARTS, sequence, intents, timeZone });
}

function isNormal(follower: Follower): Promise<void> {
  return new Promise((resolve) => {
    const deafen = follower.listen(check);
    check();
    function check(): void {
      if (follower.state().mode !== "normal") return;
      deafen();
      resolve();
    }
  });
}

async function callsASecond(
  call: () => Promise<unknown>,
  count: number,
): Promise<number> {
  const began = performance.now();
  await Promise.all(Array.from({ length: CALLERS }, async () => {
    for (let i = 0; i < count / CALLERS; i++) await call();
  }));
  return count * 1000 / (performance.now() - began);
}

/** Each a process of its own, the load comes from another, and they take turns. */
async function benchHttp(url: string, bin: string): Promise<Figure[]> {
  await using stack = new AsyncDisposableStack();
  const redis = stack.use(await createRedis(bin, { appendfsync: "everysec" }));
  await redis.start();
  const subjects = await startSubjects(url, redis.url, stack);
  const load = stack.use(await startProgram("load_generator.ts"));
  const samples: Samples = {};
  for (let round = -1; round < ROUNDS; round++) {
    for (const [name, port] of Object.entries(subjects)) {
      const one = { connections: 1, requests: SINGLE_REQUESTS };
      const many = { connections: CONNECTIONS, requests: REQUESTS_A_ROUND };
      const { p50Ms } = await run(load, port, one);
      const { totalMs } = await run(load, port, many);
      if (round < 0) continue;
      (samples[`${name} p50`] ??= []).push(p50Ms);
      const rate = REQUESTS_A_ROUND * 1000 / totalMs;
      (samples[`${name} rate`] ??= []).push(rate);
    }
  }
  const of = (name: string) => quantile(samples[name]!, 0.5);
  /** Median of the ratios of the rounds: both sides met the same noise. */
  const ratio = (what: string) => {
    const theirs = samples[`afternoon ${what}`]!;
    const ours = samples[`holdfast ${what}`]!;
    return quantile(ours.map((value, i) => value / theirs[i]!), 0.5);
  };
  const ms = (name: string) => `${of(`${name} p50`).toPrecision(3)} ms`;
  const rate = (name: string) => `${Math.round(of(`${name} rate`))}/s`;
  return [
    {
      name: "orders: POST a number, p50 to the afternoon's INCR",
      value: ratio("p50"),
      unit: "×",
      limit: 1.1,
      beside: `${ms("holdfast")} to ${ms("afternoon")}`,
    },
    {
      name: "orders: POST a number, requests a second to the afternoon's",
      value: ratio("rate"),
      unit: "×",
      beside: `${rate("holdfast")} to ${rate("afternoon")}`,
    },
  ];
}

/** The port of each. */
async function startSubjects(
  databaseUrl: string,
  redisUrl: string,
  stack: AsyncDisposableStack,
): Promise<Record<"holdfast" | "afternoon", number>> {
  const afternoon = stack.use(
    await startProgram("yardstick_service.ts", [], {
      DATABASE_URL: stack.use(await makeSchema(databaseUrl)).url,
      REDIS_URL: `${redisUrl}/1`,
    }),
  );
  const folder = await Deno.makeTempDir({ prefix: "holdfast-bench-" });
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  const service = stack.use(
    await startService({
      DATABASE_URL: stack.use(await makeSchema(databaseUrl)).url,
      REDIS_URL: redisUrl,
      DATA_DIR: folder,
    }),
  );
  const deadline = performance.now() + 20_000;
  for (let mode = ""; mode !== "normal";) {
    if (performance.now() > deadline) throw new Error("Redis does not serve");
    mode = (await (await fetch(`${service.url}/health`)).json()).mode;
  }
  const headers = { "x-user-id": USER };
  await (await fetch(service.url + SETTINGS, { headers })).text();
  const portOf = (url: string) => Number(new URL(url).port);
  return { holdfast: portOf(service.url), afternoon: portOf(afternoon.said) };
}

async function run(
  load: Program,
  port: number,
  how: Pick<LoadPlan, "connections" | "requests">,
): Promise<LoadResult> {
  const plan: LoadPlan = {
    method: "POST",
    path: PATH,
    user: USER,
    bodies: ["{}"],
    port,
    ...how,
  };
  return JSON.parse(await load.ask(JSON.stringify(plan)));
}
