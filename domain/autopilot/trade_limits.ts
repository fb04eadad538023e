/**
 * How many trades may be made.
 *
 * @module
 */
import type { Tally } from "./tally.ts";

/** Most trades of a while; 0 is no limit. */
export interface TradeLimits {
  /** Trades that may be made within 60 seconds. */
  readonly maxTradesPerMinute: number;
  /** Trades that may be made within 60 minutes. */
  readonly maxTradesPerHour: number;
  /** Trades that may be made in a calendar day of the user. */
  readonly maxTradesPerDay: number;
}

/** Which limits are reached, one sentence each. */
export function tradeReasons(tally: Tally, limits: TradeLimits): string[] {
  return [
    reasonOf("minute", tally.tradesMinute, limits.maxTradesPerMinute),
    reasonOf("hour", tally.tradesHour, limits.maxTradesPerHour),
    reasonOf("day", tally.tradesDay, limits.maxTradesPerDay),
  ].filter((reason) => reason !== undefined);
}

function reasonOf(
  span: string,
  trades: number,
  limit: number,
): string | undefined {
  if (limit <= 0 || trades < limit) return undefined;
  return `${trades} trades were made within the ${span}: the limit is ${limit}`;
}
