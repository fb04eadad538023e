/**
 * The feature service: computed once, found again, forgotten when void.
 *
 * @module
 */
import {
  ALPHA158_NAMES,
  ALPHA158_SET,
  computeAlpha158,
} from "../../domain/alpha158/alpha158.ts";
import { fingerprintBars, sliceBars } from "../../domain/bars.ts";
import { parseSymbol } from "../../domain/symbol.ts";
import { dateOfEpochDay, parseTradingDate } from "../../domain/trading_date.ts";
import type {
  FeatureResult,
  FeatureService,
} from "../../src/services/features.ts";
import {
  deepEqual,
  equal,
  fail,
  match,
  ok,
  rejects,
  throws,
} from "../support/assert.ts";
import { createFeatureWorld } from "../support/feature_world.ts";
import { aPortError, PORT_ERROR_CODES } from "../support/guarded_port.ts";
import { weekdayBars, withValue } from "../support/market.ts";
import { settle } from "../support/turns.ts";

const A = parseSymbol("AAA");
const B = parseSymbol("BBB");
const C = parseSymbol("CCC");
const X = parseSymbol("XXX");
const SERIES = {
  AAA: weekdayBars({ seed: 1 }),
  BBB: weekdayBars({ seed: 2 }),
  CCC: weekdayBars({ seed: 3, vwap: true }),
};
const FRIDAY = parseTradingDate("2026-01-02");
const THURSDAY = parseTradingDate("2026-01-01");

/** `symbol source` of vectors, `symbol code` of refusals. */
const told = (results: readonly FeatureResult[]) =>
  results.map((result) =>
    "error" in result
      ? `${result.symbol} ${result.error.code}`
      : `${result.vector.symbol} ${result.source}`
  );

function vectorOf(result: FeatureResult | undefined) {
  if (!result || "error" in result) return fail("there is no vector");
  return result.vector;
}

Deno.test("features are those of the bars up to the close of the date", async () => {
  const { features, clock } = await createFeatureWorld(SERIES);
  for (const [date, row] of [[undefined, 79], [THURSDAY, 78]] as const) {
    const vector = vectorOf((await features.get([A], date))[0]);
    equal(vector.symbol, A);
    equal(vector.date, dateOfEpochDay(SERIES.AAA.day[row]!));
    deepEqual(features.values(vector), computeAlpha158(SERIES.AAA, row));
    deepEqual(Object.keys(JSON.parse(vector.json)), [...ALPHA158_NAMES]);
    deepEqual(vector.stamp, {
      set: ALPHA158_SET,
      window: fingerprintBars(sliceBars(SERIES.AAA, row - 60, row + 1)),
      computedAt: clock.now(),
    });
  }
});

Deno.test("results stand in the order asked for, whatever is held", async () => {
  const { features } = await createFeatureWorld(SERIES);
  await features.get([B], undefined);
  const asked = [C, X, B, A, B];
  deepEqual(told(await features.get(asked, undefined)), [
    "CCC computed",
    "XXX not_found",
    "BBB cache",
    "AAA computed",
    "BBB cache",
  ]);
  deepEqual(await features.get([], undefined), []);
});

Deno.test("a vector is computed once, then found, and both are counted", async () => {
  const { features, telemetry, store } = await createFeatureWorld(SERIES);
  deepEqual(told(await features.get([A, B], FRIDAY)), [
    "AAA computed",
    "BBB computed",
  ]);
  deepEqual(told(await features.get([B, A, C], FRIDAY)), [
    "BBB cache",
    "AAA cache",
    "CCC computed",
  ]);
  deepEqual(await features.stats(), {
    hits: 2,
    misses: 3,
    computations: 3,
    errors: 0,
    size: 3,
  });
  const reads = "holdfast_feature_reads_total";
  equal(telemetry.counted(reads, { result: "hit" }), 2);
  equal(telemetry.counted(reads, { result: "miss" }), 3);
  equal(telemetry.counted("holdfast_feature_computations_total"), 3);
  equal(store.calls("read"), 2);
  equal(store.calls("fill"), 2);
});

