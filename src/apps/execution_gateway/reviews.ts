/**
 * Comparing what is kept here with what the venue has.
 *
 * @module
 */
import type { Decimal } from "../../../domain/decimal.ts";
import { isOver } from "../../../domain/order/order_state.ts";
import { parseSymbol } from "../../../domain/symbol.ts";
import type { UserId } from "../../../domain/user_id.ts";
import type { BrokerReport } from "../../../ports/broker.ts";
import { hasCode, PortError } from "../../../ports/port_error.ts";
import {
  type LedgerRow,
  MAX_LEDGER_NAME_CHARS,
} from "../../../ports/trade_ledger.ts";
import { errorFields } from "../../services/error_fields.ts";
import type { OrderBook } from "./order_book.ts";
import type { Orphans } from "./orphans.ts";
import type { GatewayParts } from "./parts.ts";
import { positionOf, rowsOf } from "./rows.ts";
import type { Sending } from "./sending.ts";

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

/** Compares. */
export interface Reviews {
  /**
   * Looks after every open order of `user`, and takes orders at the venue that
   * nobody here knows in quarantine.
   *
   * @returns How many orders were open.
   * @throws {PortError} What the first of those that failed met; the others
   * were looked after.
   */
  orders(user: UserId): Promise<number>;

  /** Positions that the venue has otherwise; nothing is changed here. */
  positions(user: UserId): Promise<readonly Difference[]>;

  /** Everybody who has traded here. */
  users(signal?: AbortSignal): Promise<readonly UserId[]>;

  /** Everybody who has an open order. */
  withOpenOrders(signal?: AbortSignal): Promise<readonly UserId[]>;
}

/** Creates the reviews. */
export function createReviews(
  parts: GatewayParts,
  state: {
    readonly book: OrderBook;
    readonly sending: Sending;
    readonly orphans: Orphans;
  },
): Reviews {
  const { ledger, broker, clock, telemetry } = parts;
  const { book, sending, orphans } = state;

  const openRows = (user: UserId) =>
    Array.fromAsync(rowsOf(ledger, { user, kind: "order", isOpen: true }));

  /** An order that the venue has open and the ledger does not. */
  async function stranger(user: UserId, report: BrokerReport, since: number) {
    const { id } = report.order;
    const isName = id !== "" && id.length <= MAX_LEDGER_NAME_CHARS;
    const kept = isName ? await book.read(user, id) : undefined;
    if (!kept) {
      return await orphans.take(user, report, "no order of that id is known");
    }
    if (!isOver(kept.value.status)) {
      return void await sending.resolve(user, id, report);
    }
    // What has ended since the venue was asked is no wonder.
    if (kept.value.updatedAt >= since) return;
    const settled = await book.settle(user, id, report);
    if (!settled || isOver(settled.order.status)) {
      const reason = `the order of that id is ${kept.value.status}`;
      await orphans.take(user, report, reason);
    }
  }

  async function compare(user: UserId): Promise<Difference[]> {
    const query = { user, kind: "position", isOpen: true };
    const venue = new Map<string, Decimal>();
    for (const { symbol, qty } of await broker.positions(user)) {
      venue.set(symbol, qty);
    }
    const here = new Map<string, Decimal>();
    for await (const row of rowsOf(ledger, query)) {
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

  async function orders(user: UserId): Promise<number> {
    const since = Math.floor(clock.now());
    // Whoever is open here and was not yet at the venue then is asked for.
    const reports = await broker.open(user);
    const told = new Map(reports.map((report) => [report.order.id, report]));
    const rows = await openRows(user);
    const known = new Set(rows.map(({ id }) => id));
    let failure: unknown;
    const each = async (name: string, work: () => Promise<unknown>) => {
      try {
        await work();
      } catch (error) {
        if (!(error instanceof PortError)) throw error;
        failure ??= error;
        const isPassing = hasCode(error, "unavailable", "timeout");
        telemetry.log(
          isPassing ? "debug" : "error",
          "an order could not be looked after",
          { user, order: name, ...errorFields(error) },
        );
      }
    };
    for (const row of rows) {
      await each(
        row.id,
        () => sending.resolve(user, row.id, told.get(row.id)),
      );
    }
    for (const report of reports) {
      if (known.has(report.order.id)) continue;
      await each(report.order.id, () => stranger(user, report, since));
    }
    if (failure) throw failure;
    return rows.length;
  }

  return {
    orders,

    async positions(user) {
      const first = await compare(user);
      if (first.length === 0) return [];
      // It may be that a fill came between the two looks.
      await orders(user);
      return await compare(user);
    },

    users: (signal) =>
      usersOf(rowsOf(ledger, { kind: "account", isOpen: true }, signal)),

    withOpenOrders: (signal) =>
      usersOf(rowsOf(ledger, { kind: "order", isOpen: true }, signal)),
  };
}

async function usersOf(rows: AsyncIterable<LedgerRow>): Promise<UserId[]> {
  const users = new Set<UserId>();
  for await (const { user } of rows) users.add(user);
  return [...users];
}
