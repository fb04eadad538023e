/**
 * How often each caller may ask: a bucket of tokens each, in this process's
 * memory. A request takes one; they come back evenly.
 *
 * @module
 */
import type { Clock } from "../../ports/clock.ts";

/** Seconds of tokens that a bucket holds, for callers that come in bursts. */
const BURST_S = 2;

/** Callers that are remembered, at most; who is forgotten has a full bucket. */
const MAX_CALLERS = 20_000;

/** What a bucket is after a request. */
export interface Allowance {
  /** Whether the request may go on. */
  readonly isAllowed: boolean;
  /** Requests that may follow at once. */
  readonly remaining: number;
  /** Milliseconds until there is a token again; 0 while there are some. */
  readonly waitMs: number;
}

/** Counts requests. */
export interface RateLimit {
  /** Requests a second. */
  readonly perSecond: number;
  /** Requests that a bucket holds. */
  readonly burst: number;
  /** Counts a request of `caller`. */
  take(caller: string): Allowance;
}

/** Creates a limit of `perSecond` requests a second and caller. */
export function createRateLimit(
  perSecond: number,
  clock: Pick<Clock, "monotonic">,
): RateLimit {
  const burst = perSecond * BURST_S;
  const msPerToken = 1000 / perSecond;
  /** When each bucket will be full. */
  const fullAt = new Map<string, number>();

  function forgetSome(now: number): void {
    for (const [caller, at] of fullAt) if (at <= now) fullAt.delete(caller);
    const oldest = fullAt.keys().next().value;
    if (fullAt.size >= MAX_CALLERS) fullAt.delete(oldest!);
  }

  return {
    perSecond,
    burst,
    take(caller) {
      const now = clock.monotonic();
      const full = Math.max(fullAt.get(caller) ?? 0, now) + msPerToken;
      const overMs = full - now - burst * msPerToken;
      // Half a microsecond: sums of fractions are not exact.
      if (overMs > 0.0005) {
        return { isAllowed: false, remaining: 0, waitMs: overMs };
      }
      if (fullAt.size >= MAX_CALLERS && !fullAt.has(caller)) forgetSome(now);
      fullAt.set(caller, full);
      const remaining = Math.floor(burst - (full - now) / msPerToken + 1e-6);
      const waitMs = remaining > 0 ? 0 : Math.max(0, overMs + msPerToken);
      return { isAllowed: true, remaining: Math.max(0, remaining), waitMs };
    },
  };
}
