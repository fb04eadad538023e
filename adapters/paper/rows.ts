/**
 * How the paper venue's orders and positions are written in the trade ledger.
 *
 * @module
 */
import {
  type Decimal,
  formatDecimal,
  parseDecimal,
} from "../../domain/decimal.ts";
import type {
  PaperFill,
  PaperOrder,
  PaperTicket,
} from "../../domain/paper/order.ts";
import type { PaperPosition } from "../../domain/paper/position.ts";
import type { TradingSymbol } from "../../domain/symbol.ts";
import type { BrokerPosition } from "../../ports/broker.ts";
import { PortError } from "../../ports/port_error.ts";
import type { LedgerRow } from "../../ports/trade_ledger.ts";

/** The kind of the rows of the venue's orders; their id is the order's. */
export const PAPER_ORDER = "paper_order";

/** The kind of the rows of what accounts hold; their id is the symbol. */
export const PAPER_POSITION = "paper_position";

/** The kind of the rows of orders that are still on their way. */
export const PAPER_LATE = "paper_late";

/** An order and how often it arrived. */
export interface TakenOrder {
  /** The order. */
  readonly order: PaperOrder;
  /** How often the venue was sent it; 1 unless it was sent again. */
  readonly submissions: number;
}

/** An account's dealings in one order: the order and the position it changes. */
export interface Dealings {
  /** The order; `undefined` when it never arrived. */
  readonly taken: TakenOrder | undefined;
  /** What the account holds of its symbol. */
  readonly held: PaperPosition;
}

type Written<T> = {
  readonly [K in keyof T]: bigint extends T[K] ? string | Exclude<T[K], bigint>
    : T[K];
};

interface WrittenOrder
  extends
    Omit<Written<PaperTicket>, "user" | "id">,
    Omit<PaperOrder, "ticket" | "fills"> {
  readonly fills: readonly Written<PaperFill>[];
  readonly submissions: number;
}

/** `order` with the fields of a ticket only, and none that is `undefined`. */
export function ticketOf(order: PaperTicket): PaperTicket {
  const { limitPrice, stopPrice } = order;
  return {
    user: order.user,
    id: order.id,
    symbol: order.symbol,
    side: order.side,
    qty: order.qty,
    kind: order.kind,
    ...(limitPrice !== undefined && { limitPrice }),
    ...(stopPrice !== undefined && { stopPrice }),
    timeInForce: order.timeInForce,
    reduceOnly: order.reduceOnly,
  };
}

/** What a row of an order says. */
export function writeOrder({ order, submissions }: TakenOrder): string {
  const { ticket, fills, ...rest } = order;
  const { user: _, id: __, qty, limitPrice, stopPrice, ...terms } = ticket;
  const written: WrittenOrder = {
    ...terms,
    qty: formatDecimal(qty),
    ...(limitPrice !== undefined && { limitPrice: formatDecimal(limitPrice) }),
    ...(stopPrice !== undefined && { stopPrice: formatDecimal(stopPrice) }),
    ...rest,
    fills: fills.map(({ id, qty, price, commission, at }) => ({
      id,
      qty: formatDecimal(qty),
      price: formatDecimal(price),
      commission: formatDecimal(commission),
      at,
    })),
    submissions,
  };
  return JSON.stringify(written);
}

/**
 * The order that a row tells of.
 *
 * @throws {PortError} `corrupt` when it tells of none.
 */
export function readOrder(row: LedgerRow): TakenOrder {
  return read<WrittenOrder, TakenOrder>(row, (said) => {
    const { qty, limitPrice, stopPrice, fills } = said;
    const ticket = ticketOf({
      ...said,
      user: row.user,
      id: row.id,
      qty: decimal(qty),
      limitPrice: limitPrice === undefined ? undefined : decimal(limitPrice),
      stopPrice: stopPrice === undefined ? undefined : decimal(stopPrice),
    });
    return {
      order: {
        ticket,
        status: said.status,
        ...(said.reason !== undefined && { reason: said.reason }),
        isAwake: said.isAwake,
        parts: said.parts,
        fills: fills.map(({ id, qty, price, commission, at }) => ({
          id,
          qty: decimal(qty),
          price: decimal(price),
          commission: decimal(commission),
          at,
        })),
        createdAt: said.createdAt,
      },
      submissions: said.submissions,
    };
  });
}

/** What a row of a position says. */
export function writePosition({ qty, avgEntryPrice }: PaperPosition): string {
  const written: Written<PaperPosition> = {
    qty: formatDecimal(qty),
    avgEntryPrice: formatDecimal(avgEntryPrice),
  };
  return JSON.stringify(written);
}

/**
 * The position that a row tells of, and of which symbol.
 *
 * @throws {PortError} `corrupt` when it tells of none.
 */
export function readPosition(row: LedgerRow): BrokerPosition {
  return read<Written<PaperPosition>, BrokerPosition>(row, (said) => ({
    symbol: row.id as TradingSymbol,
    qty: decimal(said.qty),
    avgEntryPrice: decimal(said.avgEntryPrice),
  }));
}

function read<Written, T>(row: LedgerRow, of: (said: Written) => T): T {
  try {
    return of(JSON.parse(row.json));
  } catch (cause) {
    throw new PortError(
      "corrupt",
      `Cannot read ${row.kind} ${row.id} as its row is damaged`,
      { cause },
    );
  }
}

function decimal(text: string): Decimal {
  const parsed = parseDecimal(text);
  if (parsed === undefined) throw new TypeError(`${text} is no decimal`);
  return parsed;
}
