/**
 * Sending orders, each at most once, and finding out what has become of those
 * whose sending nobody knows the end of.
 *
 * Before each request the order and the kill switches are read again: what was
 * canceled or stopped by then is not sent. Only a request that is under way
 * already is out of reach; its order is canceled at the venue, if it is to be.
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
import { fromReadingOn } from "./commits.ts";
import type { Hold, Holds } from "./holds.ts";
import type { KillSwitches } from "./kill_switches.ts";
import type { OrderBook } from "./order_book.ts";
import { type GatewayParts, SEND_WITHIN_MS } from "./parts.ts";
import type { Kept } from "./rows.ts";

/** Times that an order is sent while its caller waits. */
const ATTEMPTS = 3;

/** Longest pause that a caller waits for. */
const MAX_PAUSE_MS = 1000;

/** The reason of an order that the venue does not know any more. */
export const LOST = "Cannot find the order at the venue any more";

const NOT_SENT = "Canceled before it was sent";

/** Sends orders and looks after them. */
export interface Sending {
  /**
   * Sends an order that this instance holds by `hold`.
   *
   * @returns The order as it stands then; `pending_new` when nobody knows.
   */
  send(kept: Kept<OrderRecord>, hold: Hold): Promise<OrderRecord>;

  /**
   * Finds out what has become of an order, cancels it if it is to be canceled,
   * and sends it if it never was, can still be, and nobody else may.
   *
   * @param told What the venue says, where it has just been asked.
   * @returns The order as it stands then; `undefined` when there is none.
   */
  lookAfter(
    user: UserId,
    id: string,
    told?: BrokerReport,
  ): Promise<OrderRecord | undefined>;
}

