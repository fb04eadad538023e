/**
 * Exchange caches in memory and in Redis obey the contract of their port; the
 * one in Redis is shared, readable by other programs, and believes nobody.
 *
 * @module
 */
import { openMemoryExchangeCache } from "../../adapters/memory/exchange_cache.ts";
import { openRedisExchangeCache } from "../../adapters/redis/exchange_cache.ts";
import { openRedisFastLayer } from "../../adapters/redis/fast_layer.ts";
import { createSystemClock } from "../../adapters/system/clock.ts";
import { parseUserId } from "../../domain/user_id.ts";
import {
  EXCHANGE_LIFE_MS,
  type ExchangeCache,
  type ExchangeToken,
} from "../../ports/exchange_cache.ts";
import { MAX_EXCHANGE_CHARS } from "../../ports/exchange_rules.ts";
import {
  anOrder,
  aPosition,
  holding,
  testExchangeCache,
} from "../contracts/exchange_cache.ts";
import { deepEqual, equal, match, ok, rejects } from "../support/assert.ts";
import { createFakeClock } from "../support/fake_clock.ts";
import { subject } from "../support/memory_world.ts";
import {
  canStartRedis,
  openConnection,
  type RedisServer,
  startRedis,
  until,
} from "../support/redis_world.ts";
import { createSeededEntropy } from "../support/seeded_entropy.ts";

const ANN = parseUserId("ann");
const POSITIONS = "binance:ann:positions";
const ORDERS = "binance:ann:orders";
const TOKEN = "hf:exchange:ann";
const ASKED = "hf:exchange:ann:positions";

testExchangeCache("memory exchange", async () => {
  const clock = createFakeClock();
  const cache = openMemoryExchangeCache(clock);
  return subject({ cache, elapse: clock.advance }, cache);
});

