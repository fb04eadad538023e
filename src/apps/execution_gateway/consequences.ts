/**
 * What follows from a change of an order: its fills, the position, the days and
 * the events, all of which are committed with it.
 *
 * @module
 */
import type { NewEvent } from "../../../domain/event/event.ts";
import type { OrderRecord } from "../../../domain/order/order_record.ts";
import { applyTrade, type Position } from "../../../domain/order/position.ts";
import type { Fill, Reading } from "../../../domain/order/report.ts";
import {
  orderExecuted,
  positionUpdated,
} from "../../../domain/order/trade_event.ts";
import {
  printFill,
  type TradingDay,
} from "../../../domain/order/trade_record.ts";
import type { LedgerChange, LedgerRow } from "../../../ports/trade_ledger.ts";
import { eventId } from "./commits.ts";
import {
  dayChange,
  dayOf,
  fillRef,
  type Kept,
  orderChange,
  positionChange,
} from "./rows.ts";

/** An order that has changed, and the fills that are new. */
export type Change = Reading<OrderRecord> & { readonly kind: "change" };

/** The event that tells of `order`, which comes after `before`. */
export async function orderEvent(
  { value: before, version }: Kept<OrderRecord>,
  order: OrderRecord,
): Promise<NewEvent> {
  const { user, id } = order;
  // Nobody was told yet whether it was taken, or the contrary.
  const isFirst = before.status === "pending_new" || before.status === "failed";
  const name = `order|${id}|${version + 1}`;
  return orderExecuted(order, isFirst, await eventId(user, name));
}

/**
 * Everything that is to be committed with a change.
 *
 * @param dayNames Of each new fill, the day that it counts for.
 * @param dayRows The rows of these days, each once, in the order in which they
 * come first.
 */
export async function consequencesOf(
  kept: Kept<OrderRecord>,
  { order, fresh }: Change,
  held: Kept<Position>,
  dayNames: ReadonlyMap<Fill, string>,
  dayRows: readonly (LedgerRow | undefined)[],
): Promise<readonly [LedgerChange[], NewEvent[]]> {
  const { user, id } = order;
  const changes: LedgerChange[] = [orderChange(order, kept.version)];
  const events: NewEvent[] = [await orderEvent(kept, order)];
  if (fresh.length === 0) return [changes, events];

  const days = new Map<string, { day: TradingDay; version: number }>();
  [...new Set(dayNames.values())].forEach((name, i) => {
    const { value: day, version } = dayOf(dayRows[i]);
    days.set(name, { day, version });
  });
  let position = held.value;
  let filled = kept.value.filledQty;
  for (const fill of fresh) {
    const trade = { side: order.side, ...fill };
    const traded = applyTrade(position, trade, order.updatedAt);
    position = traded.position;
    filled += fill.qty;
    const of = days.get(dayNames.get(fill)!)!;
    of.day = {
      realized: of.day.realized + traded.earned,
      commission: of.day.commission + fill.commission,
    };
    changes.push({
      ...fillRef(id, fill.id),
      ifVersion: 0,
      isOpen: false,
      at: Math.floor(fill.at),
      json: printFill(order, fill, traded.earned),
    });
    events.push(positionUpdated(
      order,
      fill,
      position,
      traded.earned,
      filled === order.qty,
      await eventId(user, `fill|${id}|${fill.id}`),
    ));
  }
  changes.push(positionChange(position, held.version));
  for (const [name, { day, version }] of days) {
    changes.push(dayChange(name, day, version));
  }
  return [changes, events];
}
