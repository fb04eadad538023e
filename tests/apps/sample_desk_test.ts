/**
 * The desk on the sample bars.
 *
 * @module
 */
import { dateOfEpochDay } from "../../domain/trading_date.ts";
import { parseConfig } from "../../src/config.ts";
import { runSampleDesk } from "../../src/apps/sample_desk.ts";
import { deepEqual, equal, rejects } from "../support/assert.ts";
import { createFakeClock } from "../support/fake_clock.ts";
import {
  createFeatureWorld,
  type FeatureWorld,
} from "../support/feature_world.ts";
import { aPortError } from "../support/guarded_port.ts";
import { sliceBars } from "../../domain/bars.ts";
import { weekdayBars } from "../support/market.ts";
import { createRecordingTelemetry } from "../support/recording_telemetry.ts";
import { pass } from "../support/turns.ts";

const BARS = weekdayBars({ length: 70 });
const DAYS = [...BARS.day].map(dateOfEpochDay);

/** A desk at work, and what it has asked for since `asked` was called before. */
async function openDesk(
  series = { AAA: BARS, BBB: BARS },
  spoil: (market: FeatureWorld["market"]) => void = () => {},
) {
  const { market } = await createFeatureWorld(series);
  spoil(market);
  // The first day of the bars begins.
  const clock = createFakeClock(0);
  const telemetry = createRecordingTelemetry();
  const stop = new AbortController();
  const world = { isWatched: true, status: 200, onAsked: () => {} };
  let asked: [string, object?][] = [];
  const ended = runSampleDesk({
    market: market.port,
    clock,
    telemetry,
    isWatched: () => world.isWatched,
    async fetch(request) {
      const body = await request.text();
      const { pathname, search } = new URL(request.url);
      const what = `${request.method} ${pathname}${search}`;
      asked.push(body === "" ? [what] : [what, JSON.parse(body)]);
      world.onAsked();
      return new Response("as it is", { status: world.status });
    },
  }, stop.signal);
  return Object.assign(world, {
    clock,
    telemetry,
    stop,
    ended,
    asked() {
      const before = asked;
      asked = [];
      return before;
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await ended.catch(() => {});
    },
  });
}

const OFTEN: [string, object?][] = [
  ["GET /api/user/settings?include=all"],
  ["POST /api/orders/sequence", {}],
];

const tradesOf = (day: string): [string, object?][] => {
  const wish = { symbols: ["AAA", "BBB"], as_of_date: day };
  return [
    ["POST /api/v1/signals/generate", wish],
    ["POST /api/v1/orchestration/run", wish],
  ];
};

Deno.test("the sample desk reads settings and takes numbers, and trades each day of the bars once", async () => {
  await using desk = await openDesk();
  await pass(desk.clock, 500);
  // Features are of a bar and the 60 before it.
  deepEqual(desk.asked(), [...OFTEN, ...tradesOf(DAYS[60]!)]);
  await pass(desk.clock, 1000);
  deepEqual(desk.asked(), [...OFTEN, ...OFTEN]);
  await pass(desk.clock, 4000);
  deepEqual(
    desk.asked().filter(([, body]) => body && "symbols" in body),
    tradesOf(DAYS[61]!),
  );
});

Deno.test("it leaves out who has no bars, and begins anew after the last day", async () => {
  await using desk = await openDesk({
    AAA: sliceBars(BARS, 0, 62),
    BBB: sliceBars(BARS, 0, 63),
  });
  await pass(desk.clock, 20_000);
  deepEqual(
    desk.asked().filter(([what]) => what.endsWith("/generate")).map(
      ([, body]) => body,
    ),
    [
      { symbols: ["AAA", "BBB"], as_of_date: DAYS[60] },
      { symbols: ["AAA", "BBB"], as_of_date: DAYS[61] },
      { symbols: ["BBB"], as_of_date: DAYS[62] },
      { symbols: ["AAA", "BBB"], as_of_date: DAYS[60] },
    ],
  );
});

Deno.test("it rests while nobody looks, and after a restart goes on by the clock", async () => {
  await using desk = await openDesk();
  desk.isWatched = false;
  await pass(desk.clock, 10_000);
  deepEqual(desk.asked(), []);
  desk.isWatched = true;
  await pass(desk.clock, 500);
  deepEqual(desk.asked(), [...OFTEN, ...tradesOf(DAYS[62]!)]);
});

Deno.test("what is refused is left out, and told to the log", async () => {
  await using desk = await openDesk();
  desk.status = 503;
  await pass(desk.clock, 1000);
  equal(desk.asked().length, 6);
  deepEqual(desk.telemetry.logged()[0], {
    level: "debug",
    message: "the sample desk was refused",
    fields: {
      path: "/api/user/settings?include=all",
      status: 503,
      answer: "as it is",
    },
  });
  desk.stop.abort(new Error("enough"));
  await rejects(desk.ended, /enough/);
});

Deno.test("once the service ends nothing more is begun", async () => {
  await using desk = await openDesk();
  desk.onAsked = () => desk.stop.abort(new Error("it ends"));
  const ended = rejects(desk.ended, /it ends/);
  await pass(desk.clock, 500);
  await ended;
  deepEqual(desk.asked(), OFTEN.slice(0, 1));
});

Deno.test("whose bars cannot be read is left out, and the work goes on", async () => {
  await using desk = await openDesk(
    undefined,
    (market) =>
      market.before("window", () => {
        if (market.calls("window") === 1) throw aPortError("corrupt");
      }),
  );
  await pass(desk.clock, 500);
  const wish = { symbols: ["BBB"], as_of_date: DAYS[60] };
  deepEqual(desk.asked().at(-1), ["POST /api/v1/orchestration/run", wish]);
  deepEqual(desk.telemetry.logged(), [{
    level: "warn",
    message: "the sample desk cannot read its bars",
    fields: {
      error: "Cannot do that as the test says corrupt",
      code: "corrupt",
      cause: undefined,
    },
  }]);
  await using none = await openDesk(
    undefined,
    (market) => market.fail("symbols", "unavailable"),
  );
  equal(await none.ended, undefined);
});

Deno.test("without bars there is no desk", async () => {
  await using none = await openDesk({} as never);
  equal(await none.ended, undefined);
  await using few = await openDesk({
    AAA: sliceBars(BARS, 0, 60),
    BBB: sliceBars(BARS, 0, 59),
  });
  equal(await few.ended, undefined);
});

Deno.test("the sample desk trades on no bars but the sample's, in no process but one that does all", () => {
  const on = { SAMPLE_DESK: "on" };
  equal(parseConfig().hasSampleDesk, false);
  equal(parseConfig(on).hasSampleDesk, true);
  equal(parseConfig(on, { MARKET_DATA_DIR: "/bars" }).hasSampleDesk, false);
  equal(parseConfig(on, { ROLE: "state" }).hasSampleDesk, false);
});
