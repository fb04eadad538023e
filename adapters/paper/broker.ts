/**
 * The paper broker: a venue that fills orders from prices, with no money, and
 * that fails as real venues do when it is told to.
 *
 * @module
 */
import type { PaperBar } from "../../domain/paper/match.ts";
import { chanceOf } from "../../domain/paper/chance.ts";
import type { PaperOrder } from "../../domain/paper/order.ts";
import type { TradingSymbol } from "../../domain/symbol.ts";
import type { TradingDate } from "../../domain/trading_date.ts";
import type { UserId } from "../../domain/user_id.ts";
import { admit } from "../../ports/arguments.ts";
import type { Broker, BrokerOrder, BrokerReport } from "../../ports/broker.ts";
import type { Clock } from "../../ports/clock.ts";
import { PortError } from "../../ports/port_error.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import type { TradeLedger } from "../../ports/trade_ledger.ts";
import {
  createPaperFaults,
  lostCall,
  type PaperAttempt,
  type PaperCall,
  type PaperControl,
} from "./faults.ts";
import { createPaperMarket, utcDayOf } from "./market.ts";
import { twistReport } from "./nonsense.ts";
import type { OrderRef } from "./open_orders.ts";
import { DEFAULT_PAPER_OPTIONS, type PaperOptions } from "./options.ts";
import { ticketOf } from "./rows.ts";
import { createTroubles } from "./troubles.ts";
import { openPaperVenue, type PaperQuotes } from "./venue.ts";

/** What a paper broker stands on. */
export interface PaperBrokerParts {
  /**
   * Where the venue keeps orders and positions, in rows of kinds of its own.
   * It stays open when the broker is closed.
   */
  readonly ledger: TradeLedger;
  /** Prices of now; not asked where orders wait for bars. */
  readonly quotes: PaperQuotes;
  /** When orders come and requests are due. */
  readonly clock: Clock;
  /** Told of looks at the market that failed. */
  readonly telemetry?: Telemetry | undefined;
  /** What the venue takes, and how badly it behaves. */
  readonly options?: Partial<PaperOptions> | undefined;
  /**
   * `quote`: an order meets the price of now as it comes, and again with each
   * `poke`. `next_bar`: it waits for `advance`.
   */
  readonly fillAt?: "quote" | "next_bar" | undefined;
  /** The broker pokes by itself that often; never when absent. */
  readonly lookEveryMs?: number | undefined;
  /** The trading day of a moment; its date in UTC when absent. */
  readonly dayOf?: ((ms: number) => string) | undefined;
}

/** A paper broker, and what moves its market. */
export interface PaperBroker extends Broker {
  /** Decides the outcomes of calls to come. */
  readonly control: PaperControl;
  /**
   * Lets all waiting orders meet the bars of one trading day, at the end of
   * which day orders expire, those without a bar too. Fills are of 0:00 UTC of
   * `date`. Never fails on purpose.
   */
  advance(
    date: TradingDate,
    bars: ReadonlyMap<TradingSymbol, PaperBar>,
  ): Promise<void>;
  /**
   * Lets all waiting orders, of every instance, meet the prices of now; day
   * orders of an earlier day expire. Where orders wait for bars, only late ones
   * come in. Never fails on purpose.
   */
  poke(signal?: AbortSignal): Promise<void>;
}

const ID = /^[.A-Z:/a-z0-9_-]{1,36}$/;

