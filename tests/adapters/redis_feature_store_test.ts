/**
 * The Redis feature store obeys the contract of its port, and forgets what the
 * log says is void.
 *
 * @module
 */
import type { RedisConnection } from "../../adapters/redis/connection.ts";
import { openRedisFastLayer } from "../../adapters/redis/fast_layer.ts";
import { openRedisFeatureStore } from "../../adapters/redis/feature_store.ts";
import type { Checkpoint } from "../../domain/checkpoint.ts";
import type { FeatureScope, FeatureVector } from "../../domain/feature.ts";
import { parseSymbol } from "../../domain/symbol.ts";
import { parseTradingDate } from "../../domain/trading_date.ts";
import type { FeatureStore, FillToken } from "../../ports/feature_store.ts";
import { testAgreement } from "../contracts/agreement.ts";
import { step } from "../contracts/fast_layer_subject.ts";
import { testFeatureStore } from "../contracts/feature_store.ts";
import { deepEqual, equal, match, ok, rejects } from "../support/assert.ts";
import { createMemoryWorld, subject } from "../support/memory_world.ts";
import {
  canStartRedis,
  openConnection,
  type RedisServer,
  startRedis,
  until,
} from "../support/redis_world.ts";
import { createSeededEntropy } from "../support/seeded_entropy.ts";

const [A, B] = ["AAA", "BRK.B"].map(parseSymbol);
const [MON, TUE] = ["2026-01-05", "2026-01-06"].map(parseTradingDate);
const KEYS = [A!, B!].flatMap((symbol) =>
  [MON!, TUE!].map((date) => ({ symbol, date }))
);
const VECTOR = vectorOf(0);
const HELD = "features:AAA:2026-01-05";
const STAMP = "hf:feature:AAA:2026-01-05";

function vectorOf(index: number, json = '{"KMID":0.5}'): FeatureVector {
  const stamp = { set: "alpha158/1", window: "00ff", computedAt: 5 };
  return { ...KEYS[index]!, json, stamp };
}

