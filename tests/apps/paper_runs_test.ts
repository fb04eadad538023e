/**
 * Paper runs that the service is asked for: one at a time, kept for a while.
 *
 * @module
 */
import { InvalidInput } from "../../domain/invalid_input.ts";
import { parseSymbol } from "../../domain/symbol.ts";
import { parseTradingDate } from "../../domain/trading_date.ts";
import { parseUserId } from "../../domain/user_id.ts";
import { PortError } from "../../ports/port_error.ts";
import type { PaperRunWish } from "../../src/apps/paper_runs.ts";
import { deepEqual, equal, match, ok, rejects } from "../support/assert.ts";
import { createFakeClock } from "../support/fake_clock.ts";
import { weekdayBars } from "../support/market.ts";
import {
  anOutcome,
  BARS,
  createPaperRunsWorld,
} from "../support/paper_runs_world.ts";
import { createRecordingTelemetry } from "../support/recording_telemetry.ts";
import { createSeededEntropy } from "../support/seeded_entropy.ts";
import { settle } from "../support/turns.ts";

const [ANN, BOB] = ["ann", "bob"].map(parseUserId) as [
  ReturnType<typeof parseUserId>,
  ReturnType<typeof parseUserId>,
];
const ALL: PaperRunWish = { venue: {} };
const DAY_MS = 86_400_000;

function createWorld(bars = BARS) {
  const clock = createFakeClock();
  const telemetry = createRecordingTelemetry();
  const entropy = createSeededEntropy();
  const world = createPaperRunsWorld({ clock, telemetry, entropy }, bars);
  const { paperRuns, begun } = world;
  return {
    ...world,
    clock,
    telemetry,
    /** Runs from start to end for `user`; its id. */
    async whole(user = ANN) {
      const { id } = await paperRuns.start(user, ALL);
      begun.at(-1)!.finish(anOutcome());
      await settle();
      return id;
    },
  };
}

const symbols = (...names: string[]) => names.map(parseSymbol);
const date = parseTradingDate;

Deno.test("paper runs: a run tells how far it is, and what came of it", async () => {
  const { paperRuns, begun, clock, telemetry } = createWorld();
  const wish = { ...ALL, symbols: symbols("AAA", "BBB") };
  const started = await paperRuns.start(ANN, wish);
  const { id, startedAt } = started;
  deepEqual(started, {
    id,
    user: ANN,
    status: "running",
    symbols: symbols("AAA", "BBB"),
    from: date("2025-12-22"),
    to: date("2026-01-02"),
    days: 10,
    daysDone: 0,
    startedAt: clock.now(),
    endedAt: undefined,
    fault: undefined,
    report: undefined,
  });
  equal(begun[0]!.wish, wish);
  await begun[0]!.hooks.onDay(4);
  equal(paperRuns.get(id, ANN).daysDone, 4);
  await clock.advance(2500);
  begun[0]!.finish(anOutcome());
  await settle();
  const { status, endedAt, report } = paperRuns.get(id, ANN);
  deepEqual([status, endedAt! - startedAt], ["completed", 2500]);
  equal(report!.results.total_pnl, "-50");
  equal("orders" in report!, false);
  const [line] = telemetry.logged("info");
  deepEqual(line?.fields, {
    id,
    user_id: "ann",
    status: "completed",
    days: 4,
    took_ms: 2500,
  });
});

Deno.test("paper runs: a run that has gone on for a while lets others go first", async () => {
  const { paperRuns, begun, clock } = createWorld();
  await paperRuns.start(ANN, ALL);
  const { rest } = begun[0]!.hooks;
  await rest();
  await clock.advance(2);
  let isRested = false;
  const resting = rest().then(() => isRested = true);
  await settle();
  equal(isRested, false);
  await clock.advance(1);
  await resting;
});

Deno.test("paper runs: what could not be done whole is partial", async () => {
  const { paperRuns, begun } = createWorld();
  const { id } = await paperRuns.start(ANN, ALL);
  const [from, to] = [date("2026-01-01"), date("2026-01-02")];
  const gap = { symbol: undefined, reason: "it is late", from, to, days: 2 };
  begun[0]!.finish(anOutcome({ gaps: [gap] }));
  await settle();
  equal(paperRuns.get(id, ANN).status, "partial");
});

