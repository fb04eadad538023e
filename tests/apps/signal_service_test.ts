/**
 * The signal service: from symbols to weights, and an event in the log.
 *
 * @module
 */
import { openNoopEventBus } from "../../adapters/noop/event_bus.ts";
import { type Bars, sliceBars } from "../../domain/bars.ts";
import { parseSymbol } from "../../domain/symbol.ts";
import { parseTradingDate } from "../../domain/trading_date.ts";
import {
  type SignalRun,
  signalSourceOf,
} from "../../src/apps/signal_service.ts";
import { deepEqual, equal, match, ok, rejects } from "../support/assert.ts";
import { PORT_ERROR_CODES } from "../support/guarded_port.ts";
import { weekdayBars, withValue } from "../support/market.ts";
import { createSignalWorld } from "../support/signal_world.ts";
import { pass, settle } from "../support/turns.ts";

const FRIDAY = parseTradingDate("2026-01-02");
const THURSDAY = parseTradingDate("2026-01-01");

/** Bars that the model of these tests scores with `score`, a few eighths. */
function barsOf(score: number, last: string = FRIDAY): Bars {
  const bars = withValue(weekdayBars({ last }), "open", 79, 1);
  return withValue(bars, "close", 79, 1 + score);
}

const SERIES = {
  AAA: barsOf(0.25),
  BBB: barsOf(0.75),
  CCC: barsOf(-0.5),
  DDD: barsOf(0.5),
  EEE: barsOf(0),
};
const ALL = Object.keys(SERIES).map(parseSymbol);

type WorldOptions = Parameters<typeof createSignalWorld>[1];
const createWorld = (
  series: Readonly<Record<string, Bars>> = SERIES,
  options: WorldOptions = {},
) => createSignalWorld(series, options);

/** `symbol rank weight`, highest first. */
const told = (run: SignalRun) =>
  run.signals.map(({ symbol, rank, targetWeight }) =>
    `${symbol} ${rank} ${targetWeight}`
  );

Deno.test("symbols are ranked by the model's score, both ends are weighted", async () => {
  const { generate, clock } = await createWorld();
  const run = await generate(ALL, { topN: 1, bottomN: 2 });
  deepEqual(told(run), [
    "BBB 1 1",
    "DDD 2 0",
    "AAA 3 0",
    "EEE 4 -0.5",
    "CCC 5 -0.5",
  ]);
  deepEqual(run.signals.map(({ score }) => score), [0.75, 0.5, 0.25, 0, -0.5]);
  equal(run.generatedAt, clock.now());
  equal(run.model.version, "v1");
  deepEqual([run.topN, run.bottomN, run.asOf], [1, 2, FRIDAY]);
});

Deno.test("predicted returns have mean 0 and standard deviation 0.02", async () => {
  const { generate } = await createWorld();
  const { signals } = await generate();
  const returns = signals.map((signal) => signal.predictedReturn);
  const mean = returns.reduce((a, b) => a + b) / 5;
  const variance = returns.reduce((sum, r) => sum + (r - mean) ** 2, 0) / 5;
  ok(Math.abs(mean) < 1e-15);
  ok(Math.abs(Math.sqrt(variance) - 0.02) < 1e-15);
});

Deno.test("equal scores share a rank and predict nothing", async () => {
  const { AAA, BBB } = SERIES;
  const { generate } = await createWorld({ AAA, BBB, XXX: AAA });
  deepEqual(told(await generate(["XXX", "BBB", "AAA"])), [
    "BBB 1 1",
    "XXX 2 0",
    "AAA 2 -1",
  ]);
  const { signals } = await generate(["XXX", "AAA"]);
  deepEqual(signals.map(({ predictedReturn }) => predictedReturn), [0, 0]);
});

