/**
 * Reports of the venue that nobody has asked for by an open order of ours.
 *
 * @module
 */
import { differingTerms } from "../../../domain/order/order_intent.ts";
import type { OrderRecord } from "../../../domain/order/order_record.ts";
import { isOver } from "../../../domain/order/order_state.ts";
import type { UserId } from "../../../domain/user_id.ts";
import type { BrokerReport } from "../../../ports/broker.ts";
import { MAX_LEDGER_NAME_CHARS } from "../../../ports/trade_ledger.ts";
import { mayFillLate } from "./late_looks.ts";
import type { OrderBook } from "./order_book.ts";
import type { Orphans } from "./orphans.ts";
import type { GatewayParts } from "./parts.ts";
import type { Kept } from "./rows.ts";
import type { Sending } from "./sending.ts";

/** Takes reports in. */
export interface Strangers {
  /**
   * Takes a report in. An order that is open at the venue and over here has
   * either ended in between, or it was given up here and arrived late: then it
   * is canceled there, and what was filled is taken in. Whatever else is open
   * there and not here is an orphan.
   *
   * @returns The order as it stands then; `undefined` when there is none here.
   */
  receive(user: UserId, report: BrokerReport): Promise<OrderRecord | undefined>;
}

/** Creates it. */
export function createStrangers(
  { broker, telemetry }: Pick<GatewayParts, "broker" | "telemetry">,
  state: {
    readonly book: OrderBook;
    readonly sending: Pick<Sending, "lookAfter">;
    readonly orphans: Pick<Orphans, "take">;
  },
): Strangers {
  const { book, sending, orphans } = state;

  async function take(kept: Kept<OrderRecord>, report: BrokerReport) {
    const { value } = kept;
    if (!mayFillLate(value)) return value;
    return (await book.settle(value.user, value.id, report))?.order ?? value;
  }

  /** Ends an order at the venue that is over here. */
  async function endThere(kept: Kept<OrderRecord>, report: BrokerReport) {
    const { value } = kept;
    const { user, id, status } = value;
    telemetry.log("warn", "an order that was given up is at the venue", {
      user,
      order: id,
      status,
    });
    if (status === "failed") {
      // It is open again until the venue has ended it, whoever asks for that.
      const amended = await book.amend(kept, { isCanceling: true });
      if (!amended.isDone) return amended.kept.value;
      return await sending.lookAfter(user, id, report);
    }
    const canceled = await broker.cancel(user, id);
    if (!canceled) return value;
    const order = await take(kept, canceled);
    if (canceled.status === "open") {
      const reason =
        `the order of that id is ${status}, and the venue keeps it`;
      await orphans.take(user, canceled, reason);
    }
    return order;
  }

  return {
    async receive(user, report) {
      const { id } = report.order;
      const isName = id !== "" && id.length <= MAX_LEDGER_NAME_CHARS;
      const kept = isName ? await book.read(user, id) : undefined;
      if (!kept) {
        if (report.status === "open") {
          await orphans.take(user, report, "no order of that id is known");
        }
        return undefined;
      }
      const { value } = kept;
      if (!isOver(value.status)) {
        return await sending.lookAfter(user, id, report);
      }
      if (report.status !== "open") return await take(kept, report);
      // It may have ended since the venue was asked, so that it is asked again.
      const now = await broker.find(user, id);
      if (!now) return value;
      if (now.status !== "open") return await take(kept, now);
      if (isGivenUp(value, now)) return await endThere(kept, now);
      const reason = `the order of that id is ${value.status}`;
      await orphans.take(user, now, reason);
      return value;
    },
  };
}

/** Whether `report` is of `order`, which is not wanted any more. */
function isGivenUp(order: OrderRecord, report: BrokerReport): boolean {
  const { status, brokerId } = order;
  if (status !== "canceled" && status !== "failed") return false;
  return (brokerId === undefined || brokerId === report.brokerId) &&
    differingTerms(order, report.order).length === 0;
}
