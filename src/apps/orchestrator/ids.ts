/**
 * Names that follow from what they name, so that whoever begins anew finds
 * what was begun.
 *
 * @module
 */
import type { UserId } from "../../../domain/user_id.ts";
import { uuidOfDigest } from "../../../domain/uuid.ts";
import { sha256 } from "../../services/sha256.ts";

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
export function runIdOf(name: RunName, isDryRun = false): string {
  return uuidOfDigest(digestOf(isDryRun ? "try" : "run", ...of(name)));
}

/** The client order id of the order of a run for `symbol`, `R-` and 24 digits. */
export function orderIdOf(name: RunName, symbol: string): string {
  const digest = digestOf("order", ...of(name), symbol);
  return `R-${digest.toHex().slice(0, ORDER_DIGITS)}`;
}

/** The id of the event that tells of a run. */
export function eventIdOf(runId: string): string {
  return uuidOfDigest(digestOf("orders.executed", runId));
}

function of({ user, strategyId, asOf }: RunName): readonly string[] {
  return [user, strategyId, asOf];
}

function digestOf(...parts: readonly string[]): Uint8Array {
  return sha256(JSON.stringify(parts));
}
