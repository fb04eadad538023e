/**
 * The reports of a paper run: the page, its chart, and figures for people.
 *
 * @module
 */
import { type Decimal, parseDecimal } from "../../domain/decimal.ts";
import { equityCurve } from "../../domain/performance/equity_curve.ts";
import { measurePerformance } from "../../domain/performance/performance.ts";
import { dateOfEpochDay } from "../../domain/trading_date.ts";
import { drawEquityChart } from "../../src/apps/paper_run/equity_chart.ts";
import { writeHtmlReport } from "../../src/apps/paper_run/html_report.ts";
import {
  printGain,
  printMoney,
  printQty,
  printRatio,
  printShare,
} from "../../src/apps/paper_run/words.ts";
import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { weekdayBars } from "../support/market.ts";
import { needs } from "../support/needs.ts";
import { barFolder, paperRun } from "../support/paper_run.ts";

const money = (text: string | number): Decimal => parseDecimal(text)!;

const curveOf = (equities: readonly number[]) =>
  equityCurve(
    money(100),
    equities.map((equity, i) => ({
      date: dateOfEpochDay(20_000 + i),
      equity: money(equity),
    })),
  );

Deno.test("paper report: amounts have two decimals and their thousands apart", () => {
  deepEqual(
    ["0", "0.005", "-0.004", "1234.5", "-1234567.891", "999.999"].map((text) =>
      printMoney(money(text))
    ),
    ["0.00", "0.01", "0.00", "1,234.50", "-1,234,567.89", "1,000.00"],
  );
  deepEqual(["1", "0", "-1"].map((text) => printGain(money(text))), [
    "+1.00",
    "0.00",
    "-1.00",
  ]);
  equal(printQty(money("-12.345678")), "-12.3457");
  deepEqual([printShare(0.12345), printShare(undefined)], ["12.35 %", "–"]);
  deepEqual([printRatio(1.005), printRatio(undefined)], ["1.00", "–"]);
});

Deno.test("paper report: the chart says in words what it shows", () => {
  const svg = drawEquityChart(money(100), curveOf([100, 120, 90, 110]));
  match(svg, /role="img" aria-labelledby="chart-title chart-desc"/);
  match(svg, /<title id="chart-title">Equity and drawdown by day<\/title>/);
  match(
    svg,
    /<desc id="chart-desc">From 100\.00 on 2024-10-04 to 110\.00 on 2024-10-07; lowest 90\.00, highest 120\.00; the largest drawdown is 25\.00 %\.<\/desc>/,
  );
});

/** The places of a path. */
const placesOf = (svg: string, name: string) =>
  [...new RegExp(`class="${name}" d="([^"]*)"`).exec(svg)![1]!
    .matchAll(/[ML](\S+) (\S+)/g)].map(([, x, y]) => [Number(x), Number(y)]);

Deno.test("paper report: a higher equity is drawn higher, a later one further right", () => {
  const svg = drawEquityChart(money(100), curveOf([100, 120, 90, 110]));
  const places = placesOf(svg, "equity");
  const [a, b, c, d] = places.map(([, y]) => y!);
  ok(b! < d! && d! < a! && a! < c!, String(places));
  const xs = places.map(([x]) => x!);
  deepEqual(xs, xs.toSorted((one, two) => one - two));
});

Deno.test("paper report: any curve can be drawn, and stays a picture of a moderate size", () => {
  for (const equities of [[100], [100, 100], [0, -50], [1e-9, 1e9]]) {
    const svg = drawEquityChart(money(100), curveOf(equities));
    ok(!/NaN|Infinity|undefined/.test(svg), svg);
  }
  const years = Array.from({ length: 10_000 }, (_, i) => 100 + i % 7);
  const svg = drawEquityChart(money(100), curveOf(years));
  ok(placesOf(svg, "equity").length <= 801);
  ok(svg.length < 60_000);
});

Deno.test("paper report: nothing that is said becomes a part of the page", () => {
  const evil = `<script>"'&`;
  const curve = curveOf([100, 90]);
  const page = writeHtmlReport({
    runId: evil,
    parameters: {
      symbols: [],
      from: curve[0]!.date,
      to: curve[1]!.date,
      capital: money(100),
      maxPositionSize: money(10),
      lots: "whole",
      topN: 1,
      bottomN: 1,
      strategyId: evil,
      modelVersion: evil,
      venue: { [evil]: evil },
      bars: {},
    },
    performance: measurePerformance({
      capital: money(100),
      marks: curve,
      trades: [],
      holdings: [],
    }),
    orders: [],
    gaps: [{
      symbol: undefined,
      reason: evil,
      from: curve[0]!.date,
      to: curve[1]!.date,
      days: 2,
    }],
    skips: {},
  });
  equal(page.split("&#60;script&#62;&#34;&#39;&#38;").length - 1, 7);
  ok(!page.includes("<script"));
});

if (await needs(import.meta.url, ["read", "write", "env"])) {
  Deno.test("paper report: the page needs nothing but itself and is good in dark and light", async () => {
    await using folder = await barFolder({
      AAA: weekdayBars({ seed: 1 }),
      BBB: weekdayBars({ seed: 2 }),
    });
    const { html, report } = await paperRun([
      "--market-data-dir",
      folder.dir,
      ...["--reject", "0.2"],
    ]);
    match(html, /^<!doctype html>\n<html lang="en">/);
    ok(!/<script|<link rel="stylesheet|@import|url\(|https?:/.test(html));
    match(html, /color-scheme: light dark/);
    match(html, /@media \(prefers-color-scheme: dark\)/);
    match(html, /<svg viewBox=.* role="img"/);
    match(html, /<td>AAA<\/td>/);
    match(html, /× rejected: /);
    ok(html.includes(report.run_id));
    ok(html.includes(">Total P&#38;L<"));
  });
}
