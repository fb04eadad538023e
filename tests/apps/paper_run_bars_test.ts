/**
 * Bars that have been, a day at a time.
 *
 * @module
 */
import { createMemoryMarketData } from "../../adapters/memory/market_data.ts";
import { sliceBars } from "../../domain/bars.ts";
import { parseSymbol } from "../../domain/symbol.ts";
import { dateOfEpochDay, parseTradingDate } from "../../domain/trading_date.ts";
import { loadPastBars } from "../../src/apps/paper_run/past_bars.ts";
import { deepEqual, equal, rejects } from "../support/assert.ts";
import { weekdayBars, withValue } from "../support/market.ts";

const AAA = parseSymbol("AAA");
const BBB = parseSymbol("BBB");
const ALL = weekdayBars({ length: 20 });
const dates = [...ALL.day].map(dateOfEpochDay);

/** AAA has all bars, BBB the first 15 of them. */
function load(
  stretch: { readonly from?: string; readonly to?: string } = {},
  aaa = ALL,
) {
  const series = new Map([["AAA", aaa], ["BBB", sliceBars(ALL, 0, 15)]]);
  const date = (text?: string) =>
    text === undefined ? undefined : parseTradingDate(text);
  return loadPastBars(createMemoryMarketData(series), {
    symbols: [AAA, BBB],
    from: date(stretch.from),
    to: date(stretch.to),
  });
}

Deno.test("past bars: the dates are those of any symbol, from the first to the last asked for", async () => {
  deepEqual((await load()).dates, dates);
  const { dates: some } = await load({ from: dates[3]!, to: dates[17]! });
  deepEqual(some, dates.slice(3, 18));
  // Neither end needs to be a date of trading.
  const wide = await load({ from: "2000-01-01", to: "2100-01-01" });
  deepEqual(wide.dates, dates);
});

Deno.test("past bars: nobody sees a bar of a day to come", async () => {
  const bars = await load();
  for (const [i, date] of dates.entries()) {
    bars.moveTo(date);
    const seen = await bars.market.window(AAA, undefined, 100);
    equal(seen.length, i + 1);
    deepEqual(await bars.market.range(AAA), {
      first: dates[0]!,
      last: date,
      count: i + 1,
    });
    const tomorrow = dates[i + 1];
    if (tomorrow !== undefined) {
      await rejects(bars.market.window(AAA, tomorrow, 1), {
        name: "PortError",
        code: "not_found",
      });
    }
  }
});

Deno.test("past bars: a window is that of the source", async () => {
  const bars = await load();
  const source = createMemoryMarketData(new Map([["AAA", ALL]]));
  bars.moveTo(dates[12]!);
  for (const rows of [1, 5, 13, 50]) {
    const expected = await source.window(AAA, dates[12]!, rows);
    deepEqual(await bars.market.window(AAA, dates[12]!, rows), expected);
    deepEqual(await bars.market.window(AAA, undefined, rows), expected);
  }
  deepEqual(
    await bars.market.window(AAA, dates[4]!, 3),
    await source.window(AAA, dates[4]!, 3),
  );
});

Deno.test("past bars: a symbol whose bars have ended is there with its last close", async () => {
  const bars = await load();
  bars.moveTo(dates[14]!);
  equal(bars.isTraded(BBB), true);
  const last = bars.close(BBB);
  bars.moveTo(dates[15]!);
  equal(bars.isTraded(BBB), false);
  equal(bars.close(BBB), last);
  deepEqual([...bars.exactBars().keys()], [AAA]);
  await rejects(bars.market.window(BBB, dates[15]!, 1), { code: "not_found" });
});

Deno.test("past bars: a fault counts while it is within the rows asked for", async () => {
  const bars = await load({}, withValue(ALL, "close", 10, -1));
  const faults = dates.map((date) => {
    bars.moveTo(date);
    return bars.fault(AAA, 3) !== undefined;
  });
  deepEqual(faults, dates.map((_, i) => i >= 10 && i < 13));
});

Deno.test("past bars: a bar without an open is none for the venue, one without others is", async () => {
  const noOpen = await load({}, withValue(ALL, "open", 5, NaN));
  noOpen.moveTo(dates[5]!);
  deepEqual([...noOpen.exactBars().keys()], [BBB]);
  equal(noOpen.isTraded(AAA), true);

  const noHigh = await load({}, withValue(ALL, "high", 5, NaN));
  noHigh.moveTo(dates[5]!);
  const { open, high, low, close } = noHigh.exactBars().get(AAA)!;
  equal(high, open > close ? open : close);
  equal(low < high, true);
});

Deno.test("past bars: what has no bars is named, and nothing at all is an error", async () => {
  const { missing, symbols } = await load({ to: dates[2]! });
  deepEqual([missing, symbols], [[], [AAA, BBB]]);
  const late = await loadPastBars(
    createMemoryMarketData(
      new Map([["AAA", ALL], ["BBB", sliceBars(ALL, 10, 20)]]),
    ),
    { symbols: [AAA, BBB, parseSymbol("CCC")], to: dates[5]! },
  );
  deepEqual(late.symbols, [AAA]);
  deepEqual(late.missing.map(({ symbol }) => symbol), ["BBB", "CCC"]);
  await rejects(load({ from: "2100-01-01" }), {
    code: "not_found",
    message: /^Cannot run from 2100-01-01 to the last as there is no bar/,
  });
});
