/**
 * The execution gateway: takes orders, sends each at most once, and keeps what
 * becomes of them together with the positions that they lead to.
 *
 * An order is in the ledger before the venue hears of it, and whatever changes
 * it commits with its fills, the position, the day and the events that tell of
 * it. So after a crash at any step the ledger says what is left to be done, and
 * any instance does it.
 *
 * @module
 */
import type { Order } from "../../domain/order/order.ts";
import type { OrderRecord } from "../../domain/order/order_record.ts";
import { isOver, mayFollow } from "../../domain/order/order_state.ts";
import {
  averageEntry,
  type Position,
  unrealizedAt,
} from "../../domain/order/position.ts";
import { parseSymbol } from "../../domain/symbol.ts";
import type { UserId } from "../../domain/user_id.ts";
import type { OrderEntry, PositionView } from "../../ports/order_entry.ts";
import { hasCode, PortError } from "../../ports/port_error.ts";
import { createChecks } from "./execution_gateway/checks.ts";
import { withDeadlines } from "./execution_gateway/deadlines.ts";
import { createIntake } from "./execution_gateway/intake.ts";
import {
  createKillSwitches,
  type KillSwitches,
} from "./execution_gateway/kill_switches.ts";
import { createOrderBook } from "./execution_gateway/order_book.ts";
import { createOrphans, type Orphans } from "./execution_gateway/orphans.ts";
import { type GatewayParts, LEASE_MS } from "./execution_gateway/parts.ts";
import {
  createReconciliation,
  type Reconciliation,
} from "./execution_gateway/reconciliation.ts";
import { createReviews } from "./execution_gateway/reviews.ts";
import { orderOf, positionOf, rowsOf } from "./execution_gateway/rows.ts";
import { createSending } from "./execution_gateway/sending.ts";

/** Which orders to list. */
export interface OrderQuery {
  /** Only those that are not over; all when absent. */
  readonly isOpen?: boolean | undefined;
  /** Only older ones than the one with this id. */
  readonly after?: string | undefined;
  /** Most orders, from 1 to 1000. */
  readonly limit: number;
}

/** Takes orders, looks after them, and tells of them. */
export interface ExecutionGateway extends OrderEntry {
  /** Whether orders are checked and kept, and none is sent. */
  readonly dryRun: boolean;

  /**
   * Orders of `user`, the newest first.
   *
   * @throws {PortError} `not_found` when `after` names no order.
   */
  orders(
    user: UserId,
    query: OrderQuery,
    signal?: AbortSignal,
  ): Promise<readonly Order[]>;

  /**
   * Cancels what is open of an order. One that is over stays as it is; one that
   * nobody knows the fate of is canceled once that is known.
   *
   * @throws {PortError} `not_found` when `user` has no such order.
   */
  cancel(user: UserId, id: string): Promise<Order>;

  /** Compares everything with the venue now; orders are taken from then on. */
  readonly reconcile: Reconciliation["reconcile"];

  /** Looks after open orders now: those of one user, or of everybody. */
  readonly refresh: Reconciliation["refresh"];

  /** What the last reconciliation has come to. */
  readonly reconciliation: Reconciliation["report"];

  /** Stops and allows trading. */
  readonly killSwitches: KillSwitches;

  /** Orders at the venue that nobody here knows. */
  readonly orphans: Pick<Orphans, "list" | "release">;

  /**
   * Reconciles at once and every five minutes, and looks after open orders in
   * between, until `signal` aborts. Until it, or `reconcile`, is done once,
   * only orders that reduce a position are taken.
   */
  run(signal: AbortSignal): Promise<void>;
}

/** Times that a cancellation is put down, as others were first. */
const ATTEMPTS = 5;

