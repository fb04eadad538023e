/**
 * At which price a paper venue fills an order, given a bar.
 *
 * What a bar does not prove is not filled: of the way between its four prices
 * only that is known which holds for every way. A single price is a bar whose
 * four prices are one.
 *
 * @module
 */
import type { Decimal } from "../decimal.ts";
import type { OrderTerms } from "../order/order.ts";

/** What the market did in a stretch of time; prices above 0. */
export interface PaperBar {
  /** First price. */
  readonly open: Decimal;
  /** Highest price. */
  readonly high: Decimal;
  /** Lowest price. */
  readonly low: Decimal;
  /** Last price. */
  readonly close: Decimal;
}

/** What a bar makes of an order. */
export interface PaperMatch {
  /** Whether its stop has been reached, now or before. */
  readonly isAwake: boolean;
  /** What it is filled at, before slippage; `undefined` when it is not. */
  readonly price: Decimal | undefined;
}

/** The bar of a market that stands at `price`. */
export function barAt(price: Decimal): PaperBar {
  return { open: price, high: price, low: price, close: price };
}

/**
 * Matches an order against a bar that begins after it was placed.
 *
 * - `market`: at the open.
 * - `limit`: at the open where that is as good as the limit; else at the
 *   limit, if the bar reaches it.
 * - `stop`: wakes when the bar reaches the stop: at the stop, or at the open
 *   where that is beyond it. Once awake it is a market order.
 * - `stop_limit`: wakes likewise; from then on it is a limit order. Where it
 *   wakes within the bar at a price beyond its limit, only the close proves
 *   that the market came back: a low may have been before.
 *
 * @param terms Have the prices that their kind needs.
 * @param isAwake Whether its stop was reached before.
 */
export function matchOrder(
  terms: OrderTerms,
  isAwake: boolean,
  bar: PaperBar,
): PaperMatch {
  if (terms.side === "buy") return matchPurchase(terms, isAwake, bar);
  // A sale is a purchase in a world where all prices are below 0.
  const { limitPrice = 0n, stopPrice = 0n } = terms;
  const mirrored = matchPurchase(
    { kind: terms.kind, limitPrice: -limitPrice, stopPrice: -stopPrice },
    isAwake,
    { open: -bar.open, high: -bar.low, low: -bar.high, close: -bar.close },
  );
  const { price } = mirrored;
  return { ...mirrored, price: price === undefined ? undefined : -price };
}

type Prices = Pick<OrderTerms, "kind" | "limitPrice" | "stopPrice">;

function matchPurchase(
  { kind, limitPrice: limit = 0n, stopPrice: stop = 0n }: Prices,
  wasAwake: boolean,
  bar: PaperBar,
): PaperMatch {
  if (kind === "market") return { isAwake: wasAwake, price: bar.open };
  if (kind === "limit") return { isAwake: wasAwake, price: upTo(limit, bar) };
  const isAwake = wasAwake || bar.high >= stop;
  if (!isAwake) return { isAwake, price: undefined };
  const fromOpen = wasAwake || bar.open >= stop;
  if (kind === "stop") return { isAwake, price: fromOpen ? bar.open : stop };
  if (fromOpen) return { isAwake, price: upTo(limit, bar) };
  if (stop <= limit) return { isAwake, price: stop };
  return { isAwake, price: bar.close <= limit ? limit : undefined };
}

function upTo(limit: Decimal, { open, low }: PaperBar): Decimal | undefined {
  if (open <= limit) return open;
  return low <= limit ? limit : undefined;
}
