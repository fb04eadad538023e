/**
 * The newest price of a symbol: the close of its newest bar.
 *
 * @module
 */
import { type Decimal, parseDecimal } from "../../domain/decimal.ts";
import { lastDate } from "../../domain/bars.ts";
import type { TradingSymbol } from "../../domain/symbol.ts";
import type { TradingDate } from "../../domain/trading_date.ts";
import type { MarketData } from "../../ports/market_data.ts";
import { PortError } from "../../ports/port_error.ts";

/** A price and the day it is of. */
export interface Price {
  /** Above 0. */
  readonly price: Decimal;
  /** At the close of this date. */
  readonly asOf: TradingDate;
}

/** Tells prices. */
export interface Prices {
  /**
   * The newest price of `symbol`.
   *
   * @throws {PortError} `not_found`, `corrupt`, as `MarketData.window`.
   */
  latest(symbol: TradingSymbol, signal?: AbortSignal): Promise<Price>;
}

/**
 * Creates prices over bars.
 *
 * @param today The newest date that counts; the newest bar when it gives none.
 */
export function createBarPrices(
  market: Pick<MarketData, "window">,
  today: () => TradingDate | undefined = () => undefined,
): Prices {
  return {
    async latest(symbol, signal) {
      const bars = await market.window(symbol, today(), 1, signal);
      const price = parseDecimal(bars.close[bars.length - 1]!);
      if (price !== undefined && price > 0n) {
        return { price, asOf: lastDate(bars) };
      }
      throw new PortError(
        "corrupt",
        `Cannot tell the price of ${symbol} as its bar of ${
          lastDate(bars)
        } has no close`,
      );
    },
  };
}
