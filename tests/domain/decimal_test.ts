/**
 * Exact decimals, positions at average cost, and the days of users.
 *
 * @module
 */
import fc from "fast-check";
import { createDayStarts, startOfDay } from "../../domain/autopilot/day.ts";
import {
  cutTo,
  divideRounded,
  formatDecimal,
  least,
  ONE,
  over,
  parseDecimal,
  roundTo,
  times,
} from "../../domain/decimal.ts";
import { fill, FLAT, type Position } from "../../domain/autopilot/position.ts";
import { deepEqual, equal, ok } from "../support/assert.ts";

const of = (value: string | number) => parseDecimal(value)!;
const told = (text: string | number) => formatDecimal(parseDecimal(text)!);

Deno.test("decimals: what publishers write is read to the last digit", () => {
  const cases = {
    "187.2500": "187.25",
    "-0.10": "-0.1",
    "+5.": "5",
    ".5": "0.5",
    "1.5e3": "1500",
    "12e-4": "0.0012",
    "0.0000000000005": "0.000000000001",
    "-0.0000000000004": "0",
    "123456789012345678901234567890.1": "123456789012345678901234567890.1",
  };
  for (const [text, expected] of Object.entries(cases)) {
    equal(told(text), expected, text);
  }
  equal(told(0.1), "0.1");
  equal(told(1e-7), "0.0000001");
  equal(told(1e21), "1000000000000000000000");
});

Deno.test("decimals: what is none is told apart", () => {
  const none = ["", ".", "-", "1,5", "1e", "1e31", "1e999", "NaN", " 1", "0x1"];
  for (const text of none) equal(parseDecimal(text), undefined, text);
  for (
    const value of [NaN, Infinity, null, undefined, {}, 1n, "1".repeat(65)]
  ) {
    equal(parseDecimal(value), undefined);
  }
});

Deno.test("decimals: a tenth and two tenths are three tenths", () => {
  equal(parseDecimal(0.1)! + parseDecimal(0.2)!, parseDecimal(0.3));
  equal(formatDecimal(times(of("1.1"), of("-2.5"))), "-2.75");
  equal(formatDecimal(over(of("1"), of("3"))), "0.333333333333");
  equal(formatDecimal(over(of("-2"), of("3"))), "-0.666666666667");
  equal(divideRounded(-5n, 2n), -3n);
  equal(formatDecimal(cutTo(of("1.239"), 2)), "1.23");
  equal(formatDecimal(roundTo(of("1.235"), 2)), "1.24");
  equal(least(3n, 1n, 2n), 1n);
});

Deno.test("decimals: every decimal is read as it was written", () => {
  fc.assert(fc.property(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), (
    value,
  ) => parseDecimal(formatDecimal(value)) === value));
});

/** Fills one after the other; the last of them and the sum of what was earned. */
function fills(...steps: [change: number | string, price: string][]) {
  let position: Position = FLAT;
  let earned = 0n;
  let closed = 0n;
  for (const [change, price] of steps) {
    const done = fill(position, of(change), of(price));
    ({ position, closed } = done);
    earned += done.earned;
  }
  return {
    qty: Number(formatDecimal(position.qty)),
    cost: formatDecimal(position.cost),
    closed: Number(formatDecimal(closed)),
    earned: formatDecimal(earned),
  };
}

Deno.test("positions: a reduction earns against the average cost", () => {
  deepEqual(fills([100, "10"], [100, "11"], [-50, "12"]), {
    qty: 150,
    cost: "1575",
    closed: 50,
    earned: "75",
  });
  deepEqual(fills([-10, "20"], [4, "15"]), {
    qty: -6,
    cost: "120",
    closed: 4,
    earned: "20",
  });
  deepEqual(fills([-10, "20"], [10, "21.5"]).earned, "-15");
});

Deno.test("positions: more than is held opens the other side at the price", () => {
  deepEqual(fills([10, "10"], [-15, "12"]), {
    qty: -5,
    cost: "60",
    closed: 10,
    earned: "20",
  });
  deepEqual(fills([-10, "10"], [15, "12"]), {
    qty: 5,
    cost: "60",
    closed: 10,
    earned: "-20",
  });
});

Deno.test("positions: fractions of units are exact", () => {
  deepEqual(fills(["0.1", "100000"], ["0.2", "100000"], ["-0.3", "100001"]), {
    qty: 0,
    cost: "0",
    closed: 0.3,
    earned: "0.3",
  });
  deepEqual(fills(["0.00000001", "64000.5"], ["-0.00000003", "64000.5"]), {
    qty: -0.00000002,
    cost: "0.00128001",
    closed: 0.00000001,
    earned: "0",
  });
});

Deno.test("positions: rounding never drifts: closed, all that was paid is earned", () => {
  const step = fc.tuple(
    fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n }),
    fc.integer({ min: 1, max: 10 ** 9 }),
  );
  fc.assert(fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
    let position: Position = FLAT;
    let earned = 0n;
    let paid = 0n;
    for (const [change, price] of steps) {
      const done = fill(position, change, BigInt(price));
      position = done.position;
      earned += done.earned;
      paid += times(change, BigInt(price));
      ok(position.cost >= 0n);
    }
    const last = -position.qty;
    const done = fill(position, last, ONE);
    equal(done.position.qty, 0n);
    equal(done.position.cost, 0n);
    equal(earned + done.earned, -(paid + last));
  }));
});

Deno.test("days: a user's day begins at midnight of the zone", () => {
  const cases: [at: string, zone: string, start: string][] = [
    ["2026-01-02T03:04:05.678Z", "UTC", "2026-01-02T00:00:00.000Z"],
    ["2026-01-02T03:04:05.678Z", "Asia/Kolkata", "2026-01-01T18:30:00.000Z"],
    ["2026-01-02T18:29:59.999Z", "Asia/Kolkata", "2026-01-01T18:30:00.000Z"],
    ["2026-01-02T18:30:00.000Z", "Asia/Kolkata", "2026-01-02T18:30:00.000Z"],
    // The clocks of New York went forward at two in the morning.
    ["2026-03-08T12:00:00Z", "America/New_York", "2026-03-08T05:00:00.000Z"],
    ["2026-03-09T12:00:00Z", "America/New_York", "2026-03-09T04:00:00.000Z"],
    // Those of Cairo at midnight, to one o'clock.
    ["2026-04-24T10:00:00Z", "Africa/Cairo", "2026-04-23T22:00:00.000Z"],
    ["2026-01-02T03:04:05Z", "Nowhere/At_all", "2026-01-02T00:00:00.000Z"],
    ["2026-01-02T03:04:05Z", "", "2026-01-02T00:00:00.000Z"],
  ];
  const kept = createDayStarts();
  for (const [at, zone, start] of cases) {
    const found = startOfDay(Date.parse(at), zone);
    equal(new Date(found).toISOString(), start, `${at} in ${zone}`);
    equal(kept(Date.parse(at), zone), found);
    equal(kept(Date.parse(at), zone), found);
  }
});

Deno.test("days: the memory of days is right when clocks change", () => {
  const kept = createDayStarts();
  const start = Date.UTC(2026, 9, 24);
  for (let quarter = 0; quarter < 200; quarter++) {
    const at = start + quarter * 900_000;
    equal(kept(at, "Europe/Berlin"), startOfDay(at, "Europe/Berlin"));
  }
});
