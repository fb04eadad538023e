/**
 * Orders in the ledger, changed together with what follows from it: fills,
 * positions, days and events.
 *
 * @module
 */
import { sequenceDayAt } from "../../../domain/sequence.ts";
import { parseObject } from "../../../domain/json_value.ts";
import type { OrderRecord } from "../../../domain/order/order_record.ts";
import { isOver } from "../../../domain/order/order_state.ts";
import {
  type Fill,
  type Reading,
  readReport,
} from "../../../domain/order/report.ts";
import { readFill } from "../../../domain/order/trade_record.ts";
import type { UserId } from "../../../domain/user_id.ts";
import type { BrokerReport } from "../../../ports/broker.ts";
import { commitTelling, fromReadingOn } from "./commits.ts";
import { type Change, consequencesOf, orderEvent } from "./consequences.ts";
import { createLanes, type Lanes } from "./lanes.ts";
import type { GatewayParts } from "./parts.ts";
import {
  dayRef,
  fillRef,
  type Kept,
  orderChange,
  orderOf,
  orderRef,
  positionOf,
  positionRef,
} from "./rows.ts";

/** Fills that one commit takes in; a longer report is taken in by parts. */
export const MAX_FILLS = 200;

/** The orders of the ledger. */
export interface OrderBook {
  /** The work of users, one at a time. */
  readonly lanes: Lanes;

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

  /**
   * Takes a report of the venue in. One that cannot be changes nothing but the
   * reason of the order, is logged and counted.
   *
   * @returns The order as it stands then, and whether the report made sense.
   */
  settle(
    user: UserId,
    id: string,
    report: BrokerReport,
  ): Promise<
    | { readonly order: OrderRecord; readonly isSense: boolean }
    | undefined
  >;

  /** The day of `at` on the calendar of `user`, written `YYYY-MM-DD`. */
  dayAt(user: UserId, at: number): Promise<string>;
}

/** Creates the book. */
export function createOrderBook(parts: GatewayParts): OrderBook {
  const { ledger, clock, telemetry, timeZone } = parts;
  const lanes = createLanes();

  function told(order: OrderRecord): void {
    telemetry.count("holdfast_orders_total", { status: order.status });
  }

  async function read(user: UserId, id: string, signal?: AbortSignal) {
    const [row] = await ledger.find(user, [orderRef(id)], signal);
    return orderOf(row);
  }

  async function dayAt(user: UserId, at: number): Promise<string> {
    const day = sequenceDayAt(at, await timeZone(user));
    return day.replace(/(..)(..)$/, "-$1-$2");
  }

  /** Takes in as many fills of a report as fit into one commit. */
  async function take(user: UserId, id: string, report: BrokerReport) {
    const now = Math.floor(clock.now());
    const first = await read(user, id);
    if (!first) return undefined;
    const { symbol } = first.value;
    const known = await fillsOf(user, id, report.fills);
    const fresh = report.fills.filter((fill) => !known.has(fill.id))
      .slice(0, MAX_FILLS);
    const days = new Map<Fill, string>();
    for (const fill of fresh) {
      // A time that cannot be is refused below.
      const at = fill.at >= 0 ? Math.min(fill.at, now) : now;
      days.set(fill, await dayAt(user, at));
    }
    const dayNames = [...new Set(days.values())];
    const [orderRow, positionRow, ...dayRows] = await ledger.find(user, [
      orderRef(id),
      positionRef(symbol),
      ...dayNames.map(dayRef),
    ]);
    const kept = orderOf(orderRow)!;
    const position = positionOf(symbol, positionRow);
    if (kept.version !== first.version) return "again";

    async function commit(change: Change): Promise<void> {
      const written = await consequencesOf(
        kept,
        change,
        position,
        days,
        dayRows,
      );
      await commitTelling(ledger, user, ...written);
      if (change.order.status !== kept.value.status) told(change.order);
    }

    const taken = [...known.keys(), ...fresh.map((fill) => fill.id)];
    const isPart = taken.length < report.fills.length;
    const reading = readReport(
      kept.value,
      report,
      known,
      kept.value.isCanceling,
      now,
    );
    if (reading.kind !== "change") return await put(kept, reading);
    if (!isPart) {
      await commit(reading);
      return { order: reading.order, isSense: true };
    }
    // The report as it was when it had so many fills.
    const fills = report.fills.filter((fill) => taken.includes(fill.id));
    const before = readReport(
      kept.value,
      { ...report, status: "open", fills },
      known,
      kept.value.isCanceling,
      now,
    );
    if (before.kind === "change") {
      await commit(before);
    }
    return before.kind === "change" ? "again" : await put(kept, before);
  }

  async function fillsOf(user: UserId, id: string, fills: readonly Fill[]) {
    const known = new Map<string, Fill>();
    for (let i = 0; i < fills.length; i += 500) {
      const refs = fills.slice(i, i + 500).map((fill) => fillRef(id, fill.id));
      for (const row of await ledger.find(user, refs)) {
        const fill = row && readFill(parseObject(row.json));
        if (fill) known.set(fill.id, fill);
      }
    }
    return known;
  }

  /** Puts down what a report has come to that changes no status. */
  async function put(
    kept: Kept<OrderRecord>,
    reading: Exclude<Reading<OrderRecord>, { readonly kind: "change" }>,
  ) {
    const { user, id, reason, status } = kept.value;
    const isSense = reading.kind !== "nonsense";
    if (!isSense) {
      const { fault } = reading;
      telemetry.count("holdfast_order_reports_refused_total");
      telemetry.log("error", "the venue reports what cannot be", {
        user,
        order: id,
        status,
        fault,
      });
    }
    const doubt = reading.kind === "nonsense"
      ? `Cannot use what the venue says as ${reading.fault}`
      : undefined;
    const isMoot = isOver(status) || reading.kind === "stale";
    if (isMoot || reason === doubt) return { order: kept.value, isSense };
    const { reason: _old, ...rest } = kept.value;
    const order = doubt === undefined ? rest : { ...rest, reason: doubt };
    await ledger.commit(user, [orderChange(order, kept.version)]);
    return { order, isSense };
  }

  return {
    lanes,
    read,
    dayAt,

    async amend({ value, version }, edit) {
      const { user, id } = value;
      const now = Math.floor(clock.now());
      const order: OrderRecord = { ...value, ...edit, updatedAt: now };
      const isNews = order.status !== value.status;
      const events = isNews
        ? [await orderEvent({ value, version }, order)]
        : [];
      let isTried = false;
      return await lanes.run(user, () =>
        fromReadingOn(async () => {
          const held = await read(user, id);
          if (held?.version === version) {
            isTried = true;
            await commitTelling(
              ledger,
              user,
              [orderChange(order, version)],
              events,
            );
            if (isNews) told(order);
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

    settle: (user, id, report) =>
      lanes.run(user, async () => {
        for (;;) {
          const taken = await fromReadingOn(
            () => take(user, id, report),
            parts,
          );
          if (taken !== "again") return taken;
        }
      }),
  };
}
