/**
 * What the venue says of the caller's account.
 *
 * @module
 */
import { z } from "zod";
import {
  ORDER_KINDS,
  SIDES,
  TIMES_IN_FORCE,
} from "../../../domain/order/order.ts";
import type {
  ExchangeAccounts,
  ExchangeAnswer,
} from "../../services/exchange_cache.ts";
import type { ExchangePart } from "../../../ports/exchange_cache.ts";
import { type Route, route } from "../route.ts";
import { Instant, instantOf } from "../schemas.ts";

const TAGS = ["Orders"];

const DESCRIPTION =
  "As the venue says, asked for at most once in 5 s for each user, or anew " +
  "after an order of ours. An answer is never older than that: while the " +
  "venue does not answer, neither does this.";

const DecimalText = z.string().meta({ format: "decimal", example: "0.015" });

const Provenance = {
  user_id: z.string(),
  fetched_at: Instant.meta({ description: "When the venue was asked." }),
  age_ms: z.int().meta({
    description: "How long ago that was, in milliseconds; less than 5000.",
  }),
  source: z.enum(["broker", "redis", "memory"]).meta({
    description: "`broker` when the venue was asked for this answer, else " +
      "where its answer was kept.",
  }),
};

const AgeHeader = z.object({
  Age: z.string().meta({
    description: "How long ago the venue was asked, in whole seconds.",
    example: "2",
  }),
});

const Positions = z.object({
  positions: z.array(z.object({
    symbol: z.string(),
    qty: DecimalText.meta({ description: "Units; below 0 when short." }),
    avg_entry_price: DecimalText.meta({
      description: "What a unit was entered at, on average.",
    }),
  })),
  ...Provenance,
}).meta({
  id: "FuturesPositions",
  example: {
    positions: [{
      symbol: "BTCUSDT",
      qty: "-0.015",
      avg_entry_price: "42000.1",
    }],
    user_id: "default",
    fetched_at: "2026-01-06T09:30:00.000Z",
    age_ms: 1200,
    source: "redis",
  },
});

const Orders = z.object({
  orders: z.array(z.object({
    client_order_id: z.string(),
    broker_order_id: z.string().meta({
      description: "What the venue calls it.",
    }),
    symbol: z.string(),
    side: z.enum(SIDES),
    order_type: z.enum(ORDER_KINDS),
    qty: DecimalText.meta({ description: "Units." }),
    filled_qty: DecimalText.meta({ description: "Units of them filled." }),
    limit_price: DecimalText.nullable(),
    stop_price: DecimalText.nullable(),
    time_in_force: z.enum(TIMES_IN_FORCE),
    reduce_only: z.boolean(),
  })).meta({ description: "Open orders, conditional ones included." }),
  ...Provenance,
}).meta({
  id: "FuturesOrders",
  example: {
    orders: [{
      client_order_id: "ULT-06JAN-00001-SL",
      broker_order_id: "88213",
      symbol: "BTCUSDT",
      side: "buy",
      order_type: "stop",
      qty: "0.015",
      filled_qty: "0",
      limit_price: null,
      stop_price: "43000",
      time_in_force: "gtc",
      reduce_only: true,
    }],
    user_id: "default",
    fetched_at: "2026-01-06T09:30:00.000Z",
    age_ms: 0,
    source: "broker",
  },
});

/** The routes of accounts at the venue. */
export function futuresAccountRoutes(
  accounts: Pick<ExchangeAccounts, "positions" | "orders">,
): readonly Route[] {
  return [
    route({
      method: "GET",
      path: "/api/futures/positions",
      id: "getFuturesPositions",
      summary: "What the caller holds at the venue",
      description: DESCRIPTION,
      tags: TAGS,
      responses: {
        200: {
          description: "The positions.",
          schema: Positions,
          headers: AgeHeader,
        },
      },
      errors: [501, 503, 504],
      handle: async ({ caller: { user }, signal }) => {
        const answer = await accounts.positions(user, signal);
        return {
          status: 200,
          headers: ageOf(answer),
          json: {
            positions: [...answer.rows],
            user_id: user,
            ...provenanceOf(answer),
          },
        };
      },
    }),

    route({
      method: "GET",
      path: "/api/futures/orders",
      id: "getFuturesOrders",
      summary: "The caller's open orders at the venue",
      description: DESCRIPTION,
      tags: TAGS,
      responses: {
        200: {
          description: "The orders.",
          schema: Orders,
          headers: AgeHeader,
        },
      },
      errors: [501, 503, 504],
      handle: async ({ caller: { user }, signal }) => {
        const answer = await accounts.orders(user, signal);
        return {
          status: 200,
          headers: ageOf(answer),
          json: {
            orders: [...answer.rows],
            user_id: user,
            ...provenanceOf(answer),
          },
        };
      },
    }),
  ];
}

type AnyAnswer = ExchangeAnswer<ExchangePart>;

function ageOf({ ageMs }: AnyAnswer) {
  return { Age: `${Math.floor(ageMs / 1000)}` };
}

function provenanceOf({ fetchedAt, ageMs, source }: AnyAnswer) {
  const age_ms = Math.floor(ageMs);
  return { fetched_at: instantOf(fetchedAt), age_ms, source };
}
