/**
 * Running counts of trades and what came of them.
 *
 * @module
 */
import type { Decimal } from "../decimal.ts";
import { createOrderLedger } from "./order_ledger.ts";
import type { TradeLinks } from "./trade_fact.ts";

/** An hour of trading. */
export const HOUR_MS = 3_600_000;

/** A minute of trading. */
export const MINUTE_MS = 60_000;

/** Counts reach back a calendar day, which is 25 hours long at most. */
const KEPT_MS = 26 * HOUR_MS;

/** How far back outcomes are told: less than any history is read. */
const OUTCOMES_MS = 30 * 24 * HOUR_MS;

/** Outcomes that are kept for longer than counts need them. */
const MAX_OUTCOMES = 10_000;

/** What reducing a position has come to. */
export interface Outcome {
  /** When. */
  readonly at: number;
  /** USD; a loss is negative. */
  readonly earned: Decimal;
}

/** Trades and losses as a circuit breaker sees them at one moment. */
export interface Tally {
  /** USD lost within the last 60 minutes; gains are not set against it. */
  readonly lossHour: Decimal;
  /** USD lost since the user's day began; gains are not set against it. */
  readonly lossDay: Decimal;
  /** Trades within the last 60 seconds. */
  readonly tradesMinute: number;
  /** Trades within the last 60 minutes. */
  readonly tradesHour: number;
  /** Trades since the user's day began. */
  readonly tradesDay: number;
  /** Reductions at a gain since the user's day began. */
  readonly winsDay: number;
  /** Reductions at a loss since the user's day began. */
  readonly lossesDay: number;
  /** Losses since the last gain, whenever that was. */
  readonly losingStreak: number;
  /** When the newest loss was; `undefined` when there has been none. */
  readonly lastLossAt: number | undefined;
  /** When a position was last reduced. */
  readonly lastOutcomeAt: number | undefined;
  /** When the newest trade was, or a position last grew. */
  readonly lastTradeAt: number | undefined;
}

/** A tally of nothing. */
export const NO_TRADES: Tally = {
  lossHour: 0n,
  lossDay: 0n,
  tradesMinute: 0,
  tradesHour: 0,
  tradesDay: 0,
  winsDay: 0,
  lossesDay: 0,
  losingStreak: 0,
  lastLossAt: undefined,
  lastOutcomeAt: undefined,
  lastTradeAt: undefined,
};

/** Keeps count; times never go back by more than clocks of one log differ. */
export interface Count {
  /** Counts orders, save those of trades that were counted already. */
  ordered(at: number, accepted: number, links: TradeLinks): void;
  /** Counts a change of a position as a trade if it added units and no order stands for it. */
  moved(at: number, isEntry: boolean, links: TradeLinks): void;
  /** Counts a reduction that has earned `earned`. */
  reduced(at: number, earned: Decimal): void;
  /**
   * The counts at `now`.
   *
   * @param dayStart When the user's day began.
   * @param pending When trades were asked for that nobody has told of yet.
   */
  at(now: number, dayStart: number, pending?: readonly number[]): Tally;
  /** Reductions of 30 days, the oldest first; many at a time are the newest 10 000. */
  outcomes(now: number): readonly Outcome[];
}

interface Entry {
  readonly at: number;
}

/** Creates a count of nothing. */
export function createCount(): Count {
  const trades: { at: number; trades: number }[] = [];
  const outcomes: Outcome[] = [];
  const ledger = createOrderLedger();
  let losingStreak = 0;
  let lastLossAt: number | undefined;
  let lastOutcomeAt: number | undefined;
  let lastTradeAt: number | undefined;

  function traded(at: number, count: number): void {
    if (count === 0) return;
    trades.push({ at, trades: count });
    forget(trades, at - KEPT_MS);
  }

  return {
    ordered(at, accepted, links) {
      if (accepted === 0) return;
      lastTradeAt = later(lastTradeAt, at);
      traded(at, ledger.ordered(at, accepted, links));
    },

    moved(at, isEntry, links) {
      if (isEntry) lastTradeAt = later(lastTradeAt, at);
      if (ledger.moved(at, isEntry, links)) traded(at, 1);
    },

    reduced(at, earned) {
      lastOutcomeAt = later(lastOutcomeAt, at);
      if (earned > 0n) losingStreak = 0;
      if (earned < 0n) {
        losingStreak++;
        lastLossAt = later(lastLossAt, at);
      }
      outcomes.push({ at, earned });
      forget(outcomes, at - OUTCOMES_MS);
      const isMany = outcomes.length > MAX_OUTCOMES;
      if (isMany && outcomes[0]!.at < at - KEPT_MS) outcomes.shift();
    },

    at(now, dayStart, pending = []) {
      const all = [...trades, ...pending.map((at) => ({ at, trades: 1 }))];
      const since = (start: number) =>
        all.filter(({ at }) => at > start)
          .reduce((sum, { trades }) => plus(sum, trades), 0);
      const old = outcomes.findLastIndex(({ at }) => at < now - KEPT_MS);
      const recent = outcomes.slice(old + 1);
      const lossSince = (start: number) =>
        recent.filter(({ at, earned }) => at > start && earned < 0n)
          .reduce((sum, { earned }) => sum - earned, 0n);
      const today = recent.filter(({ at }) => at >= dayStart);
      return {
        lossHour: lossSince(now - HOUR_MS),
        lossDay: lossSince(dayStart - 1),
        tradesMinute: since(now - MINUTE_MS),
        tradesHour: since(now - HOUR_MS),
        tradesDay: since(dayStart - 1),
        winsDay: today.filter(({ earned }) => earned > 0n).length,
        lossesDay: today.filter(({ earned }) => earned < 0n).length,
        losingStreak,
        lastLossAt,
        lastOutcomeAt,
        lastTradeAt: pending.reduce(later, lastTradeAt),
      };
    },

    outcomes: (now) => outcomes.filter(({ at }) => at > now - OUTCOMES_MS),
  };
}

/** A sum that stays a whole number, whatever events tell of. */
function plus(sum: number, more: number): number {
  return Math.min(sum + more, Number.MAX_SAFE_INTEGER);
}

function later(one: number | undefined, other: number): number {
  return one === undefined || other > one ? other : one;
}

function forget(entries: Entry[], before: number): void {
  let count = 0;
  while (count < entries.length && entries[count]!.at < before) count++;
  if (count > 0) entries.splice(0, count);
}
