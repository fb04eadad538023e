/**
 * The safety settings of a mode: limits beside those of its circuit breaker,
 * and pauses by what its newest trades have come to.
 *
 * @module
 */
import { type Decimal, formatDecimal, times } from "../decimal.ts";
import { MINUTE_MS, type Outcome, type Tally } from "./tally.ts";
import { type TradeLimits, tradeReasons } from "./trade_limits.ts";

/** What `safety_settings.{mode}` says; 0 is no limit. */
export interface SafetySettings extends TradeLimits {
  /** Pauses by loss within a window; `undefined` when switched off. */
  readonly profit: ProfitMonitor | undefined;
  /** Pauses by too few wins; `undefined` when switched off. */
  readonly winRate: WinRateMonitor | undefined;
}

/** Pauses a mode that loses much within a while. */
export interface ProfitMonitor {
  /** How far back results are added up. */
  readonly windowMinutes: number;
  /** Percent of the mode's allocation; its loss pauses. Above 0. */
  readonly maxLossPercent: Decimal;
  /** How long, from the reduction on that reached it. */
  readonly cooldownMinutes: number;
}

/** Pauses a mode that wins too seldom. */
export interface WinRateMonitor {
  /** How many of the newest won or lost reductions are looked at; fewer say nothing. */
  readonly sampleSize: number;
  /** Percent of them that must have won. */
  readonly minWinRate: number;
  /** How long it pauses, from the newest of them on. */
  readonly cooldownMinutes: number;
}

/** What safety is judged by. */
export interface SafetyInput {
  /** The mode's counts. */
  readonly tally: Tally;
  /** What its reductions have come to, the oldest first. */
  readonly outcomes: readonly Outcome[];
  /** USD that the mode may use. */
  readonly allocated: Decimal;
  /** The time. */
  readonly now: number;
}

/** Why the safety settings let no trade of the mode pass; empty when they do. */
export function safetyReasons(
  settings: SafetySettings,
  input: SafetyInput,
): readonly string[] {
  const { profit, winRate } = settings;
  return [
    ...tradeReasons(input.tally, settings),
    ...(profit ? lossReasons(profit, input) : []),
    ...(winRate ? winReasons(winRate, input) : []),
  ].map((reason) => `safety settings: ${reason}`);
}

/** A pause that has begun goes on, whatever is earned meanwhile. */
function lossReasons(
  { windowMinutes, maxLossPercent, cooldownMinutes }: ProfitMonitor,
  { outcomes, allocated, now }: SafetyInput,
): string[] {
  const limit = times(allocated, maxLossPercent) / 100n;
  if (limit <= 0n || windowMinutes <= 0) return [];
  const windowMs = windowMinutes * MINUTE_MS;
  const since = now - cooldownMinutes * MINUTE_MS;
  const near = outcomes.filter(({ at }) => at > since - windowMs);
  let sum = 0n;
  let first = 0;
  let found: Outcome | undefined;
  for (const { at, earned } of near) {
    sum += earned;
    for (; near[first]!.at <= at - windowMs; first++) {
      sum -= near[first]!.earned;
    }
    if (at > since && sum <= -limit) found = { at, earned: sum };
  }
  if (!found) return [];
  return [
    `${formatDecimal(-found.earned)} USD were lost within ${windowMinutes} ` +
    `minutes, the limit is ${formatDecimal(limit)}: paused until ${
      untilOf(found.at, cooldownMinutes)
    }`,
  ];
}

function winReasons(
  { sampleSize, minWinRate, cooldownMinutes }: WinRateMonitor,
  { outcomes, now }: SafetyInput,
): string[] {
  if (sampleSize <= 0) return [];
  const decided = outcomes.filter(({ earned }) => earned !== 0n)
    .slice(-sampleSize);
  const newest = decided.at(-1);
  if (!newest || decided.length < sampleSize) return [];
  const wins = decided.filter(({ earned }) => earned > 0n).length;
  const isEnough = wins * 100 >= minWinRate * sampleSize;
  if (isEnough || now >= newest.at + cooldownMinutes * MINUTE_MS) return [];
  return [
    `${wins} of the last ${sampleSize} closed trades have won, at least ` +
    `${minWinRate} % must: paused until ${untilOf(newest.at, cooldownMinutes)}`,
  ];
}

function untilOf(at: number, minutes: number): string {
  return new Date(at + minutes * MINUTE_MS).toISOString();
}