Deno.test("a hundred at once share one read, one computation and one fill", async () => {
  const { features, store } = await createFeatureWorld(SERIES);
  const all = await Promise.all(
    Array.from({ length: 100 }, () => features.get([A], undefined)),
  );
  equal(new Set(all.map((results) => vectorOf(results[0]))).size, 1);
  equal((await features.stats()).computations, 1);
  deepEqual([store.calls("read"), store.calls("fill")], [1, 1]);
  deepEqual(told(await features.get([A], undefined)), ["AAA cache"]);
});

Deno.test("requests that overlap share what they have in common", async () => {
  const { features } = await createFeatureWorld(SERIES);
  const both = await Promise.all([
    features.get([A, B], undefined),
    features.get([C, B, A], undefined),
  ]);
  deepEqual(both.map(told), [
    ["AAA computed", "BBB computed"],
    ["CCC computed", "BBB computed", "AAA computed"],
  ]);
  equal((await features.stats()).computations, 3);
});

Deno.test("requests for other dates or other bars share nothing", async () => {
  const { features, bars, store } = await createFeatureWorld(SERIES);
  const gate = Promise.withResolvers<void>();
  store.before("read", () => gate.promise);
  const calls = [features.get([A], FRIDAY), features.get([A], THURSDAY)];
  await settle();
  bars.set("AAA", SERIES.BBB);
  calls.push(features.get([A], FRIDAY));
  await settle();
  gate.resolve();
  const vectors = (await Promise.all(calls)).map(([result]) =>
    vectorOf(result).json
  );
  equal(new Set(vectors).size, 3);
});

Deno.test("when the bars have changed, what is held is stale and replaced", async () => {
  const { features, bars } = await createFeatureWorld(SERIES);
  const before = vectorOf((await features.get([A], FRIDAY))[0]);
  const corrected = withValue(SERIES.AAA, "close", 30, 101);
  bars.set("AAA", corrected);
  const results = await features.get([A], FRIDAY);
  deepEqual(told(results), ["AAA computed"]);
  const after = vectorOf(results[0]);
  deepEqual(features.values(after), computeAlpha158(corrected, 79));
  ok(after.json !== before.json);
  equal((await features.stats()).size, 1);
  deepEqual(await features.get([A], FRIDAY), [{
    vector: after,
    source: "cache",
  }]);
});

Deno.test("bars outside the window change nothing", async () => {
  const { features, bars } = await createFeatureWorld(SERIES);
  await features.get([A], FRIDAY);
  bars.set("AAA", withValue(SERIES.AAA, "close", 18, 101));
  deepEqual(told(await features.get([A], FRIDAY)), ["AAA cache"]);
  bars.set("AAA", withValue(SERIES.AAA, "close", 19, 101));
  deepEqual(told(await features.get([A], FRIDAY)), ["AAA computed"]);
});

Deno.test("a vector of another feature set is stale", async () => {
  const { features, store } = await createFeatureWorld(SERIES);
  const vector = vectorOf((await features.get([A], FRIDAY))[0]);
  const stamp = { ...vector.stamp, set: "alpha158/0" };
  const { token } = await store.port.read([vector]);
  await store.port.fill(token, [{ ...vector, stamp }], [60]);
  deepEqual(told(await features.get([A], FRIDAY)), ["AAA computed"]);
  deepEqual(told(await features.get([A], FRIDAY)), ["AAA cache"]);
});

Deno.test("a vector that was damaged in the store counts as missed where its numbers are asked for", async () => {
  const { features, store, another } = await createFeatureWorld(SERIES);
  const vector = vectorOf((await features.get([A], FRIDAY))[0]);
  const whole = features.values(vector);
  for (const json of [vector.json.slice(0, -9), "null", "garbage", ""]) {
    const { token } = await store.port.read([vector]);
    await store.port.fill(token, [{ ...vector, json }], [60]);
    const reader = another();
    const found = vectorOf((await reader.get([A], FRIDAY))[0]);
    deepEqual(reader.values(found), whole);
    equal(reader.values(found), reader.values(found));
    equal((await reader.stats()).computations, 1);
    throws(() => another().values({ ...vector, json }));
  }
});

