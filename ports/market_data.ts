/**
 * The market data port: daily bars by symbol.
 *
 * `tests/contracts/market_data.ts` is the definition of this port.
 *
 * @module
 */
import type { Bars } from "../domain/bars.ts";
import type { TradingSymbol } from "../domain/symbol.ts";
import type { TradingDate } from "../domain/trading_date.ts";

/** How far the bars of a symbol reach. */
export interface BarRange {
  /** Date of the oldest bar. */
  readonly first: TradingDate;
  /** Date of the newest bar. */
  readonly last: TradingDate;
  /** Number of bars. */
  readonly count: number;
}

/**
 * Reads bars. Calls may run concurrently and leave nothing behind. A change of
 * the source is seen within a second.
 */
export interface MarketData extends AsyncDisposable {
  /**
   * The bar of `asOf` (the newest one when absent) and those before it, oldest
   * first: `rows` of them, or fewer where the history begins. The arrays may
   * be shared: callers do not write to them.
   *
   * @throws {PortError} `not_found` when the symbol is unknown or has no bar on
   * that very date (facts: `first`, `last`); `corrupt` when its source cannot
   * be read, naming the source.
   */
  window(
    symbol: TradingSymbol,
    asOf: TradingDate | undefined,
    rows: number,
    signal?: AbortSignal,
  ): Promise<Bars>;

  /**
   * How far the bars of `symbol` reach.
   *
   * @throws {PortError} `not_found`, `corrupt`.
   */
  range(symbol: TradingSymbol, signal?: AbortSignal): Promise<BarRange>;

  /** The symbols that have bars, in ascending order. */
  symbols(signal?: AbortSignal): Promise<readonly TradingSymbol[]>;

  /** Releases every resource. Safe to call twice. */
  [Symbol.asyncDispose](): Promise<void>;
}