Deno.test("a single symbol keeps its score, and no weight unless asked for", async () => {
  const { generate } = await createWorld();
  const [signal] = (await generate(["BBB"])).signals;
  deepEqual(signal, {
    symbol: parseSymbol("BBB"),
    score: 0.75,
    predictedReturn: 0.75,
    rank: 1,
    targetWeight: 0,
  });
  deepEqual(told(await generate(["BBB"], { topN: 1 })), ["BBB 1 1"]);
});

Deno.test("default ends shrink to fit, and what was used is said", async () => {
  const { generate } = await createWorld();
  const run = await generate();
  deepEqual([run.topN, run.bottomN], [2, 2]);
  const long = await generate(ALL, { topN: 4 });
  deepEqual([long.topN, long.bottomN], [4, 1]);
  const none = await generate(ALL, { topN: 0, bottomN: 0 });
  deepEqual([none.topN, none.bottomN], [0, 0]);
});

Deno.test("more at the ends than there are symbols is refused", async () => {
  const { generate, bus } = await createWorld();
  const cases = [
    [{ topN: 3, bottomN: 3 }, "3 long and 3 short"],
    [{ topN: 6 }, "6 long and the default short"],
    [{ bottomN: 6 }, "the default long and 6 short"],
  ] as const;
  for (const [ends, what] of cases) {
    await rejects(generate(ALL, ends), {
      name: "InvalidInput",
      message:
        `Cannot choose ${what} as top_n + bottom_n must not exceed the number of symbols: current value is 5 symbols`,
    });
  }
  equal(bus.calls("publish"), 0);
});

Deno.test("without a date it is the newest of any, and who lags behind is refused by name", async () => {
  const { generate } = await createWorld({
    AAA: barsOf(0.25),
    BBB: barsOf(0.5, THURSDAY),
  });
  await rejects(generate(["AAA", "BBB"]), {
    code: "not_found",
    message: new RegExp(`BBB as it has none on ${FRIDAY}`),
  });
  equal((await generate(["BBB"])).asOf, THURSDAY);
  equal((await generate(["AAA"])).asOf, FRIDAY);
});

Deno.test("with a date the features are those of its close", async () => {
  const { AAA, BBB } = SERIES;
  const { generate } = await createWorld({
    AAA: withValue(withValue(AAA, "open", 78, 1), "close", 78, 0.5),
    BBB: withValue(withValue(BBB, "open", 78, 1), "close", 78, 2),
  });
  const run = await generate(["AAA", "BBB"], { asOf: THURSDAY });
  deepEqual(run.signals.map(({ symbol, score }) => `${symbol} ${score}`), [
    "BBB 1",
    "AAA -0.5",
  ]);
  equal(run.asOf, THURSDAY);
});

Deno.test("an event tells of the run, and its place is answered", async () => {
  const { generate, events, clock } = await createWorld();
  await generate(["AAA"]);
  const run = await generate(ALL, { topN: 1, bottomN: 1 });
  const event = (await events())[1]!;
  deepEqual(run.event, { id: event.id, position: 2 });
  equal(run.eventError, undefined);
  equal(event.channel, "signals.generated");
  equal(event.key, "alpha_baseline");
  deepEqual(JSON.parse(event.json), {
    strategy_id: "alpha_baseline",
    symbols: ["BBB", "DDD", "AAA", "EEE", "CCC"],
    num_signals: 5,
    as_of_date: "2026-01-02",
    model_version: "v1",
    top_n: 1,
    bottom_n: 1,
  });
  deepEqual(event.meta, {
    timestamp: new Date(clock.now()).toISOString(),
    source: "signal-service",
  });
});

Deno.test("without publishing the signals are the same, and the log is not told", async () => {
  const { generate, events } = await createWorld();
  const quiet = await generate(ALL, { publish: false });
  deepEqual(await events(), []);
  equal(quiet.event, undefined);
  equal(quiet.eventError, undefined);
  const told = await generate(ALL, { publish: true });
  deepEqual(quiet.signals, told.signals);
  equal((await events()).length, 1);
});

