/**
 * Books of trades for tests, and what is seen of them.
 *
 * @module
 */
import { formatDecimal } from "../../domain/decimal.ts";
import {
  createTradeBook,
  type TradeBook,
} from "../../domain/autopilot/trade_book.ts";
import type { NewEvent } from "../../domain/event/event.ts";
import type { TradingMode } from "../../domain/settings/field.ts";
import { ADA, logged } from "./autopilot_world.ts";
import { anEvent } from "./events.ts";

export const NOON = Date.UTC(2026, 0, 2, 12);
export const MIDNIGHT = Date.UTC(2026, 0, 2);
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;

/** Events that are committed at one moment. */
export type Step = readonly [at: number, ...events: NewEvent[]];

/** A book of events. */
export function bookOf(...steps: Step[]): TradeBook {
  const book = createTradeBook();
  for (const [at, ...events] of steps) {
    for (const event of logged(events, at)) book.apply(event);
  }
  return book;
}

/** The counts of Ada at noon, in words. */
export function seen(book: TradeBook, mode?: TradingMode, now = NOON) {
  const { lossHour, lossDay, ...tally } = book.tally(ADA, mode, now, MIDNIGHT);
  return {
    ...tally,
    lossHour: formatDecimal(lossHour),
    lossDay: formatDecimal(lossDay),
  };
}

/** Asks for a position of 250 USD. */
export const signal = (
  mode: string,
  symbol: string,
  at: number,
  data: Record<string, unknown> = {},
): NewEvent =>
  anEvent({ ticker: symbol, setup_id: "s", mode, size_usd: "250", ...data }, {
    channel: "signal.triggered",
    meta: { timestamp: new Date(at).toISOString(), user: ADA },
  });
