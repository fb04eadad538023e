/**
 * What the execution gateway stands on.
 *
 * @module
 */
import type { Lots } from "../../../domain/order/order.ts";
import type { OrderLimits } from "../../../domain/order/pre_trade.ts";
import type { Broker } from "../../../ports/broker.ts";
import type { Clock } from "../../../ports/clock.ts";
import type { Entropy } from "../../../ports/entropy.ts";
import type { Telemetry } from "../../../ports/telemetry.ts";
import type { TradeLedger } from "../../../ports/trade_ledger.ts";
import type { Prices } from "../../services/prices.ts";
import type { TimeZones } from "../../services/settings/time_zone.ts";
import type { SettingsSnapshots } from "../autopilot_settings.ts";

/** How long an instance may begin to send an order that it holds. */
export const LEASE_MS = 3000;

/** How long the venue may take to answer. */
export const ANSWER_WITHIN_MS = 10_000;

/** An order that is older than this is not sent any more. */
export const SEND_WITHIN_MS = 60_000;

/** What the execution gateway stands on. */
export interface GatewayParts {
  /** Keeps orders, fills and positions. */
  readonly ledger: TradeLedger;
  /** The venue. */
  readonly broker: Broker;
  /** What things are worth. */
  readonly prices: Prices;
  /** Where a user's limit of daily losses stands; see `CompleteReads`. */
  readonly settings: SettingsSnapshots;
  /** On whose calendar a day begins. */
  readonly timeZone: TimeZones;
  /** Tells the time. */
  readonly clock: Clock;
  /** Keeps instances from trying again together. */
  readonly entropy: Entropy;
  /** Takes what the gateway says. */
  readonly telemetry: Telemetry;
  /** Limits on any order. */
  readonly limits: OrderLimits;
  /** Whether parts of units can be traded. */
  readonly lots: Lots;
  /** Whether orders are checked and kept, and none is sent. */
  readonly dryRun: boolean;
  /** Tells instances apart. */
  readonly instance: string;
  /** `LEASE_MS` when absent. */
  readonly leaseMs?: number | undefined;
  /** `ANSWER_WITHIN_MS` when absent. */
  readonly answerWithinMs?: number | undefined;
  /** `SEND_WITHIN_MS` when absent. */
  readonly sendWithinMs?: number | undefined;
}
