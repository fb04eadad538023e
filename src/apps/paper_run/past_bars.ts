/**
 * Bars that have been, shown a day at a time: nothing that asks here learns
 * what comes after today.
 *
 * @module
 */
import {
  type Bars,
  findImpossibleBar,
  fingerprintBars,
  sliceBars,
} from "../../../domain/bars.ts";
import { type Decimal, parseDecimal } from "../../../domain/decimal.ts";
import type { PaperBar } from "../../../domain/paper/match.ts";
import type { TradingSymbol } from "../../../domain/symbol.ts";
import {
  dateOfEpochDay,
  epochDayOf,
  type TradingDate,
} from "../../../domain/trading_date.ts";
import { admit } from "../../../ports/arguments.ts";
import type { MarketData } from "../../../ports/market_data.ts";
import { PortError } from "../../../ports/port_error.ts";

/** A symbol that cannot take part, and why. */
export interface MissingSymbol {
  readonly symbol: TradingSymbol;
  readonly reason: string;
}

/** Bars up to a day that moves on. */
export interface PastBars {
  /** The bars up to today; closing it does nothing. */
  readonly market: MarketData;
  /** Symbols with bars up to the last date. */
  readonly symbols: readonly TradingSymbol[];
  /** Those that have none. */
  readonly missing: readonly MissingSymbol[];
  /** The dates on which any symbol has a bar, ascending. */
  readonly dates: readonly TradingDate[];
  /** By symbol, the fingerprint of all bars up to the last date. */
  readonly fingerprints: Readonly<Record<string, string>>;
  /** Today; the first date at the start. */
  today(): TradingDate;
  /** Makes `date` today. */
  moveTo(date: TradingDate): void;
  /** Whether `symbol` has a bar of today. */
  isTraded(symbol: TradingSymbol): boolean;
  /** The newest close that there is of `symbol` up to today. */
  close(symbol: TradingSymbol): Decimal | undefined;
  /** The bars of today, exact, of symbols that have an open. */
  exactBars(): ReadonlyMap<TradingSymbol, PaperBar>;
  /** What is wrong with the `rows` newest bars of `symbol`, in one clause. */
  fault(symbol: TradingSymbol, rows: number): string | undefined;
}

/** Which bars to load. */
export interface Stretch {
  readonly symbols: readonly TradingSymbol[];
  /** The first date of the run; the oldest bar of any symbol when absent. */
  readonly from?: TradingDate | undefined;
  /** The last one; the newest bar of any when absent. */
  readonly to?: TradingDate | undefined;
}

/** What there is of a stretch. */
export interface StretchBars extends Pick<PastBars, "missing" | "dates"> {
  /** The bars up to its last date. */
  readonly bars: ReadonlyMap<TradingSymbol, Bars>;
}

/**
 * Reads the bars of a stretch, those before it included.
 *
 * @throws {PortError} `not_found` when no symbol has a bar in it.
 */
export async function readStretch(
  source: MarketData,
  { symbols, from, to }: Stretch,
  signal?: AbortSignal,
): Promise<StretchBars> {
  const bars = new Map<TradingSymbol, Bars>();
  const missing: MissingSymbol[] = [];
  for (const symbol of symbols) {
    try {
      const { first, last, count } = await source.range(symbol, signal);
      const all = await source.window(symbol, undefined, count, signal);
      const known = sliceBars(all, 0, rowsUpTo(all, to));
      if (known.length > 0) bars.set(symbol, known);
      else {missing.push({
          symbol,
          reason: `its bars are of ${first} to ${last}`,
        });}
    } catch (error) {
      if (!(error instanceof PortError)) throw error;
      missing.push({ symbol, reason: error.message });
    }
  }
  const dates = datesOf([...bars.values()], from);
  if (dates.length === 0) {
    const why = missing.map(({ symbol, reason }) => `${symbol}: ${reason}`);
    throw new PortError(
      "not_found",
      `Cannot run from ${from ?? "the first bar"} to ${
        to ?? "the last"
      } as there is no bar of ${symbols.join(", ")}` +
        `${why.length > 0 ? ` (${why.join("; ")})` : ""}: ` +
        "choose other dates or symbols, or another MARKET_DATA_DIR",
      { facts: { symbols: missing.map(({ symbol }) => symbol) } },
    );
  }
  return { bars, missing, dates };
}

/**
 * Loads the bars of a stretch, to be shown a day at a time.
 *
 * @throws {PortError} As `readStretch`.
 */
