/**
 * The rows of the gateway in the ledger, by their kinds.
 *
 * @module
 */
import { parseObject } from "../../../domain/json_value.ts";
import {
  type OrderRecord,
  printOrder,
  readOrder,
} from "../../../domain/order/order_record.ts";
import { isOver } from "../../../domain/order/order_state.ts";
import { noPosition, type Position } from "../../../domain/order/position.ts";
import {
  NO_TRADES_YET,
  printDay,
  printPosition,
  readDay,
  readPosition,
  type TradingDay,
} from "../../../domain/order/trade_record.ts";
import type { TradingSymbol } from "../../../domain/symbol.ts";
import { PortError } from "../../../ports/port_error.ts";
import type {
  LedgerChange,
  LedgerRef,
  LedgerRow,
} from "../../../ports/trade_ledger.ts";

/** What is kept, and how often it was written; 0 when never. */
export interface Kept<Value> {
  /** What is kept. */
  readonly value: Value;
  /** How often it was written. */
  readonly version: number;
}

/** The row that says that a user has traded here. */
export const ACCOUNT: LedgerRef = { kind: "account", id: "gateway" };

/** The row of an order. */
export const orderRef = (id: string): LedgerRef => ({ kind: "order", id });

/** The row of a fill, whose id the venue may give again for another order. */
export const fillRef = (order: string, fill: string): LedgerRef => ({
  kind: "fill",
  id: `${order} ${fill}`,
});

/** The row of a position. */
export const positionRef = (symbol: TradingSymbol): LedgerRef => ({
  kind: "position",
  id: symbol,
});

/** The row of a day, written `YYYY-MM-DD`. */
export const dayRef = (day: string): LedgerRef => ({ kind: "day", id: day });

/** Reads the row of an order. */
export function orderOf(
  row: LedgerRow | undefined,
): Kept<OrderRecord> | undefined {
  if (!row) return undefined;
  const value = readOrder(row.user, row.id, parseObject(row.json));
  if (value) return { value, version: row.version };
  throw unreadable(row);
}

/** Reads the row of a position; nothing is held where there is none. */
export function positionOf(
  symbol: TradingSymbol,
  row: LedgerRow | undefined,
): Kept<Position> {
  if (!row) return { value: noPosition(symbol), version: 0 };
  const value = readPosition(symbol, parseObject(row.json));
  if (value) return { value, version: row.version };
  throw unreadable(row);
}

/** Reads the row of a day; nothing was traded where there is none. */
export function dayOf(row: LedgerRow | undefined): Kept<TradingDay> {
  if (!row) return { value: NO_TRADES_YET, version: 0 };
  const value = readDay(parseObject(row.json));
  if (value) return { value, version: row.version };
  throw unreadable(row);
}

/** Writes an order. */
export function orderChange(record: OrderRecord, ifVersion: number) {
  return {
    ...orderRef(record.id),
    ifVersion,
    isOpen: !isOver(record.status),
    at: record.createdAt,
    json: printOrder(record),
  } satisfies LedgerChange;
}

/** Writes a position; it is open while something is held. */
export function positionChange(position: Position, ifVersion: number) {
  return {
    ...positionRef(position.symbol),
    ifVersion,
    isOpen: position.qty !== 0n,
    // By symbol alone, so that none moves while they are listed by pages.
    at: 0,
    json: printPosition(position),
  } satisfies LedgerChange;
}

/** Writes a day. */
export function dayChange(name: string, day: TradingDay, ifVersion: number) {
  return {
    ...dayRef(name),
    ifVersion,
    isOpen: false,
    at: Date.parse(`${name}T00:00:00Z`),
    json: printDay(day),
  } satisfies LedgerChange;
}

function unreadable({ kind, id, user }: LedgerRow): PortError {
  return new PortError(
    "corrupt",
    `Cannot read ${kind} ${id} of ${user} as its row in the ledger makes no sense`,
  );
}
