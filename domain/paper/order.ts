/**
 * Orders on a paper venue: what becomes of them as the market goes on.
 *
 * @module
 */
import type { Decimal } from "../decimal.ts";
import type { OrderTerms } from "../order/order.ts";
import type { UserId } from "../user_id.ts";
import { commissionOf, type PaperCosts, slipped } from "./cost.ts";
import { barAt, matchOrder, type PaperBar } from "./match.ts";
import { nextPart } from "./part.ts";
import { roomToReduce } from "./position.ts";

/** An order as it reached the venue. */
export interface PaperTicket extends OrderTerms {
  /** Whose account. */
  readonly user: UserId;
  /** Client order id. */
  readonly id: string;
}

/** A part of an order that has been filled. */
export interface PaperFill {
  /** One of a kind among the fills of the account. */
  readonly id: string;
  /** Units; above 0. */
  readonly qty: Decimal;
  /** At which price, slippage included. */
  readonly price: Decimal;
  /** What the venue took for it. */
  readonly commission: Decimal;
  /** When: milliseconds since the Unix epoch. */
  readonly at: number;
}

/** An order that the venue has. */
export interface PaperOrder {
  /** What was sent. */
  readonly ticket: PaperTicket;
  /** What has become of it. */
  readonly status: "open" | "filled" | "canceled" | "expired" | "rejected";
  /** Why it was rejected, canceled or has expired. */
  readonly reason?: string | undefined;
  /** Whether its stop has been reached. */
  readonly isAwake: boolean;
  /** In how many parts it is filled; 1 for at once. */
  readonly parts: number;
  /** Every fill so far, oldest first. */
  readonly fills: readonly PaperFill[];
  /** When it was taken: milliseconds since the Unix epoch. */
  readonly createdAt: number;
}

/** The market as an order meets it. */
export interface PaperLook {
  /** What the market does; begins after the order was placed. */
  readonly bar: PaperBar;
  /**
   * Whether the bar is a whole trading day: all parts of an order are filled
   * in it, and at its end day orders expire. Else one part is filled.
   */
  readonly isSession: boolean;
  /** Units that the account holds of the symbol; below 0 when short. */
  readonly held: Decimal;
  /** When: milliseconds since the Unix epoch. */
  readonly at: number;
}

/** Units of `order` that have been filled. */
export function filledQtyOf(order: PaperOrder): Decimal {
  return order.fills.reduce((sum, { qty }) => sum + qty, 0n);
}

/**
 * The order after it met the market; the same object when nothing changed.
 *
 * `ioc` and `fok` meet the first price of the bar only. What `ioc` does not get
 * there is canceled; `fok` is canceled unless one part fills it. A reduce-only
 * order gets no more than what brings the position to 0; the rest is canceled.
 */
export function meetMarket(
  order: PaperOrder,
  look: PaperLook,
  costs: PaperCosts,
): PaperOrder {
  if (order.status !== "open") return order;
  const { ticket } = order;
  const { timeInForce } = ticket;
  const isNow = timeInForce === "ioc" || timeInForce === "fok";
  const bar = isNow ? barAt(look.bar.open) : look.bar;
  const { isAwake, price } = matchOrder(ticket, order.isAwake, bar);
  const met = isAwake === order.isAwake ? order : { ...order, isAwake };
  const after = price === undefined
    ? met
    : fill(met, price, { ...look, isSession: look.isSession && !isNow }, costs);
  if (after.status !== "open") return after;
  if (isNow) return endOrder(after, "canceled", "it was not filled at once");
  if (look.isSession && timeInForce === "day") {
    return endOrder(after, "expired", "its day is over");
  }
  return after;
}

/** An open order after it has come to an end; one that is over as it is. */
export function endOrder(
  order: PaperOrder,
  status: "canceled" | "expired",
  reason: string,
): PaperOrder {
  return order.status === "open" ? { ...order, status, reason } : order;
}

function fill(
  order: PaperOrder,
  price: Decimal,
  { held, isSession, at }: PaperLook,
  costs: PaperCosts,
): PaperOrder {
  const { ticket, parts } = order;
  const { qty, side, reduceOnly, timeInForce } = ticket;
  const room = reduceOnly ? roomToReduce(side, held) : qty;
  const paid = slipped(price, ticket, costs);
  const fills = [...order.fills];
  let left = qty - filledQtyOf(order);
  let open = room < left ? room : left;
  if (
    timeInForce === "fok" && (open < qty || nextPart(qty, qty, parts) < qty)
  ) {
    return order;
  }
  while (open > 0n) {
    const part = nextPart(qty, left, parts - fills.length);
    const size = part < open ? part : open;
    fills.push({
      id: `${ticket.id}.${fills.length + 1}`,
      qty: size,
      price: paid,
      commission: commissionOf(size, paid, fills.length === 0, costs),
      at,
    });
    left -= size;
    open -= size;
    if (!isSession) break;
  }
  const after = { ...order, fills };
  if (left === 0n) return { ...after, status: "filled" };
  if (open > 0n || !reduceOnly) return after;
  return endOrder(after, "canceled", "nothing is left for it to reduce");
}