/** Creates the gateway. */
export function createExecutionGateway(given: GatewayParts): ExecutionGateway {
  const { ledger, prices, dryRun, clock, leaseMs = LEASE_MS } = given;
  const broker = withDeadlines(given.broker, clock, leaseMs);
  const parts = { ...given, broker };
  const book = createOrderBook(parts);
  const switches = createKillSwitches(parts);
  const orphans = createOrphans(parts);
  const sending = createSending(parts, book, switches);
  const checks = createChecks(parts, { book, switches, orphans });
  const reviews = createReviews(parts, { book, sending, orphans });
  const reconciliation = createReconciliation(parts, reviews, sending);
  const { gate } = reconciliation;
  const intake = createIntake(parts, { book, checks, sending, gate });

  /** Puts down that an order is to be canceled. */
  async function wantCanceled(user: UserId, id: string): Promise<OrderRecord> {
    for (let i = 0; i < ATTEMPTS; i++) {
      const kept = await book.read(user, id);
      if (!kept) {
        throw new PortError(
          "not_found",
          `Cannot cancel order ${
            id.slice(0, 64)
          } as ${user} has none of that id`,
        );
      }
      const { value } = kept;
      if (isOver(value.status) || value.isCanceling) return value;
      const isThere = value.status !== "pending_new" &&
        mayFollow(value.status, "pending_cancel");
      const amended = await book.amend(kept, {
        isCanceling: true,
        ...isThere ? { status: "pending_cancel" } : {},
      });
      if (amended.isDone) return amended.kept.value;
    }
    throw new PortError(
      "unavailable",
      `Cannot cancel order ${id} as others were first each time: try again`,
    );
  }

  async function viewOf(
    position: Position,
    signal?: AbortSignal,
  ): Promise<PositionView> {
    const { symbol, qty, realized, commission, updatedAt } = position;
    const avgEntryPrice = averageEntry(position);
    let currentPrice = avgEntryPrice;
    try {
      currentPrice = (await prices.latest(symbol, signal)).price;
    } catch (error) {
      if (!(error instanceof PortError)) throw error;
      // Without a price nothing has changed since the entry.
      return { ...view(), unrealizedPnl: 0n };
    }
    return view();

    function view(): PositionView {
      return {
        symbol,
        qty,
        avgEntryPrice,
        currentPrice,
        unrealizedPnl: unrealizedAt(position, currentPrice),
        realizedPnl: realized - commission,
        commission,
        updatedAt,
      };
    }
  }

  return {
    ...intake,
    dryRun,
    killSwitches: switches,
    orphans,
    reconcile: reconciliation.reconcile,
    refresh: reconciliation.refresh,
    reconciliation: reconciliation.report,
    run: reconciliation.run,

    find: async (user, id, signal) =>
      (await book.read(user, id, signal))?.value,

    async orders(user, { isOpen, after, limit }, signal) {
      const last = after === undefined
        ? undefined
        : await book.read(user, after, signal);
      if (after !== undefined && !last) {
        throw new PortError(
          "not_found",
          `Cannot list orders after ${
            after.slice(0, 64)
          } as ${user} has none of that id`,
        );
      }
      const rows = await ledger.list({
        user,
        kind: "order",
        isOpen,
        limit,
        ...last
          ? { after: { at: last.value.createdAt, user, id: last.value.id } }
          : {},
      }, signal);
      return rows.map((row) => orderOf(row)!.value);
    },

    async cancel(user, id) {
      const order = await wantCanceled(user, id);
      if (isOver(order.status)) return order;
      try {
        const report = await broker.cancel(user, id);
        return await sending.resolve(user, id, report) ?? order;
      } catch (error) {
        if (!hasCode(error, "unavailable", "timeout")) throw error;
        // It is put down: whoever looks after open orders goes on with it.
        return order;
      }
    },

    async positions(user, signal) {
      const rows = await Array.fromAsync(
        rowsOf(ledger, { user, kind: "position" }, signal),
      );
      const views = await Promise.all(rows.map((row) => {
        const { value } = positionOf(parseSymbol(row.id), row);
        return viewOf(value, signal);
      }));
      return views.sort((a, b) => a.symbol < b.symbol ? -1 : 1);
    },
  };
}
