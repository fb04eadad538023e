/**
 * The paper venue itself, which never fails on purpose: orders and positions in
 * the trade ledger, in rows of their own. It outlives this process, and all
 * instances of a fleet see the same venue.
 *
 * @module
 */
import type { Decimal } from "../../domain/decimal.ts";
import type { PaperCosts } from "../../domain/paper/cost.ts";
import { barAt } from "../../domain/paper/match.ts";
import { differingTerms } from "../../domain/order/order_intent.ts";
import {
  endOrder,
  type PaperOrder,
  type PaperTicket,
} from "../../domain/paper/order.ts";
import { findRefusal } from "../../domain/paper/refusal.ts";
import type { TradingSymbol } from "../../domain/symbol.ts";
import type { UserId } from "../../domain/user_id.ts";
import type { BrokerPosition } from "../../ports/broker.ts";
import type { Clock } from "../../ports/clock.ts";
import { isTransient, PortError } from "../../ports/port_error.ts";
import { rowsOf } from "../../ports/ledger_rows.ts";
import type { LedgerRow, TradeLedger } from "../../ports/trade_ledger.ts";
import {
  afterMarket,
  createDeal,
  type Deal,
  type Fate,
  isDue,
} from "./dealings.ts";
import {
  createOpenOrders,
  type OpenOrders,
  type OrderRef,
} from "./open_orders.ts";
import {
  type Dealings,
  PAPER_LATE,
  PAPER_ORDER,
  PAPER_POSITION,
  readOrder,
  readPosition,
  writeOrder,
} from "./rows.ts";

/** Prices that orders are filled at as they come. */
export interface PaperQuotes {
  /**
   * The price of `symbol` now; above 0.
   *
   * @throws {PortError} `unavailable` or `timeout` when nobody can tell now;
   * any other code when there is no such price.
   */
  now(symbol: TradingSymbol, signal?: AbortSignal): Promise<Decimal>;
}

/** What the venue stands on. */
export interface VenueParts {
  /** Where orders and positions are kept. */
  readonly ledger: TradeLedger;
  /** What orders meet as they come, where they do not wait for a bar. */
  readonly quotes: PaperQuotes;
  /** When orders come. */
  readonly clock: Clock;
  /** What is taken for a fill. */
  readonly costs: PaperCosts;
  /** Whether orders meet the price of now as they come, or wait for a bar. */
  readonly fillAt: "quote" | "next_bar";
  /** Told of every order that came late. */
  readonly changed: (ref: OrderRef) => void;
}

/** The venue. Failures are those of the ledger. */
export interface PaperVenue {
  /** The orders that this process knows to wait for bars; absent where none do. */
  readonly waiting: OpenOrders | undefined;
  /** Changes what the venue holds. */
  readonly deal: Deal;
  /**
   * Takes an order, or counts that it came again.
   *
   * @param isStill Throws once the order may not be taken any more.
   * @throws {PortError} `conflict` when its id is that of another order;
   * `unavailable` when nobody can tell its price now.
   */
  take(
    ticket: PaperTicket,
    fate: Fate,
    isStill: () => void,
  ): Promise<PaperOrder>;
  /**
   * Sends an order on its way: it is there from `dueAt` on, whoever asks.
   *
   * @throws What `isStill` does, unless that is a `PortError`: like all that
   * goes wrong on the way, nobody hears of it.
   */
  takeLate(
    ticket: PaperTicket,
    fate: Fate,
    dueAt: number,
    isStill: () => void,
  ): Promise<void>;
  /** Lets those orders of an account, or of all, come in that are due. */
  receive(user?: UserId, signal?: AbortSignal): Promise<void>;
  /** The order as it stands. */
  find(
    user: UserId,
    id: string,
    signal?: AbortSignal,
  ): Promise<PaperOrder | undefined>;
  /** Cancels what is open of an order; the order as it stands then. */
  cancel(
    user: UserId,
    id: string,
    signal?: AbortSignal,
  ): Promise<PaperOrder | undefined>;
  /** The open orders of an account, or of all, oldest first. */
  open(user?: UserId, signal?: AbortSignal): Promise<readonly PaperOrder[]>;
  /** What an account holds, by symbol. */
  positions(
    user: UserId,
    signal?: AbortSignal,
  ): Promise<readonly BrokerPosition[]>;
}

