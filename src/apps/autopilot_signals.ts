/**
 * Telling the log of the positions that the autopilot wants opened.
 *
 * @module
 */
import {
  identityOf,
  type OpenDecision,
  signalTriggered,
} from "../../domain/autopilot/signal_event.ts";
import type { NewEvent } from "../../domain/event/event.ts";
import { uuidOfDigest } from "../../domain/uuid.ts";
import type { EventBus } from "../../ports/event_bus.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import { publishOwn } from "../services/publish_own.ts";
import { sha256 } from "../services/sha256.ts";
import type { TradeHistory } from "./autopilot_history.ts";

/** Events of one append, at most. */
const MAX_BATCH = 500;

/** Tells the log. */
export interface Signals {
  /**
   * Publishes `signal.triggered`, once for each user, symbol, bar and side: the
   * id follows from these, so that neither a restart nor another instance tells
   * the same a second time.
   *
   * @returns How many signals were appended to the log.
   * @throws {PortError} As `EventBus.publish`; the next call tries again.
   */
  tell(
    decisions: readonly OpenDecision[],
    signal?: AbortSignal,
  ): Promise<number>;
}

/** Creates the teller; what it appends is in `history` at once. */
export function createSignals(ports: {
  readonly bus: EventBus;
  readonly history: TradeHistory;
  readonly telemetry: Telemetry;
}): Signals {
  const { bus, history, telemetry } = ports;

  async function append(
    decisions: readonly OpenDecision[],
    signal: AbortSignal | undefined,
  ): Promise<number> {
    const events = decisions.map(eventOf);
    const receipts = await publishOwn(bus, events, signal) ?? [];
    let appends = 0;
    receipts.forEach(({ position, duplicate }, i) => {
      if (duplicate) return;
      appends++;
      const { at: committedAt } = decisions[i]!;
      const place = { position, batchEnd: position, committedAt };
      history.apply({ ...events[i]!, ...place });
    });
    telemetry.count("holdfast_autopilot_log_appends_total", {}, appends);
    return appends;
  }

  return {
    async tell(decisions, signal) {
      let appends = 0;
      for (let i = 0; i < decisions.length; i += MAX_BATCH) {
        appends += await append(decisions.slice(i, i + MAX_BATCH), signal);
      }
      return appends;
    },
  };
}

function eventOf(decision: OpenDecision): NewEvent {
  const digest = sha256(`signal.triggered|${identityOf(decision)}`);
  return signalTriggered(decision, uuidOfDigest(digest));
}
