/**
 * What a venue reports of an order, and what follows from it here.
 *
 * @module
 */
import { type Decimal, formatDecimal, times } from "../decimal.ts";
import type { UserId } from "../user_id.ts";
import type { Order, OrderStatus, OrderTerms } from "./order.ts";
import { differingTerms } from "./order_intent.ts";
import { isOver, mayFollow } from "./order_state.ts";

/** Most characters of the names that a venue gives, so that they fit a row's. */
export const MAX_VENUE_NAME_CHARS = 200;

/** Most characters of a reason that a venue gives. */
const MAX_REASON_CHARS = 500;

/** A part of an order that has been filled. */
export interface Fill {
  /** One of a kind among the fills of its order. */
  readonly id: string;
  /** Units. */
  readonly qty: Decimal;
  /** At which price. */
  readonly price: Decimal;
  /** What the venue took for it. */
  readonly commission: Decimal;
  /** When: milliseconds since the Unix epoch. */
  readonly at: number;
}

/** What a venue says of an order. */
export interface VenueReport {
  /** The order, as the venue understood it. */
  readonly order: OrderTerms & { readonly user: UserId; readonly id: string };
  /** What the venue calls it. */
  readonly brokerId: string;
  /** What the venue makes of it. */
  readonly status: "open" | "filled" | "canceled" | "expired" | "rejected";
  /** Every fill so far, oldest first. */
  readonly fills: readonly Fill[];
  /** Why it is over. */
  readonly reason?: string | undefined;
}

/**
 * What a report means for an order.
 *
 * - `change`: the order as it is now, and the fills that are new.
 * - `same`: nothing is new.
 * - `stale`: it tells of an earlier moment.
 * - `nonsense`: it cannot be, for the reason that `fault` tells.
 */
export type Reading<Kept extends Order> =
  | {
    readonly kind: "change";
    readonly order: Kept;
    readonly fresh: readonly Fill[];
  }
  | { readonly kind: "same" }
  | { readonly kind: "stale" }
  | { readonly kind: "nonsense"; readonly fault: string };

/**
 * Reads a report on `order`.
 *
 * @param known Fills of the report that are counted in `order` already, by id.
 * @param isCanceling Whether the venue has been, or is to be, asked to cancel.
 * @param now Milliseconds since the Unix epoch.
 */
export function readReport<Kept extends Order>(
  order: Kept,
  report: VenueReport,
  known: ReadonlyMap<string, Fill>,
  isCanceling: boolean,
  now: number,
): Reading<Kept> {
  const fault = faultOf(order, report, known);
  if (fault !== undefined) return { kind: "nonsense", fault };
  const fresh = report.fills.filter(({ id }) => !known.has(id));
  const filledQty = order.filledQty + sum(fresh.map(({ qty }) => qty));
  const told = sum(report.fills.map(({ qty }) => qty));
  if (told < filledQty) return lacking(report, order);

  const status = statusOf(order, report, filledQty, isCanceling);
  const { brokerId } = report;
  if (status === order.status && fresh.length === 0) {
    return order.brokerId === brokerId || isOver(status)
      ? { kind: "same" }
      : changed();
  }
  if (mayFollow(order.status, status)) return changed();
  if (report.status === "open") return { kind: "stale" };
  const step = `it goes from ${order.status} to ${status}`;
  return { kind: "nonsense", fault: step };

  function changed(): Reading<Kept> {
    const { reason: _old, ...rest } = order;
    const value = sum(fresh.map(({ qty, price }) => times(qty, price)));
    const reason = isOver(status)
      ? report.reason?.slice(0, MAX_REASON_CHARS).toWellFormed()
      : undefined;
    return {
      kind: "change",
      fresh,
      order: {
        ...rest as Kept,
        status,
        brokerId,
        filledQty,
        filledValue: order.filledValue + value,
        commission: order.commission +
          sum(fresh.map(({ commission }) => commission)),
        ...reason === undefined ? {} : { reason },
        updatedAt: now,
      },
    };
  }
}

/** Of an order that is over, the last report has every fill. */
function lacking<Kept extends Order>(
  { status }: VenueReport,
  { filledQty }: Order,
): Reading<Kept> {
  if (status === "open") return { kind: "stale" };
  const fault = `it is ${status} without all of the ${
    formatDecimal(filledQty)
  } units that were filled before`;
  return { kind: "nonsense", fault };
}

function statusOf(
  order: Order,
  report: VenueReport,
  filledQty: Decimal,
  isCanceling: boolean,
): OrderStatus {
  if (filledQty === order.qty) return "filled";
  if (report.status !== "open") {
    // What has expired stays so, whatever the venue calls it later.
    const isOtherEnd = order.status === "canceled" ||
      order.status === "expired";
    return isOtherEnd && report.status !== "rejected"
      ? order.status
      : report.status;
  }
  if (order.status === "canceled" || order.status === "expired") {
    return order.status;
  }
  if (isCanceling) return "pending_cancel";
  return filledQty > 0n ? "partially_filled" : "accepted";
}

function faultOf(
  order: Order,
  report: VenueReport,
  known: ReadonlyMap<string, Fill>,
): string | undefined {
  const { order: told, brokerId, status, fills } = report;
  if (told.id !== order.id || told.user !== order.user) {
    return `it is of order ${told.id.slice(0, 64)} of ${told.user}`;
  }
  const differing = differingTerms(order, told);
  if (differing.length > 0) return `it differs in ${differing.join(", ")}`;
  if (!isVenueName(brokerId)) return "it has no usable broker id";
  if (order.brokerId !== undefined && order.brokerId !== brokerId) {
    return `its broker id is ${brokerId}, not ${order.brokerId}`;
  }
  const bad = fills.map((fill) => fillFault(fill, known)).find(Boolean);
  if (bad) return bad;
  if (new Set(fills.map(({ id }) => id)).size < fills.length) {
    return "it has a fill twice";
  }
  const total = sum(fills.map(({ qty }) => qty));
  if (total > order.qty) {
    return `${formatDecimal(total)} units are filled of ${
      formatDecimal(order.qty)
    }`;
  }
  if (status === "filled" && total < order.qty) {
    return `it is filled with ${formatDecimal(total)} units of ${
      formatDecimal(order.qty)
    }`;
  }
  if (status === "rejected" && total > 0n) return "it is rejected and filled";
  return undefined;
}

function fillFault(
  fill: Fill,
  known: ReadonlyMap<string, Fill>,
): string | undefined {
  const { id, qty, price, commission, at } = fill;
  if (!isVenueName(id)) return "a fill has no usable id";
  if (qty <= 0n) return `a fill is of ${formatDecimal(qty)} units`;
  if (price <= 0n) return `a fill is at the price ${formatDecimal(price)}`;
  if (commission < 0n) {
    return `a fill has the commission ${formatDecimal(commission)}`;
  }
  if (!(at >= 0 && at <= Number.MAX_SAFE_INTEGER)) {
    return `a fill is of the time ${at}`;
  }
  const before = known.get(id);
  const isOther = before !== undefined &&
    (before.qty !== qty || before.price !== price ||
      before.commission !== commission);
  return isOther ? `fill ${id} has changed` : undefined;
}

function isVenueName(name: string): boolean {
  return name !== "" && name.length <= MAX_VENUE_NAME_CHARS &&
    name.isWellFormed() && !name.includes("\0");
}

function sum(values: readonly Decimal[]): Decimal {
  return values.reduce((a, b) => a + b, 0n);
}
