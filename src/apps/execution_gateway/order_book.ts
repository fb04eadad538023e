/**
 * Orders in the ledger: reading them, and changing them together with what
 * follows from it.
 *
 * @module
 */
import type { OrderRecord } from "../../../domain/order/order_record.ts";
import { sequenceDayAt } from "../../../domain/sequence.ts";
import type { UserId } from "../../../domain/user_id.ts";
import { fromReadingOn } from "./commits.ts";
import { orderEvent } from "./consequences.ts";
import { createLanes } from "./lanes.ts";
import type { GatewayParts } from "./parts.ts";
import { type Kept, orderChange, orderOf, orderRef } from "./rows.ts";
import { createSettling, type Settling } from "./settling.ts";

/** The orders of the ledger. */
export interface OrderBook extends Settling {
  /** The order of `user` with that id. */
  read(
    user: UserId,
    id: string,
    signal?: AbortSignal,
  ): Promise<Kept<OrderRecord> | undefined>;

  /**
   * Changes an order, unless somebody else has since it was read. When its
   * status changes, the log is told.
   *
   * @returns The order as it stands now, whoever has changed it, and whether it
   * was changed here.
   */
  amend(
    kept: Kept<OrderRecord>,
    edit: Partial<OrderRecord>,
  ): Promise<{ readonly kept: Kept<OrderRecord>; readonly isDone: boolean }>;

  /** The day of `at` on the calendar of `user`, written `YYYY-MM-DD`. */
  dayAt(user: UserId, at: number): Promise<string>;
}

/** Creates the book. */
export function createOrderBook(parts: GatewayParts): OrderBook {
  const { ledger, clock, telemetry, timeZone } = parts;
  const lanes = createLanes();

  async function read(user: UserId, id: string, signal?: AbortSignal) {
    const [row] = await ledger.find(user, [orderRef(id)], signal);
    return orderOf(row);
  }

  async function dayAt(user: UserId, at: number): Promise<string> {
    const day = sequenceDayAt(at, await timeZone(user));
    return day.replace(/(..)(..)$/, "-$1-$2");
  }

  return {
    ...createSettling(parts, lanes, dayAt),
    read,
    dayAt,

    async amend({ value, version }, edit) {
      const { user, id } = value;
      const now = Math.floor(clock.now());
      const order: OrderRecord = { ...value, ...edit, updatedAt: now };
      const isNews = order.status !== value.status;
      const events = isNews ? [orderEvent({ value, version }, order)] : [];
      let isTried = false;
      return await lanes.run(user, () =>
        fromReadingOn(async () => {
          const held = await read(user, id);
          if (held?.version === version) {
            isTried = true;
            const changes = [orderChange(order, version)];
            await ledger.commit(user, changes, events);
            if (isNews) {
              const { status } = order;
              telemetry.count("holdfast_orders_total", { status });
            }
            return {
              kept: { value: order, version: version + 1 },
              isDone: true,
            };
          }
          // Where an answer of the ledger was lost, it may have been us.
          const kept = held ?? { value, version };
          const isDone = isTried && kept.version === version + 1 &&
            orderChange(kept.value, 0).json === orderChange(order, 0).json;
          return { kept, isDone };
        }, parts));
    },
  };
}
