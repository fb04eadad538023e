/**
 * From target weights to orders: what has to be bought and sold, so that what
 * is held becomes what is wanted.
 *
 * With weights whose sizes sum to at most 1 on each side, as signals have
 * them, the targets together are worth at most twice the capital: once long,
 * once short.
 *
 * @module
 */
import {
  cutTo,
  type Decimal,
  least,
  ONE,
  parseDecimal,
  sizeOf,
} from "../decimal.ts";
import { InvalidInput } from "../invalid_input.ts";
import type { Lots, Side } from "../order/order.ts";
import type { TradingSymbol } from "../symbol.ts";

const PLACES = { whole: 0, fractional: 8 } as const satisfies Record<
  Lots,
  number
>;

/** How large targets may be. */
export interface Limits {
  /** What weights are shares of. */
  readonly capital: Decimal;
  /** No target is worth more. */
  readonly maxPositionSize: Decimal;
  /** In which units is traded. */
  readonly lots: Lots;
}

/** A symbol and its share. */
export interface Wanted {
  /** Which symbol. */
  readonly symbol: TradingSymbol;
  /** Share of the capital, from -1 to 1: below 0 short, 0 for none. */
  readonly weight: number;
  /** What a unit costs, above 0; absent where nobody knows. */
  readonly price?: Decimal | undefined;
}

/** What there is of a symbol. */
export interface Holding {
  /** Units held; below 0 when short. */
  readonly qty: Decimal;
  /** Units that orders under way will still bring, or take when below 0. */
  readonly pending: Decimal;
}

/**
 * Why there is no order.
 *
 * - `zero_weight`: none is wanted, and none is held.
 * - `qty_less_than_one_share`: what is wanted, or missing, is less than a lot;
 *   so is what is left of a position of broken units where lots are whole.
 * - `price_fetch_failed`: nobody knows the price; what is held stays.
 * - `already_at_target`: exactly that is held.
 */
export const SKIP_REASONS = [
  "zero_weight",
  "qty_less_than_one_share",
  "price_fetch_failed",
  "already_at_target",
] as const;

/** Why there is no order. */
export type SkipReason = typeof SKIP_REASONS[number];

/** What to buy or to sell. */
export interface Trade {
  /** Which way. */
  readonly side: Side;
  /** How many units; above 0. */
  readonly qty: Decimal;
  /** Whether all it does is to bring what is held nearer to 0. */
  readonly reduceOnly: boolean;
}

/** A step for a symbol: a trade, or why there is none. */
export interface Move {
  /** Which symbol. */
  readonly symbol: TradingSymbol;
  /** Units held before it, those under way included. */
  readonly held: Decimal;
  /** Units wanted after it; absent where nobody knows the price. */
  readonly target: Decimal | undefined;
  /** The order that leads there. */
  readonly trade?: Trade | undefined;
  /** Why there is none. */
  readonly skip?: SkipReason | undefined;
}

const NOTHING: Holding = { qty: 0n, pending: 0n };

/**
 * The moves of each of `wanted`, in that order; symbols that are not among them
 * stay as they are. Trades are the difference to what is held, cut to whole
 * lots towards zero. Where the side changes there are two: one that closes, and
 * one that opens behind it, so that what is held is closed whatever becomes of
 * the other. While orders are under way it is one through zero.
 *
 * @throws {InvalidInput} When a weight is no share.
 */
export function planMoves(
  wanted: readonly Wanted[],
  holdings: ReadonlyMap<TradingSymbol, Holding>,
  limits: Limits,
): readonly Move[] {
  return wanted.flatMap((one) =>
    movesOf(one, holdings.get(one.symbol) ?? NOTHING, limits)
  );
}

/**
 * Whether a move leaves less at stake than there is. Such orders go first, so
 * that capital is free for the others.
 */
export function isReducing({ held, target }: Move): boolean {
  return target !== undefined && sizeOf(target) < sizeOf(held);
}

function movesOf(
  { symbol, weight, price }: Wanted,
  { qty, pending }: Holding,
  limits: Limits,
): readonly Move[] {
  checkWeight(symbol, weight);
  const held = qty + pending;
  if (weight === 0 && held === 0n) {
    return [{ symbol, held, target: 0n, skip: "zero_weight" }];
  }
  // What is closed needs no price.
  if (weight !== 0 && price === undefined) {
    return [{ symbol, held, target: undefined, skip: "price_fetch_failed" }];
  }
  const target = weight === 0 ? 0n : targetOf(weight, price!, limits);
  const change = cutTo(target - held, PLACES[limits.lots]);
  if (change === 0n) {
    const isThere = target === held && target !== 0n;
    const skip = isThere ? "already_at_target" : "qty_less_than_one_share";
    return [{ symbol, held, target, skip }];
  }
  const side = change > 0n ? "buy" : "sell";
  const size = sizeOf(change);
  const isOpposite = pending === 0n && (change < 0n) === (qty > 0n);
  const closing = isOpposite ? cutTo(sizeOf(qty), PLACES[limits.lots]) : 0n;
  if (closing === 0n || size <= closing) {
    const reduceOnly = isOpposite && size <= sizeOf(qty);
    return [{ symbol, held, target, trade: { side, qty: size, reduceOnly } }];
  }
  const left = qty > 0n ? qty - closing : qty + closing;
  const close: Trade = { side, qty: closing, reduceOnly: true };
  const open: Trade = { side, qty: size - closing, reduceOnly: false };
  return [
    { symbol, held, target: 0n, trade: close },
    { symbol, held: left, target, trade: open },
  ];
}

/** Of what is no share nothing would be wanted, and all that is held closed. */
function checkWeight(symbol: TradingSymbol, weight: number): void {
  if (Math.abs(weight) <= 1) return;
  throw new InvalidInput(
    `Cannot plan a move of ${symbol} as its weight must be from -1 to 1: current value is ${weight}`,
  );
}

function targetOf(weight: number, price: Decimal, limits: Limits): Decimal {
  const share = shareOf(Math.abs(weight), limits.capital);
  const dollars = least(share, limits.maxPositionSize);
  const units = cutTo(dollars * ONE / price, PLACES[limits.lots]);
  return weight < 0 ? -units : units;
}

/**
 * `size` of `capital`, rounded down. A size that is one over a whole number, as
 * ranks give it, is taken for exactly that: a third of 30 000 is 10 000.
 */
function shareOf(size: number, capital: Decimal): Decimal {
  const parts = Math.round(1 / size);
  if (1 / parts === size) return capital / BigInt(parts);
  return capital * (parseDecimal(size) ?? 0n) / ONE;
}
