/**
 * What follows from changes of orders: their fills, positions, days and events,
 * all of which are committed with them.
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
import type { TradingSymbol } from "../../../domain/symbol.ts";
import type { LedgerChange } from "../../../ports/trade_ledger.ts";
import { eventId } from "./commits.ts";
import {
  dayChange,
  fillRef,
  type Kept,
  orderChange,
  positionChange,
} from "./rows.ts";

/** An order that has changed, and the fills that are new. */
export type Change = Reading<OrderRecord> & { readonly kind: "change" };

/** What trades change, as it is after those that were taken in. */
export interface Books {
  /** Positions of the symbols that are traded. */
  readonly positions: Map<TradingSymbol, Kept<Position>>;
  /** Days that trades count for, by their names. */
  readonly days: Map<string, Kept<TradingDay>>;
}

/** The event that tells of `order`, which comes after `before`. */
export function orderEvent(
  { value: before, version }: Kept<OrderRecord>,
  order: OrderRecord,
): NewEvent {
  const { user, id } = order;
  const name = `order|${id}|${version + 1}`;
  return orderExecuted(order, before, eventId(user, name));
}

/**
 * Takes a change into `books`.
 *
 * @param dayNames Of each new fill, the day that it counts for.
 * @returns What is to be committed with it, save the books.
 */
export function consequencesOf(
  kept: Kept<OrderRecord>,
  { order, fresh }: Change,
  books: Books,
  dayNames: ReadonlyMap<Fill, string>,
): { readonly changes: LedgerChange[]; readonly events: NewEvent[] } {
  const { user, id, symbol } = order;
  const changes: LedgerChange[] = [orderChange(order, kept.version)];
  const events = [orderEvent(kept, order)];
  let filled = kept.value.filledQty;
  for (const fill of fresh) {
    const held = books.positions.get(symbol)!;
    const trade = { side: order.side, ...fill };
    const traded = applyTrade(held.value, trade, order.updatedAt);
    books.positions.set(symbol, { ...held, value: traded.position });
    const name = dayNames.get(fill)!;
    const { value: day, version } = books.days.get(name)!;
    const after = {
      realized: day.realized + traded.earned,
      commission: day.commission + fill.commission,
    };
    books.days.set(name, { value: after, version });
    filled += fill.qty;
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
      traded.position,
      traded.earned,
      filled === order.qty,
      eventId(user, `fill|${id}|${fill.id}`),
    ));
  }
  return { changes, events };
}

/** Writes the books. */
export function bookChanges({ positions, days }: Books): LedgerChange[] {
  return [
    ...[...positions.values()].map(({ value, version }) =>
      positionChange(value, version)
    ),
    ...[...days].map(([name, { value, version }]) =>
      dayChange(name, value, version)
    ),
  ];
}
