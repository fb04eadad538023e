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
import type { UserId } from "../../domain/user_id.ts";
import type { OrderEntry } from "../../ports/order_entry.ts";
import { isTransient, PortError } from "../../ports/port_error.ts";
import { createChecks } from "./execution_gateway/checks.ts";
import { createComparison } from "./execution_gateway/comparison.ts";
import { createComplaints } from "./execution_gateway/complaints.ts";
import { withDeadlines } from "./execution_gateway/deadlines.ts";
import { createHolds } from "./execution_gateway/holds.ts";
import { createIntake } from "./execution_gateway/intake.ts";
import {
  createKillSwitches,
  type KillSwitches,
} from "./execution_gateway/kill_switches.ts";
import { createLateLooks } from "./execution_gateway/late_looks.ts";
import { createLostOrders } from "./execution_gateway/lost_orders.ts";
import { createOrderBook } from "./execution_gateway/order_book.ts";
import { createOrderCare } from "./execution_gateway/order_care.ts";
import { createOrphans, type Orphans } from "./execution_gateway/orphans.ts";
import {
  ANSWER_WITHIN_MS,
  type GatewayParts,
} from "./execution_gateway/parts.ts";
import {
  createReconciliation,
  type Reconciliation,
} from "./execution_gateway/reconciliation.ts";
import { createSending } from "./execution_gateway/sending.ts";
import { createStrangers } from "./execution_gateway/strangers.ts";
import { watchVenue } from "./execution_gateway/venue_watch.ts";
import { createViews, type Views } from "./execution_gateway/views.ts";

/** Takes orders, looks after them, and tells of them. */
export interface ExecutionGateway extends OrderEntry {
  /** Whether orders are checked and kept, and none is sent. */
  readonly dryRun: boolean;

  /**
   * What cannot be done as the venue does not answer, with the number of orders
   * in doubt and the age of its last answer; for the health of the service.
   */
  fault(): string | undefined;

  /** Orders of a user, the newest first. */
  readonly orders: Views["orders"];

  /**
   * Cancels what is open of an order. One that is over stays as it is; one that
   * nobody knows the fate of is canceled once that is known.
   *
   * @throws {PortError} `not_found` when `user` has no such order.
   */
  cancel(user: UserId, id: string): Promise<Order>;

  /** Compares everything with the venue now. */
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
   * between, until `signal` aborts. Of a user whom it, or `reconcile`, has not
   * compared yet only orders that reduce a position are taken.
   */
  run(signal: AbortSignal): Promise<void>;
}

/** Times that a cancellation is put down, as others were first. */
const ATTEMPTS = 5;

/** Creates the gateway. */
export function createExecutionGateway(given: GatewayParts): ExecutionGateway {
  const { dryRun, clock, answerWithinMs = ANSWER_WITHIN_MS } = given;
  const venue = watchVenue({
    ...given,
    broker: withDeadlines(given.broker, clock, answerWithinMs),
  });
  const { broker } = venue;
  const parts = { ...given, broker };
  const book = createOrderBook(parts);
  const switches = createKillSwitches(parts);
  const orphans = createOrphans(parts);
  const holds = createHolds(parts);
  const sending = createSending(parts, { book, switches, holds });
  const checks = createChecks(parts, { book, switches, orphans });
  const complaints = createComplaints(parts.telemetry);
  const strangers = createStrangers(parts, { book, sending, orphans });
  const lost = createLostOrders(parts, book);
  const late = createLateLooks(parts);
  const care = createOrderCare(parts, {
    sending,
    strangers,
    lost,
    late,
    complaints,
  });
  const reconciliation = createReconciliation(parts, {
    care,
    comparison: createComparison(parts, care),
    late,
    complaints,
    venue,
  });
  const { refusal: gate, watch } = reconciliation;
  const intake = createIntake(parts, {
    book,
    checks,
    sending,
    holds,
    gate,
  });

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

  /** Ends an order that is to be canceled. */
  async function endAtVenue(order: OrderRecord): Promise<OrderRecord> {
    const { user, id } = order;
    try {
      const report = await broker.cancel(user, id);
      const found = await sending.lookAfter(user, id, report);
      return found ? await lost.consider(found) : order;
    } catch (error) {
      if (!isTransient(error)) throw error;
      // It is put down: whoever looks after open orders goes on with it.
      return order;
    }
  }

  return {
    ...createViews(parts),
    dryRun,
    fault: venue.fault,
    killSwitches: switches,
    orphans,
    reconcile: reconciliation.reconcile,
    refresh: reconciliation.refresh,
    reconciliation: reconciliation.report,
    run: reconciliation.run,

    async submit(user, wanted, signal) {
      const entered = await intake.submit(user, wanted, signal);
      watch(entered.order);
      return entered;
    },

    find: async (user, id, signal) =>
      (await book.read(user, id, signal))?.value,

    async cancel(user, id) {
      const wanted = await wantCanceled(user, id);
      if (isOver(wanted.status)) return wanted;
      const order = await endAtVenue(wanted);
      watch(order);
      return order;
    },
  };
}
