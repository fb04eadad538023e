/**
 * What an order must pass before it is sent.
 *
 * @module
 */
import { type Decimal, formatDecimal, sizeOf, times } from "../decimal.ts";
import type { OrderTerms } from "./order.ts";

/** Most orders that one reason names. */
const MAX_NAMED = 5;

/** Limits on any order that may enter a position; 0 is none. */
export interface OrderLimits {
  /** The most units. */
  readonly maxQty: Decimal;
  /** The most that the units may be worth. */
  readonly maxNotional: Decimal;
}

/** What the checks go by. */
export interface PreTradeFacts {
  /** Limits on any order. */
  readonly limits: OrderLimits;
  /** The newest price; `undefined` when nobody knows or needs it. */
  readonly price: Decimal | undefined;
  /** Why trading is stopped, a reason for each kill switch that is engaged. */
  readonly stops: readonly string[];
  /** What the day's closed trades have earned, less commission. */
  readonly earnedToday: Decimal;
  /** What a day may lose; `undefined` where there is no limit. */
  readonly maxDailyLoss: Decimal | undefined;
  /** Orders at the venue that nobody here knows, of the symbol. */
  readonly orphans: readonly string[];
  /** Units held; below 0 when short. */
  readonly held: Decimal;
  /** Orders that reduce the position right now; see `takesRoom`. */
  readonly reducing: readonly Reduction[];
}

/** An order that reduces a position right now. */
export interface Reduction {
  /** Its client order id. */
  readonly id: string;
  /** Units that it has left. */
  readonly left: Decimal;
}

/**
 * Whether what an order may be worth depends on the newest price. A limit to
 * buy is the most that is paid; one to sell is the least that is taken.
 */
export function needsPrice({ side, limitPrice }: OrderTerms): boolean {
  return side === "sell" || limitPrice === undefined;
}

/**
 * Whether an open reduce-only order leaves others less to reduce: one that is
 * filled at once. Those that wait for a price share the position, as a stop and
 * its targets do: the venue cuts what is left of them once it is closed.
 */
export function takesRoom({ kind, timeInForce }: OrderTerms): boolean {
  return kind === "market" || timeInForce === "ioc" || timeInForce === "fok";
}

/** Units by which an order of that side can bring the position nearer to 0. */
export function reducibleBy(
  side: OrderTerms["side"],
  { held, reducing }: Pick<PreTradeFacts, "held" | "reducing">,
): Decimal {
  const isAgainst = side === "sell" ? held > 0n : held < 0n;
  const left = isAgainst ? sizeOf(held) - sumOf(reducing) : 0n;
  return left > 0n ? left : 0n;
}

/**
 * Every reason for which an order must not be sent; none when it may. An order
 * that only reduces a position passes whatever stops trading, of whatever size
 * and worth it is, so that nobody is locked in.
 */
export function violationsOf(
  order: OrderTerms,
  facts: PreTradeFacts,
): readonly string[] {
  if (order.reduceOnly) return reduceFault(order, facts);
  return [
    ...facts.stops.map((reason) =>
      `Cannot send the order as the kill switch is engaged: ${reason}`
    ),
    ...qtyFault(order, facts),
    ...notionalFault(order, facts),
    ...lossFault(facts),
    ...facts.orphans.length === 0 ? [] : [
      `Cannot send the order as ${order.symbol} is in quarantine for orders that are not known here: ${
        facts.orphans.slice(0, MAX_NAMED).join(", ")
      }`,
    ],
  ];
}

function qtyFault(
  { qty }: OrderTerms,
  { limits: { maxQty } }: PreTradeFacts,
): string[] {
  if (maxQty === 0n || qty <= maxQty) return [];
  return [
    `Cannot send the order as qty must be at most ${
      formatDecimal(maxQty)
    }: current value is ${formatDecimal(qty)}`,
  ];
}

/** The highest price that a unit may be traded at, as far as one can tell. */
function highestPrice(
  order: OrderTerms,
  newest: Decimal | undefined,
): Decimal | undefined {
  const { limitPrice, stopPrice } = order;
  if (!needsPrice(order)) return limitPrice;
  if (newest === undefined) return undefined;
  return [limitPrice, stopPrice].reduce<Decimal>(
    (most, price) => price !== undefined && price > most ? price : most,
    newest,
  );
}

function notionalFault(
  order: OrderTerms,
  { limits: { maxNotional }, price: newest }: PreTradeFacts,
): string[] {
  if (maxNotional === 0n) return [];
  const price = highestPrice(order, newest);
  if (price === undefined) {
    return [
      "Cannot send the order as its worth is limited and no price is known",
    ];
  }
  const notional = times(order.qty, price);
  if (notional <= maxNotional) return [];
  return [
    `Cannot send the order as it must be worth at most ${
      formatDecimal(maxNotional)
    }: current value is ${formatDecimal(notional)}`,
  ];
}

function lossFault({ earnedToday, maxDailyLoss }: PreTradeFacts): string[] {
  if (maxDailyLoss === undefined || -earnedToday < maxDailyLoss) return [];
  return [
    `Cannot send the order as the day may lose ${
      formatDecimal(maxDailyLoss)
    } at most: current value is ${formatDecimal(-earnedToday)}`,
  ];
}

function reduceFault(order: OrderTerms, facts: PreTradeFacts): string[] {
  const most = reducibleBy(order.side, facts);
  if (order.qty <= most) return [];
  const { held, reducing } = facts;
  const ids = reducing.slice(0, MAX_NAMED).map(({ id }) => id);
  const taken = ids.length === 0
    ? ""
    : `, of which ${formatDecimal(sumOf(reducing))} are taken by ${
      ids.join(", ")
    }`;
  return [
    `Cannot send the order as reduce_only allows to ${order.side} ${
      formatDecimal(most)
    } units at most where ${
      formatDecimal(held)
    } are held${taken}: current value is ${formatDecimal(order.qty)}`,
  ];
}

function sumOf(reducing: readonly Reduction[]): Decimal {
  return reducing.reduce((sum, { left }) => sum + left, 0n);
}