/** Creates it over `book`. */
export function createSending(
  parts: GatewayParts,
  state: {
    readonly book: OrderBook;
    readonly switches: KillSwitches;
    readonly holds: Holds;
  },
): Sending {
  const { broker, clock, entropy, telemetry, instance, dryRun } = parts;
  const { sendWithinMs = SEND_WITHIN_MS } = parts;
  const { book, switches, holds } = state;
  /** What is being sent from here. */
  const inFlight = new Set<string>();

  async function settle(
    { value }: Kept<OrderRecord>,
    report: BrokerReport,
  ): Promise<OrderRecord> {
    const settled = await book.settle(value.user, value.id, report);
    return settled?.order ?? value;
  }

  /** Leaves an order to whoever comes when `heldMs` have passed since `since`. */
  async function leave(
    kept: Kept<OrderRecord>,
    since: number,
    heldMs: number,
    reason: string,
  ): Promise<OrderRecord> {
    const left = await book.amend(kept, { heldMs, reason });
    if (left.isDone) holds.leave(left.kept, since);
    return left.kept.value;
  }

  async function end(
    kept: Kept<OrderRecord>,
    status: "failed" | "canceled",
    reason: string,
  ): Promise<OrderRecord> {
    holds.forget(kept.value);
    return (await book.amend(kept, { status, reason })).kept.value;
  }

  /** Nobody knows whether it was sent: looks once, and leaves it. */
  async function unknown(
    kept: Kept<OrderRecord>,
    error: unknown,
  ): Promise<OrderRecord> {
    const { user, id } = kept.value;
    const since = clock.monotonic();
    telemetry.count("holdfast_order_unknown_outcomes_total");
    telemetry.log("warn", "nobody knows whether an order was sent", {
      user,
      order: id,
      ...errorFields(error),
    });
    const report = await broker.find(user, id).catch(() => undefined);
    if (report) return await settle(kept, report);
    const why = error instanceof Error ? error.message : String(error);
    const reason = `Cannot tell yet whether the venue has the order: ${why}`;
    return await leave(kept, since, broker.inFlightMs, reason);
  }

  async function send(
    kept: Kept<OrderRecord>,
    hold: Hold,
  ): Promise<OrderRecord> {
    const name = nameOf(kept.value.user, kept.value.id);
    inFlight.add(name);
    try {
      return await sendHeld(kept, hold);
    } finally {
      inFlight.delete(name);
    }
  }

  async function sendHeld(
    kept: Kept<OrderRecord>,
    hold: Hold,
  ): Promise<OrderRecord> {
    const { value } = kept;
    let reason = "Cannot send the order in time";
    for (let failures = 1;; failures++) {
      const ended = await lastLook(kept);
      if (ended) return ended;
      // What is sent any later might meet what another instance sends.
      if (!holds.isThere(hold)) {
        return await leave(kept, clock.monotonic(), 0, reason);
      }
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
        reason = error.message;
        const pause = pauseBefore(error, failures);
        const isLast = failures === ATTEMPTS || error.code === "closed" ||
          pause > MAX_PAUSE_MS;
        // Surely not sent: whoever comes after the pause may send it at once.
        if (isLast) return await leave(kept, clock.monotonic(), pause, reason);
        await clock.sleep(pause);
        continue;
      }
      return await settle(kept, report);
    }
  }

  /**
   * Whether an order that is about to be sent still is to be.
   *
   * @returns The order as it stands when it is not.
   */
  async function lastLook(
    kept: Kept<OrderRecord>,
  ): Promise<OrderRecord | undefined> {
    const { value, version } = kept;
    const { user, id } = value;
    const [now = kept, stop] = await fromReadingOn(
      () => Promise.all([book.read(user, id), stopOf(value)]),
      parts,
    );
    if (now.version === version) {
      return stop === undefined ? undefined : await end(kept, "failed", stop);
    }
    // Nothing of it is under way: its holder is here.
    const isCanceled = now.value.isCanceling && now.version === version + 1 &&
      now.value.status === "pending_new" && now.value.heldBy === instance;
    return isCanceled ? await end(now, "canceled", NOT_SENT) : now.value;
  }

  function pauseBefore({ facts }: PortError, failures: number): number {
    const asked = Number(facts["retryAfterMs"]);
    // After that it is too old in any case.
    if (asked > 0) return Math.min(Math.ceil(asked), sendWithinMs);
    return Math.ceil(pauseMs(failures, entropy));
  }

  /**
   * The venue has no such order.
   *
   * @param isFree Whether it was free before the venue was asked.
   */
  async function missing(
    kept: Kept<OrderRecord>,
    isFree: boolean,
  ): Promise<OrderRecord> {
    const { value } = kept;
    if (value.status !== "pending_new") {
      if (isOver(value.status) || value.reason === LOST) return value;
      const { user, id, status } = value;
      telemetry.log("error", "the venue has lost an order", {
        user,
        order: id,
        status,
      });
      return (await book.amend(kept, { reason: LOST })).kept.value;
    }
    if (!isFree) return value;
    if (value.isCanceling) return await end(kept, "canceled", NOT_SENT);
    const hindrance = await hindranceOf(value);
    if (hindrance !== undefined) return await end(kept, "failed", hindrance);
    // Of those who have seen it missing, one gets the right to send it.
    const hold = holds.take();
    const held = await book.amend(kept, hold.fields);
    return held.isDone ? await send(held.kept, hold) : held.kept.value;
  }

  async function hindranceOf(order: OrderRecord): Promise<string | undefined> {
    const age = holds.ageOf(order);
    if (age >= sendWithinMs) {
      return `Cannot send the order any more as it is ${
        Math.round(age / 1000)
      } s old: ${order.reason ?? "it was not sent when it came"}`;
    }
    return dryRun
      ? "Cannot send the order any more as orders are not sent now (DRY_RUN)"
      : await stopOf(order);
  }

  /** Why an order that was taken is stopped. */
  async function stopOf(order: OrderRecord): Promise<string | undefined> {
    const [stop] = order.reduceOnly ? [] : await switches.stops(order.user);
    return stop &&
      `Cannot send the order any more as the kill switch is engaged: ${stop}`;
  }

  return {
    send,

    async lookAfter(user, id, told) {
      const kept = await book.read(user, id);
      if (!kept) return undefined;
      if (!told && inFlight.has(nameOf(user, id))) return kept.value;
      // What counts is when the venue was asked, not when it answered.
      const isFree = kept.value.status === "pending_new" && holds.isFree(kept);
      const report = told ?? await broker.find(user, id);
      if (!report) return await missing(kept, isFree);
      holds.forget(kept.value);
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
