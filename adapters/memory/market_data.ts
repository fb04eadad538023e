/**
 * Market data in this process's memory, for tests and demos.
 *
 * This is the reference adapter: other adapters are compared with it.
 *
 * @module
 */
import { type Bars, sliceBars } from "../../domain/bars.ts";
import type { TradingSymbol } from "../../domain/symbol.ts";
import { dateOfEpochDay, epochDayOf } from "../../domain/trading_date.ts";
import { admit } from "../../ports/arguments.ts";
import type { BarRange, MarketData } from "../../ports/market_data.ts";
import { PortError } from "../../ports/port_error.ts";

/**
 * Creates market data over `bars` by symbol, each with one bar or more; a
 * change of the map is seen at once.
 */
export function createMemoryMarketData(
  bars: ReadonlyMap<string, Bars>,
): MarketData {
  let closed = false;
  const enter = (signal?: AbortSignal) => admit("market data", closed, signal);

  function barsOf(symbol: TradingSymbol): Bars {
    const found = bars.get(symbol);
    if (found) return found;
    throw new PortError(
      "not_found",
      `Cannot read bars of ${symbol} as the symbol is unknown`,
    );
  }

  return {
    async window(symbol, asOf, rows, signal) {
      enter(signal);
      if (!Number.isSafeInteger(rows) || rows < 1) {
        throw new PortError(
          "invalid",
          "Cannot read bars as rows must be a whole number above 0: " +
            `current value is ${rows}`,
        );
      }
      const all = barsOf(symbol);
      if (asOf === undefined) {
        return sliceBars(all, Math.max(0, all.length - rows), all.length);
      }
      const day = epochDayOf(asOf);
      const at = all.day.findLastIndex((other) => other <= day);
      if (all.day[at] === day) {
        return sliceBars(all, Math.max(0, at + 1 - rows), at + 1);
      }
      const { first, last } = rangeOf(all);
      const nearest = at < 0 || at === all.length - 1
        ? ""
        : `, the nearest before is of ${dateOfEpochDay(all.day[at]!)}`;
      throw new PortError(
        "not_found",
        `Cannot read bars of ${symbol} as it has none on ${asOf}: ` +
          `they reach from ${first} to ${last}${nearest}`,
        { facts: { first, last } },
      );
    },

    async range(symbol, signal) {
      enter(signal);
      return rangeOf(barsOf(symbol));
    },

    async symbols(signal) {
      enter(signal);
      return [...bars.keys()].sort() as TradingSymbol[];
    },

    async [Symbol.asyncDispose]() {
      closed = true;
    },
  };
}

function rangeOf(bars: Bars): BarRange {
  return {
    first: dateOfEpochDay(bars.day[0]!),
    last: dateOfEpochDay(bars.day.at(-1)!),
    count: bars.length,
  };
}
