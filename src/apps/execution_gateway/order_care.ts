/**
 * Looking after open orders: each is asked for until it is over.
 *
 * @module
 */
import { type Decimal, times } from "../../../domain/decimal.ts";
import { differingTerms } from "../../../domain/order/order_intent.ts";
import type { OrderRecord } from "../../../domain/order/order_record.ts";
import { isOver } from "../../../domain/order/order_state.ts";
import type { UserId } from "../../../domain/user_id.ts";
import type { BrokerReport } from "../../../ports/broker.ts";
import { isTransient } from "../../../ports/port_error.ts";
import type { LedgerQuery, LedgerRow } from "../../../ports/trade_ledger.ts";
import { inTurns } from "../../services/in_turns.ts";
import type { Complaints } from "./complaints.ts";
import type { LateLooks, OrderName } from "./late_looks.ts";
import type { LostOrders } from "./lost_orders.ts";
import type { GatewayParts } from "./parts.ts";
import { orderOf } from "./rows.ts";
import type { Sending } from "./sending.ts";
import type { Strangers } from "./strangers.ts";

/** Orders of one user that are looked at together. */
const PAGE = 500;

/** Orders of one user that are looked at at once. */
const AT_ONCE = 4;

const FAILS = "an order could not be looked after";

/** What a look at the orders of a user has come to. */
export interface Look {
  /** How many orders were open. */
  readonly open: number;
  /** How many of them are not known to be over now. */
  readonly left: number;
}

/** Looks after orders. */
export interface OrderCare {
  /**
   * Looks after every open order of `user`, and takes in what the venue has
   * open beside them. When `signal` aborts nothing more is begun.
   *
   * @throws What the first of those that failed met; the others were looked
   * after.
   */
  look(user: UserId, signal?: AbortSignal): Promise<Look>;

  /** Asks for one order, whether it is open here or over. */
  ask(name: OrderName, signal?: AbortSignal): Promise<void>;
}

/** Creates it. */
export function createOrderCare(
  parts: Pick<GatewayParts, "ledger" | "broker">,
  state: {
    readonly sending: Pick<Sending, "lookAfter">;
    readonly strangers: Strangers;
    readonly lost: LostOrders;
    readonly late: Pick<LateLooks, "note">;
    readonly complaints: Complaints;
  },
): OrderCare {
  const { ledger, broker } = parts;
  const { sending, strangers, lost, late, complaints } = state;

  /** Looks after an open order; tells whether it is still open. */
  async function lookAt(
    row: LedgerRow,
    report: BrokerReport | undefined,
  ): Promise<boolean> {
    const { value } = orderOf(row)!;
    if (report && isAsKept(value, report)) return true;
    const found = await sending.lookAfter(row.user, row.id, report);
    if (!found) return false;
    const order = await lost.consider(found);
    late.note(order);
    return !isOver(order.status);
  }

  return {
    async look(user, signal) {
      // Whoever is open here and was not yet at the venue then is asked for.
      const reports = await broker.open(user, signal);
      const byId = new Map(reports.map((report) => [report.order.id, report]));
      const failures: unknown[] = [];
      let open = 0;
      let left = 0;

      async function each(id: string, work: () => Promise<unknown>) {
        if (signal?.aborted) return;
        const whose = { user, order: id };
        try {
          await work();
          complaints.over(FAILS, whose);
        } catch (error) {
          failures.push(error);
          // What passes by itself is told once for the user.
          if (!isTransient(error)) complaints.about(FAILS, whose, error);
        }
      }

      let after: LedgerQuery["after"];
      for (let isMore = true; isMore;) {
        const query = { user, kind: "order", isOpen: true, limit: PAGE, after };
        const rows = await ledger.list(query, signal);
        open += rows.length;
        await inTurns(rows, AT_ONCE, async (row) => {
          const report = byId.get(row.id);
          byId.delete(row.id);
          left++;
          await each(row.id, async () => {
            if (!await lookAt(row, report)) left--;
          });
        });
        after = rows.at(-1);
        isMore = rows.length === PAGE && !signal?.aborted;
      }
      await inTurns([...byId], AT_ONCE, async ([id, report]) => {
        await each(id, () => strangers.receive(user, report));
      });
      signal?.throwIfAborted();
      if (failures.length > 0) throw failures[0];
      return { open, left };
    },

    async ask({ user, id }, signal) {
      const report = await broker.find(user, id, signal);
      if (report) await strangers.receive(user, report);
    },
  };
}

/** Whether `report` says of an order exactly what is kept. */
function isAsKept(order: OrderRecord, report: BrokerReport): boolean {
  const { order: told, brokerId, status, fills } = report;
  const expected = order.filledQty > 0n ? "partially_filled" : "accepted";
  const total = (of: (fill: BrokerReport["fills"][number]) => Decimal) =>
    fills.reduce((sum, fill) => sum + of(fill), 0n);
  return status === "open" && order.status === expected &&
    !order.isCanceling && order.reason === undefined &&
    brokerId === order.brokerId && told.user === order.user &&
    differingTerms(order, told).length === 0 &&
    total(({ qty }) => qty) === order.filledQty &&
    total(({ qty, price }) => times(qty, price)) === order.filledValue &&
    total(({ commission }) => commission) === order.commission;
}
