/**
 * What a paper run is asked to do over HTTP, and what cannot be.
 *
 * @module
 */
import type { Decimal } from "../../../domain/decimal.ts";
import { InvalidInput } from "../../../domain/invalid_input.ts";
import type { Lots } from "../../../domain/order/order.ts";
import type { TradingSymbol } from "../../../domain/symbol.ts";
import type { TradingDate } from "../../../domain/trading_date.ts";
import type { MarketData } from "../../../ports/market_data.ts";
import { PortError } from "../../../ports/port_error.ts";
import { checkEnds } from "../orchestrator/request.ts";
import { readStretch, type StretchBars } from "../paper_run/past_bars.ts";

/** Most symbols of a run. */
export const MAX_PAPER_SYMBOLS = 50;

/** Most symbols times days: what a run holds in memory grows with them. */
export const MAX_SYMBOL_DAYS = 25_000;

/** What a run is asked to do; what is absent is as the service is configured. */
export interface PaperRunWish {
  /** All that have bars when absent. */
  readonly symbols?: readonly TradingSymbol[] | undefined;
  /** The first day; the oldest bar of any symbol when absent. */
  readonly from?: TradingDate | undefined;
  /** The last day; the newest bar of any when absent. */
  readonly to?: TradingDate | undefined;
  /** What weights are shares of. */
  readonly capital?: Decimal | undefined;
  /** What one position may be worth. */
  readonly maxPositionSize?: Decimal | undefined;
  /** Whether orders are for whole units only. */
  readonly lots?: Lots | undefined;
  /** Symbols to be long. */
  readonly topN?: number | undefined;
  /** Symbols to be short. */
  readonly bottomN?: number | undefined;
  /** Options of the venue by their names, such as `slippage_bps`. */
  readonly venue: Readonly<Record<string, string>>;
}

/** What is to be run over. */
export interface PaperStretch {
  readonly symbols: readonly TradingSymbol[];
  /** The days that are traded, ascending; one at least. */
  readonly dates: readonly TradingDate[];
}

/**
 * Looks whether a wish can be granted.
 *
 * @throws {InvalidInput} When it can never be: too much, or nothing to trade.
 * @throws {PortError} `not_found` when there are no such bars (facts:
 * `symbols`, those that have none up to the last day).
 */
export async function checkWish(
  wish: PaperRunWish,
  market: MarketData,
  defaults: { readonly topN: number; readonly bottomN: number },
  signal?: AbortSignal,
): Promise<PaperStretch> {
  checkTrades(wish, defaults);
  const { from, to } = wish;
  const symbols = wish.symbols ?? await market.symbols(signal);
  if (symbols.length === 0) {
    throw new PortError(
      "not_found",
      "Cannot run as there are no bars: put SYMBOL.parquet files into MARKET_DATA_DIR",
    );
  }
  checkEnds({ ...wish, symbols });
  checkSize("symbols", symbols.length, MAX_PAPER_SYMBOLS);
  const stretch = await readStretch(market, { symbols, from, to }, signal);
  if (wish.symbols) refuseMissing(stretch);
  const { dates } = stretch;
  checkSize(
    "symbols times days",
    symbols.length * dates.length,
    MAX_SYMBOL_DAYS,
  );
  return { symbols, dates };
}

/** @throws {InvalidInput} When nothing would be traded. */
function checkTrades(
  { topN, bottomN }: PaperRunWish,
  defaults: { readonly topN: number; readonly bottomN: number },
): void {
  if ((topN ?? defaults.topN) + (bottomN ?? defaults.bottomN) > 0) return;
  const message = "must not both be 0: nothing would be traded";
  throw new InvalidInput(`Cannot run as top_n and bottom_n ${message}`, [
    { path: "top_n", message },
    { path: "bottom_n", message },
  ]);
}

function checkSize(what: string, size: number, most: number): void {
  if (size <= most) return;
  const message =
    `must be at most ${most}: current value is ${size}; holdfast paper-run takes more`;
  throw new InvalidInput(`Cannot run as ${what} ${message}`, [
    { path: "symbols", message: `${what} ${message}` },
  ]);
}

/** Who asks for a symbol by its name is not to find it left out. */
function refuseMissing({ missing }: StretchBars): void {
  const [first] = missing;
  if (!first) return;
  const others = missing.length > 1 ? ` (and ${missing.length - 1} more)` : "";
  throw new PortError(
    "not_found",
    `Cannot run with ${first.symbol}${others} as there is no bar by then (${first.reason}): ` +
      "leave it out, or choose a later last day",
    { facts: { symbols: missing.map(({ symbol }) => symbol) } },
  );
}