/** Opens a broker at the venue that `parts.ledger` holds. */
export function openPaperBroker(parts: PaperBrokerParts): PaperBroker {
  const { clock, telemetry, fillAt = "quote", lookEveryMs } = parts;
  const { dayOf = utcDayOf } = parts;
  const options = { ...DEFAULT_PAPER_OPTIONS, ...parts.options };
  const listeners = new Set<(user: UserId, id: string) => void>();
  const closing = new AbortController();
  const troubles = createTroubles(telemetry);
  const faults = createPaperFaults(options, clock);
  const venue = openPaperVenue({ ...parts, fillAt, costs: options, changed });
  const market = createPaperMarket({
    ...parts,
    venue,
    dayOf,
    costs: options,
    changed,
    looked(symbol, error) {
      const what = `look at the price of ${symbol}`;
      if (error === undefined) troubles.over(what);
      else troubles.note(what, error);
    },
  });
  const enter = (signal?: AbortSignal) =>
    admit("broker", closing.signal.aborted, signal);

  function changed({ user, id }: OrderRef): void {
    for (const listener of listeners) listener(user, id);
  }

  function look(signal?: AbortSignal): Promise<void> {
    if (fillAt === "quote") return market.poke(signal);
    return venue.receive(undefined, signal);
  }

  /** Looks at the market until the broker is closed. */
  async function keepLooking(everyMs: number): Promise<void> {
    const { signal } = closing;
    while (!signal.aborted) {
      try {
        await clock.sleep(everyMs, signal);
        await look(signal);
        troubles.over("look at the market");
      } catch (error) {
        if (!signal.aborted) troubles.note("look at the market", error);
      }
    }
  }

  /** Does `work` unless its request is lost; its answer may be lost too. */
  async function ask<T>(
    call: PaperCall,
    user: UserId,
    name: string,
    signal: AbortSignal | undefined,
    work: (attempt: PaperAttempt) => Promise<T>,
  ): Promise<T> {
    enter(signal);
    const attempt = await faults.send(call, user, name, signal);
    const { outcome } = attempt;
    const isLate = outcome === "late";
    if (outcome === "lostRequest" || (isLate && call !== "submit")) {
      throw lostCall(call, name);
    }
    const answer = await work(attempt);
    if (outcome === "lostAnswer" || isLate) throw lostCall(call, name);
    return answer;
  }

  function reportOf(
    order: PaperOrder,
    { outcome }: PaperAttempt,
  ): BrokerReport {
    const { ticket, status, fills, reason } = order;
    const report = {
      order: ticket,
      brokerId: `paper-${ticket.id}`,
      status,
      fills,
      ...(reason !== undefined && { reason }),
    };
    if (outcome !== "nonsense") return report;
    return twistReport(report, chanceOf(options.seed, `twist ${ticket.id}`));
  }

  // A late request is on its way after it took as long as every other.
  const inFlightMs = options.latencyMs + options.inFlightMs;

  /** Throws once a submit sent now has been given up, or is too late. */
  function untilLate(id: string, signal: AbortSignal | undefined): () => void {
    const until = clock.monotonic() + inFlightMs;
    return () => {
      signal?.throwIfAborted();
      if (clock.monotonic() <= until) return;
      const message =
        `Cannot submit order ${id} as the paper broker takes it within ${inFlightMs} ms or not at all`;
      throw new PortError("unavailable", message);
    };
  }

  const looking = lookEveryMs === undefined
    ? undefined
    : keepLooking(lookEveryMs);

  return {
    name: "paper",
    inFlightMs,
    control: faults.control,

    async submit(order, signal) {
      checkId(order);
      const isStill = untilLate(order.id, signal);
      return await ask(
        "submit",
        order.user,
        order.id,
        signal,
        async (attempt) => {
          const { outcome, fate, lateMs } = attempt;
          const ticket = ticketOf(order);
          if (outcome !== "late") {
            return reportOf(await venue.take(ticket, fate, isStill), attempt);
          }
          const dueAt = clock.now() + lateMs;
          await venue.takeLate(ticket, fate, dueAt, isStill);
          throw lostCall("submit", order.id);
        },
      );
    },

    cancel(user, id, signal) {
      return ask("cancel", user, id, signal, async (attempt) => {
        const order = await venue.cancel(user, id, signal);
        return order && reportOf(order, attempt);
      });
    },

    find(user, id, signal) {
      return ask("find", user, id, signal, async (attempt) => {
        const order = await venue.find(user, id, signal);
        return order && reportOf(order, attempt);
      });
    },

    open(user, signal) {
      return ask("open", user, "orders", signal, async (attempt) => {
        const orders = await venue.open(user, signal);
        return orders.map((order) => reportOf(order, attempt));
      });
    },

    positions(user, signal) {
      return ask(
        "positions",
        user,
        "held",
        signal,
        () => venue.positions(user, signal),
      );
    },

    onChange(listener) {
      // Under a name of its own, so that it may be added twice.
      const own = (user: UserId, id: string) => listener(user, id);
      listeners.add(own);
      return () => void listeners.delete(own);
    },

    async advance(date, bars) {
      enter();
      await market.advance(date, bars);
    },

    async poke(signal) {
      enter(signal);
      await look(signal);
    },

    async [Symbol.asyncDispose]() {
      closing.abort();
      await looking;
    },
  };
}

function checkId({ id }: BrokerOrder): void {
  if (ID.test(id)) return;
  throw new PortError(
    "invalid",
    `Cannot submit order ${
      JSON.stringify(id.slice(0, 64))
    } as its id must be 1 to 36 letters, digits or . : / _ -`,
  );
}