Deno.test("what an event says leads to the very same signals again", async () => {
  const { AAA, BBB, CCC } = SERIES;
  const world = await createWorld({ XXX: AAA, BBB, AAA, CCC });
  const names = ["XXX", "BBB", "AAA", "CCC"];
  const run = await world.generate(names, { topN: 2, bottomN: 1 });
  const data = JSON.parse((await world.events())[0]!.json);
  const set = await signalSourceOf(world.signals).signals({
    symbols: data.symbols,
    asOf: data.as_of_date,
    topN: data.top_n,
    bottomN: data.bottom_n,
    publish: false,
  });
  deepEqual(set, {
    signals: run.signals,
    asOf: FRIDAY,
    strategyId: "alpha_baseline",
    modelVersion: "v1",
    topN: 2,
    bottomN: 1,
  });
  equal((await world.events()).length, 1);
});

const isPassing = (code: string) => ["unavailable", "timeout"].includes(code);

for (const code of PORT_ERROR_CODES.filter((code) => code !== "unsupported")) {
  Deno.test(`with a log that is ${code} signals are answered, and that is not silent`, async () => {
    const { generate, bus, clock, telemetry } = await createWorld();
    bus.fail("publish", code);
    const running = generate();
    await pass(clock, 5000);
    const run = await running;
    equal(bus.calls("publish"), isPassing(code) ? 3 : 1);
    equal(run.signals.length, 5);
    equal(run.event, undefined);
    equal(run.eventError, `Cannot do that as the test says ${code}`);
    const [line, ...others] = telemetry.logged("error");
    deepEqual(others, []);
    match(line!.message, /^cannot publish signals.generated/);
    equal(line!.fields["code"], code);
    const labels = { port: "event_bus", code };
    equal(telemetry.counted("holdfast_port_errors_total", labels), 1);
  });
}

Deno.test("an event that could not be published at first is published once", async () => {
  const { generate, events, bus, clock } = await createWorld();
  bus.fail("publish", "unavailable");
  const running = generate();
  await settle();
  bus.mend();
  await pass(clock, 5000);
  const { event } = await running;
  deepEqual((await events()).map(({ id }) => id), [event!.id]);
});

Deno.test("with events switched off there is no event and no complaint", async () => {
  await using bus = openNoopEventBus();
  const { generate, telemetry } = await createWorld(SERIES, { bus });
  const run = await generate();
  deepEqual([run.signals.length, run.event], [5, undefined]);
  ok(!("eventError" in run));
  deepEqual(telemetry.logged("error"), []);
});

Deno.test("a mistake in the log is not covered up", async () => {
  const { generate, bus } = await createWorld();
  bus.fail("publish", new TypeError("a mistake"));
  await rejects(generate(), { message: "a mistake" });
});

Deno.test("without a model there are no signals", async () => {
  const { generate, signals } = await createWorld(SERIES, { isLoaded: false });
  equal(signals.model(), undefined);
  await rejects(generate(), {
    name: "PortError",
    code: "unavailable",
    message: /no model is loaded: put one at MODEL_PATH/,
  });
  await signals.reload();
  equal(signals.model()?.version, "v1");
  equal((await generate()).signals.length, 5);
});

Deno.test("a request is scored by one model, whatever is activated meanwhile", async () => {
  const { generate, signals, put, store, events } = await createWorld();
  put("v2");
  store.before("read", async () => void await signals.reload());
  const run = await generate();
  equal(run.model.version, "v1");
  equal(signals.model()?.version, "v2");
  const told = (await events()).map(({ json }) =>
    JSON.parse(json).model_version
  );
  ok(told.includes("v1") && !told.includes("v2"));
});

