/**
 * Order numbers and client order ids.
 *
 * @module
 */
import { z } from "zod";
import {
  IDEMPOTENCY_KEY_PATTERN,
  parseIdempotencyKey,
} from "../../../domain/idempotency_key.ts";
import {
  MAX_ORDER_ID_CHARS,
  MODE_CODES,
  ORDER_TYPES,
  readChainId,
  readModeCode,
} from "../../../domain/order/client_order_id.ts";
import { MAX_SEQUENCE_COUNT } from "../../../domain/sequence.ts";
import { PortError } from "../../../ports/port_error.ts";
import type { OrderIds } from "../../services/order_ids.ts";
import { CHAIN_DAYS } from "../../services/order_ids/chains.ts";
import { RequestRefused } from "../errors.ts";
import { type Route, route } from "../route.ts";
import { DayInput, SymbolInput, textReadBy } from "../schemas.ts";

const TAGS = ["Orders"];

const KEY_HEADER = "Idempotency-Key";

/** The header by which a request can be repeated. */
const KeyHeaders = z.object({
  [KEY_HEADER]: textReadBy(parseIdempotencyKey).optional().meta({
    description: "Names the request, 8 to 128 printable ASCII characters " +
      "without spaces: a repeat by the same user with the same body gets the " +
      "same answer for 72 hours, from any instance; with another body 409.",
    example: "0196f0c2-7d1e-7a40-9c55-3b1f6e0a2d11",
    override: { type: "string", pattern: IDEMPOTENCY_KEY_PATTERN },
  }),
});

const RepeatHeaders = z.object({
  "Idempotency-Replayed": z.enum(["true", "false"]).meta({
    description: "Whether the answer was given before to the same key.",
  }),
});

const SequenceRequest = z.strictObject({
  day: DayInput.optional().meta({
    description:
      "Day of the series, `YYYYMMDD`; today in the caller's time zone " +
      "(`global_trading.timezone`, else UTC) when absent.",
  }),
  count: z.int().min(1).max(MAX_SEQUENCE_COUNT).optional().meta({
    description: "How many numbers; 1 when absent.",
  }),
}).meta({ id: "SequenceRequest", example: { day: "20250630", count: 3 } });

const SequenceRange = z.object({
  user_id: z.string(),
  day: z.string(),
  first: z.int().meta({ description: "The lowest number issued." }),
  last: z.int().meta({ description: "The highest number issued." }),
}).meta({
  id: "SequenceRange",
  example: { user_id: "default", day: "20250630", first: 1, last: 3 },
});

const CODES = Object.values(MODE_CODES);

const OrderIdRequest = z.strictObject({
  mode: textReadBy(readModeCode).optional().meta({
    description: `${CODES.join(", ")}, or the mode's name: ${
      Object.keys(MODE_CODES).join(", ")
    }. Needed for a new chain.`,
    example: "ULT",
  }),
  type: z.enum(ORDER_TYPES).meta({
    description: "What the order does in its chain: entry, stop loss, take " +
      "profit, hedge with its own stop and profit, average down, rebuy.",
  }),
  chain: textReadBy(readChainId).optional().meta({
    description: "The chain to which the order belongs: an id without its " +
      "type. Absent: a new chain, which takes the next number of today.",
    example: "ULT-06JAN-00001",
  }),
  symbol: SymbolInput.optional().meta({
    description: "What the chain trades; of a known chain it may be left out.",
  }),
}).superRefine(({ mode, chain }, context) => {
  const path = ["mode"];
  if (chain === undefined && mode === undefined) {
    const message = "must be given where no chain is";
    context.addIssue({ code: "custom", path, message });
  } else if (chain && mode !== undefined && mode !== chain.mode) {
    const message = `must be that of the chain, ${chain.mode}: ` +
      `current value is ${mode}`;
    context.addIssue({ code: "custom", path, message });
  }
}).meta({
  id: "ClientOrderIdRequest",
  example: { mode: "ULT", type: "E", symbol: "BTCUSDT" },
});

