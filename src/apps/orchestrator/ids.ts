/**
 * Names that follow from what they name, so that whoever begins anew finds
 * what was begun.
 *
 * @module
 */
import { uuidOfDigest } from "../../../domain/autopilot/signal_event.ts";
import type { UserId } from "../../../domain/user_id.ts";

/** Hexadecimal digits of an order's id after its letter. */
const ORDER_DIGITS = 24;

/** What a run is named after: there is one of each. */
export interface RunName {
  /** Whose. */
  readonly user: UserId;
  /** Whose signals. */
  readonly strategyId: string;
  /** As of the close of this date. */
  readonly asOf: string;
}

/** The id of a run; that of a run that is only tried is another one. */
export async function runIdOf(name: RunName, isDryRun = false) {
  return uuidOfDigest(await digestOf(isDryRun ? "try" : "run", ...of(name)));
}

/** The client order id of the order of a run for `symbol`, `R-` and 24 digits. */
export async function orderIdOf(name: RunName, symbol: string) {
  const digest = await digestOf("order", ...of(name), symbol);
  return `R-${digest.toHex().slice(0, ORDER_DIGITS)}`;
}

/** The id of the event that tells of a run. */
export async function eventIdOf(runId: string): Promise<string> {
  return uuidOfDigest(await digestOf("orders.executed", runId));
}

function of({ user, strategyId, asOf }: RunName): readonly string[] {
  return [user, strategyId, asOf];
}

async function digestOf(...parts: readonly string[]): Promise<Uint8Array> {
  const bytes = new TextEncoder().encode(JSON.stringify(parts));
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}
