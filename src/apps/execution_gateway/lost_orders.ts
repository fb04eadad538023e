/**
 * Orders that were at the venue, and that it does not know any more.
 *
 * @module
 */
import type { OrderRecord } from "../../../domain/order/order_record.ts";
import { isOver } from "../../../domain/order/order_state.ts";
import type { OrderBook } from "./order_book.ts";
import type { GatewayParts } from "./parts.ts";
import { positionOf, positionRef } from "./rows.ts";
import { LOST } from "./sending.ts";

/** How long the venue may not know an order before it is taken for lost. */
export const LOST_AFTER_MS = 180_000;

/** Times that it must not have known it, as it may be away in between. */
const LOOKS = 5;

/** Most orders that are counted at once. */
const MAX_COUNTED = 10_000;

/** Ends lost orders. */
export interface LostOrders {
  /**
   * Ends `order`, which has just been asked for, as canceled when the venue has
   * not known it for `LOST_AFTER_MS` and holds the position that the ledger
   * has: nothing of it is filled then. One that is to be canceled is over at
   * once, as there is nothing left to cancel.
   *
   * @returns The order as it stands then.
   */
  consider(order: OrderRecord): Promise<OrderRecord>;
}

/** Creates it. */
export function createLostOrders(
  parts: Pick<GatewayParts, "ledger" | "broker" | "clock" | "telemetry">,
  book: Pick<OrderBook, "read" | "amend">,
): LostOrders {
  const { ledger, broker, clock, telemetry } = parts;
  const looks = new Map<string, number>();

  async function isPositionTheSame(
    { user, symbol }: OrderRecord,
  ): Promise<boolean> {
    const positions = await broker.positions(user);
    const there = positions.find((one) => one.symbol === symbol)?.qty ?? 0n;
    const [row] = await ledger.find(user, [positionRef(symbol)]);
    return positionOf(symbol, row).value.qty === there;
  }

  async function isGivenUp(order: OrderRecord): Promise<boolean> {
    if (order.isCanceling) return true;
    const name = nameOf(order);
    const count = (looks.get(name) ?? 0) + 1;
    if (looks.size >= MAX_COUNTED) looks.clear();
    looks.set(name, count);
    const forMs = clock.now() - order.updatedAt;
    if (count < LOOKS || forMs < LOST_AFTER_MS) return false;
    // Whatever the position is: it is asked for again after some looks.
    looks.delete(name);
    return await isPositionTheSame(order);
  }

  return {
    async consider(order) {
      if (!isLost(order)) {
        looks.delete(nameOf(order));
        return order;
      }
      if (!await isGivenUp(order)) return order;
      const { user, id } = order;
      const kept = await book.read(user, id);
      if (!kept || !isLost(kept.value)) return kept?.value ?? order;
      const reason = order.isCanceling
        ? "Canceled as the venue does not know the order any more"
        : `Canceled as the venue has not known the order for ${
          LOST_AFTER_MS / 60_000
        } min`;
      const { kept: { value } } = await book.amend(kept, {
        status: "canceled",
        reason,
      });
      looks.delete(nameOf(order));
      telemetry.log("warn", "an order that the venue has lost is over", {
        user,
        order: id,
        reason,
      });
      return value;
    },
  };
}

function isLost({ status, reason }: OrderRecord): boolean {
  return !isOver(status) && status !== "pending_new" && reason === LOST;
}

const nameOf = ({ user, id }: OrderRecord) => `${user} ${id}`;
