/**
 * The circuit breaker of trading, limit by limit.
 *
 * @module
 */
import {
  type BreakerLimits,
  checkBreaker,
} from "../../domain/autopilot/breaker.ts";
import { parseDecimal } from "../../domain/decimal.ts";
import { NO_TRADES, type Tally } from "../../domain/autopilot/tally.ts";
import { deepEqual } from "../support/assert.ts";

const NOON = Date.UTC(2026, 0, 2, 12);
const MINUTE = 60_000;
const usd = (amount: number) => parseDecimal(amount)!;

const LIMITS: BreakerLimits = {
  isEnabled: true,
  maxLossPerHour: usd(100),
  maxLossPerDay: usd(500),
  maxConsecutiveLosses: 3,
  cooldownMinutes: 30,
  maxTradesPerMinute: 2,
  maxTradesPerHour: 20,
  maxTradesPerDay: 50,
  winRateCheckAfter: 4,
  minWinRate: 50,
};

function check(
  tally: Partial<Tally>,
  limits: Partial<BreakerLimits> = {},
  now = NOON,
) {
  return checkBreaker(
    { ...NO_TRADES, ...tally },
    { ...LIMITS, ...limits },
    now,
  );
}

const CLOSED = { state: "closed", reasons: [] } as const;
const HALF_OPEN = { state: "half_open", reasons: [] } as const;
const open = (...reasons: string[]) => ({ state: "open", reasons } as const);

/** What reaches a limit, what keeps below it, how it is set to none, and what is said. */
const CASES: [
  Partial<Tally>,
  Partial<Tally>,
  Partial<BreakerLimits>,
  string,
][] = [
  [
    { lossHour: usd(100) },
    { lossHour: usd(99.99) },
    { maxLossPerHour: 0n },
    "100 USD were lost within the hour: the limit is 100",
  ],
  [
    { lossDay: usd(512.5) },
    { lossDay: usd(499.99) },
    { maxLossPerDay: 0n },
    "512.5 USD were lost within the day: the limit is 500",
  ],
  [
    { tradesMinute: 2 },
    { tradesMinute: 1 },
    { maxTradesPerMinute: 0 },
    "2 trades were made within the minute: the limit is 2",
  ],
  [
    { tradesHour: 21 },
    { tradesHour: 19 },
    { maxTradesPerHour: 0 },
    "21 trades were made within the hour: the limit is 20",
  ],
  [
    { tradesDay: 50 },
    { tradesDay: 49 },
    { maxTradesPerDay: 0 },
    "50 trades were made within the day: the limit is 50",
  ],
  [
    { winsDay: 1, lossesDay: 3 },
    { winsDay: 1, lossesDay: 2 },
    { winRateCheckAfter: 0 },
    "1 of 4 closed trades of the day have won: at least 50 % must",
  ],
  [
    { losingStreak: 3, lastLossAt: NOON - 30 * MINUTE + 1 },
    { losingStreak: 2, lastLossAt: NOON },
    { maxConsecutiveLosses: 0 },
    "3 losses in a row: paused until 2026-01-02T12:00:00.001Z",
  ],
];

for (const [reached, below, off, reason] of CASES) {
  Deno.test(`breaker: ${reason}`, () => {
    deepEqual(check(reached), open(reason));
    deepEqual(check(below), CLOSED);
    deepEqual(check(reached, off), CLOSED);
    deepEqual(check(reached, { isEnabled: false }), CLOSED);
  });
}

Deno.test("breaker: every reason is told", () => {
  deepEqual(check({ lossHour: usd(100), tradesMinute: 9 }).reasons.length, 2);
});

Deno.test("breaker: half of the trades won is enough", () => {
  deepEqual(check({ winsDay: 2, lossesDay: 2 }), CLOSED);
});

Deno.test("breaker: after the cooldown one trade passes, and no other", () => {
  const lastLossAt = NOON - 30 * MINUTE;
  const streak = { losingStreak: 4, lastLossAt, lastOutcomeAt: lastLossAt };
  const waiting = open(
    "4 losses in a row: the one trade after the pause is not closed yet",
  );
  deepEqual(check(streak), HALF_OPEN);
  deepEqual(check({ ...streak, lastTradeAt: lastLossAt + MINUTE }), HALF_OPEN);
  const later = NOON + MINUTE;
  const tried = { ...streak, lastTradeAt: NOON };
  deepEqual(check(tried, {}, later), waiting);
  // A win ends the streak, a loss begins another pause.
  deepEqual(check({ ...tried, losingStreak: 0 }, {}, later), CLOSED);
  const lost = { ...tried, losingStreak: 5, lastLossAt: NOON + 2 };
  deepEqual(check(lost, {}, later).state, "open");
  // What came to nothing either way gives way to another try.
  deepEqual(check({ ...tried, lastOutcomeAt: NOON + 2 }, {}, later), HALF_OPEN);
});

Deno.test("breaker: half open, other limits hold all the same", () => {
  const streak = { losingStreak: 3, lastLossAt: NOON - 40 * MINUTE };
  deepEqual(check(streak), HALF_OPEN);
  deepEqual(check({ ...streak, tradesMinute: 2 }).state, "open");
});
