/**
 * What a paper run promises, on bars of its own.
 *
 * @module
 */
import { sliceBars } from "../../domain/bars.ts";
import {
  deepEqual,
  equal,
  match,
  notDeepEqual,
  ok,
} from "../support/assert.ts";
import { copyBars, weekdayBars, withValue } from "../support/market.ts";
import { needs } from "../support/needs.ts";
import {
  accountOf,
  barFolder,
  paperRun,
  quotesOf,
} from "../support/paper_run.ts";

const LENGTH = 100;
const NAMES = ["AAA", "BBB", "CCC", "DDD"] as const;

/** A run begins on row 70 of these. */
const SERIES = Object.fromEntries(
  NAMES.map((name, i) => [name, weekdayBars({ seed: i + 1, length: LENGTH })]),
);
const dateOf = (row: number) =>
  new Date(SERIES["AAA"]!.day[row]! * 86_400_000).toISOString().slice(0, 10);
const FROM = ["--from", dateOf(70), "--top-n", "1", "--bottom-n", "1"];

async function run(series: typeof SERIES, ...args: readonly string[]) {
  await using folder = await barFolder(series);
  return await paperRun(["--market-data-dir", folder.dir, ...FROM, ...args]);
}

if (await needs(import.meta.url, ["read", "write", "env"])) {
  const base = await run(SERIES);

  Deno.test("paper run: what comes later changes nothing that was decided before", async () => {
    const last = 85;
    const changed = Object.fromEntries(
      Object.entries(SERIES).map(([name, bars], i) => {
        const copy = copyBars(bars);
        const columns = [copy.open, copy.high, copy.low, copy.close];
        for (let row = last + 1; row < LENGTH; row++) {
          for (const column of columns) column[row]! *= 0.4 + 0.3 * i;
        }
        return [name, copy];
      }),
    );
    const other = await run(changed);
    const decidedUpTo = (day: string, { report }: typeof base) =>
      report.orders.filter(({ decided_on }) => decided_on <= day)
        .map(({ decided_on, symbol, side, qty }) =>
          [decided_on, symbol, side, qty].join(" ")
        );
    const asOf = dateOf(last);
    const decided = decidedUpTo(asOf, base);
    ok(decided.length > 10, `${decided.length} orders were decided`);
    deepEqual(decidedUpTo(asOf, other), decided);
    const curveUpTo = ({ report }: typeof base) =>
      report.results.equity_curve
        .filter(({ date }: { date: string }) => date <= asOf);
    deepEqual(curveUpTo(other), curveUpTo(base));
    // The change does change what is decided once it is known.
    const all = dateOf(LENGTH - 1);
    notDeepEqual(decidedUpTo(all, other), decidedUpTo(all, base));
  });

  Deno.test("paper run: nothing is decided on the last day, nor anything left out before", () => {
    const days = new Set(base.report.orders.map((one) => one.decided_on));
    ok(days.has(dateOf(70)));
    ok(!days.has(dateOf(LENGTH - 1)));
    equal(base.report.results.num_days, LENGTH - 70);
    equal(base.report.results.equity_curve[0].equity, "100000");
  });

  Deno.test("paper run: a run that went as asked ends with 0 and says what it earned", () => {
    equal(base.code, 0, base.said + base.complained);
    equal(base.report.status, "completed");
    deepEqual(base.report.gaps, []);
    match(
      base.said,
      /^alpha_baseline from .*: completed \(paper-[0-9a-f]{16}\)/,
    );
    match(base.said, /^Total P&L +[+-][\d,]+\.\d\d /m);
    match(base.said, /^AAA +(open|closed) /m);
    ok(!base.said.includes("Not all of it"));
  });

  Deno.test("paper run: the same run gives the same bytes, another seed another run", async () => {
    const args = ["--reject", "0.3", "--partial", "0.5", "--slippage-bps", "7"];
    const [first, again, other] = [
      await run(SERIES, ...args, "--seed", "1"),
      await run(SERIES, ...args),
      await run(SERIES, ...args, "--seed", "2"),
    ];
    equal(again.json, first.json);
    equal(again.html, first.html);
    equal(again.said, first.said);
    notDeepEqual(
      other.report.orders.map(({ status }) => status),
      first.report.orders.map(({ status }) => status),
    );
    ok(other.report.run_id !== first.report.run_id);
  });

  Deno.test("paper run: other bars are another run", async () => {
    const { report } = await run({
      ...SERIES,
      AAA: withValue(SERIES["AAA"]!, "volume", 3, 1),
    });
    ok(report.run_id !== base.report.run_id);
  });

  /** How the venue misbehaves, and what becomes of orders then. */
  const FAULTS: readonly [args: string, statuses: RegExp][] = [
    ["--reject 1", /^rejected$/],
    ["--reject 0.3", /^(filled|rejected)$/],
    ["--partial 1", /^filled$/],
    ["--lost-answer 0.4", /^filled$/],
    ["--lost-request 0.3", /^filled$/],
    ["--late 0.3", /^filled$/],
    ["--unavailable 0.3", /^filled$/],
    ["--nonsense 0.2", /^(filled|denied)$/],
    [
      "--lost-request 0.1 --lost-answer 0.1 --late 0.1 --unavailable 0.1 --reject 0.1",
      /^(filled|rejected)$/,
    ],
  ];

  for (const [args, statuses] of FAULTS) {
    Deno.test(`paper run: every order is accounted for with ${args}`, async () => {
      const costs = ["--commission-bps", "3", "--slippage-bps", "3"];
      await using folder = await barFolder(SERIES);
      const { report, code, complained } = await paperRun([
        "--market-data-dir",
        folder.dir,
        ...FROM,
        ...costs,
        ...args.split(" "),
      ]);
      equal(complained, "");
      for (const { status, reason } of report.orders) {
        match(status, statuses, reason ?? "no reason");
      }
      const isWhole = report.orders.every(({ status }) => status === "filled");
      equal(code, isWhole ? 0 : 3);
      const quotes = await quotesOf(folder.dir, NAMES);
      const { equity, held } = accountOf(report, quotes, 100_000);
      for (const point of report.results.equity_curve) {
        const expected = equity.get(point.date)!;
        ok(
          Math.abs(Number(point.equity) - expected) < 1e-6,
          `${point.equity} is not ${expected} on ${point.date}`,
        );
      }
      for (const [symbol, qty] of held) {
        equal(Number(report.results.per_symbol[symbol].qty), qty);
      }
    });
  }

  Deno.test("paper run: a symbol without a bar sits out, and is said to", async () => {
    const bars = SERIES["BBB"]!;
    const { code, report, said } = await run({
      ...SERIES,
      BBB: sliceBars(bars, 0, 90),
    });
    equal(code, 3);
    equal(report.status, "partial");
    deepEqual(report.gaps, [{
      symbol: "BBB",
      reason: "it has no bar",
      from: dateOf(90),
      to: dateOf(LENGTH - 1),
      days: LENGTH - 90,
    }]);
    match(said, /BBB, 10 days from .* to .*: it has no bar/);
    ok(report.orders.some((one) => one.decided_on >= dateOf(90)));
  });

  Deno.test("paper run: bars that cannot be keep their symbol out, and only it", async () => {
    const { code, report } = await run({
      ...SERIES,
      CCC: withValue(SERIES["CCC"]!, "low", 80, -1),
    });
    equal(code, 3);
    deepEqual(
      new Set(report.gaps.map(({ symbol }) => symbol)),
      new Set(["CCC"]),
    );
    match(report.gaps[0]!.reason, /impossible low: current value is -1/);
    equal(report.gaps[0]!.from, dateOf(80));
    const late = report.orders.filter((one) => one.decided_on >= dateOf(80));
    ok(late.length > 0 && late.every(({ symbol }) => symbol !== "CCC"));
  });

  Deno.test("paper run: without an open nothing is filled, without a close the last one counts", async () => {
    const open = await run({
      ...SERIES,
      AAA: withValue(SERIES["AAA"]!, "open", 81, NaN),
    });
    deepEqual(
      open.report.gaps.map((
        { symbol, reason, from, days },
      ) => [symbol, reason, from, days]),
      [["AAA", "it has no open", dateOf(81), 1]],
    );
    const there = open.report.orders.filter((one) =>
      one.symbol === "AAA" && one.filled_on === dateOf(81)
    );
    equal(there.length, 0);

    const gapped = {
      ...SERIES,
      AAA: withValue(SERIES["AAA"]!, "close", 81, NaN),
    };
    await using folder = await barFolder(gapped);
    const { report } = await paperRun([
      "--market-data-dir",
      folder.dir,
      ...FROM,
    ]);
    const quotes = await quotesOf(folder.dir, NAMES);
    const { equity } = accountOf(report, quotes, 100_000);
    const point = report.results.equity_curve[81 - 70];
    ok(Math.abs(Number(point.equity) - equity.get(dateOf(81))!) < 1e-6);
  });

  Deno.test("paper run: a symbol that nobody knows is left out, one alone is a failure", async () => {
    const some = await run(SERIES, "--symbols", "AAA,BBB,ZZZ");
    equal(some.code, 3);
    deepEqual(some.report.gaps.map(({ symbol, days }) => [symbol, days]), [
      ["ZZZ", LENGTH - 70],
    ]);
    const none = await run(SERIES, "--symbols", "YYY,ZZZ");
    equal(none.code, 1);
    match(
      none.complained,
      /no bar of YYY, ZZZ .*choose other dates or symbols/,
    );
    equal(none.json, "");
  });

  Deno.test("paper run: days before 1970 are refused", async () => {
    const old = weekdayBars({ length: LENGTH, last: "1970-02-02" });
    await using folder = await barFolder({ AAA: old });
    const { code, complained } = await paperRun([
      "--market-data-dir",
      folder.dir,
    ]);
    equal(code, 1);
    match(complained, /^Cannot run from 1969-\S+ as .*--from$/);
  });

  Deno.test("paper run: fractional lots trade parts of units", async () => {
    const { report, code } = await run(SERIES, "--lots", "fractional");
    equal(code, 0);
    ok(report.orders.some(({ qty }) => qty.includes(".")));
    ok(base.report.orders.every(({ qty }) => !qty.includes(".")));
  });

  Deno.test("paper run: too little capital for one unit trades nothing, and says so", async () => {
    const { report, code, said } = await run(SERIES, "--capital", "1");
    equal(code, 0);
    deepEqual(report.orders, []);
    match(said, /Nothing was traded/);
    equal(report.results.hit_rate, null);
    equal(report.results.sharpe, null);
    equal(report.results.turnover, 0);
  });

  Deno.test("paper run: an interruption ends it with 130, and nothing is written", async () => {
    const stop = new AbortController();
    await using folder = await barFolder(SERIES);
    const { code, json, html, shown } = await paperRun(
      ["--market-data-dir", folder.dir, ...FROM],
      stop.signal,
      (line) => line.includes("50 %") && stop.abort(),
    );
    equal(code, 130);
    equal(json + html, "");
    ok(!shown.some((line) => line.includes("100 %")));
    equal(shown.at(-1), "");
  });

  Deno.test("paper run: how far it is is shown, unless it is to be quiet", async () => {
    match(base.shown[0]!, /^░+ +3 % of 30 days$/);
    match(base.shown.at(-2)!, /^█{25} 100 % of 30 days$/);
    equal(base.shown.at(-1), "");
    const quiet = await run(SERIES, "--quiet");
    deepEqual(quiet.shown, []);
    equal(quiet.said + quiet.complained, "");
    equal(quiet.json, base.json);
  });
}
