/**
 * The channels of the event-orchestrated slices.
 *
 * Their publishers agree on few fields: what names a thing is required, and
 * the rest must only make sense where it is given.
 *
 * @module
 */
import { z } from "zod";
import type { Channel } from "./channel.ts";
import { anyId, decimal, name, object, symbols, text } from "./fields.ts";

/** What setups, prices and triggers tell of. */
export const SETUP_CHANNELS: readonly Channel[] = [
  {
    name: "setup.received",
    summary: "A trading setup has come in.",
    lane: "durable",
    version: 1,
    schema: z.looseObject({
      setup_id: anyId,
      date: text.nullish(),
      source: text.nullish(),
      tickers: symbols.optional(),
      created_at: text.nullish(),
    }),
    key: "setup_id",
    large: "refuse",
    example: {
      setup_id: "2026-01-02-001",
      date: "2026-01-02",
      source: "discord",
      tickers: ["SPY", "NVDA"],
      created_at: "2026-01-02T13:05:00Z",
    },
  },
  {
    name: "market.price_update",
    summary: "An instrument has a new price; only the newest matters.",
    lane: "volatile",
    version: 1,
    schema: z.looseObject({
      ticker: name,
      price: decimal,
      bid_price: decimal.nullish(),
      ask_price: decimal.nullish(),
      status: text.nullish(),
    }),
    key: "ticker",
    large: "refuse",
    example: {
      ticker: "SPY",
      price: "478.12",
      bid_price: "478.11",
      ask_price: "478.13",
      status: "open",
    },
  },
  {
    name: "signal.triggered",
    summary: "The market has reached the level of a setup.",
    lane: "durable",
    version: 1,
    schema: z.looseObject({
      ticker: name,
      setup_id: anyId,
      setup_type: text.nullish(),
      level: decimal.nullish(),
      confirmation: object.nullish(),
      stop: decimal.nullish(),
    }),
    key: "ticker",
    large: "refuse",
    example: {
      ticker: "SPY",
      setup_id: "2026-01-02-001",
      setup_type: "breakout",
      level: "478.00",
      confirmation: {
        timestamp: "2026-01-02T14:32:00Z",
        price: "478.12",
        volume: 125000,
        body_percent: 0.72,
      },
      targets: ["480.50", "482.00"],
      stop: "476.80",
    },
  },
];
