/**
 * The feature store in a SQLite file: what its contract leaves open.
 *
 * @module
 */
import { deepEqual, equal } from "../support/assert.ts";
import { openSqliteFeatureStore } from "../../adapters/sqlite/feature_store.ts";
import type { FeatureVector } from "../../domain/feature.ts";
import { parseSymbol } from "../../domain/symbol.ts";
import { parseTradingDate } from "../../domain/trading_date.ts";
import type { FeatureStore } from "../../ports/feature_store.ts";
import { needs } from "../support/needs.ts";
import { createSqliteWorld, openDatabase } from "../support/sqlite_world.ts";

const DATE = parseTradingDate("2026-01-05");
const STAMP = { set: "alpha158/1", window: "00ff", computedAt: 1.5 };

function vectorsOf(count: number, from = 0): FeatureVector[] {
  return Array.from({ length: count }, (_, i) => ({
    symbol: parseSymbol(`S${from + i}`),
    date: DATE,
    json: "{}",
    stamp: STAMP,
  }));
}

async function fill(store: FeatureStore, vectors: FeatureVector[], ttlS = 60) {
  const { token } = await store.read([]);
  return await store.fill(token, vectors, vectors.map(() => ttlS));
}

if (await needs(import.meta.url, ["read", "write"])) {
  Deno.test("sqlite features: processes share vectors and invalidations", async () => {
    await using world = await createSqliteWorld();
    const { clock } = world;
    await using other = await openDatabase(world.path, { seed: 2, clock });
    await using ours = openSqliteFeatureStore(world.db);
    await using theirs = openSqliteFeatureStore(other);
    const vectors = vectorsOf(2);
    equal(await fill(ours, vectors), 2);
    deepEqual((await theirs.read(vectors)).vectors, vectors);

    const { token } = await ours.read(vectors);
    await theirs.invalidate({ symbol: vectors[0]!.symbol });
    deepEqual((await ours.read(vectors)).vectors, [undefined, vectors[1]]);
    equal(await ours.fill(token, vectors, [60, 60]), 1);
    deepEqual((await theirs.read(vectors)).vectors, [undefined, vectors[1]]);
  });

  Deno.test("sqlite features: an invalidation forgets more than fits into a transaction", async () => {
    await using world = await createSqliteWorld();
    await using store = openSqliteFeatureStore(world.db);
    await fill(store, vectorsOf(1201));
    await store.invalidate({ date: DATE });
    equal(await store.size(), 0);
  });

  Deno.test("sqlite features: an invalidation leaves what was filled after it began", async () => {
    await using world = await createSqliteWorld();
    await using store = openSqliteFeatureStore(world.db);
    await fill(store, vectorsOf(1001));
    const invalidating = store.invalidate({});
    // In the same transaction as the invalidation's first, or in a later one.
    const [fresh] = vectorsOf(1, 5000);
    let kept = 0;
    while (kept === 0) kept = await fill(store, [fresh!]);
    await invalidating;
    deepEqual((await store.read([fresh!])).vectors, [fresh]);
    equal(await store.size(), 1);
  });

  Deno.test("sqlite features: fills clear away what has expired, a bounded number each", async () => {
    await using world = await createSqliteWorld();
    await using store = openSqliteFeatureStore(world.db);
    await fill(store, vectorsOf(100), 60);
    await world.clock.advance(60_000);
    equal(await store.size(), 100);
    await fill(store, vectorsOf(1, 5000));
    equal(await store.size(), 37);
    await fill(store, []);
    equal(await store.size(), 1);
  });

  Deno.test("sqlite features: a token of nobody's fills nothing", async () => {
    await using world = await createSqliteWorld();
    await using store = openSqliteFeatureStore(world.db);
    for (const token of ["", "x", "-1"]) {
      await store.invalidate({});
      // deno-lint-ignore no-explicit-any
      equal(await store.fill(token as any, vectorsOf(1), [60]), 0);
    }
  });
}
