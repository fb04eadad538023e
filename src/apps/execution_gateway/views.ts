/**
 * What the ledger tells of orders and positions.
 *
 * @module
 */
import type { Order } from "../../../domain/order/order.ts";
import {
  averageEntry,
  type Position,
  unrealizedAt,
} from "../../../domain/order/position.ts";
import type { Decimal } from "../../../domain/decimal.ts";
import { parseSymbol } from "../../../domain/symbol.ts";
import type { UserId } from "../../../domain/user_id.ts";
import { rowsOf } from "../../../ports/ledger_rows.ts";
import type { PositionView } from "../../../ports/order_entry.ts";
import { hasCode, isTransient, PortError } from "../../../ports/port_error.ts";
import type { LedgerQuery } from "../../../ports/trade_ledger.ts";
import { errorFields } from "../../services/error_fields.ts";
import { inTurns } from "../../services/in_turns.ts";
import type { GatewayParts } from "./parts.ts";
import { orderOf, orderRef, positionOf } from "./rows.ts";

/** Prices that are asked for at once. */
const PRICES_AT_ONCE = 8;

/** Which orders to list. */
export interface OrderQuery {
  /** Only those that are not over; all when absent. */
  readonly isOpen?: boolean | undefined;
  /** Only older ones than the one with this id. */
  readonly after?: string | undefined;
  /** Most orders, from 1 to 1000. */
  readonly limit: number;
}

/** Tells of orders and positions. */
export interface Views {
  /**
   * Orders of `user`, the newest first. One that cannot be read is left out,
   * and told in the log.
   *
   * @throws {PortError} `not_found` when `after` names no order.
   */
  orders(
    user: UserId,
    query: OrderQuery,
    signal?: AbortSignal,
  ): Promise<readonly Order[]>;

  /**
   * What `user` holds and has held, by symbol. What is held has its newest
   * price, or that of its entry where none can be told.
   *
   * @throws {PortError} `unavailable`, `timeout` when the price of what is held
   * cannot be told now.
   */
  positions(
    user: UserId,
    signal?: AbortSignal,
  ): Promise<readonly PositionView[]>;
}

/** Creates the views. */
export function createViews(
  { ledger, prices, telemetry }: Pick<
    GatewayParts,
    "ledger" | "prices" | "telemetry"
  >,
): Views {
  async function placeOf(
    user: UserId,
    id: string,
    signal?: AbortSignal,
  ): Promise<LedgerQuery["after"]> {
    const [row] = await ledger.find(user, [orderRef(id)], signal);
    if (row) return row;
    throw new PortError(
      "not_found",
      `Cannot list orders after ${
        id.slice(0, 64)
      } as ${user} has none of that id`,
    );
  }

  /** The newest price; `undefined` when there is none, or it is not needed. */
  async function priceOf(
    { symbol, qty }: Position,
    signal?: AbortSignal,
  ): Promise<Decimal | undefined> {
    try {
      return (await prices.latest(symbol, signal)).price;
    } catch (error) {
      const hasNone = hasCode(error, "not_found", "corrupt", "quarantined");
      // What is closed is worth nothing at any price.
      if (hasNone || qty === 0n && isTransient(error)) return undefined;
      throw error;
    }
  }

  async function viewOf(
    position: Position,
    signal?: AbortSignal,
  ): Promise<PositionView> {
    const { symbol, qty, realized, commission, updatedAt } = position;
    const avgEntryPrice = averageEntry(position);
    const price = await priceOf(position, signal);
    return {
      symbol,
      qty,
      avgEntryPrice,
      currentPrice: price ?? avgEntryPrice,
      unrealizedPnl: price === undefined ? 0n : unrealizedAt(position, price),
      realizedPnl: realized - commission,
      commission,
      updatedAt,
    };
  }

  return {
    async orders(user, { isOpen, after: last, limit }, signal) {
      const orders: Order[] = [];
      let after = last === undefined
        ? undefined
        : await placeOf(user, last, signal);
      for (let isMore = true; isMore && orders.length < limit;) {
        const most = limit - orders.length;
        const query = { user, kind: "order", isOpen, limit: most, after };
        const rows = await ledger.list(query, signal);
        for (const row of rows) {
          try {
            orders.push(orderOf(row)!.value);
          } catch (error) {
            if (!hasCode(error, "corrupt")) throw error;
            const whose = { user, order: row.id };
            const fields = { ...whose, ...errorFields(error) };
            telemetry.log("error", "an order was left out of a list", fields);
          }
        }
        after = rows.at(-1);
        isMore = rows.length === most;
      }
      return orders;
    },

    async positions(user, signal) {
      const query = { user, kind: "position" };
      const rows = await Array.fromAsync(rowsOf(ledger, query, signal));
      const views = await inTurns(rows, PRICES_AT_ONCE, (row) => {
        const { value } = positionOf(parseSymbol(row.id), row);
        return viewOf(value, signal);
      });
      return views.toSorted((a, b) => a.symbol < b.symbol ? -1 : 1);
    },
  };
}