/** Caches over an empty server. */
async function openWorld(server: RedisServer) {
  const { cli } = server;
  await using stack = new AsyncDisposableStack();
  await cli("CONFIG", "SET", "maxmemory", "0");
  await cli("FLUSHALL");
  const connection = stack.use(openConnection({ url: server.url }));
  await until(connection, () => connection.isUp);
  const fast = stack.use(openRedisFastLayer(connection));
  const historyOfServer = async () => (await fast.inspect()).history;
  const believed: { history: string | undefined } = {
    history: await historyOfServer(),
  };
  let fenced = 0;
  let instances = 0;
  /** The cache as one more instance has it. */
  const open = () =>
    openRedisExchangeCache(connection, {
      history: () => believed.history,
      onFenced: () => fenced++,
      clock: createSystemClock(),
      entropy: createSeededEntropy(++instances),
    });
  const cache = stack.use(open());
  const opened = stack.move();
  return {
    cache,
    open,
    cli,
    connection,
    believed,
    historyOfServer,
    fenced: () => fenced,
    /** As if the time had passed: what is held ends so much earlier. */
    async elapse(ms: number): Promise<void> {
      for (const key of [POSITIONS, ORDERS]) {
        const left = await cli("PTTL", key);
        if (left > 0) await cli("PEXPIRE", key, `${left - ms}`);
      }
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

async function hold(cache: ExchangeCache, qty: string): Promise<boolean> {
  const { token } = await cache.read(ANN, "positions");
  return await cache.fill(token, ANN, "positions", holding(qty));
}

async function heldBy(cache: ExchangeCache): Promise<string | undefined> {
  const { held } = await cache.read(ANN, "positions");
  return held?.rows.map(({ qty }) => qty).join();
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
    Deno.test(`redis exchange: ${name}`, async () => {
      await using opened = await world();
      await run(opened);
    });

  testExchangeCache("redis exchange", world);

  test("other programs find plain JSON that ends within 5 s, all else a moment later", async ({ cache, cli }) => {
    equal(await hold(cache, "-0.015"), true);
    equal(
      await cli("GET", POSITIONS),
      '{"positions":[{"symbol":"BTCUSDT","qty":"-0.015","avg_entry_price":"42000.1"}],"fetched_at":"2026-01-06T09:30:00.000Z"}',
    );
    const { token } = await cache.read(ANN, "orders");
    await cache.fill(token, ANN, "orders", {
      ...holding(),
      rows: [anOrder("E")],
    });
    deepEqual(JSON.parse(await cli("GET", ORDERS)), {
      orders: [anOrder("E")],
      fetched_at: "2026-01-06T09:30:00.000Z",
    });
    for (const key of [POSITIONS, ORDERS]) {
      const left = await cli("PTTL", key);
      ok(left > 3000 && left <= EXCHANGE_LIFE_MS, `${key} ends in ${left} ms`);
    }
    const left = await cli("PTTL", TOKEN);
    ok(left > 2 * EXCHANGE_LIFE_MS && left <= 3 * EXCHANGE_LIFE_MS);
    deepEqual(
      (await cli("KEYS", "*")).sort(),
      [POSITIONS, ORDERS, TOKEN].sort(),
    );
    await cache.invalidate(ANN);
    deepEqual(await cli("KEYS", "*"), []);
  });

  test("instances see what others fill, and what they invalidate", async ({ cache, open }) => {
    const other = open();
    await hold(cache, "1");
    equal(await heldBy(other), "1");
    const { token } = await cache.read(ANN, "positions");
    await other.invalidate(ANN);
    equal(await heldBy(cache), undefined);
    equal(await cache.fill(token, ANN, "positions", holding("1")), false);
    equal(await hold(other, "2"), true);
    equal(await cache.fill(token, ANN, "positions", holding("1")), false);
    equal(await heldBy(cache), "2");
  });

  test("who misses after another is told so, for a moment", async ({ cache, open, cli }) => {
    const other = open();
    const asked = async (of: ExchangeCache, part = "positions" as const) =>
      (await of.read(ANN, part)).isAsked;
    equal(await asked(cache), false);
    equal(await asked(other), true);
    const left = await cli("PTTL", ASKED);
    ok(left > 0 && left <= 500, `for ${left} ms`);
    equal((await other.read(ANN, "orders")).isAsked, false);
    await other.invalidate(ANN);
    equal(await asked(cache), false);
    const { token, isAsked } = await other.read(ANN, "positions");
    equal(isAsked, true);
    await cache.fill(token, ANN, "positions", holding("1"));
    equal(await asked(other), false);
    equal(await cli("EXISTS", ASKED), 0);
  });

  test("what somebody else has written is a miss, and the next fill replaces it", async ({ cache, cli }) => {
    await hold(cache, "1");
    const good = JSON.parse(await cli("GET", POSITIONS));
    const row = good.positions[0];
    const put = (value: unknown, ...how: string[]) => [
      "SET",
      POSITIONS,
      typeof value === "string" ? value : JSON.stringify(value),
      ...how.length > 0 ? how : ["PX", "4000"],
    ];
    for (
      const damage of [
        put("garbage"),
        put(JSON.stringify(good).slice(0, -1)),
        put("null"),
        put("[]"),
        put("7"),
        put({ positions: {}, fetched_at: good.fetched_at }),
        put({ orders: [], fetched_at: good.fetched_at }),
        put({ positions: [] }),
        put({ positions: [], fetched_at: "yesterday" }),
        put({ ...good, positions: [null] }),
        put({ ...good, positions: [[]] }),
        put({ ...good, positions: [{ ...row, qty: 1 }] }),
        put({ ...good, positions: [{ ...row, qty: "NaN" }] }),
        put({ ...good, positions: [{ ...row, symbol: undefined }] }),
        put({ ...good, positions: [row, { ...row, avg_entry_price: "" }] }),
        put({ ...good, pad: "x".repeat(MAX_EXCHANGE_CHARS) }),
        put(""),
        ["PERSIST", POSITIONS],
        put(good, "PX", "60000"),
        ["DEL", POSITIONS],
      ]
    ) {
      equal(await heldBy(cache), "1");
      await cli(...damage);
      equal(await heldBy(cache), undefined, `${damage}`.slice(0, 90));
      equal(await hold(cache, "1"), true);
    }
    await cli(...put(good));
    equal(await heldBy(cache), "1", "what is whole is believed");
    for (const key of [POSITIONS, TOKEN, ASKED]) {
      await cli("DEL", key);
      await cli("HSET", key, "a", "1");
      equal(await heldBy(cache), key === ASKED ? "1" : undefined);
      equal(await hold(cache, "1"), true);
      equal(await heldBy(cache), "1");
    }
  });

  test("orders of the wrong shape are a miss", async ({ cache, cli }) => {
    const { token } = await cache.read(ANN, "orders");
    const snapshot = { ...holding(), rows: [anOrder("E")] };
    equal(await cache.fill(token, ANN, "orders", snapshot), true);
    const text = await cli("GET", ORDERS);
    for (
      const [from, to] of [
        ['"sell"', '"short"'],
        ['"stop_limit"', '"STOP"'],
        ['"gtc"', "null"],
        ["true", '"true"'],
        ['"41000"', "41000"],
        ['"E"', "7"],
      ] as const
    ) {
      ok(text.includes(from));
      await cli("SET", ORDERS, text.replace(from, to), "PX", "4000");
      equal((await cache.read(ANN, "orders")).held, undefined, to);
    }
    await cli("SET", ORDERS, text.replace('"41000"', "null"), "PX", "4000");
    equal((await cache.read(ANN, "orders")).held?.rows[0]?.limit_price, null);
  });

  test("without its token nothing is filled, and nothing is believed", async ({ cache, cli }) => {
    for (const loss of [["DEL", TOKEN], ["FLUSHALL"]]) {
      await hold(cache, "1");
      const { token } = await cache.read(ANN, "positions");
      await cli(...loss);
      equal(await cache.fill(token, ANN, "positions", holding("1")), false);
      equal(await heldBy(cache), undefined);
      equal(await cli("EXISTS", POSITIONS, ORDERS), 0);
    }
  });

  test("a fill that comes late ends with the answer's life, or keeps nothing", async ({ cache, cli }) => {
    const { token } = await cache.read(ANN, "positions");
    const [at, name] = token.split(" ");
    const after = (ms: number) =>
      cache.fill(
        `${Number(at) - ms} ${name}` as ExchangeToken,
        ANN,
        "positions",
        holding("1"),
      );
    equal(await after(EXCHANGE_LIFE_MS), false);
    equal(await after(60_000), false);
    equal(await cli("EXISTS", POSITIONS), 0);
    equal(await after(4000), true);
    const left = await cli("PTTL", POSITIONS);
    ok(left > 0 && left <= 1000, `ends in ${left} ms`);
    // A clock of the server that has gone back makes nothing last longer.
    equal(await after(-60_000), true);
    ok(await cli("PTTL", POSITIONS) <= EXCHANGE_LIFE_MS);
  });

  test("what is too long is not kept", async ({ cache, cli }) => {
    const { token } = await cache.read(ANN, "positions");
    const rows = Array.from({ length: 5000 }, () => aPosition("1"));
    const long = { ...holding(), rows };
    equal(await cache.fill(token, ANN, "positions", long), false);
    equal(await cli("EXISTS", POSITIONS), 0);
  });

  test("who believes no server, or another one, is refused", async ({ cache, believed, fenced }) => {
    const { token } = await cache.read(ANN, "positions");
    believed.history = undefined;
    const refused = { code: "unavailable", message: /not believed now/ };
    await rejects(cache.read(ANN, "positions"), refused);
    await rejects(cache.fill(token, ANN, "positions", holding()), refused);
    await rejects(cache.invalidate(ANN), refused);
    equal(fenced(), 0);
    believed.history = "f".repeat(40);
    const other = {
      code: "unavailable",
      message: /not the server that it was/,
    };
    await rejects(cache.read(ANN, "positions"), other);
    await rejects(cache.invalidate(ANN), other);
    equal(await cache.fill(token, ANN, "positions", holding()), false);
    equal(fenced(), 2);
  });

  test("after a failover nothing of before counts: an invalidation may have been lost", async ({ cache, cli, believed, historyOfServer, connection, fenced }) => {
    await hold(cache, "1");
    const { token } = await cache.read(ANN, "positions");
    await cli("REPLICAOF", "127.0.0.1", "1");
    await cli("REPLICAOF", "NO", "ONE");
    await until(connection, () => connection.isUp);
    believed.history = await historyOfServer();
    equal(await cli("EXISTS", POSITIONS, TOKEN), 2);
    equal(await cache.fill(token, ANN, "positions", holding("1")), false);
    equal(fenced(), 0, "the server is the one that is believed");
    equal(await heldBy(cache), undefined);
    equal(await cli("EXISTS", POSITIONS), 0, "other programs see it still");
    equal(await hold(cache, "2"), true);
    equal(await heldBy(cache), "2");
  });

  test("a server without memory still forgets", async ({ cache, cli }) => {
    await hold(cache, "1");
    const { token } = await cache.read(ANN, "orders");
    await cli("CONFIG", "SET", "maxmemory", "1");
    const none = { ...holding(), rows: [] };
    await rejects(cache.fill(token, ANN, "orders", none), { code: "full" });
    equal(await heldBy(cache), "1");
    await cache.invalidate(ANN);
    equal(await cli("EXISTS", POSITIONS, TOKEN), 0);
    await cli("CONFIG", "SET", "maxmemory", "0");
  });

  test("tokens are random, and tell the history", async ({ cache, believed }) => {
    const { token } = await cache.read(ANN, "positions");
    await cache.invalidate(ANN);
    const { token: next } = await cache.read(ANN, "positions");
    const [, name] = token.split(" ");
    match(name!, new RegExp(`^${believed.history}:[0-9a-f]{32}$`));
    ok(!next.includes(name!));
  });
}
