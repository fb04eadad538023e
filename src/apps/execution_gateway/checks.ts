/**
 * What the checks of an order go by, gathered from where it stands.
 *
 * @module
 */
import { readGlobalBreaker } from "../../../domain/autopilot/settings.ts";
import type { Decimal } from "../../../domain/decimal.ts";
import { InvalidInput } from "../../../domain/invalid_input.ts";
import type { OrderRequest, Side } from "../../../domain/order/order.ts";
import {
  needsPrice,
  type Reduction,
  takesRoom,
  violationsOf,
} from "../../../domain/order/pre_trade.ts";
import type { TradingSymbol } from "../../../domain/symbol.ts";
import type { UserId } from "../../../domain/user_id.ts";
import { rowsOf } from "../../../ports/ledger_rows.ts";
import { hasCode, PortError } from "../../../ports/port_error.ts";
import type { KillSwitches } from "./kill_switches.ts";
import type { OrderBook } from "./order_book.ts";
import type { Orphans } from "./orphans.ts";
import type { GatewayParts } from "./parts.ts";
import {
  ACCOUNT,
  dayOf,
  dayRef,
  type Kept,
  orderOf,
  positionOf,
  positionRef,
} from "./rows.ts";
import type { Position } from "../../../domain/order/position.ts";

/** What the checks have come to. */
export interface Checked {
  /** Every reason for which the order must not be sent. */
  readonly violations: readonly string[];
  /** The position that they have looked at. */
  readonly position: Kept<Position>;
  /** Whether the user has traded here before. */
  readonly isKnown: boolean;
}

/** Checks orders. */
export interface Checks {
  /**
   * Checks what `user` asks for, in the rows as they are now.
   *
   * @throws {PortError} `not_found` when no price is known of what it trades;
   * others when nobody can tell now what an order must pass.
   */
  of(
    user: UserId,
    request: OrderRequest,
    signal?: AbortSignal,
  ): Promise<Checked>;
}

const NO_LIMIT: { readonly limit?: Decimal; readonly fault?: string } = {};

/** Creates the checks. */
export function createChecks(
  parts: GatewayParts,
  state: {
    readonly book: OrderBook;
    readonly switches: KillSwitches;
    readonly orphans: Orphans;
  },
): Checks {
  const { ledger, settings, prices, limits, clock } = parts;
  const { book, switches, orphans } = state;

  /** The limit of daily losses; a sentence where it cannot be known. */
  async function dailyLoss(
    user: UserId,
    signal?: AbortSignal,
  ): Promise<{ readonly limit?: Decimal; readonly fault?: string }> {
    const name = "circuit_breaker";
    const { documents: [document] } = await settings.read(user, [name], signal);
    try {
      const limit = readGlobalBreaker(JSON.parse(document!.json));
      return limit.isEnabled && limit.maxLossPerDay > 0n
        ? { limit: limit.maxLossPerDay }
        : {};
    } catch (error) {
      if (!(error instanceof InvalidInput || error instanceof SyntaxError)) {
        throw error;
      }
      return {
        fault: "Cannot send the order as the limit of daily losses " +
          `cannot be read: ${error.message}`,
      };
    }
  }

  /** The newest price, where it matters. */
  async function priceOf(
    request: OrderRequest,
    signal?: AbortSignal,
  ): Promise<Decimal | undefined> {
    if (request.reduceOnly || limits.maxNotional === 0n) return undefined;
    if (!needsPrice(request)) return undefined;
    const { symbol } = request;
    try {
      return (await prices.latest(symbol, signal)).price;
    } catch (error) {
      if (hasCode(error, "corrupt", "quarantined")) return undefined;
      if (!hasCode(error, "not_found")) throw error;
      throw new PortError(
        "not_found",
        `Cannot take the order as no price of ${symbol} is known: check the symbol`,
        { cause: error },
      );
    }
  }

  /** Reduce-only orders of that side that are at work right now. */
  async function reducing(
    user: UserId,
    symbol: TradingSymbol,
    side: Side,
    signal?: AbortSignal,
  ): Promise<readonly Reduction[]> {
    const found: Reduction[] = [];
    const query = { user, kind: "order", isOpen: true };
    for await (const row of rowsOf(ledger, query, signal)) {
      const order = orderOf(row)!.value;
      const isIts = order.reduceOnly && order.symbol === symbol &&
        order.side === side && takesRoom(order);
      if (!isIts) continue;
      found.push({ id: order.id, left: order.qty - order.filledQty });
    }
    return found;
  }

  return {
    async of(user, request, signal) {
      const { symbol, side, reduceOnly } = request;
      const today = await book.dayAt(user, clock.now());
      // Before open orders are listed: whatever reduces the position since then
      // writes its row, which is to be as it was when this order is kept.
      const [positionRow, dayRow, account] = await ledger.find(user, [
        positionRef(symbol),
        dayRef(today),
        ACCOUNT,
      ], signal);
      // A reduction is held up by nothing that it need not pass.
      const [stops, loss, found, price, left] = await Promise.all([
        reduceOnly ? [] : switches.stops(user, signal),
        reduceOnly ? NO_LIMIT : dailyLoss(user, signal),
        reduceOnly ? [] : orphans.of(user, symbol, signal),
        priceOf(request, signal),
        reduceOnly ? reducing(user, symbol, side, signal) : [],
      ]);
      const position = positionOf(symbol, positionRow);
      const { value: { realized, commission } } = dayOf(dayRow);
      const violations = violationsOf(request, {
        limits,
        price,
        stops,
        earnedToday: realized - commission,
        maxDailyLoss: loss.limit,
        orphans: found,
        held: position.value.qty,
        reducing: left,
      });
      return {
        violations: loss.fault ? [...violations, loss.fault] : violations,
        position,
        isKnown: account !== undefined,
      };
    },
  };
}
