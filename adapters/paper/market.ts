/**
 * What makes waiting orders of the paper venue meet the market.
 *
 * @module
 */
import type { Decimal } from "../../domain/decimal.ts";
import type { PaperCosts } from "../../domain/paper/cost.ts";
import { barAt, type PaperBar } from "../../domain/paper/match.ts";
import { endOrder, type PaperLook } from "../../domain/paper/order.ts";
import { FLAT } from "../../domain/paper/position.ts";
import type { TradingSymbol } from "../../domain/symbol.ts";
import {
  dateOfEpochDay,
  epochDayOf,
  type TradingDate,
} from "../../domain/trading_date.ts";
import type { Clock } from "../../ports/clock.ts";
import { afterMarket } from "./dealings.ts";
import {
  createOpenOrders,
  type OpenOrders,
  type OrderRef,
} from "./open_orders.ts";
import type { Dealings } from "./rows.ts";
import type { PaperQuotes, PaperVenue } from "./venue.ts";

const DAY_MS = 86_400_000;

/** What the market of a paper venue stands on. */
export interface MarketParts {
  /** Where orders wait. */
  readonly venue: PaperVenue;
  /** Prices of now. */
  readonly quotes: PaperQuotes;
  /** Which day it is. */
  readonly clock: Clock;
  /** What is taken for a fill. */
  readonly costs: PaperCosts;
  /** The trading day of a moment, such as its date in UTC. */
  readonly dayOf: (ms: number) => string;
  /** Told of every order that was filled or has come to an end. */
  readonly changed: (ref: OrderRef) => void;
  /** Told of every look at the price of a symbol: why it failed, if it did. */
  readonly looked: (symbol: TradingSymbol, error?: unknown) => void;
}

/** The market of a paper venue. */
export interface PaperMarket {
  /**
   * Lets all waiting orders meet the bars of one trading day, at the end of
   * which day orders expire, those without a bar too. Fills are of 0:00 UTC of
   * `date`.
   */
  advance(
    date: TradingDate,
    bars: ReadonlyMap<TradingSymbol, PaperBar>,
  ): Promise<void>;
  /** Lets all waiting orders of every instance meet the prices of now. */
  poke(signal?: AbortSignal): Promise<void>;
}

/** The date of a moment in UTC. */
export function utcDayOf(ms: number): TradingDate {
  return dateOfEpochDay(Math.floor(ms / DAY_MS));
}

/** Creates the market. */
export function createPaperMarket(parts: MarketParts): PaperMarket {
  const { venue, quotes, clock, costs, dayOf, changed, looked } = parts;
  let isLoaded = false;

  /** The orders that wait, by symbol; first, those that other processes took. */
  async function waitingNow(): Promise<ReturnType<OpenOrders["all"]>> {
    const waiting = venue.waiting ?? createOpenOrders();
    if (venue.waiting && isLoaded) await venue.receive();
    else for (const order of await venue.open()) waiting.note(order);
    isLoaded = true;
    return waiting.all();
  }

  async function meet(
    ref: OrderRef,
    edit: (now: Dealings) => Dealings,
  ): Promise<void> {
    let before: Dealings | undefined;
    const after = await venue.deal(ref, (now) => edit(before = now));
    const [old, young] = [before?.taken?.order, after.taken?.order];
    if (!young) return;
    // Another instance may have changed it: what is over waits no more.
    venue.waiting?.note(young);
    const isNews = young.status !== old?.status ||
      young.fills.length !== old?.fills.length;
    if (isNews) changed(ref);
  }

  function expired(now: Dealings, reason: string): Dealings {
    if (!now.taken) return now;
    const order = endOrder(now.taken.order, "expired", reason);
    return order === now.taken.order
      ? now
      : { ...now, taken: { ...now.taken, order } };
  }

  /** The dealings after a look at `price`, where there is one. */
  function afterPrice(now: Dealings, price: Decimal | undefined): Dealings {
    const order = now.taken?.order;
    const at = Math.round(clock.now());
    const isOver = order?.ticket.timeInForce === "day" &&
      dayOf(order.createdAt) !== dayOf(at);
    if (isOver) return expired(now, "its day is over");
    if (price === undefined) return now;
    return afterMarket(now, { bar: barAt(price), isSession: false, at }, costs);
  }

  async function priceOf(
    symbol: TradingSymbol,
    signal: AbortSignal | undefined,
  ): Promise<Decimal | undefined> {
    try {
      const price = await quotes.now(symbol, signal);
      looked(symbol);
      return price;
    } catch (error) {
      signal?.throwIfAborted();
      looked(symbol, error);
      return undefined;
    }
  }

  return {
    async advance(date, bars) {
      const at = epochDayOf(date) * DAY_MS;
      for (const [symbol, refs] of await waitingNow()) {
        const bar = bars.get(symbol);
        const look: Omit<PaperLook, "held"> | undefined = bar &&
          { bar, isSession: true, at };
        const reason = `there is no bar of ${symbol} on ${date}`;
        for (const ref of refs) {
          await meet(ref, (now) => {
            if (look) return afterMarket(now, look, costs);
            const stays = now.taken?.order.ticket.timeInForce === "gtc";
            return stays ? now : expired(now, reason);
          });
        }
      }
    },

    async poke(signal) {
      const orders = await venue.open(undefined, signal);
      const symbols = Map.groupBy(orders, ({ ticket }) => ticket.symbol);
      for (const [symbol, some] of symbols) {
        const price = await priceOf(symbol, signal);
        for (const order of some) {
          signal?.throwIfAborted();
          const edit = (now: Dealings) => afterPrice(now, price);
          const seen = { taken: { order, submissions: 0 }, held: FLAT };
          // Most prices change nothing: the ledger need not be asked again.
          if (edit(seen) !== seen) await meet(order.ticket, edit);
        }
      }
    },
  };
}
