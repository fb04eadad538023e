/**
 * The circuit breaker of trading: when losses or haste are reason to pause.
 *
 * A limit of 0 is no limit.
 *
 * @module
 */
import { type Decimal, formatDecimal } from "../decimal.ts";
import { MINUTE_MS, type Tally } from "./tally.ts";
import { type TradeLimits, tradeReasons } from "./trade_limits.ts";

/** The limits of a breaker, of a mode or of a user as a whole. */
export interface BreakerLimits extends TradeLimits {
  /** Whether it looks at anything. */
  readonly isEnabled: boolean;
  /** USD that may be lost within 60 minutes. */
  readonly maxLossPerHour: Decimal;
  /** USD that may be lost in a calendar day of the user. */
  readonly maxLossPerDay: Decimal;
  /** Losses in a row that pause. */
  readonly maxConsecutiveLosses: number;
  /** How long they do. */
  readonly cooldownMinutes: number;
  /** Closed trades of the day from which on the win rate counts. */
  readonly winRateCheckAfter: number;
  /** Percent of the day's closed trades that must have won. */
  readonly minWinRate: number;
}

/** `closed` lets trades pass, `half_open` one of them, `open` none. */
export type BreakerState = "closed" | "half_open" | "open";

/** What a breaker says. */
export interface BreakerVerdict {
  /** Whether trades pass. */
  readonly state: BreakerState;
  /** Why none do; empty unless the state is `open`. */
  readonly reasons: readonly string[];
}

/**
 * What the breaker says at `now`, with every reason.
 *
 * After `maxConsecutiveLosses` it opens until `cooldownMinutes` after the
 * newest loss. Then one trade may be made: a win closes the breaker, a loss
 * opens it for another cooldown.
 */
export function checkBreaker(
  tally: Tally,
  limits: BreakerLimits,
  now: number,
): BreakerVerdict {
  if (!limits.isEnabled) return { state: "closed", reasons: [] };
  const streak = checkStreak(tally, limits, now);
  const reasons = [
    lossOf("the hour", tally.lossHour, limits.maxLossPerHour),
    lossOf("the day", tally.lossDay, limits.maxLossPerDay),
    ...streak.reasons,
    ...tradeReasons(tally, limits),
    winRateOf(tally, limits),
  ].filter((reason) => reason !== undefined);
  return { state: reasons.length > 0 ? "open" : streak.state, reasons };
}

function lossOf(
  span: string,
  lost: Decimal,
  limit: Decimal,
): string | undefined {
  if (limit <= 0n || lost < limit) return undefined;
  return `${formatDecimal(lost)} USD were lost within ${span}: ` +
    `the limit is ${formatDecimal(limit)}`;
}

function winRateOf(
  { winsDay, lossesDay }: Tally,
  { winRateCheckAfter, minWinRate }: BreakerLimits,
): string | undefined {
  const closed = winsDay + lossesDay;
  if (winRateCheckAfter <= 0 || closed < winRateCheckAfter) return undefined;
  if (winsDay * 100 >= minWinRate * closed) return undefined;
  return `${winsDay} of ${closed} closed trades of the day have won: ` +
    `at least ${minWinRate} % must`;
}

function checkStreak(
  { losingStreak, lastLossAt, lastOutcomeAt, lastTradeAt }: Tally,
  { maxConsecutiveLosses, cooldownMinutes }: BreakerLimits,
  now: number,
): BreakerVerdict {
  const isLong = maxConsecutiveLosses > 0 &&
    losingStreak >= maxConsecutiveLosses;
  if (!isLong || lastLossAt === undefined) {
    return { state: "closed", reasons: [] };
  }
  const told = `${losingStreak} losses in a row`;
  const cooledAt = lastLossAt + cooldownMinutes * MINUTE_MS;
  if (now < cooledAt) {
    const until = new Date(cooledAt).toISOString();
    return { state: "open", reasons: [`${told}: paused until ${until}`] };
  }
  // A trade that came to nothing either way gives way to another one.
  const isTrying = lastTradeAt !== undefined && lastTradeAt >= cooledAt &&
    (lastOutcomeAt === undefined || lastTradeAt > lastOutcomeAt);
  if (isTrying) {
    return {
      state: "open",
      reasons: [`${told}: the one trade after the pause is not closed yet`],
    };
  }
  return { state: "half_open", reasons: [] };
}