export async function loadPastBars(
  source: MarketData,
  stretch: Stretch,
  signal?: AbortSignal,
): Promise<PastBars> {
  const { bars, missing, dates } = await readStretch(source, stretch, signal);
  const faults = new Map([...bars].map(([symbol, one]) => [
    symbol,
    faultsIn(one),
  ]));
  let today = dates[0]!;
  let day = epochDayOf(today);

  /** The bars of `symbol` up to `end`, which is not after today. */
  function upTo(symbol: TradingSymbol, end: number): Bars {
    const known = bars.get(symbol);
    const rows = known ? rowsBefore(known, end + 1) : 0;
    if (known && rows > 0) return sliceBars(known, 0, rows);
    throw new PortError(
      "not_found",
      `Cannot read bars of ${symbol} as it has none up to ${today}`,
    );
  }

  const market: MarketData = {
    async window(symbol, asOf, rows, signal) {
      admit("market data", false, signal);
      const asked = asOf === undefined ? day : epochDayOf(asOf);
      const known = upTo(symbol, Math.min(asked, day));
      const newest = known.day[known.length - 1]!;
      if (asOf === undefined || newest === asked) {
        return sliceBars(known, Math.max(0, known.length - rows), known.length);
      }
      throw new PortError(
        "not_found",
        `Cannot read bars of ${symbol} as it has none on ${asOf}`,
        { facts: rangeOf(known) },
      );
    },
    async range(symbol, signal) {
      admit("market data", false, signal);
      const known = upTo(symbol, day);
      return { ...rangeOf(known), count: known.length };
    },
    async symbols(signal) {
      admit("market data", false, signal);
      return [...bars.keys()].sort();
    },
    async [Symbol.asyncDispose]() {},
  };

  return {
    market,
    symbols: [...bars.keys()],
    missing,
    dates,
    fingerprints: Object.fromEntries(
      [...bars].map(([symbol, one]) => [symbol, fingerprintBars(one)]),
    ),
    today: () => today,
    moveTo(date) {
      today = date;
      day = epochDayOf(date);
    },
    isTraded(symbol) {
      const known = bars.get(symbol)!;
      return known.day[rowsBefore(known, day + 1) - 1] === day;
    },
    close(symbol) {
      const known = bars.get(symbol);
      let row = known ? rowsBefore(known, day + 1) - 1 : -1;
      while (row >= 0 && !priceOf(known!.close[row])) row--;
      return priceOf(known?.close[row]);
    },
    exactBars() {
      const exact = new Map<TradingSymbol, PaperBar>();
      for (const [symbol, known] of bars) {
        const row = rowsBefore(known, day + 1) - 1;
        const bar = known.day[row] === day ? exactBar(known, row) : undefined;
        if (bar) exact.set(symbol, bar);
      }
      return exact;
    },
    fault(symbol, rows) {
      const end = rowsBefore(bars.get(symbol)!, day + 1);
      return faults.get(symbol)!.find(({ row }) =>
        row >= end - rows && row < end
      )?.what;
    },
  };
}

/** Every bar that cannot be. */
function faultsIn(bars: Bars) {
  return Array.from({ length: bars.length }, (_, row) => {
    const what = findImpossibleBar(sliceBars(bars, row, row + 1));
    return what === undefined ? [] : [{ row, what }];
  }).flat();
}

/** The bar of `row`, widened to what is missing; none without an open. */
function exactBar(bars: Bars, row: number): PaperBar | undefined {
  const open = priceOf(bars.open[row]);
  if (open === undefined) return undefined;
  const close = priceOf(bars.close[row]) ?? open;
  const all = [open, close, priceOf(bars.high[row]), priceOf(bars.low[row])]
    .filter((price) => price !== undefined);
  const high = all.reduce((a, b) => a > b ? a : b);
  const low = all.reduce((a, b) => a < b ? a : b);
  return { open, high, low, close };
}

/** A price that can be one; 0 is none. */
function priceOf(value: number | undefined): Decimal | undefined {
  const price = parseDecimal(value);
  return price !== undefined && price > 0n ? price : undefined;
}

function rangeOf({ day, length }: Bars) {
  return {
    first: dateOfEpochDay(day[0]!),
    last: dateOfEpochDay(day[length - 1]!),
  };
}

function datesOf(
  all: readonly Bars[],
  from: TradingDate | undefined,
): readonly TradingDate[] {
  const first = from === undefined ? -Infinity : epochDayOf(from);
  const days = new Set<number>();
  for (const { day } of all) {
    for (const one of day) if (one >= first) days.add(one);
  }
  return [...days].sort((a, b) => a - b).map(dateOfEpochDay);
}

function rowsUpTo(bars: Bars, to: TradingDate | undefined): number {
  return to === undefined ? bars.length : rowsBefore(bars, epochDayOf(to) + 1);
}

/** How many bars are older than `day`. */
function rowsBefore({ day: days, length }: Bars, day: number): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (days[middle]! < day) low = middle + 1;
    else high = middle;
  }
  return low;
}
