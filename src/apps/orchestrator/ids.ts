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

/** Which of the orders of a run for a symbol. */
export interface OrderName {
  /** For which symbol. */
  readonly symbol: string;
  /** Which plan of the run, from 1. */
  readonly attempt: number;
  /** Whether another one opens behind it. */
  readonly isClose: boolean;
}

/** The client order id of an order of a run, `R-` and 24 digits. */
export function orderIdOf(
  name: RunName,
  { symbol, attempt, isClose }: OrderName,
): string {
  const digest = digestOf(
    "order",
    ...of(name),
    symbol,
    ...numberOf(attempt),
    ...isClose ? ["close"] : [],
  );
  return `R-${digest.toHex().slice(0, ORDER_DIGITS)}`;
}

/** The id of the event that tells of a plan of a run. */
export function eventIdOf(runId: string, attempt: number): string {
  return uuidOfDigest(
    digestOf("orders.executed", runId, ...numberOf(attempt)),
  );
}

/** The first plan of a run needs no number. */
function numberOf(attempt: number): readonly string[] {
  return attempt === 1 ? [] : [String(attempt)];
}

function of({ user, strategyId, asOf }: RunName): readonly string[] {
  return [user, strategyId, asOf];
}

function digestOf(...parts: readonly string[]): Uint8Array {
  return sha256(JSON.stringify(parts));
}
