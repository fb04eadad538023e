/**
 * The switching feature store: what is void stays void through swaps.
 *
 * @module
 */
import { deepEqual, equal, rejects } from "../support/assert.ts";
import { openSwitchingFeatureStore } from "../../adapters/switching/feature_store.ts";
import { parseSymbol } from "../../domain/symbol.ts";
import { parseTradingDate } from "../../domain/trading_date.ts";
import type { FeatureStore, FillToken } from "../../ports/feature_store.ts";
import { testFeatureStore } from "../contracts/feature_store.ts";
import { guardPort } from "../support/guarded_port.ts";
import { createMemoryWorld, subject } from "../support/memory_world.ts";
import { settle } from "../support/turns.ts";

const date = parseTradingDate("2026-01-05");
const [A, B] = ["A", "B"].map((s) => ({ symbol: parseSymbol(s), date }));
const KEYS = [A!, B!];
const stamp = { set: "alpha158/1", window: "0", computedAt: 0 };
const VECTORS = KEYS.map((key) => ({ ...key, json: "{}", stamp }));

async function fill(store: FeatureStore): Promise<number> {
  const { token } = await store.read(KEYS);
  return await store.fill(token, VECTORS, [60, 60]);
}

async function held(store: FeatureStore): Promise<string[]> {
  const { vectors } = await store.read(KEYS);
  return vectors.flatMap((vector) => vector?.symbol ?? []);
}

/** Two stores of their own behind gates, and a switch on the first. */
function setUp() {
  const [first, second] = [1, 2].map(() =>
    guardPort(createMemoryWorld().features())
  );
  const store = openSwitchingFeatureStore("first", first!.port);
  return subject(
    { first: first!, second: second!, store },
    store,
    first!.port,
    second!.port,
  );
}

testFeatureStore("switch over a switch", async () => {
  const { clock, features } = createMemoryWorld();
  const innermost = features();
  const inner = openSwitchingFeatureStore("memory", innermost);
  const store = openSwitchingFeatureStore("switch", inner);
  return subject({ store, elapse: clock.advance }, store, inner, innermost);
});

Deno.test("switching features: a store's tokens may have slashes in them", async () => {
  const tokens: string[] = [];
  await using world = setUp();
  const { store, first } = world;
  const port: FeatureStore = {
    ...first.port,
    read: async () => ({ vectors: [], token: "a/b/c==" as FillToken }),
    fill: async (token) => tokens.push(token),
  };
  await store.swapTo("slashes", port);
  await fill(store);
  deepEqual(tokens, ["a/b/c=="]);
  const { token } = await store.read(KEYS);
  await store.swapTo("slashes", port);
  equal(await store.fill(token, VECTORS, [60, 60]), 0);
  deepEqual(tokens, ["a/b/c=="]);
});

Deno.test("switching features: an invalidation that failed is made up for before a store comes back", async () => {
  await using world = setUp();
  const { store, first, second } = world;
  equal(await fill(store), 2);
  first.fail("invalidate", "unavailable");
  await rejects(store.invalidate({ symbol: A!.symbol }), {
    code: "unavailable",
  });
  await store.swapTo("second", second.port);
  await rejects(store.swapTo("first", first.port), { code: "unavailable" });
  equal(store.active, "second");
  first.mend();
  await store.swapTo("first", first.port);
  deepEqual(await held(store), ["B"]);
  const told = first.calls("invalidate");
  await store.swapTo("second", second.port);
  await store.swapTo("first", first.port);
  equal(first.calls("invalidate"), told);
});

Deno.test("switching features: a store that comes back is told of nothing twice", async () => {
  await using world = setUp();
  const { store, first, second } = world;
  await store.invalidate({});
  equal(await fill(store), 2);
  await store.swapTo("second", second.port);
  await store.swapTo("first", first.port);
  deepEqual(await held(store), ["A", "B"]);
  await store.swapTo("first again", first.port);
  equal(first.calls("invalidate"), 1);
});

Deno.test("switching features: an invalidation that fails after the swap is made up for too", async () => {
  await using world = setUp();
  const { store, first, second } = world;
  equal(await fill(store), 2);
  const hold = Promise.withResolvers<void>();
  first.before("invalidate", () => hold.promise);
  const failing = store.invalidate({ symbol: A!.symbol });
  const swap = store.swapTo("second", second.port);
  hold.reject(new Error("lost"));
  await rejects(failing, { message: "lost" });
  await swap;
  first.mend();
  await store.swapTo("first", first.port);
  deepEqual(await held(store), ["B"]);
});

Deno.test("switching features: many that failed forget everything", async () => {
  await using world = setUp();
  const { store, first, second } = world;
  equal(await fill(store), 2);
  first.fail("invalidate", "unavailable");
  for (let i = 0; i < 300; i++) {
    await rejects(store.invalidate({ symbol: parseSymbol(`X${i}`) }));
  }
  first.mend();
  await store.swapTo("second", second.port);
  await store.swapTo("first", first.port);
  deepEqual(await held(store), []);
});

Deno.test("switching features: an invalidation during a swap reaches the store that becomes active", async () => {
  await using world = setUp();
  const { store, first, second } = world;
  equal(await fill(second.port), 2);
  await store.invalidate({ symbol: parseSymbol("X") });
  const hold = Promise.withResolvers<void>();
  second.before("invalidate", () => hold.promise);
  const swap = store.swapTo("second", second.port);
  await settle();
  equal(store.active, "first");
  await store.invalidate({ symbol: A!.symbol });
  equal(first.calls("invalidate"), 2);
  hold.resolve();
  await swap;
  equal(store.active, "second");
  deepEqual(await held(store), ["B"]);
});