for (const score of [NaN, Infinity, -Infinity]) {
  Deno.test(`a score of ${score} is refused with the symbol and the model`, async () => {
    const { generate, bus } = await createWorld(SERIES, {
      score: ([first]) => first === 0.5 ? score : first!,
    });
    await rejects(generate(), {
      name: "PortError",
      code: "corrupt",
      message: "Cannot rank DDD as model v1 gives no number for it",
    });
    equal(bus.calls("publish"), 0);
  });
}

Deno.test("a symbol without features fails the request, as its features do", async () => {
  const { generate, quarantined } = await createWorld();
  await rejects(generate(["AAA", "XXX"], { asOf: FRIDAY }), {
    code: "not_found",
    message: "Cannot read bars of XXX as the symbol is unknown",
  });
  const [AAA] = ALL;
  await quarantined([{ symbol: AAA!, from: FRIDAY, to: FRIDAY }]);
  await rejects(generate(), { code: "quarantined", message: /AAA/ });
});

Deno.test("a date outside the data tells how far the data reach", async () => {
  const { generate } = await createWorld();
  const asOf = parseTradingDate("2026-01-03");
  await rejects(generate(["AAA", "BBB"], { asOf }), {
    code: "not_found",
    message: /AAA.*BBB/,
    facts: { first: "2025-09-15", last: "2026-01-02" },
  });
});

for (const asOf of [FRIDAY, undefined]) {
  const when = asOf ? "on a date" : "without a date";
  Deno.test(`${when}, one error names the symbols that fail`, async () => {
    const { generate } = await createWorld();
    await rejects(generate(["X1", "AAA", "X2"], { asOf }), {
      code: "not_found",
      message: "Cannot read bars of X1 as the symbol is unknown; " +
        "Cannot read bars of X2 as the symbol is unknown",
    });
    const seven = Array.from({ length: 7 }, (_, i) => `X${i}`);
    await rejects(generate(seven, { asOf }), {
      message: /X0 .*; .*X1 .*; .*X2 .*; .*X3 .*; and 3 more$/,
    });
  });

  Deno.test(`${when}, a mistake in market data is not covered up`, async () => {
    const { generate, market } = await createWorld();
    market.fail("range", new TypeError("a mistake"));
    market.fail("window", new TypeError("a mistake"));
    await rejects(generate(ALL, { asOf }), { message: "a mistake" });
  });

  Deno.test(`${when}, an aborted request ends with the reason`, async () => {
    const { signals, bus } = await createWorld();
    const gone = AbortSignal.abort(new Error("gone"));
    await rejects(signals.generate({ symbols: ALL, asOf }, gone), {
      message: "gone",
    });
    equal(bus.calls("publish"), 0);
  });
}

Deno.test("one bar is enough, and features that are missing reach the model as NaN", async () => {
  let missing = 0;
  const { generate } = await createWorld(
    { AAA: sliceBars(SERIES.AAA, 79, 80) },
    {
      score: (features) => {
        missing = features.filter(Number.isNaN).length;
        return 1;
      },
    },
  );
  deepEqual(told(await generate(["AAA"])), ["AAA 1 0"]);
  ok(missing > 0);
});

Deno.test("a rehearsal scores once, keeps nothing and tells nobody", async () => {
  let scored = 0;
  const { signals, store, bus, features } = await createWorld(SERIES, {
    score: () => ++scored,
  });
  await signals.rehearse();
  equal(scored, 1);
  deepEqual([store.calls("read"), store.calls("fill")], [0, 0]);
  equal((await features.stats()).computations, 0);
  equal(bus.calls("publish"), 0);
});

Deno.test("a rehearsal that cannot be held is no matter", async () => {
  const score = () => {
    throw new TypeError("a mistake");
  };
  const worlds = [
    await createWorld({}),
    await createWorld(SERIES, { isLoaded: false }),
    await createWorld(SERIES, { score }),
  ];
  for (const { signals, market } of worlds) {
    await signals.rehearse();
    market.fail("window", "corrupt");
    await signals.rehearse();
    market.fail("symbols", "unavailable");
    await signals.rehearse();
  }
});
