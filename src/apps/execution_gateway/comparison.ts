/**
 * Comparing the positions that are kept here with those at the venue.
 *
 * @module
 */
import type { Decimal } from "../../../domain/decimal.ts";
import { parseObject } from "../../../domain/json_value.ts";
import { readOrder } from "../../../domain/order/order_record.ts";
import { parseSymbol } from "../../../domain/symbol.ts";
import type { UserId } from "../../../domain/user_id.ts";
import { inTurns } from "../../services/in_turns.ts";
import { rowsOf } from "../../../ports/ledger_rows.ts";
import { mayFillLate } from "./late_looks.ts";
import type { OrderCare } from "./order_care.ts";
import type { GatewayParts } from "./parts.ts";
import { positionOf } from "./rows.ts";

/** Newest orders among which one is sought that explains a difference. */
const MAX_ENDED = 200;

/** Orders that are asked for at once. */
const AT_ONCE = 4;

/** A position that the venue has otherwise. */
export interface Difference {
  /** Whose. */
  readonly user: UserId;
  /** Of what. */
  readonly symbol: string;
  /** Units by the fills that are known here. */
  readonly here: Decimal;
  /** Units by the venue. */
  readonly venue: Decimal;
}

/** Compares positions. */
export interface Comparison {
  /**
   * Positions of `user` that the venue has otherwise. Orders that may explain
   * one are asked for before it is told: those that are open, and those that
   * have ended short of their units. Nothing else is changed here.
   */
  differences(
    user: UserId,
    signal?: AbortSignal,
  ): Promise<readonly Difference[]>;
}

/** Creates the comparison. */
export function createComparison(
  { ledger, broker }: Pick<GatewayParts, "ledger" | "broker">,
  care: OrderCare,
): Comparison {
  async function compare(
    user: UserId,
    signal?: AbortSignal,
  ): Promise<Difference[]> {
    const query = { user, kind: "position", isOpen: true };
    const venue = new Map<string, Decimal>();
    for (const { symbol, qty } of await broker.positions(user, signal)) {
      venue.set(symbol, qty);
    }
    const here = new Map<string, Decimal>();
    for await (const row of rowsOf(ledger, query, signal)) {
      const { value } = positionOf(parseSymbol(row.id), row);
      here.set(row.id, value.qty);
    }
    return [...new Set([...here.keys(), ...venue.keys()])].sort()
      .map((symbol) => ({
        user,
        symbol,
        here: here.get(symbol) ?? 0n,
        venue: venue.get(symbol) ?? 0n,
      }))
      .filter((one) => one.here !== one.venue);
  }

  /** Asks for orders that are over and may have been filled afterwards. */
  async function askForEnded(
    user: UserId,
    symbols: ReadonlySet<string>,
    signal?: AbortSignal,
  ): Promise<void> {
    const query = { user, kind: "order", isOpen: false, limit: MAX_ENDED };
    const rows = await ledger.list(query, signal);
    const ended = rows.filter((row) => {
      const order = readOrder(user, row.id, parseObject(row.json));
      return order && mayFillLate(order) && symbols.has(order.symbol);
    });
    await inTurns(ended, AT_ONCE, (row) => care.ask(row, signal));
  }

  return {
    async differences(user, signal) {
      const first = await compare(user, signal);
      if (first.length === 0) return [];
      await care.look(user, signal);
      const symbols = new Set(first.map(({ symbol }) => symbol));
      await askForEnded(user, symbols, signal);
      return await compare(user, signal);
    },
  };
}
