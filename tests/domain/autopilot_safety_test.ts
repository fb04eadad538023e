/**
 * The safety settings of a mode, monitor by monitor.
 *
 * @module
 */
import { parseDecimal } from "../../domain/decimal.ts";
import {
  safetyReasons,
  type SafetySettings,
} from "../../domain/autopilot/safety.ts";
import { NO_TRADES, type Tally } from "../../domain/autopilot/tally.ts";
import { deepEqual, equal, match } from "../support/assert.ts";

const NOON = Date.UTC(2026, 0, 2, 12);
const MINUTE = 60_000;
const usd = (amount: number) => parseDecimal(amount)!;

const NONE: SafetySettings = {
  maxTradesPerMinute: 0,
  maxTradesPerHour: 0,
  maxTradesPerDay: 0,
  profit: undefined,
  winRate: undefined,
};

/** Outcomes as minutes before noon and USD; of 1000 USD that the mode may use. */
function check(
  settings: Partial<SafetySettings>,
  outcomes: readonly [ago: number, earned: number][] = [],
  now = NOON,
  tally: Partial<Tally> = {},
) {
  return safetyReasons({ ...NONE, ...settings }, {
    tally: { ...NO_TRADES, ...tally },
    outcomes: outcomes.map(([ago, earned]) => ({
      at: NOON - ago * MINUTE,
      earned: usd(earned),
    })),
    allocated: usd(1000),
    now,
  });
}

Deno.test("safety: trades have limits of their own, 0 is none", () => {
  const tally = { tradesMinute: 2, tradesHour: 3, tradesDay: 4 };
  const limits = {
    maxTradesPerMinute: 2,
    maxTradesPerHour: 3,
    maxTradesPerDay: 4,
  };
  deepEqual(check(limits, [], NOON, tally), [
    "safety settings: 2 trades were made within the minute: the limit is 2",
    "safety settings: 3 trades were made within the hour: the limit is 3",
    "safety settings: 4 trades were made within the day: the limit is 4",
  ]);
  deepEqual(check(NONE, [], NOON, tally), []);
  deepEqual(check(limits, [], NOON, { ...tally, tradesDay: 3 }).length, 2);
});

const PROFIT = {
  profit: { windowMinutes: 10, maxLossPercent: usd(2), cooldownMinutes: 30 },
};

Deno.test("safety: what is lost within the window pauses from then on", () => {
  const lost: [number, number][] = [[14, -15], [9, 5], [5, -10]];
  deepEqual(check(PROFIT, lost), [
    "safety settings: 20 USD were lost within 10 minutes, the limit is 20: " +
    "paused until 2026-01-02T12:25:00.000Z",
  ]);
  equal(check(PROFIT, lost, NOON + 25 * MINUTE - 1).length, 1);
  equal(check(PROFIT, lost, NOON + 25 * MINUTE).length, 0);
  // A gain sets nothing free, another loss within the window begins anew.
  equal(check(PROFIT, [...lost, [4, 100]]).length, 1);
  match(check(PROFIT, [...lost, [4.5, -1]])[0]!, /^.* 21 USD .*12:25:30/);
});

Deno.test("safety: losses further apart than the window, or small, pause nothing", () => {
  equal(check(PROFIT, [[15, -15], [5, -10]]).length, 0);
  equal(check(PROFIT, [[14, -15], [5, -4.99]]).length, 0);
  equal(check(PROFIT, [[9, 10], [5, -29.99]]).length, 0);
  const off = { ...PROFIT.profit, maxLossPercent: 0n };
  equal(check({ profit: off }, [[1, -900]]).length, 0);
  const never = { ...PROFIT.profit, windowMinutes: 0 };
  equal(check({ profit: never }, [[1, -900]]).length, 0);
});

const WINS = {
  winRate: { sampleSize: 4, minWinRate: 50, cooldownMinutes: 60 },
};

Deno.test("safety: too few wins among the newest pause, from the newest on", () => {
  const few: [number, number][] = [[9, 5], [8, 1], [7, -1], [6, 0], [5, -2], [
    4,
    -3,
  ]];
  deepEqual(check(WINS, few), [
    "safety settings: 1 of the last 4 closed trades have won, at least 50 % " +
    "must: paused until 2026-01-02T12:56:00.000Z",
  ]);
  equal(check(WINS, few, NOON + 56 * MINUTE).length, 0);
  // Half is enough, and fewer than the sample say nothing.
  equal(check(WINS, [...few, [3, 1], [2, 1]]).length, 0);
  equal(check(WINS, few.slice(2)).length, 0);
  const off = { ...WINS.winRate, sampleSize: 0 };
  equal(check({ winRate: off }, few).length, 0);
});
