/**
 * What a venue reports of an order, and what follows from it here.
 *
 * @module
 */
import { type Decimal, formatDecimal, times } from "../decimal.ts";
import type { UserId } from "../user_id.ts";
import { MAX_ORDER_SIZE } from "./check_order.ts";
import type { Order, OrderStatus, OrderTerms } from "./order.ts";
import { differingTerms } from "./order_intent.ts";
import { isOver, mayFollow } from "./order_state.ts";

/** Most characters of the names that a venue gives, so that they fit a row's. */
export const MAX_VENUE_NAME_CHARS = 200;

/** Most characters of a reason that a venue gives. */
const MAX_REASON_CHARS = 500;

/** An order as a venue knows it. */
export interface VenueOrder extends OrderTerms {
  /** Whose account. */
  readonly user: UserId;
  /** Client order id, `^[.A-Z:/a-z0-9_-]{1,36}$`. */
  readonly id: string;
}

/** A part of an order that has been filled. */
export interface Fill {
  /** One of a kind among the fills of its order. */
  readonly id: string;
  /** Units; above 0. */
  readonly qty: Decimal;
  /** At which price; above 0. */
  readonly price: Decimal;
  /** What the venue took for it; 0 or more. */
  readonly commission: Decimal;
  /** When: milliseconds since the Unix epoch. */
  readonly at: number;
}

/** What a venue makes of an order. */
export type VenueStatus =
  | "open"
  | "filled"
  | "canceled"
  | "expired"
  | "rejected";

/** What a venue says of an order. */
export interface VenueReport {
  /** The order, as the venue understood it. */
  readonly order: VenueOrder;
  /** What the venue calls it. */
  readonly brokerId: string;
  /** What the venue makes of it; `open` with or without fills. */
  readonly status: VenueStatus;
  /** Every fill so far, oldest first. */
  readonly fills: readonly Fill[];
  /** Why it was rejected, canceled or has expired. */
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
  const fault = faultOf(order, report) ?? changedFill(report, known);
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

/**
 * Why a report on `order` cannot be, whatever is known of its fills already;
 * `undefined` when it can. What passes has names and numbers that rows can
 * have.
 */
export function faultOf(order: Order, report: VenueReport): string | undefined {
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
  const bad = fills.map(fillFault).find(Boolean);
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

/** A fill that was told otherwise before. */
function changedFill(
  { fills }: VenueReport,
  known: ReadonlyMap<string, Fill>,
): string | undefined {
  const changed = fills.find((fill) => {
    const before = known.get(fill.id);
    return before !== undefined &&
      (before.qty !== fill.qty || before.price !== fill.price ||
        before.commission !== fill.commission);
  });
  return changed && `fill ${changed.id} has changed`;
}

function fillFault(fill: Fill): string | undefined {
  const { id, qty, price, commission, at } = fill;
  if (!isVenueName(id)) return "a fill has no usable id";
  if (qty <= 0n) return `a fill is of ${formatDecimal(qty)} units`;
  if (price <= 0n || price > MAX_ORDER_SIZE) {
    return `a fill is at the price ${brief(price)}`;
  }
  if (commission < 0n || commission > MAX_ORDER_SIZE) {
    return `a fill has the commission ${brief(commission)}`;
  }
  if (!(at >= 0 && at <= Number.MAX_SAFE_INTEGER)) {
    return `a fill is of the time ${at}`;
  }
  return undefined;
}

/** A number that may be of any length. */
function brief(value: Decimal): string {
  return formatDecimal(value).slice(0, 40);
}

/** Whether a name that a venue gives can be part of a row's. */
export function isVenueName(name: string): boolean {
  return name !== "" && name.length <= MAX_VENUE_NAME_CHARS &&
    name.isWellFormed() && !name.includes("\0");
}

function sum(values: readonly Decimal[]): Decimal {
  return values.reduce((a, b) => a + b, 0n);
}
