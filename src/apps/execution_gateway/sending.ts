/**
 * Sending orders, each at most once, and finding out what has become of those
 * whose sending nobody knows the end of.
 *
 * @module
 */
import type { OrderRecord } from "../../../domain/order/order_record.ts";
import { isOver } from "../../../domain/order/order_state.ts";
import type { UserId } from "../../../domain/user_id.ts";
import type { BrokerOrder, BrokerReport } from "../../../ports/broker.ts";
import { hasCode, type PortError } from "../../../ports/port_error.ts";
import { errorFields } from "../../services/error_fields.ts";
import { pauseMs } from "../../services/retry.ts";
import type { KillSwitches } from "./kill_switches.ts";
import type { OrderBook } from "./order_book.ts";
import { type GatewayParts, LEASE_MS, SEND_WITHIN_MS } from "./parts.ts";
import type { Kept } from "./rows.ts";

/** Times that an order is sent while its caller waits. */
const ATTEMPTS = 3;

/** Longest pause that a caller waits for. */
const MAX_PAUSE_MS = 1000;

/** Sends orders and looks after them. */
export interface Sending {
  /**
   * How long an instance has the right to send an order from now on, and until
   * when what it sends may take effect.
   */
  hold(): Pick<OrderRecord, "heldBy" | "heldUntil">;

  /**
   * Sends an order that this instance holds.
   *
   * @returns The order as it stands then; `pending_new` when nobody knows.
   */
  send(kept: Kept<OrderRecord>): Promise<OrderRecord>;

  /**
   * Finds out what has become of an order, cancels it if it is to be canceled,
   * and sends it if it never was, can still be, and nobody else may.
   *
   * @param told What the venue says, where it has just been asked.
   * @returns The order as it stands then; `undefined` when there is none.
   */
  resolve(
    user: UserId,
    id: string,
    told?: BrokerReport,
  ): Promise<OrderRecord | undefined>;
}

