/**
 * Positions: what trades make of them, exactly.
 *
 * @module
 */
import {
  type Decimal,
  divideRounded,
  over,
  sizeOf,
  times,
} from "../decimal.ts";
import type { TradingSymbol } from "../symbol.ts";
import type { Side } from "./order.ts";

/** What is held of a symbol, and what came of it so far. */
export interface Position {
  /** Of what. */
  readonly symbol: TradingSymbol;
  /** Units; below 0 when short. */
  readonly qty: Decimal;
  /** What these were entered at, together; below 0 when short. */
  readonly cost: Decimal;
  /** What closed parts have earned, without commission. */
  readonly realized: Decimal;
  /** What the venue took, all trades together. */
  readonly commission: Decimal;
  /** When it was changed last: milliseconds since the Unix epoch. */
  readonly updatedAt: number;
}

/** Units that changed hands. */
export interface Trade {
  /** Which way. */
  readonly side: Side;
  /** How many; above 0. */
  readonly qty: Decimal;
  /** At which price. */
  readonly price: Decimal;
  /** What the venue took for it. */
  readonly commission: Decimal;
}

/** A position after a trade. */
export interface Traded {
  /** The position. */
  readonly position: Position;
  /** What the trade itself has earned, without commission. */
  readonly earned: Decimal;
}

/** A position of nothing yet. */
export function noPosition(symbol: TradingSymbol): Position {
  const nothing = { qty: 0n, cost: 0n, realized: 0n, commission: 0n };
  return { symbol, ...nothing, updatedAt: 0 };
}

/**
 * A position after one more trade. A trade against it closes units at their
 * average entry; one that is larger than it closes all of them and enters the
 * rest the other way.
 *
 * Only the share of the cost that is closed is rounded, and what is rounded off
 * stays in the rest: earnings, cost and what was paid always add up.
 *
 * @param at When: milliseconds since the Unix epoch.
 */
export function applyTrade(
  position: Position,
  trade: Trade,
  at: number,
): Traded {
  const signed = trade.side === "buy" ? trade.qty : -trade.qty;
  const value = times(signed, trade.price);
  const { qty, cost } = position;
  const next = {
    ...position,
    qty: qty + signed,
    commission: position.commission + trade.commission,
    updatedAt: Math.max(position.updatedAt, at),
  };
  if (qty === 0n || (qty > 0n) === (signed > 0n)) {
    return { position: { ...next, cost: cost + value }, earned: 0n };
  }
  const isWhole = sizeOf(signed) >= sizeOf(qty);
  const closed = isWhole ? -qty : signed;
  // Both are of the sign of the trade.
  const brought = isWhole ? times(closed, trade.price) : value;
  const entered = isWhole ? -cost : divideRounded(cost * closed, qty);
  const earned = entered - brought;
  return {
    position: {
      ...next,
      cost: cost + entered + (value - brought),
      realized: position.realized + earned,
    },
    earned,
  };
}

/** What a unit was entered at, on average; 0 when nothing is held. */
export function averageEntry({ qty, cost }: Position): Decimal {
  return qty === 0n ? 0n : over(cost, qty);
}

/** What closing a position at `price` would earn, without commission. */
export function unrealizedAt({ qty, cost }: Position, price: Decimal): Decimal {
  return times(qty, price) - cost;
}