Deno.test("paper runs: one at a time, whoever asks; only its owner is told which", async () => {
  const { paperRuns, begun } = createWorld();
  // The seat is taken while it is looked whether the wish can be granted.
  const first = paperRuns.start(ANN, ALL);
  await rejects(paperRuns.start(ANN, ALL), { code: "conflict" });
  const { id } = await first;
  await rejects(paperRuns.start(ANN, ALL), {
    code: "conflict",
    message: new RegExp(`^Cannot start a paper run as ${id} is under way`),
    facts: { id },
  });
  await rejects(paperRuns.start(BOB, ALL), {
    code: "conflict",
    message: /^Cannot start a paper run as another one is under way/,
    facts: {},
  });
  equal(begun.length, 1);
  begun[0]!.finish(anOutcome());
  await settle();
  equal((await paperRuns.start(BOB, ALL)).status, "running");
});

Deno.test("paper runs: a wish that is refused, or given up, takes no seat", async () => {
  const { paperRuns, begun } = createWorld();
  await rejects(paperRuns.start(ANN, { ...ALL, symbols: symbols("ZZZ") }), {
    code: "not_found",
  });
  const gone = AbortSignal.abort(new Error("gone"));
  await rejects(paperRuns.start(ANN, ALL, gone), /gone/);
  equal(begun.length, 0);
  equal((await paperRuns.start(ANN, ALL)).status, "running");
});

Deno.test("paper runs: canceling ends a run, and changes none that has ended", async () => {
  const { paperRuns, begun, whole } = createWorld();
  const done = await whole();
  const { id } = await paperRuns.start(ANN, ALL);
  await begun.at(-1)!.hooks.onDay(3);
  const canceled = await paperRuns.cancel(id, ANN);
  ok(begun.at(-1)!.signal.aborted);
  deepEqual(
    [canceled.status, canceled.daysDone, canceled.report, canceled.fault],
    ["canceled", 3, undefined, undefined],
  );
  deepEqual(await paperRuns.cancel(id, ANN), canceled);
  equal((await paperRuns.cancel(done, ANN)).status, "completed");
  // There is a seat again.
  await whole();
});

Deno.test("paper runs: a failure is told in its words, and what nobody foresaw in the log", async () => {
  const { paperRuns, begun, telemetry } = createWorld();
  const failWith = async (error: unknown) => {
    const { id } = await paperRuns.start(ANN, ALL);
    begun.at(-1)!.fail(error);
    await settle();
    const { status, fault } = paperRuns.get(id, ANN);
    equal(status, "failed");
    return fault!;
  };
  equal(
    await failWith(new PortError("corrupt", "Cannot read X")),
    "Cannot read X",
  );
  equal(await failWith(new InvalidInput("Cannot use Y")), "Cannot use Y");
  equal(telemetry.logged("error").length, 0);
  match(
    await failWith(new TypeError("secret detail")),
    /^Cannot go on as something went wrong here/,
  );
  equal(telemetry.logged("error")[0]!.fields.error, "secret detail");
});

Deno.test("paper runs: users see their own, and nobody's name opens another's", async () => {
  const { paperRuns, whole } = createWorld();
  const [hers, his] = [await whole(ANN), await whole(BOB)];
  const ids = (whose?: typeof ANN) => paperRuns.list(whose).map(({ id }) => id);
  deepEqual(ids(ANN), [hers]);
  deepEqual(ids(BOB), [his]);
  deepEqual(ids(), [his, hers]);
  equal(paperRuns.get(his, undefined).user, BOB);
  const isMissing = (run: () => unknown) =>
    rejects(async () => run(), { code: "not_found" });
  await isMissing(() => paperRuns.get(his, ANN));
  await isMissing(() => paperRuns.cancel(his, ANN));
  await isMissing(() => paperRuns.get("nope", undefined));
  // Nor does canceling end another's run that is under way.
  const { id } = await paperRuns.start(BOB, ALL);
  await isMissing(() => paperRuns.cancel(id, ANN));
  equal(paperRuns.get(id, BOB).status, "running");
});

Deno.test("paper runs: the newest five of a user are kept, twenty in all, for a day", async () => {
  const { paperRuns, whole, clock } = createWorld();
  const hers = [];
  for (let i = 0; i < 7; i++) hers.push(await whole(ANN));
  const kept = paperRuns.list(ANN).map(({ id }) => id);
  deepEqual(kept, hers.slice(2).reverse());
  for (let user = 0; user < 18; user++) {
    await whole(parseUserId(`user${user}`));
  }
  equal(paperRuns.list(undefined).length, 20);
  deepEqual(paperRuns.list(ANN).map(({ id }) => id), kept.slice(0, 2));

  await clock.advance(DAY_MS - 1);
  equal(paperRuns.list(undefined).length, 20);
  const { id } = await paperRuns.start(BOB, ALL);
  await clock.advance(1);
  await rejects(async () => paperRuns.get(kept[0]!, ANN), {
    code: "not_found",
  });
  // One that is under way is kept however long it takes.
  await clock.advance(2 * DAY_MS);
  deepEqual(paperRuns.list(undefined).map((run) => run.id), [id]);
});