/** Creates it over `book`. */
export function createSending(
  parts: GatewayParts,
  book: OrderBook,
  switches: KillSwitches,
): Sending {
  const { broker, clock, entropy, telemetry, instance, dryRun } = parts;
  const { leaseMs = LEASE_MS, sendWithinMs = SEND_WITHIN_MS } = parts;
  const now = () => Math.floor(clock.now());
  /** What is being sent from here. */
  const inFlight = new Set<string>();

  function hold() {
    const heldUntil = now() + leaseMs + broker.inFlightMs;
    return { heldBy: instance, heldUntil };
  }

  async function settle(
    { value }: Kept<OrderRecord>,
    report: BrokerReport,
  ): Promise<OrderRecord> {
    const settled = await book.settle(value.user, value.id, report);
    return settled?.order ?? value;
  }

  /** Leaves an order to whoever comes after `heldUntil`. */
  async function leave(
    kept: Kept<OrderRecord>,
    heldUntil: number,
    reason: string,
  ): Promise<OrderRecord> {
    return (await book.amend(kept, { heldUntil, reason })).kept.value;
  }

  async function end(
    kept: Kept<OrderRecord>,
    status: "failed" | "canceled",
    reason: string,
  ): Promise<OrderRecord> {
    return (await book.amend(kept, { status, reason })).kept.value;
  }

  /** Nobody knows whether it was sent: looks once, and leaves it. */
  async function unknown(
    kept: Kept<OrderRecord>,
    error: unknown,
  ): Promise<OrderRecord> {
    const { user, id } = kept.value;
    const heldUntil = now() + broker.inFlightMs;
    telemetry.count("holdfast_order_unknown_outcomes_total");
    telemetry.log("warn", "nobody knows whether an order was sent", {
      user,
      order: id,
      ...errorFields(error),
    });
    const report = await broker.find(user, id).catch(() => undefined);
    if (report) return await settle(kept, report);
    const why = error instanceof Error ? error.message : String(error);
    return await leave(
      kept,
      heldUntil,
      `Cannot tell yet whether the venue has the order: ${why}`,
    );
  }

  async function send(kept: Kept<OrderRecord>): Promise<OrderRecord> {
    const name = nameOf(kept.value.user, kept.value.id);
    inFlight.add(name);
    try {
      return await sendHeld(kept);
    } finally {
      inFlight.delete(name);
    }
  }

  async function sendHeld(kept: Kept<OrderRecord>): Promise<OrderRecord> {
    const { value } = kept;
    for (let failures = 1;; failures++) {
      // What is sent any later might meet what another instance sends.
      if (now() > value.heldUntil - broker.inFlightMs) return value;
      let report: BrokerReport;
      try {
        report = await broker.submit(brokerOrderOf(value));
      } catch (error) {
        if (hasCode(error, "conflict", "invalid", "unsupported")) {
          return await end(kept, "failed", error.message);
        }
        if (!hasCode(error, "unavailable", "closed")) {
          return await unknown(kept, error);
        }
        const pause = pauseBefore(error, failures);
        const isLast = failures === ATTEMPTS || error.code === "closed" ||
          pause > MAX_PAUSE_MS;
        // Surely not sent: whoever comes after the pause may send it at once.
        if (isLast) return await leave(kept, now() + pause, error.message);
        await clock.sleep(pause);
        continue;
      }
      return await settle(kept, report);
    }
  }

  function pauseBefore({ facts }: PortError, failures: number): number {
    const asked = Number(facts["retryAfterMs"]);
    return Math.ceil(asked > 0 ? asked : pauseMs(failures, entropy));
  }

  /** The venue has no such order. */
  async function missing(kept: Kept<OrderRecord>): Promise<OrderRecord> {
    const { value } = kept;
    if (value.status !== "pending_new") {
      const reason = "Cannot find the order at the venue any more";
      if (isOver(value.status) || value.reason === reason) return value;
      const { user, id, status } = value;
      telemetry.log("error", "the venue has lost an order", {
        user,
        order: id,
        status,
      });
      return (await book.amend(kept, { reason })).kept.value;
    }
    if (now() < value.heldUntil) return value;
    if (value.isCanceling) {
      return await end(kept, "canceled", "Canceled before it was sent");
    }
    const hindrance = await hindranceOf(value);
    if (hindrance !== undefined) return await end(kept, "failed", hindrance);
    // Of those who have seen it missing, one gets the right to send it.
    const held = await book.amend(kept, hold());
    return held.isDone ? await send(held.kept) : held.kept.value;
  }

  async function hindranceOf(order: OrderRecord): Promise<string | undefined> {
    const because = "Cannot send the order any more as";
    const age = now() - order.createdAt;
    if (age >= sendWithinMs) {
      return `${because} it is ${Math.round(age / 1000)} s old: ${
        order.reason ?? "it was not sent when it came"
      }`;
    }
    if (dryRun) return `${because} orders are not sent now (DRY_RUN)`;
    const [stop] = order.reduceOnly ? [] : await switches.stops(order.user);
    return stop && `${because} the kill switch is engaged: ${stop}`;
  }

  return {
    hold,
    send,

    async resolve(user, id, told) {
      const kept = await book.read(user, id);
      if (!kept) return undefined;
      if (!told && inFlight.has(nameOf(user, id))) return kept.value;
      const report = told ?? await broker.find(user, id);
      if (!report) return await missing(kept);
      const settled = await book.settle(user, id, report);
      const order = settled?.order ?? kept.value;
      const isDue = order.isCanceling && settled?.isSense === true &&
        !isOver(order.status);
      if (!isDue) return order;
      const canceled = await broker.cancel(user, id);
      if (!canceled) return order;
      return (await book.settle(user, id, canceled))?.order;
    },
  };
}

const nameOf = (user: UserId, id: string) => `${user} ${id}`;

function brokerOrderOf(order: OrderRecord): BrokerOrder {
  const { user, id, symbol, side, qty, kind, timeInForce, reduceOnly } = order;
  const { limitPrice, stopPrice } = order;
  return {
    user,
    id,
    symbol,
    side,
    qty,
    kind,
    ...limitPrice === undefined ? {} : { limitPrice },
    ...stopPrice === undefined ? {} : { stopPrice },
    timeInForce,
    reduceOnly,
  };
}