const OrderIdAnswer = z.object({
  user_id: z.string(),
  client_order_id: z.string().max(MAX_ORDER_ID_CHARS).meta({
    description: "`MODE-DDMMM-NNNNN-TYPE`.",
  }),
  chain: z.string().meta({
    description: "What the ids of related orders begin with.",
  }),
  mode: z.enum(CODES),
  type: z.enum(ORDER_TYPES),
  day: z.string().meta({ description: "Day of the chain, `YYYYMMDD`." }),
  number: z.int().meta({ description: "Number of the chain." }),
  symbol: z.string().optional().meta({ description: "What the chain trades." }),
  known: z.boolean().meta({
    description: "Whether the chain had this order before.",
  }),
}).meta({
  id: "ClientOrderId",
  example: {
    user_id: "default",
    client_order_id: "ULT-06JAN-00001-E",
    chain: "ULT-06JAN-00001",
    mode: "ULT",
    type: "E",
    day: "20260106",
    number: 1,
    symbol: "BTCUSDT",
    known: false,
  },
});

/** The routes that issue order numbers and ids. */
export function orderRoutes(orders: OrderIds): readonly Route[] {
  return [
    route({
      method: "POST",
      path: "/api/orders/sequence",
      id: "issueOrderNumbers",
      summary: "Issue order numbers",
      description:
        "Consecutive numbers of the caller's series of a day. None is ever " +
        "issued twice; a request that failed may have used numbers up. With " +
        `\`${KEY_HEADER}\` a request can be repeated: its numbers are kept ` +
        "before they are given.",
      tags: TAGS,
      request: { headers: KeyHeaders, body: SequenceRequest },
      responses: {
        200: {
          description: "The numbers, all the caller's.",
          schema: SequenceRange,
          headers: RepeatHeaders,
        },
      },
      errors: [409, 501, 503, 504, 507],
      // Whether the client waits or not: a repeat gets what came of it.
      handle: async ({ body, headers, caller: { user } }) => {
        const key = headers[KEY_HEADER];
        const given = await named(orders.issue(user, body, key));
        const { day, first, last } = given.answer;
        return {
          status: 200,
          headers: repeatHeaders(given),
          json: { user_id: user, day, first, last },
        };
      },
    }),

    route({
      method: "POST",
      path: "/api/orders/client-order-id",
      id: "makeClientOrderId",
      summary: "Make a client order id",
      description:
        "The id of the first order of a new chain, or of one more order of a " +
        "chain: the same up to the type. It is kept with what it is for " +
        "before it is given, so that the same order of a chain always has " +
        `the same id, and a repeat with the same \`${KEY_HEADER}\` begins no ` +
        "second chain. The number takes more than five digits where it " +
        `needs them. A chain can be added to for ${CHAIN_DAYS} days. Ids ` +
        "name no year: after one they may come again.",
      tags: TAGS,
      request: { headers: KeyHeaders, body: OrderIdRequest },
      responses: {
        200: {
          description: "The id, and what it says.",
          schema: OrderIdAnswer,
          headers: RepeatHeaders,
        },
      },
      errors: [404, 409, 501, 503, 504, 507],
      handle: async ({ body, headers, caller: { user } }) => {
        const { type, symbol, chain, mode } = body;
        const wish = { type, symbol, of: chain ?? mode! };
        const given = await named(orders.make(user, wish, headers[KEY_HEADER]));
        const { id, isKnown, ...says } = given.answer;
        return {
          status: 200,
          headers: repeatHeaders(given),
          json: {
            user_id: user,
            client_order_id: id,
            ...says,
            known: isKnown,
          },
        };
      },
    }),
  ];
}

function repeatHeaders({ isRepeat }: { readonly isRepeat: boolean }) {
  return { "Idempotency-Replayed": isRepeat ? "true" : "false" };
}

/** Tells with what is refused which part of the request it was. */
async function named<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof PortError)) throw error;
    const { code, message, facts: { field } } = error;
    if (field === undefined) throw error;
    const path = field === "key" ? `header.${KEY_HEADER}` : `body.${field}`;
    throw new RequestRefused(code, message, { errors: [{ path, message }] });
  }
}
