/**
 * What the autopilot tells the log: an entry, once.
 *
 * @module
 */
import type { NewEvent } from "../event/event.ts";
import type { Decision, Entry, Outlook } from "./decision.ts";
import { signalIdentity } from "./signal_identity.ts";

/** A decision to open a position. */
export type OpenDecision = Decision & {
  readonly action: "open";
  readonly entry: Entry;
  readonly outlook: Outlook;
};

/** Whether a decision opens a position. */
export function isOpen(decision: Decision): decision is OpenDecision {
  return decision.action === "open" && decision.entry !== undefined &&
    decision.outlook !== undefined;
}

/** The identity of the signal that a decision leads to. */
export function identityOf(decision: OpenDecision): string {
  const { user, symbol, entry: { side }, outlook } = decision;
  return signalIdentity({ user, symbol, bar: outlook.date, side });
}

/** Builds the `signal.triggered` event of a decision. */
export function signalTriggered(decision: OpenDecision, id: string): NewEvent {
  const { user, symbol, at, entry, outlook, settings } = decision;
  const { mode, side } = entry;
  return {
    id,
    channel: "signal.triggered",
    key: symbol,
    json: JSON.stringify({
      ticker: symbol,
      setup_id: `autopilot:${symbol}:${mode}:${outlook.date}:${side}`,
      setup_type: "autopilot",
      level: entry.price,
      stop: entry.stop,
      targets: entry.targets.map(({ price }) => price),
      target_percents: entry.targets.map(({ percent }) => percent),
      user,
      mode,
      strategy_id: `autopilot:${mode}`,
      side,
      confidence: entry.confidence,
      size_usd: entry.sizeUsd,
      leverage: entry.leverage,
      bar_date: outlook.date,
      model_version: outlook.model.version,
      settings_versions: settings.versions,
    }),
    meta: { timestamp: new Date(at).toISOString(), source: "autopilot", user },
  };
}
