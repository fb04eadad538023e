/**
 * Bars that are known to be wrong.
 *
 * @module
 */
import type { Bars } from "./bars.ts";
import { InvalidInput } from "./invalid_input.ts";
import { parseSymbol, type TradingSymbol } from "./symbol.ts";
import {
  epochDayOf,
  parseTradingDate,
  type TradingDate,
} from "./trading_date.ts";

/** Dates of a symbol whose bars may not be used, both ends included. */
export interface Quarantine {
  /** Whose bars. */
  readonly symbol: TradingSymbol;
  /** The first date. */
  readonly from: TradingDate;
  /** The last date. */
  readonly to: TradingDate;
  /** Why, for people. */
  readonly reason?: string;
}

/**
 * Reads a list of `{ symbol, from, to, reason? }`.
 *
 * @throws {InvalidInput} When an entry is malformed, naming its place.
 */
export function parseQuarantines(list: unknown): readonly Quarantine[] {
  if (!Array.isArray(list)) {
    throw new InvalidInput(
      "Cannot use the quarantine list as it must be a JSON array of {symbol, from, to}",
    );
  }
  return list.map((entry, i) => {
    try {
      return parseQuarantine(entry ?? {});
    } catch (error) {
      const why = (error as Error).message;
      throw new InvalidInput(
        `Cannot use entry ${i} of the quarantine list: ${why}`,
      );
    }
  });
}

function parseQuarantine(entry: Readonly<Record<string, unknown>>): Quarantine {
  const text = (name: string): string => {
    const value = entry[name];
    if (typeof value === "string") return value;
    throw new InvalidInput(`Cannot use its ${name} as it must be a text`);
  };
  const quarantine = {
    symbol: parseSymbol(text("symbol")),
    from: parseTradingDate(text("from")),
    to: parseTradingDate(text("to")),
    ...(entry["reason"] === undefined ? {} : { reason: text("reason") }),
  };
  if (quarantine.from > quarantine.to) {
    throw new InvalidInput("Cannot use a range that ends before it begins");
  }
  return quarantine;
}

/** The first quarantine of `symbol` that holds a bar of `bars`. */
export function findQuarantined(
  list: readonly Quarantine[],
  symbol: TradingSymbol,
  bars: Bars,
): Quarantine | undefined {
  return list.find((quarantine) => {
    if (quarantine.symbol !== symbol || bars.length === 0) return false;
    const from = epochDayOf(quarantine.from);
    const to = epochDayOf(quarantine.to);
    return bars.day.some((day) => day >= from && day <= to);
  });
}

/** The symbols whose quarantines differ between two lists. */
export function changedSymbols(
  before: readonly Quarantine[],
  after: readonly Quarantine[],
): readonly TradingSymbol[] {
  const text = (q: Quarantine) => `${q.symbol} ${q.from} ${q.to}`;
  const [old, now] = [new Set(before.map(text)), new Set(after.map(text))];
  const changed = [
    ...before.filter((q) => !now.has(text(q))),
    ...after.filter((q) => !old.has(text(q))),
  ];
  return [...new Set(changed.map((q) => q.symbol))].sort();
}
