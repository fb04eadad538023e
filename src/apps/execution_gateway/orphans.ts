/**
 * Orphans: orders at the venue that nobody here knows. Their symbol is in
 * quarantine for their user until the operator has looked at them.
 *
 * @module
 */
import {
  type Decimal,
  formatDecimal,
  parseDecimal,
} from "../../../domain/decimal.ts";
import { parseObject } from "../../../domain/json_value.ts";
import type { UserId } from "../../../domain/user_id.ts";
import type { BrokerReport } from "../../../ports/broker.ts";
import { rowsOf } from "../../../ports/ledger_rows.ts";
import { PortError } from "../../../ports/port_error.ts";
import type { LedgerRow } from "../../../ports/trade_ledger.ts";
import { fromReadingOn } from "./commits.ts";
import type { GatewayParts } from "./parts.ts";

const KIND = "orphan";

/** Most orphans, and newest orders, of a user that are looked at at once. */
const MAX_SEEN = 1000;

/** An order at the venue that nobody here knows. */
export interface Orphan {
  /** On whose account. */
  readonly user: UserId;
  /** What the venue calls it; the orphan's name here too. */
  readonly id: string;
  /** The client order id that the venue has for it. */
  readonly orderId: string;
  /** What it trades. */
  readonly symbol: string;
  /** Which way. */
  readonly side: string;
  /** How many units. */
  readonly qty: Decimal;
  /** Why it is taken for one. */
  readonly reason: string;
  /** When it was found: milliseconds since the Unix epoch. */
  readonly foundAt: number;
}

/** The orphans. */
export interface Orphans {
  /**
   * Takes an order in quarantine, unless it is, or was released from it, or is
   * one of ours that the venue has misnamed.
   */
  take(user: UserId, report: BrokerReport, reason: string): Promise<void>;

  /** Those in quarantine: of one user, or of all. */
  list(user?: UserId, signal?: AbortSignal): Promise<readonly Orphan[]>;

  /** Names of those in quarantine whose symbol is `symbol`. */
  of(
    user: UserId,
    symbol: string,
    signal?: AbortSignal,
  ): Promise<readonly string[]>;

  /**
   * Releases an orphan: it does not come into quarantine again.
   *
   * @throws {PortError} `not_found` when none of that name is in quarantine.
   */
  release(user: UserId, id: string, by: string): Promise<Orphan>;
}

/** Creates the quarantine. */
export function createOrphans(
  parts: Pick<GatewayParts, "ledger" | "clock" | "entropy" | "telemetry">,
): Orphans {
  const { ledger, clock, telemetry } = parts;
  /** Broker ids of misnamed orders that were told of. */
  const told = new Set<string>();

  /** The order that the venue calls so, where it has another id than `id`. */
  async function namesake(user: UserId, brokerId: string, id: string) {
    const rows = await ledger.list({ user, kind: "order", limit: MAX_SEEN });
    return rows.find((row) =>
      row.id !== id && parseObject(row.json)?.["broker_order_id"] === brokerId
    );
  }

  function tellMisnamed(user: UserId, order: string, brokerId: string): void {
    const isNews = !told.has(brokerId);
    if (told.size >= MAX_SEEN) told.clear();
    told.add(brokerId);
    telemetry.count("holdfast_order_reports_refused_total");
    telemetry.log(
      isNews ? "error" : "debug",
      "the venue calls an order by another id",
      { user, order, broker_id: brokerId },
    );
  }

  return {
    async take(user, { brokerId, order }, reason) {
      // A name of the venue may be any text.
      const ref = { kind: KIND, id: brokerId.slice(0, 200) || order.id };
      await fromReadingOn(async () => {
        const [row] = await ledger.find(user, [ref]);
        if (row) return;
        const known = await namesake(user, brokerId, order.id);
        if (known) return tellMisnamed(user, known.id, brokerId);
        const at = Math.floor(clock.now());
        await ledger.commit(user, [{
          ...ref,
          ifVersion: 0,
          isOpen: true,
          at,
          json: JSON.stringify({
            client_order_id: order.id,
            symbol: order.symbol,
            side: order.side,
            qty: formatDecimal(order.qty),
            reason,
            found_at: at,
          }),
        }]);
        telemetry.count("holdfast_orphan_orders_total");
        telemetry.log("error", "an order at the venue is not known here", {
          user,
          order: order.id,
          broker_id: brokerId,
          symbol: order.symbol,
          reason,
        });
      }, parts);
    },

    async list(user, signal) {
      const query = { user, kind: KIND, isOpen: true };
      const rows = await Array.fromAsync(rowsOf(ledger, query, signal));
      return rows.map(orphanOf);
    },

    async of(user, symbol, signal) {
      const query = { user, kind: KIND, isOpen: true, limit: MAX_SEEN };
      const rows = await ledger.list(query, signal);
      return rows.map(orphanOf).filter((one) => one.symbol === symbol)
        .map((one) => one.orderId);
    },

    release(user, id, by) {
      const ref = { kind: KIND, id };
      return fromReadingOn(async () => {
        const [row] = await ledger.find(user, [ref]);
        if (!row?.isOpen) {
          throw new PortError(
            "not_found",
            `Cannot release orphan ${
              id.slice(0, 64)
            } of ${user} as none of that name is in quarantine`,
          );
        }
        const { at, json, version: ifVersion } = row;
        await ledger.commit(user, [
          { ...ref, ifVersion, isOpen: false, at, json },
        ]);
        telemetry.log("warn", "an orphan was released", { user, id, by });
        return orphanOf(row);
      }, parts);
    },
  };
}

function orphanOf(row: LedgerRow): Orphan {
  const data = parseObject(row.json) ?? {};
  const text = (name: string) => String(data[name] ?? "");
  return {
    user: row.user,
    id: row.id,
    orderId: text("client_order_id"),
    symbol: text("symbol"),
    side: text("side"),
    qty: parseDecimal(data["qty"]) ?? 0n,
    reason: text("reason"),
    foundAt: row.at,
  };
}
