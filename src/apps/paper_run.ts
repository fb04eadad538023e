/**
 * The paper run: a strategy day by day over bars that have been, as if it had
 * been traded on a paper venue.
 *
 * At the close of a day signals are made, and orders for the difference to what
 * is held; the venue fills them at the open of the next day. Positions are
 * marked at each close. Nothing is decided on the last day: nothing of it would
 * be filled.
 *
 * @module
 */
import { ALPHA158_WINDOW_ROWS } from "../../domain/alpha158/alpha158.ts";
import { InvalidInput } from "../../domain/invalid_input.ts";
import type { Mark } from "../../domain/performance/equity_curve.ts";
import {
  measurePerformance,
  type Performance,
} from "../../domain/performance/performance.ts";
import {
  isReducing,
  type Limits,
  planMoves,
} from "../../domain/rebalance/moves.ts";
import type { TradingSymbol } from "../../domain/symbol.ts";
import type { TradingDate } from "../../domain/trading_date.ts";
import type { UserId } from "../../domain/user_id.ts";
import type { OrderEntry, PositionView } from "../../ports/order_entry.ts";
import { PortError } from "../../ports/port_error.ts";
import type { SignalSet, SignalSource } from "../../ports/signal_source.ts";
import { createOrderBook, type OrderBook } from "./paper_run/order_book.ts";
import {
  createGapList,
  type Gap,
  type PaperOrder,
} from "./paper_run/outcome.ts";
import type { MarketDays } from "./paper_run/market_day.ts";
import type { PastBars } from "./paper_run/past_bars.ts";

/** What a run stands on. */
export interface PaperRunPorts {
  readonly bars: PastBars;
  readonly market: MarketDays;
  readonly signals: SignalSource;
  readonly orders: OrderEntry;
}

/** How a run trades. */
export interface PaperRunTerms extends Limits {
  /** The account. */
  readonly user: UserId;
  readonly strategyId: string;
  /** What its orders are marked with. */
  readonly runId: string;
}

/** What was done, day by day. */
export interface PaperRunResult {
  readonly performance: Performance;
  /** In the order in which they were entered. */
  readonly orders: readonly PaperOrder[];
  readonly gaps: readonly Gap[];
  /** How often a symbol got no order, by reason. */
  readonly skips: Readonly<Record<string, number>>;
}

/**
 * Runs over all dates of `bars`.
 *
 * Symbols without a bar, or with bars that cannot be, sit out; what is held of
 * them stays, at the last close. A day without signals goes by without orders.
 *
 * @param onDay Is called after each day, with how many are done.
 * @throws {PortError} What `orders.positions` throws. The reason of `signal`.
 */
export async function runPaper(
  ports: PaperRunPorts,
  terms: PaperRunTerms,
  onDay: (done: number) => Promise<void> = async () => {},
  signal?: AbortSignal,
): Promise<PaperRunResult> {
  const { bars, market, orders } = ports;
  const { user } = terms;
  const gaps = createGapList();
  const skips = new Map<string, number>();
  const book = createOrderBook(orders, user);
  const marks: Mark[] = [];
  let positions: readonly PositionView[] = [];

  for (const [i, date] of bars.dates.entries()) {
    signal?.throwIfAborted();
    bars.moveTo(date);
    await market.open();
    await settle(date, book.isOver);
    market.close();
    positions = await orders.positions(user, signal);
    book.mark(date, positions);
    marks.push({ date, equity: equityOf(terms, positions) });
    noteAbsent(date);
    if (i < bars.dates.length - 1) await decide(date);
    await onDay(i + 1);
  }

  function noteAbsent(date: TradingDate): void {
    for (const { symbol, reason } of bars.missing) {
      gaps.note(symbol, reason, date);
    }
    const exact = bars.exactBars();
    for (const symbol of bars.symbols) {
      if (!bars.isTraded(symbol)) gaps.note(symbol, "it has no bar", date);
      else if (!exact.has(symbol)) gaps.note(symbol, "it has no open", date);
    }
  }

  /** Enters the orders that lead from what is held to what is wanted. */
  async function decide(date: TradingDate): Promise<void> {
    const set = await signalsOf(date);
    if (!set) return;
    const wanted = set.signals.map(({ symbol, targetWeight }) => ({
      symbol,
      weight: targetWeight,
      price: bars.close(symbol),
    }));
    const moves = planMoves(wanted, holdingsOf(positions, book), terms);
    for (const { skip } of moves) {
      if (skip) skips.set(skip, (skips.get(skip) ?? 0) + 1);
    }
    const first = moves.filter(isReducing);
    const others = moves.filter((move) => !isReducing(move));
    for (const { symbol, trade } of [...first, ...others]) {
      if (!trade) continue;
      const fault = await book.enter(date, {
        symbol,
        ...trade,
        kind: "market",
        timeInForce: "day",
        strategyId: set.strategyId,
        runId: terms.runId,
      }, signal);
      if (fault !== undefined) gaps.note(symbol, fault, date);
    }
    await settle(date, book.isKnown);
  }

  /** Asks what has become of orders, until the book is as it is to be. */
  async function settle(date: TradingDate, isDone: () => boolean) {
    if (isDone()) return;
    await market.settle(async () => {
      await book.update(date, signal);
      return isDone();
    });
  }

  async function signalsOf(date: TradingDate): Promise<SignalSet | undefined> {
    const symbols = bars.symbols.filter((symbol) => {
      if (!bars.isTraded(symbol)) return false;
      const fault = bars.fault(symbol, ALPHA158_WINDOW_ROWS);
      if (fault !== undefined) gaps.note(symbol, fault, date);
      return fault === undefined;
    });
    if (symbols.length === 0) return undefined;
    try {
      return await ports.signals.signals(
        { symbols, asOf: date, publish: false },
        signal,
      );
    } catch (error) {
      if (!(error instanceof PortError || error instanceof InvalidInput)) {
        throw error;
      }
      gaps.note(undefined, error.message, date);
    }
  }

  return {
    performance: measurePerformance({
      capital: terms.capital,
      marks,
      trades: book.trades(),
      holdings: positions,
    }),
    orders: book.orders(),
    gaps: gaps.list(),
    skips: Object.fromEntries(
      [...skips].sort(([a], [b]) => a < b ? -1 : 1),
    ),
  };
}

/** What is held, and what orders under way will still bring. */
function holdingsOf(positions: readonly PositionView[], book: OrderBook) {
  const held = new Map(positions.map(({ symbol, qty }) => [symbol, qty]));
  const pending = book.pending();
  const symbols = new Set<TradingSymbol>([...held.keys(), ...pending.keys()]);
  return new Map([...symbols].map((symbol) => [symbol, {
    qty: held.get(symbol) ?? 0n,
    pending: pending.get(symbol) ?? 0n,
  }]));
}

/** The capital and everything that was earned since. */
function equityOf({ capital }: Limits, positions: readonly PositionView[]) {
  return positions.reduce(
    (sum, one) => sum + one.realizedPnl + one.unrealizedPnl,
    capital,
  );
}
