/**
 * What the feature service remembers of refusals, and how it forgets.
 *
 * @module
 */
import { openNoopEventBus } from "../../adapters/noop/event_bus.ts";
import type { FeatureScope } from "../../domain/feature.ts";
import { parseSymbol } from "../../domain/symbol.ts";
import { parseTradingDate } from "../../domain/trading_date.ts";
import type { FeatureService } from "../../src/services/features.ts";
import { deepEqual, equal, rejects } from "../support/assert.ts";
import { createFeatureWorld } from "../support/feature_world.ts";
import { PORT_ERROR_CODES } from "../support/guarded_port.ts";
import { weekdayBars } from "../support/market.ts";

const A = parseSymbol("AAA");
const B = parseSymbol("BBB");
const X = parseSymbol("XXX");
const SERIES = { AAA: weekdayBars({ seed: 1 }), BBB: weekdayBars({ seed: 2 }) };
const FRIDAY = parseTradingDate("2026-01-02");
const THURSDAY = parseTradingDate("2026-01-01");

const isFound = async (features: FeatureService, symbol = X) =>
  "vector" in (await features.get([symbol], FRIDAY))[0]!;

Deno.test("a refusal is remembered for a second", async () => {
  const { features, bars, market, clock } = await createFeatureWorld(SERIES);
  for (let i = 0; i < 3; i++) equal(await isFound(features), false);
  equal(market.calls("window"), 1);

  bars.set("XXX", SERIES.AAA);
  await clock.advance(999);
  equal(await isFound(features), false);
  await clock.advance(2);
  equal(await isFound(features), true);
  equal(market.calls("window"), 2);
});

Deno.test("a refusal is of one symbol on one date", async () => {
  const { features, market } = await createFeatureWorld(SERIES);
  const sunday = parseTradingDate("2026-01-04");
  await features.get([A], sunday);
  equal(await isFound(features, A), true);
  const [result] = await features.get([A], undefined);
  equal("vector" in result!, true);
  equal(market.calls("window"), 3);
});

for (const code of PORT_ERROR_CODES) {
  const passes = code === "unavailable" || code === "timeout";
  Deno.test(`a refusal with ${code} is ${passes ? "not " : ""}remembered`, async () => {
    const { features, market } = await createFeatureWorld(SERIES);
    market.fail("window", code);
    equal(await isFound(features, A), false);
    market.mend();
    equal(await isFound(features, A), passes);
  });
}

Deno.test("refusals are forgotten with any invalidation", async () => {
  for (const scope of [{}, { symbol: X }, { date: FRIDAY }]) {
    for (const call of ["invalidate", "forget"] as const) {
      const { features, bars } = await createFeatureWorld(SERIES);
      equal(await isFound(features), false);
      bars.set("XXX", SERIES.AAA);
      await features[call](scope, "me");
      equal(await isFound(features), true);
    }
  }
});

Deno.test("invalidating forgets exactly the scope", async () => {
  const cases: [FeatureScope, left: string[]][] = [
    [{}, []],
    [{ symbol: A }, ["BBB 2026-01-01", "BBB 2026-01-02"]],
    [{ date: FRIDAY }, ["AAA 2026-01-01", "BBB 2026-01-01"]],
    [{ symbol: A, date: FRIDAY }, [
      "AAA 2026-01-01",
      "BBB 2026-01-01",
      "BBB 2026-01-02",
    ]],
  ];
  for (const [scope, left] of cases) {
    const { features, store } = await createFeatureWorld(SERIES);
    for (const date of [THURSDAY, FRIDAY]) await features.get([A, B], date);
    await features.invalidate(scope, "me");
    const keys = [A, B].flatMap((symbol) =>
      [THURSDAY, FRIDAY].map((date) => ({ symbol, date }))
    );
    const { vectors } = await store.port.read(keys);
    deepEqual(
      vectors.flatMap((one) => one ? [`${one.symbol} ${one.date}`] : []),
      left,
    );
  }
});

Deno.test("an invalidation is told with its scope, the reason and who asked", async () => {
  const { features, events, clock } = await createFeatureWorld(SERIES);
  await features.invalidate({ symbol: A, date: FRIDAY }, "ann");
  await features.invalidate({}, "bob");
  const told = await events();
  deepEqual(
    told.map(({ channel, key, json }) => ({ channel, key, json })),
    [{
      channel: "features.invalidated",
      key: "AAA",
      json:
        '{"symbol":"AAA","date":"2026-01-02","reason":"asked for","actor":"ann"}',
    }, {
      channel: "features.invalidated",
      key: undefined,
      json: '{"reason":"asked for","actor":"bob"}',
    }],
  );
  deepEqual(told[0]!.meta, {
    timestamp: new Date(clock.now()).toISOString(),
    source: "feature-service",
  });
});

Deno.test("forgetting tells nobody", async () => {
  const { features, store, events } = await createFeatureWorld(SERIES);
  await features.get([A], FRIDAY);
  await features.forget({});
  equal(await store.port.size(), 0);
  deepEqual(await events(), []);
});

Deno.test("with events switched off an invalidation still forgets", async () => {
  await using bus = openNoopEventBus();
  const { features, store } = await createFeatureWorld(SERIES, { bus });
  await features.get([A], FRIDAY);
  await features.invalidate({}, "me");
  equal(await store.port.size(), 0);
});

for (const code of PORT_ERROR_CODES.filter((code) => code !== "unsupported")) {
  Deno.test(`what cannot be told as the log is ${code} is not forgotten`, async () => {
    const { features, store, bus, bars } = await createFeatureWorld(SERIES);
    await features.get([A, X], FRIDAY);
    bars.set("XXX", SERIES.AAA);
    bus.fail("publish", code);
    await rejects(features.invalidate({}, "me"), { code });
    equal(await store.port.size(), 1);
    equal(store.calls("invalidate"), 0);
    equal(await isFound(features), false);
  });
}

Deno.test("a store that cannot forget fails the call, and the log knows", async () => {
  const { features, store, events } = await createFeatureWorld(SERIES);
  store.fail("invalidate", "unavailable");
  await rejects(features.invalidate({}, "me"), { code: "unavailable" });
  await rejects(features.forget({}), { code: "unavailable" });
  equal((await events()).length, 1);
});
