/**
 * Which bars are quarantined, and how the list is read.
 *
 * @module
 */
import {
  changedSymbols,
  findQuarantined,
  parseQuarantines,
  type Quarantine,
} from "../../domain/quarantine.ts";
import { parseSymbol } from "../../domain/symbol.ts";
import { epochDayOf, parseTradingDate } from "../../domain/trading_date.ts";
import { deepEqual, equal, throws } from "../support/assert.ts";
import { barsOf } from "../support/alpha158_bars.ts";

const AAA = parseSymbol("AAA");
const BBB = parseSymbol("BBB");

const entry = (symbol: string, from: string, to: string, reason?: string) =>
  parseQuarantines([{ symbol, from, to, reason }])[0]!;

const barsOn = (...dates: string[]) => ({
  ...barsOf({ close: dates.map(() => 1) }),
  day: Int32Array.from(dates, (date) => epochDayOf(parseTradingDate(date))),
});

Deno.test("an entry is read whole, and the reason may be left out", () => {
  deepEqual(
    parseQuarantines([
      { symbol: "aaa", from: "2024-01-02", to: "2024-01-05", reason: "split" },
      { symbol: "BRK.B", from: "2024-01-02", to: "2024-01-02" },
    ]),
    [
      { symbol: "AAA", from: "2024-01-02", to: "2024-01-05", reason: "split" },
      { symbol: "BRK.B", from: "2024-01-02", to: "2024-01-02" },
    ],
  );
  deepEqual(parseQuarantines([]), []);
});

const MALFORMED: readonly [why: RegExp, entry: unknown][] = [
  [/symbol/, { from: "2024-01-02", to: "2024-01-05" }],
  [/symbol/, { symbol: null, from: "2024-01-02", to: "2024-01-05" }],
  [/symbol/, { symbol: 7, from: "2024-01-02", to: "2024-01-05" }],
  [/symbol/, { symbol: ["AAA"], from: "2024-01-02", to: "2024-01-05" }],
  [/symbol "\.\.\/x"/, {
    symbol: "../x",
    from: "2024-01-02",
    to: "2024-01-05",
  }],
  [/from/, { symbol: "AAA", to: "2024-01-05" }],
  [/to/, { symbol: "AAA", from: "2024-01-02" }],
  [/from/, { symbol: "AAA", from: 20240102, to: "2024-01-05" }],
  [/date "2024-02-30"/, {
    symbol: "AAA",
    from: "2024-02-30",
    to: "2024-03-05",
  }],
  [/ends before it begins/, {
    symbol: "AAA",
    from: "2024-01-05",
    to: "2024-01-02",
  }],
  [/reason/, {
    symbol: "AAA",
    from: "2024-01-02",
    to: "2024-01-05",
    reason: 1,
  }],
  [/symbol/, null],
  [/symbol/, "AAA"],
  [/symbol/, []],
];

for (const [why, malformed] of MALFORMED) {
  Deno.test(`an entry is refused and its place named: ${JSON.stringify(malformed)}`, () => {
    const fine = { symbol: "AAA", from: "2024-01-02", to: "2024-01-02" };
    const list = [fine, malformed, fine];
    throws(() => parseQuarantines(list), {
      name: "InvalidInput",
      message: new RegExp(`^Cannot use entry 1 of .*${why.source}`),
    });
  });
}

Deno.test("what is not a list is refused", () => {
  for (const list of [null, undefined, {}, "[]", 7]) {
    throws(() => parseQuarantines(list), { name: "InvalidInput" });
  }
});

Deno.test("both ends of a range are quarantined, the days around are not", () => {
  const list = [entry("AAA", "2024-01-03", "2024-01-05")];
  const days = ["02", "03", "04", "05", "06"];
  deepEqual(
    days.filter((day) => findQuarantined(list, AAA, barsOn(`2024-01-${day}`))),
    ["03", "04", "05"],
  );
});

Deno.test("one quarantined bar among many is found", () => {
  const list = [entry("AAA", "2024-01-03", "2024-01-03", "bad tick")];
  const bars = barsOn("2024-01-02", "2024-01-03", "2024-01-04");
  equal(findQuarantined(list, AAA, bars), list[0]);
});

Deno.test("a range without a bar holds nothing back", () => {
  const list = [entry("AAA", "2024-01-06", "2024-01-07")];
  equal(
    findQuarantined(list, AAA, barsOn("2024-01-05", "2024-01-08")),
    undefined,
  );
  equal(findQuarantined(list, AAA, barsOn()), undefined);
});

Deno.test("other symbols are not touched", () => {
  const list = [entry("AAA", "2024-01-01", "2024-12-31")];
  equal(findQuarantined(list, BBB, barsOn("2024-01-05")), undefined);
});

Deno.test("the first of several is found", () => {
  const list = [
    entry("AAA", "2024-01-04", "2024-01-05", "first"),
    entry("AAA", "2024-01-01", "2024-01-31", "second"),
  ];
  equal(findQuarantined(list, AAA, barsOn("2024-01-05"))?.reason, "first");
  equal(findQuarantined(list, AAA, barsOn("2024-01-08"))?.reason, "second");
});

const [ONE, TWO, THREE]: readonly [Quarantine, Quarantine, Quarantine] = [
  entry("AAA", "2024-01-02", "2024-01-05"),
  entry("AAA", "2024-02-02", "2024-02-05"),
  entry("BBB", "2024-01-02", "2024-01-05"),
];

Deno.test("a symbol has changed when any of its ranges has", () => {
  deepEqual(changedSymbols([], [ONE]), [AAA]);
  deepEqual(changedSymbols([ONE], []), [AAA]);
  deepEqual(changedSymbols([ONE], [TWO]), [AAA]);
  deepEqual(changedSymbols([ONE, TWO], [ONE]), [AAA]);
  deepEqual(changedSymbols([ONE], [{ ...ONE, to: TWO.to }]), [AAA]);
  deepEqual(changedSymbols([ONE, THREE], [TWO]), [AAA, BBB]);
  deepEqual(changedSymbols([THREE], [ONE]), [AAA, BBB]);
});

Deno.test("order, repetition and reasons are no change", () => {
  deepEqual(changedSymbols([ONE, TWO, THREE], [THREE, TWO, ONE, ONE]), []);
  deepEqual(changedSymbols([ONE], [{ ...ONE, reason: "new" }]), []);
  deepEqual(changedSymbols([], []), []);
});