Deno.test("paper runs: the end of the service ends what is under way, and begins no more", async () => {
  const { paperRuns, begun } = createWorld();
  const stop = new AbortController();
  const running = paperRuns.run(stop.signal);
  const { id } = await paperRuns.start(ANN, ALL);
  stop.abort();
  await running;
  ok(begun[0]!.signal.aborted);
  equal(paperRuns.get(id, ANN).status, "canceled");
  await rejects(paperRuns.start(ANN, ALL), { code: "closed" });
  await paperRuns.run(stop.signal);
});

Deno.test("paper runs: the end of the service comes before a wish that is being looked at", async () => {
  const { paperRuns, begun } = createWorld();
  const stop = new AbortController();
  const running = paperRuns.run(stop.signal);
  const start = paperRuns.start(ANN, ALL);
  stop.abort();
  await rejects(start, { code: "closed" });
  await running;
  equal(begun.length, 0);
});

/** Many bars of many symbols. */
const MANY = new Map(
  Array.from(
    { length: 51 },
    (_, i) => [`S${i}`, weekdayBars({ length: 600 })] as const,
  ),
);

const REFUSED: readonly [
  string,
  PaperRunWish,
  { code?: string; paths?: string[]; symbols?: string[]; message: RegExp },
  typeof BARS?,
][] = [
  ["an unknown symbol", { ...ALL, symbols: symbols("AAA", "ZZZ", "YYY") }, {
    code: "not_found",
    symbols: ["ZZZ", "YYY"],
    message:
      /^Cannot run with ZZZ \(and 1 more\) as there is no bar by then \(.*unknown\)/,
  }],
  ["a symbol whose bars begin later", {
    ...ALL,
    symbols: symbols("AAA", "LATE"),
    to: date("2025-12-30"),
  }, {
    code: "not_found",
    symbols: ["LATE"],
    message: /^Cannot run with LATE .*its bars are of 2026-01-01 to 2026-01-02/,
  }],
  ["days without bars", {
    ...ALL,
    symbols: symbols("AAA"),
    from: date("2025-12-27"),
    to: date("2025-12-28"),
  }, {
    code: "not_found",
    symbols: [],
    message: /no bar of AAA: choose other dates or symbols/,
  }],
  ["no bars at all", ALL, {
    code: "not_found",
    message: /^Cannot run as there are no bars: put SYMBOL.parquet files/,
  }, new Map()],
  ["nothing to trade", { ...ALL, topN: 0, bottomN: 0 }, {
    paths: ["top_n", "bottom_n"],
    message: /must not both be 0/,
  }],
  ["more to trade than symbols", { ...ALL, symbols: symbols("AAA"), topN: 2 }, {
    paths: ["top_n", "bottom_n"],
    message: /at most the number of symbols, 1: current value is 2 \+ 0/,
  }],
  ["too many symbols", ALL, {
    paths: ["symbols"],
    message:
      /symbols must be at most 50: current value is 51; holdfast paper-run takes more/,
  }, MANY],
  ["too many symbols times days", {
    ...ALL,
    symbols: symbols(...[...MANY.keys()].slice(1)),
  }, {
    paths: ["symbols"],
    message: /symbols times days must be at most 25000: current value is 30000/,
  }, MANY],
];

for (const [what, wish, { code, paths, symbols, message }, bars] of REFUSED) {
  Deno.test(`paper runs: ${what} is refused before it begins`, async () => {
    const { paperRuns, begun } = createWorld(bars);
    const error = await paperRuns.start(ANN, wish).then(
      () => undefined,
      (error) => error,
    );
    match(error.message, message);
    if (code !== undefined) equal(error.code, code);
    if (symbols) deepEqual(error.facts.symbols, symbols);
    if (paths) {
      ok(error instanceof InvalidInput);
      deepEqual(error.errors.map(({ path }) => path), paths);
    }
    equal(begun.length, 0);
    deepEqual(paperRuns.list(undefined), []);
  });
}

Deno.test("paper runs: who names no symbols gets all that have bars, those too that begin later", async () => {
  const { paperRuns } = createWorld();
  const run = await paperRuns.start(ANN, { ...ALL, to: date("2025-12-30") });
  deepEqual(run.symbols, symbols("AAA", "BBB", "LATE"));
  deepEqual([run.days, run.to], [7, "2025-12-30"]);
});