Deno.test("what is invalidated between read and fill is not kept", async () => {
  const { features, store, another } = await createFeatureWorld(SERIES);
  store.before("fill", () => another().forget({ symbol: A }));
  deepEqual(told(await features.get([A, B], FRIDAY)), [
    "AAA computed",
    "BBB computed",
  ]);
  equal((await features.stats()).size, 1);
  store.mend();
  deepEqual(told(await features.get([A, B], FRIDAY)), [
    "AAA computed",
    "BBB cache",
  ]);
});

Deno.test("vectors are kept for the time to live, give or take a tenth", async () => {
  const series = Object.fromEntries(
    Array.from({ length: 400 }, (_, i) => [`S${i}`, SERIES.AAA]),
  );
  const { features, store, clock } = await createFeatureWorld(series, {
    ttlS: 1000,
  });
  const symbols = Object.keys(series).map(parseSymbol);
  await features.get(symbols, FRIDAY);
  const keys = symbols.map((symbol) => ({ symbol, date: FRIDAY }));
  const held = async () =>
    (await store.port.read(keys)).vectors.filter((one) => one).length;

  const share: number[] = [];
  for (const s of [900, 950, 1000, 1050, 1100]) {
    await clock.advance(s * 1000 - clock.monotonic());
    share.push(await held() / symbols.length);
  }
  equal(share.shift(), 1);
  equal(share.pop(), 0);
  [0.75, 0.5, 0.25].forEach((expected, i) =>
    ok(Math.abs(share[i]! - expected) < 0.1, `${share}`)
  );
});

for (const code of PORT_ERROR_CODES) {
  Deno.test(`a store that fails with ${code} costs a count, not an answer`, async () => {
    const { features, store, telemetry } = await createFeatureWorld(SERIES);
    const fresh = await features.get([A], FRIDAY);
    store.fail("read", code);
    store.fail("fill", code);
    store.fail("size", code);
    const values = features.values(
      vectorOf((await features.get([A], FRIDAY))[0]),
    );
    deepEqual(values, features.values(vectorOf(fresh[0])));
    store.mend();
    store.fail("fill", code);
    deepEqual(told(await features.get([B], FRIDAY)), ["BBB computed"]);
    equal((await features.stats()).errors, 2);

    store.fail("size", code);
    equal((await features.stats()).size, undefined);
    const labels = { port: "feature_store", code };
    equal(telemetry.counted("holdfast_port_errors_total", labels), 3);
    deepEqual(telemetry.logged().map((line) => line.level), [
      "debug",
      "debug",
      "debug",
    ]);
  });
}

Deno.test("a mistake in a store is not covered up, nor does it stick", async () => {
  const { features, store } = await createFeatureWorld(SERIES);
  store.fail("read", new TypeError("a mistake"));
  const calls = [features.get([A, B], FRIDAY), features.get([B], FRIDAY)];
  for (const call of calls) await rejects(call, { message: "a mistake" });
  store.mend();
  deepEqual(told(await features.get([A, B], FRIDAY)), [
    "AAA computed",
    "BBB computed",
  ]);
});

Deno.test("a feature that is not defined is null, and the vector a hit", async () => {
  const holes = withValue(SERIES.AAA, "open", 79, NaN);
  const { features } = await createFeatureWorld({ AAA: holes });
  for (const source of ["computed", "cache"]) {
    const [result] = await features.get([A], FRIDAY);
    deepEqual(told([result!]), [`AAA ${source}`]);
    const vector = vectorOf(result);
    equal(JSON.parse(vector.json)["KMID"], null);
    ok(Number.isNaN(features.values(vector)[0]));
  }
});

