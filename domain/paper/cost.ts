/**
 * What trading on a paper venue costs.
 *
 * @module
 */
import { type Decimal, divideRounded, ONE } from "../decimal.ts";
import type { OrderTerms } from "../order/order.ts";

/** What a venue takes, and what the market does. */
export interface PaperCosts {
  /** How much worse than the market a taker is filled, in basis points. */
  readonly slippageBps: Decimal;
  /** Commission in basis points of units times price. */
  readonly commissionBps: Decimal;
  /** Commission of an order, once, with its first fill. */
  readonly commissionFixed: Decimal;
}

const WHOLE = 10_000n * ONE;

/**
 * The price that a fill really has: worse by the slippage for `market` and
 * `stop`, the price itself for those with a limit. Rounded to 12 places,
 * halves up.
 */
export function slipped(
  price: Decimal,
  { side, kind }: OrderTerms,
  { slippageBps }: PaperCosts,
): Decimal {
  if (kind === "limit" || kind === "stop_limit") return price;
  const factor = side === "buy" ? WHOLE + slippageBps : WHOLE - slippageBps;
  return divideRounded(price * factor, WHOLE);
}

/**
 * What the venue takes for a fill, rounded once, to 12 places, halves up.
 *
 * @param isFirst Whether it is the first fill of its order.
 */
export function commissionOf(
  qty: Decimal,
  price: Decimal,
  isFirst: boolean,
  { commissionBps, commissionFixed }: PaperCosts,
): Decimal {
  const share = divideRounded(qty * price * commissionBps, ONE * WHOLE);
  return isFirst ? share + commissionFixed : share;
}
