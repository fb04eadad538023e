/**
 * Chains of orders: begun with a number, and added to.
 *
 * @module
 */
import {
  type ChainId,
  type ClientOrderId,
  formatChainId,
  formatClientOrderId,
  type ModeCode,
  type OrderType,
  type ParsedChainId,
  resolveDay,
} from "../../../domain/order/client_order_id.ts";
import type { SequenceDay } from "../../../domain/sequence.ts";
import type { TradingSymbol } from "../../../domain/symbol.ts";
import type { UserId } from "../../../domain/user_id.ts";
import type { Clock } from "../../../ports/clock.ts";
import type {
  OrderIntent,
  OrderIntents,
} from "../../../ports/order_intents.ts";
import { PortError } from "../../../ports/port_error.ts";
import type { Telemetry } from "../../../ports/telemetry.ts";
import type { Draft } from "./once.ts";
import type { Today } from "./today.ts";

/**
 * How long a chain is known, in days. Less than half a year, so that an id,
 * which names no year, means one chain.
 */
export const CHAIN_DAYS = 180;

const DAY_MS = 86_400_000;

/** What an order is to be, whose id is asked for. */
export interface OrderIdWish {
  /** What it does in its chain. */
  readonly type: OrderType;
  /** To which chain it belongs, or of which mode a new chain is to be. */
  readonly of: ParsedChainId | ModeCode;
  /** What it trades; a chain has that of its first order, or none. */
  readonly symbol: TradingSymbol | undefined;
}

/** The id of an order, and what it is for. */
export interface OrderId {
  /** The id. */
  readonly id: ClientOrderId;
  /** The chain. */
  readonly chain: ChainId;
  /** Which mode trades. */
  readonly mode: ModeCode;
  /** What the order does in its chain. */
  readonly type: OrderType;
  /** Day of the chain. */
  readonly day: SequenceDay;
  /** Number of the chain. */
  readonly number: number;
  /** What the chain trades, where its first order said so. */
  readonly symbol?: TradingSymbol;
  /** Whether the chain had that order before. */
  readonly isKnown: boolean;
}

/** Drafts the ids of orders. */
export interface Chains {
  /**
   * Drafts the first order of a new chain. Each call takes another number: who
   * calls again has been told that the chain is there already.
   */
  begin(
    user: UserId,
    mode: ModeCode,
    wish: OrderIdWish,
  ): () => Promise<Draft<OrderId>>;

  /**
   * Drafts one more order of a chain, or gives the one that is there.
   *
   * @throws {PortError} `not_found`, `conflict`, from the draft.
   */
  extend(
    user: UserId,
    chain: ParsedChainId,
    wish: OrderIdWish,
  ): () => Promise<Draft<OrderId>>;
}

/** Creates the drafts. */
export function createChains(parts: {
  readonly intents: OrderIntents;
  readonly today: Today;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}): Chains {
  const { intents, today, clock, telemetry } = parts;
  return {
    begin(user, mode, wish) {
      let before: ChainId | undefined;
      return async (): Promise<Draft<OrderId>> => {
        if (before) {
          telemetry.log(
            "error",
            "an order number has come twice; the next one is taken",
            { user, chain: before },
          );
        }
        const { day, first: number } = await today.take(user);
        const chain = formatChainId({ mode, day, number });
        before = chain;
        const { type, symbol } = wish;
        const answer = orderId({ chain, mode, day, number, type, symbol });
        const keptUntil = Math.ceil(clock.now() + CHAIN_DAYS * DAY_MS);
        const intent = {
          name: chainName(day, chain),
          json: JSON.stringify({ symbol }),
          keptUntil,
        };
        return { answer, intents: [intent, orderIntent(answer, keptUntil)] };
      };
    },

    extend(user, parsed, { type, symbol: wanted }) {
      return async (): Promise<Draft<OrderId>> => {
        const { chain, mode, number } = parsed;
        const day = resolveDay(parsed, await today.day(user));
        const [begun, order] = await intents.find(user, [
          chainName(day, chain),
          orderName(day, formatClientOrderId(chain, type)),
        ]);
        if (!begun) throw unknownChain(user, chain);
        const { symbol }: { readonly symbol?: TradingSymbol } = JSON.parse(
          begun.json,
        );
        checkSymbol(chain, symbol, wanted);
        if (order) {
          const answer: OrderId = JSON.parse(order.json);
          return { answer: { ...answer, isKnown: true }, intents: [] };
        }
        const answer = orderId({ chain, mode, day, number, type, symbol });
        return { answer, intents: [orderIntent(answer, begun.keptUntil)] };
      };
    },
  };
}

function orderId(
  { symbol, ...order }: Omit<OrderId, "id" | "symbol" | "isKnown"> & {
    readonly symbol: TradingSymbol | undefined;
  },
): OrderId {
  return {
    id: formatClientOrderId(order.chain, order.type),
    ...order,
    ...(symbol === undefined ? {} : { symbol }),
    isKnown: false,
  };
}

function orderIntent(order: OrderId, keptUntil: number): OrderIntent {
  const name = orderName(order.day, order.id);
  return { name, json: JSON.stringify(order), keptUntil };
}

// With the day, as ids come again after a year.
const chainName = (day: SequenceDay, chain: ChainId) => `chain:${day}:${chain}`;
const orderName = (day: SequenceDay, id: ClientOrderId) => `order:${day}:${id}`;

function unknownChain(user: UserId, chain: ChainId): PortError {
  return new PortError(
    "not_found",
    `Cannot add to chain ${chain} as ${user} has none of that name that began within ${CHAIN_DAYS} days: leave chain out to begin one`,
    { facts: { field: "chain" } },
  );
}

function checkSymbol(
  chain: ChainId,
  held: TradingSymbol | undefined,
  wanted: TradingSymbol | undefined,
): void {
  if (wanted === undefined || wanted === held) return;
  throw new PortError(
    "conflict",
    `Cannot use symbol ${wanted} as chain ${chain} is of another: current value is ${
      held ?? "none"
    }; leave symbol out`,
    { facts: { field: "symbol" } },
  );
}