/** A store over an empty server that begins to follow a log. */
async function openWorld(server: RedisServer) {
  const { cli } = server;
  const { clock, ...memory } = createMemoryWorld();
  await using stack = new AsyncDisposableStack();
  await cli("FLUSHALL");
  const connection = stack.use(openConnection({ url: server.url }));
  await until(connection, () => connection.isUp);
  const fast = stack.use(openRedisFastLayer(connection));
  const { history } = await fast.inspect();
  let at: Checkpoint = {
    epoch: "e1",
    generation: "a1",
    position: 10,
    settingsPosition: 8,
  };
  await fast.reset(history, undefined, at);
  const believed: { history: string | undefined } = { history };
  let fenced = 0;
  const open = (
    over: RedisConnection = connection,
    entropy = createSeededEntropy(9),
  ) =>
    openRedisFeatureStore(over, {
      history: () => believed.history,
      onFenced: () => fenced++,
      clock,
      entropy,
    });
  const store = stack.use(open());
  const opened = stack.move();
  return {
    cli,
    clock,
    memory,
    connection,
    believed,
    store,
    /** The same store as another instance has it. */
    open,
    fenced: () => fenced,
    elapse: async (ms: number) => clock.jumpWall(ms),
    /** Takes a step of the log in which `voided` was told. */
    async drain(...voided: FeatureScope[]): Promise<void> {
      const taken = step(history, at, at.position + 1, [], { voided });
      const result = await fast.drain(taken);
      ok(result !== "fenced" && result.applied);
      at = { ...at, ...taken.to };
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

async function put(
  store: FeatureStore,
  ...vectors: FeatureVector[]
): Promise<number> {
  const { token } = await store.read(vectors);
  return await store.fill(token, vectors, vectors.map(() => 60));
}

async function heldOf(store: FeatureStore): Promise<string> {
  const { vectors } = await store.read(KEYS);
  return vectors.map((vector) => vector ? "x" : ".").join("");
}

async function usedMemory(server: RedisServer): Promise<number> {
  return Number(
    /used_memory:(\d+)/.exec(await server.cli("INFO", "memory"))![1],
  );
}

if (await canStartRedis(import.meta.url)) {
  let server!: RedisServer;
  Deno.test.beforeAll(async () => {
    server = await startRedis();
  });
  Deno.test.afterAll(async () => await server[Symbol.asyncDispose]());
  const world = () => openWorld(server);
  type World = Awaited<ReturnType<typeof openWorld>>;

  const test = (name: string, run: (world: World) => Promise<void>) =>
    Deno.test(`redis features: ${name}`, async () => {
      await using opened = await world();
      await run(opened);
    });

  testFeatureStore("redis", world);

  testAgreement("redis features", async () => {
    const opened = await world();
    const { memory, store, elapse } = opened;
    const [bus, settings] = [memory.bus(), memory.settings()];
    const sequence = memory.sequence();
    return subject(
      { bus, settings, sequence, features: store, elapse },
      bus,
      settings,
      sequence,
      opened,
    );
  }, { runs: 40 });

  test("other tools find the plain vector, its stamp beside it, both ending by themselves", async ({ store, cli }) => {
    equal(await put(store, VECTOR), 1);
    equal(await cli("GET", HELD), VECTOR.json);
    match(await cli("GET", STAMP), /^\{"set":"alpha158\/1","window":"00ff",/);
    for (const key of [HELD, STAMP, "hf:feature:names"]) {
      const left = await cli("PTTL", key);
      ok(left > 50_000 && left <= 60_000, `${key} ends in ${left} ms`);
    }
  });

  test("what the log says is void is void, and so is what was computed before", async ({ store, drain, cli }) => {
    const all = KEYS.map((_, i) => vectorOf(i));
    for (
      const [scope, left] of [
        [{ symbol: A!, date: MON! }, ".xxx"],
        [{ symbol: A! }, "..xx"],
        [{ date: MON! }, ".x.x"],
        [{}, "...."],
      ] as const
    ) {
      equal(await put(store, ...all), 4);
      const { token } = await store.read(KEYS);
      await drain(scope);
      equal(await heldOf(store), left);
      if ("symbol" in scope && "date" in scope) {
        equal(await cli("EXISTS", HELD, STAMP), 0, "other tools see it still");
      }
      const kept = await store.fill(token, all, [60, 60, 60, 60]);
      equal(kept, left.split("x").length - 1);
      equal(await heldOf(store), left);
    }
  });

  test("a vector or stamp that somebody else has written is a miss, and the next fill replaces it", async ({ store, cli }) => {
    await put(store, VECTOR);
    const stamp = await cli("GET", STAMP);
    const whole = JSON.parse(stamp);
    const odd = { ...whole, computedAt: "now" };
    for (
      const damage of [
        ["SET", HELD, '{"KMID":0.7}'],
        ["SET", HELD, VECTOR.json.slice(0, -1)],
        ["SET", HELD, "x".repeat(1_000_000)],
        ["DEL", HELD],
        ["DEL", STAMP],
        ["SET", STAMP, "garbage"],
        ["SET", STAMP, "null"],
        ["SET", STAMP, JSON.stringify(odd)],
      ]
    ) {
      await cli(...damage);
      equal(await heldOf(store), "....", `${damage}`.slice(0, 60));
      equal(await put(store, VECTOR), 1);
      equal(await heldOf(store), "x...");
    }
    for (const key of [HELD, STAMP, "hf:feature:names"]) {
      await cli("DEL", key);
      await cli("HSET", key, "a", "1");
      const isVector = key !== "hf:feature:names";
      equal(await heldOf(store), isVector ? "...." : "x...");
      if (!isVector) equal(await store.size(), 0);
      equal(await put(store, VECTOR), 1);
      equal(await store.size(), 1);
    }
  });

  test("without generations nothing counts until they have begun anew", async ({ store, cli }) => {
    const asText = ["SET", "hf:feature:gen", "text"];
    for (const loss of [["DEL", "hf:feature:gen"], asText, ["FLUSHALL"]]) {
      await put(store, VECTOR);
      const { token } = await store.read([VECTOR]);
      if (loss === asText) await cli("DEL", "hf:feature:gen");
      await cli(...loss);
      equal(await heldOf(store), "....");
      equal(await store.fill(token, [VECTOR], [60]), 0, "of before");
      equal(await put(store, VECTOR), 1);
      equal(await heldOf(store), "x...");
    }
    for (const scope of [{ symbol: A! }, {}]) {
      await cli("SET", "hf:feature:gen", "text");
      const { token } = await store.read([VECTOR]);
      await store.invalidate(scope);
      equal(await store.fill(token, [VECTOR], [60]), 0);
      equal(await heldOf(store), "....");
      equal(await put(store, VECTOR), 1);
    }
    await cli("DEL", "hf:feature:gen");
    equal(await put(store, VECTOR), 0, "this one only begins them");
    equal(await put(store, VECTOR), 1);
  });

  test("generations do not grow without end", async ({ store, cli }) => {
    const many = Array.from({ length: 10_050 }, (_, i) => [`S${i}`, "1"]);
    await cli("HSET", "hf:feature:gen", ...many.flat());
    await put(store, VECTOR);
    await store.invalidate({ symbol: B! });
    equal(await cli("HLEN", "hf:feature:gen"), 1);
    equal(await heldOf(store), "....");
  });

  test("what one instance makes void no other gives out", async ({ store, open }) => {
    await using other = open(undefined, createSeededEntropy(10));
    for (const scope of [VECTOR, { symbol: A! }, { date: MON! }, {}]) {
      await put(store, VECTOR);
      equal(await heldOf(other), "x...");
      const { token } = await other.read([VECTOR]);
      await store.invalidate(scope);
      equal(await other.fill(token, [VECTOR], [60]), 0);
      equal(await heldOf(other), "....");
    }
  });

  test("only what the read named can be filled, and nothing too large", async ({ store }) => {
    const { token } = await store.read([VECTOR]);
    equal(await store.fill(token, [vectorOf(1)], [60]), 0);
    const long = vectorOf(0, `{"${"x".repeat(20_000)}":1}`);
    equal(await store.fill(token, [long], [60]), 0);
    const forged = `${token.split("\n")[0]}\nAAA` as FillToken;
    equal(await store.fill(forged, [VECTOR], [60]), 0);
    equal(await heldOf(store), "....");
  });

  test("the size is that of what is not forgotten yet, and old names are swept", async ({ store, cli, elapse }) => {
    const keys = Array.from({ length: 150 }, (_, i) => ({
      ...VECTOR,
      symbol: parseSymbol(`S${i}`),
    }));
    equal(await put(store, ...keys), 150);
    equal(await store.size(), 150);
    await elapse(30_000);
    equal(await put(store, VECTOR), 1);
    await elapse(31_000);
    equal(await store.size(), 1);
    await put(store, vectorOf(1));
    equal(await cli("ZCARD", "hf:feature:names"), 2);
    await store.invalidate(VECTOR);
    equal(await store.size(), 1);
    await store.invalidate({});
    equal(await store.size(), 0);
  });

  test("nothing is asked of a server that is not believed, or is another one", async ({ store, believed, fenced }) => {
    const { token } = await store.read([VECTOR]);
    const calls = () => [
      store.read([VECTOR]),
      store.fill(token, [VECTOR], [60]),
      store.invalidate({}),
      store.size(),
    ];
    const { history } = believed;
    believed.history = undefined;
    for (const call of calls()) {
      await rejects(call, {
        code: "unavailable",
        message: "Cannot use the feature store as Redis is not believed now",
      });
    }
    equal(fenced(), 0);
    believed.history = "f".repeat(40);
    equal(await store.fill(token, [VECTOR], [60]), 0, "a token of another");
    const [read, , ...rest] = calls();
    for (const call of [read!, ...rest]) {
      await rejects(call, { code: "unavailable" });
    }
    equal(fenced(), 3);
    believed.history = history;
    equal(await store.fill(token, [VECTOR], [60]), 1);
  });

  test("without memory a fill keeps nothing and an invalidation goes through", async ({ store, cli }) => {
    await put(store, VECTOR);
    await cli("CONFIG", "SET", "maxmemory", `${await usedMemory(server) / 2}`);
    try {
      await rejects(put(store, vectorOf(1)), { code: "full" });
      equal(await heldOf(store), "x...");
      await store.invalidate({ symbol: A! });
      equal(await heldOf(store), "....");
    } finally {
      await cli("CONFIG", "SET", "maxmemory", "0");
    }
  });

  test("five hundred vectors are read and filled as five are", async ({ store }) => {
    const many = Array.from({ length: 500 }, (_, i) => ({
      ...VECTOR,
      symbol: parseSymbol(`S${i}`),
      json: `{"n":${i},"text":"${"x".repeat(4000)}"}`,
    }));
    equal(await put(store, ...many), 500);
    deepEqual((await store.read(many)).vectors, many);
  });
}
