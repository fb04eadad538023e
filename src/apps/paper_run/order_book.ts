/**
 * The orders of a run: entered, followed until they are over, and what was
 * traded by them.
 *
 * @module
 */
import type { Decimal } from "../../../domain/decimal.ts";
import { InvalidInput } from "../../../domain/invalid_input.ts";
import type { Order, OrderRequest } from "../../../domain/order/order.ts";
import { isOver } from "../../../domain/order/order_state.ts";
import type { Trade } from "../../../domain/performance/performance.ts";
import type { TradingSymbol } from "../../../domain/symbol.ts";
import type { TradingDate } from "../../../domain/trading_date.ts";
import type { UserId } from "../../../domain/user_id.ts";
import type {
  OrderEntry,
  PositionView,
  WantedOrder,
} from "../../../ports/order_entry.ts";
import { isTransient, PortError } from "../../../ports/port_error.ts";
import type { PaperOrder } from "./outcome.ts";

/** Times that an order is entered, as long as nobody can tell what came of it. */
const MAX_TRIES = 5;

/** The orders of one account. */
export interface OrderBook {
  /**
   * Enters an order.
   *
   * @returns Why it could not be, in one sentence.
   */
  enter(
    date: TradingDate,
    wanted: OrderRequest,
    signal?: AbortSignal,
  ): Promise<string | undefined>;

  /** Looks at every order that is not over; `date` is today. */
  update(date: TradingDate, signal?: AbortSignal): Promise<void>;

  /** Whether it is known of every order if the venue has it. */
  isKnown(): boolean;

  /** Whether every order is over. */
  isOver(): boolean;

  /** Keeps what was traded since the last mark, given what is held now. */
  mark(date: TradingDate, positions: readonly PositionView[]): void;

  /** Units that orders under way will still bring, below 0 for sales. */
  pending(): ReadonlyMap<TradingSymbol, Decimal>;

  /** What was traded, a symbol a day. */
  trades(): readonly Trade[];

  /** Every order, in the order in which they were entered. */
  orders(): readonly PaperOrder[];
}

/** Creates the book of an account that has no orders yet. */
export function createOrderBook(entry: OrderEntry, user: UserId): OrderBook {
  const orders = new Map<string, PaperOrder>();
  const underWay = new Set<string>();
  const trades: Trade[] = [];
  /** What was filled of each symbol since the last mark. */
  const filled = new Map<TradingSymbol, Decimal>();
  let before = new Map<TradingSymbol, PositionView>();
  let entered = 0;

  function keep(decidedOn: TradingDate, order: Order): void {
    orders.set(order.id, { decidedOn, filledOn: undefined, order });
    if (!isOver(order.status)) underWay.add(order.id);
  }

  /** The id of the next order: when it was decided, and its number in the run. */
  function nextId(date: TradingDate): string {
    return `paper-${date}-${++entered}`;
  }

  async function submit(
    wanted: WantedOrder,
    signal: AbortSignal | undefined,
  ): Promise<Order> {
    for (let tries = 1;; tries++) {
      try {
        return (await entry.submit(user, wanted, signal)).order;
      } catch (error) {
        // The same request finds the order that is there.
        if (tries === MAX_TRIES || !isTransient(error)) throw error;
      }
    }
  }

  return {
    async enter(date, wanted, signal) {
      try {
        const id = nextId(date);
        keep(date, await submit({ ...wanted, id }, signal));
      } catch (error) {
        if (error instanceof PortError || error instanceof InvalidInput) {
          return error.message;
        }
        throw error;
      }
    },

    async update(date, signal) {
      for (const id of [...underWay]) {
        const known = orders.get(id)!;
        const order = await entry.find(user, id, signal) ?? known.order;
        const value = order.filledValue - known.order.filledValue;
        if (value > 0n) {
          const { symbol } = order;
          filled.set(symbol, (filled.get(symbol) ?? 0n) + value);
        }
        const filledOn = known.filledOn ?? (value > 0n ? date : undefined);
        orders.set(id, { ...known, filledOn, order });
        if (isOver(order.status)) underWay.delete(id);
      }
    },

    isKnown: () =>
      [...underWay].every((id) =>
        orders.get(id)!.order.status !== "pending_new"
      ),

    isOver: () => underWay.size === 0,

    mark(date, positions) {
      const now = new Map(positions.map((one) => [one.symbol, one]));
      for (const [symbol, value] of filled) {
        const closedPnl = closedBetween(before.get(symbol), now.get(symbol));
        trades.push({ symbol, date, value, closedPnl });
      }
      filled.clear();
      before = now;
    },

    pending() {
      const pending = new Map<TradingSymbol, Decimal>();
      for (const id of underWay) {
        const { symbol, side, qty, filledQty } = orders.get(id)!.order;
        const left = side === "buy" ? qty - filledQty : filledQty - qty;
        pending.set(symbol, (pending.get(symbol) ?? 0n) + left);
      }
      return pending;
    },

    trades: () => trades,
    orders: () => [...orders.values()],
  };
}

/** What was earned, where a position came nearer to 0 or went through it. */
function closedBetween(
  before: PositionView | undefined,
  after: PositionView | undefined,
): Decimal | undefined {
  if (!before || !after || before.qty === 0n) return undefined;
  const change = after.qty - before.qty;
  const isOpposite = change !== 0n && (change > 0n) !== (before.qty > 0n);
  return isOpposite ? after.realizedPnl - before.realizedPnl : undefined;
}