/** Opens the venue that `parts.ledger` holds. */
export function openPaperVenue(parts: VenueParts): PaperVenue {
  const { ledger, quotes, clock, costs, fillAt } = parts;
  const waiting = fillAt === "next_bar" ? createOpenOrders() : undefined;
  const deal = createDeal({ ...parts, waiting, arrive });

  async function arrive(
    now: Dealings,
    ticket: PaperTicket,
    fate: Fate,
  ): Promise<Dealings> {
    const { taken, held } = now;
    if (taken) {
      if (!isSameOrder(taken.order.ticket, ticket)) return now;
      const submissions = taken.submissions + 1;
      return { taken: { ...taken, submissions }, held };
    }
    const at = Math.round(clock.now());
    const order = createOrder(ticket, fate, at);
    const reject = (reason: string): Dealings => ({
      taken: {
        order: { ...order, status: "rejected", reason },
        submissions: 1,
      },
      held,
    });
    const refusal = fate.refusal ?? findRefusal(ticket, held.qty);
    if (refusal !== undefined) return reject(refusal);
    const fresh = { taken: { order, submissions: 1 }, held };
    if (fillAt === "next_bar") return fresh;
    const price = await priceNow(ticket);
    if (price === undefined) {
      return reject(`there is no price of ${ticket.symbol}`);
    }
    return afterMarket(
      fresh,
      { bar: barAt(price), isSession: false, at },
      costs,
    );
  }

  async function priceNow(
    { symbol, id }: PaperTicket,
  ): Promise<Decimal | undefined> {
    try {
      return await quotes.now(symbol);
    } catch (error) {
      if (!(error instanceof PortError)) throw error;
      if (!isTransient(error)) return undefined;
      const message =
        `Cannot take order ${id} as the price of ${symbol} cannot be told now`;
      throw new PortError("unavailable", message, { cause: error });
    }
  }

  /** Every open row of a kind, oldest first. */
  async function openRows(
    kind: string,
    user: UserId | undefined,
    signal: AbortSignal | undefined,
  ): Promise<readonly LedgerRow[]> {
    const query = { kind, user, isOpen: true };
    return (await Array.fromAsync(rowsOf(ledger, query, signal))).reverse();
  }

  async function receive(user?: UserId, signal?: AbortSignal): Promise<void> {
    for (const row of await openRows(PAPER_LATE, user, signal)) {
      if (!isDue(row, clock)) continue;
      await deal(readOrder(row).order.ticket, (now) => now);
    }
  }

  async function find(user: UserId, id: string, signal?: AbortSignal) {
    const [row, late] = await ledger.find(user, [
      { kind: PAPER_ORDER, id },
      { kind: PAPER_LATE, id },
    ], signal);
    if (!isDue(late, clock)) return row && readOrder(row).order;
    const { taken } = await deal(readOrder(late).order.ticket, (now) => now);
    return taken?.order;
  }

  return {
    waiting,
    deal,
    receive,
    find,

    async take(ticket, fate, isStill) {
      const { taken } = await deal(ticket, (now) => {
        const there = now.taken?.order.ticket;
        if (!there || isSameOrder(there, ticket)) {
          return arrive(now, ticket, fate);
        }
        throw new PortError(
          "conflict",
          `Cannot submit order ${ticket.id} as that is the id of an order with other terms`,
        );
      }, isStill);
      return taken!.order;
    },

    async takeLate(ticket, { parts, refusal: reason }, dueAt, isStill) {
      const at = Math.round(dueAt);
      const order = { ...createOrder(ticket, { parts }, at), reason };
      const ref = { kind: PAPER_LATE, id: ticket.id };
      const json = writeOrder({ order, submissions: 0 });
      try {
        const [row] = await ledger.find(ticket.user, [ref]);
        // One that is on its way already stands for both.
        if (row?.isOpen) return;
        const ifVersion = row?.version ?? 0;
        const change = { ...ref, ifVersion, isOpen: true, at, json };
        isStill();
        await ledger.commit(ticket.user, [change]);
      } catch (error) {
        // Nobody hears of it: the request is lost for good.
        if (!(error instanceof PortError)) throw error;
      }
    },

    async cancel(user, id, signal) {
      const found = await find(user, id, signal);
      if (found?.status !== "open") return found;
      const { taken } = await deal(found.ticket, (now) => {
        const { order } = now.taken!;
        const ended = endOrder(order, "canceled", "it was canceled on request");
        return ended === order
          ? now
          : { ...now, taken: { ...now.taken!, order: ended } };
      });
      return taken?.order;
    },

    async open(user, signal) {
      await receive(user, signal);
      const rows = await openRows(PAPER_ORDER, user, signal);
      return rows.map((row) => readOrder(row).order);
    },

    async positions(user, signal) {
      await receive(user, signal);
      const rows = await openRows(PAPER_POSITION, user, signal);
      return rows.map(readPosition)
        .sort((a, b) => a.symbol < b.symbol ? -1 : 1);
    },
  };
}

function isSameOrder(a: PaperTicket, b: PaperTicket): boolean {
  return differingTerms(a, b).length === 0;
}

function createOrder(
  ticket: PaperTicket,
  { parts }: Fate,
  createdAt: number,
): PaperOrder {
  const none = { isAwake: false, fills: [] };
  return { ticket, status: "open", ...none, parts, createdAt };
}