Deno.test("the numbers of a vector are the same, computed here or read back", async () => {
  const flat = weekdayBars({ seed: 5 });
  for (const row of [40, 41, 42]) flat.close[row] = Number.MIN_VALUE;
  const series = {
    AAA: flat,
    BBB: withValue(SERIES.BBB, "open", 79, Number.MIN_VALUE),
    CCC: withValue(SERIES.CCC, "close", 79, SERIES.CCC.open[79]!),
    EEE: weekdayBars({ length: 1 }),
    FFF: withValue(SERIES.AAA, "volume", 79, NaN),
  };
  const { features, another } = await createFeatureWorld(series);
  const symbols = Object.keys(series).map(parseSymbol);
  const computed = await features.get(symbols, FRIDAY);
  const elsewhere: FeatureService = another();
  const found = await elsewhere.get(symbols, FRIDAY);
  ok(computed.some((result) => /null/.test(vectorOf(result).json)));
  computed.forEach((result, i) => {
    const [here, there] = [vectorOf(result), vectorOf(found[i])];
    equal(there.json, here.json);
    deepEqual([...elsewhere.values(there)], [...features.values(here)]);
    ok(features.values(here).every((value) => Math.abs(value) !== Infinity));
  });
  deepEqual(told(found), symbols.map((symbol) => `${symbol} cache`));
});

Deno.test("bars that cannot be are refused while they are in the window, and told once", async () => {
  const { features, telemetry } = await createFeatureWorld({
    AAA: withValue(SERIES.AAA, "close", 78, -5),
    BBB: withValue(SERIES.BBB, "close", 0, -5),
  });
  for (let i = 0; i < 3; i++) {
    const [bad, good] = await features.get([A, B], FRIDAY);
    deepEqual(told([bad!, good!]).map((text) => text.split(" ")[1]), [
      "corrupt",
      i === 0 ? "computed" : "cache",
    ]);
    match(
      "error" in bad! ? bad.error.message : "",
      /bars of AAA as the bar of 2026-01-01 has an impossible close: current value is -5/,
    );
    await features.forget({ symbol: A });
  }
  equal(telemetry.logged("warn").length, 1);
});

Deno.test("good symbols are answered beside bad ones of every kind", async () => {
  const { features, market, quarantined } = await createFeatureWorld(SERIES);
  await quarantined([{ symbol: B, from: FRIDAY, to: FRIDAY, reason: "split" }]);
  const results = await features.get([X, A, B, C], FRIDAY);
  deepEqual(told(results), [
    "XXX not_found",
    "AAA computed",
    "BBB quarantined",
    "CCC computed",
  ]);
  market.fail("window", "corrupt");
  deepEqual(told(await features.get([A], THURSDAY)), ["AAA corrupt"]);
});

Deno.test("what is held of quarantined bars is not given out, until they are clear", async () => {
  const { features, quarantined, clock } = await createFeatureWorld(SERIES);
  await features.get([A], FRIDAY);
  await quarantined([{ symbol: A, from: THURSDAY, to: THURSDAY }]);
  deepEqual(told(await features.get([A], FRIDAY)), ["AAA quarantined"]);
  await quarantined([]);
  await clock.advance(1001);
  deepEqual(told(await features.get([A], FRIDAY)), ["AAA cache"]);
});

Deno.test("an aborted request ends with the reason, and leaves nothing behind", async () => {
  const { features } = await createFeatureWorld(SERIES);
  const gone = AbortSignal.abort(new Error("gone"));
  await rejects(features.get([A], FRIDAY, gone), { message: "gone" });
  deepEqual(told(await features.get([A], FRIDAY)), ["AAA computed"]);
});

Deno.test("a mistake in market data is not covered up", async () => {
  const { features, market } = await createFeatureWorld(SERIES);
  market.fail("window", new TypeError("a mistake"));
  await rejects(features.get([A], FRIDAY), { message: "a mistake" });
  market.fail("window", aPortError("closed"));
  deepEqual(told(await features.get([A], FRIDAY)), ["AAA closed"]);
});
