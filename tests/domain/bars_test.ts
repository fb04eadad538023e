/**
 * Bars as columns: slices of them, and their fingerprint.
 *
 * @module
 */
import fc from "fast-check";
import {
  type Bars,
  findImpossibleBar,
  fingerprintBars,
  lastDate,
  sliceBars,
} from "../../domain/bars.ts";
import { deepEqual, equal, match, notEqual } from "../support/assert.ts";
import {
  BAR_COLUMNS,
  copyBars,
  VALUE_COLUMNS,
  weekdayBars,
  withValue,
} from "../support/market.ts";

const BARS = weekdayBars({ vwap: true });

Deno.test("a slice is the rows asked for, without a copy", () => {
  const slice = sliceBars(BARS, 10, 13);
  equal(slice.length, 3);
  for (const name of BAR_COLUMNS) {
    deepEqual([...slice[name]!], [...BARS[name]!].slice(10, 13));
    equal(slice[name]!.buffer, BARS[name]!.buffer);
  }
  equal(sliceBars(weekdayBars(), 0, 1).vwap, undefined);
});

Deno.test("the last date is that of the newest bar", () => {
  equal(lastDate(BARS), "2026-01-02");
  equal(lastDate(sliceBars(BARS, 0, 79)), "2026-01-01");
});

Deno.test("bars that cannot be are told with their date; missing values are no fault", () => {
  equal(findImpossibleBar(BARS), undefined);
  equal(findImpossibleBar(weekdayBars()), undefined);
  for (const column of VALUE_COLUMNS) {
    for (const row of [0, 41, 79]) {
      const date = lastDate(sliceBars(BARS, 0, row + 1));
      const fault = (value: number) =>
        findImpossibleBar(withValue(BARS, column, row, value));
      equal(fault(NaN), undefined);
      for (const value of [-1, -Infinity, Infinity]) {
        equal(
          fault(value),
          `the bar of ${date} has an impossible ${column}: current value is ${value}`,
        );
      }
      equal(fault(0) === undefined, column === "volume");
    }
  }
  const crossed = withValue(BARS, "low", 3, BARS.high[3]! + 1);
  match(findImpossibleBar(crossed)!, /impossible high below low/);
  equal(
    findImpossibleBar(withValue(BARS, "low", 3, BARS.high[3]!)),
    undefined,
  );
});

Deno.test("a fingerprint is 16 hexadecimal digits", () => {
  match(fingerprintBars(BARS), /^[0-9a-f]{16}$/);
  match(fingerprintBars(sliceBars(BARS, 0, 0)), /^[0-9a-f]{16}$/);
});

Deno.test("a fingerprint stays what it was in stored vectors", () => {
  equal(fingerprintBars(weekdayBars({ seed: 7 })), "f6a2862aa775d342");
});

Deno.test("equal bars have equal fingerprints, wherever their arrays begin", () => {
  for (const [start, end] of [[1, 80], [2, 79], [3, 4], [17, 17]] as const) {
    const slice = sliceBars(BARS, start, end);
    equal(fingerprintBars(slice), fingerprintBars(copyBars(slice)));
  }
});

const anyCell = fc.record({
  column: fc.constantFrom(...BAR_COLUMNS),
  row: fc.nat(BARS.length - 1),
});

Deno.test("one other value gives another fingerprint", () => {
  const before = fingerprintBars(BARS);
  fc.assert(
    fc.property(
      anyCell,
      fc.double(),
      fc.maxSafeInteger(),
      ({ column, row }, double, integer) => {
        const value = column === "day" ? integer | 0 : double;
        const changed = withValue(BARS, column, row, value);
        fc.pre(!Object.is(changed[column]![row], BARS[column]![row]));
        notEqual(fingerprintBars(changed), before);
      },
    ),
    { numRuns: 2000 },
  );
});

Deno.test("the smallest change of any value gives another fingerprint", () => {
  const before = fingerprintBars(BARS);
  for (const column of VALUE_COLUMNS) {
    for (let row = 0; row < BARS.length; row++) {
      for (const bit of [0, 1, 31, 32, 51, 62, 63]) {
        const changed = copyBars(BARS);
        const words = new BigInt64Array(changed[column]!.buffer);
        words[row]! ^= BigInt.asIntN(64, 1n << BigInt(bit));
        notEqual(fingerprintBars(changed), before);
      }
    }
  }
});

Deno.test("values that change places give another fingerprint", () => {
  const [first, second] = [BARS.close[20]!, BARS.close[21]!];
  const swapped = withValue(
    withValue(BARS, "close", 20, second),
    "close",
    21,
    first,
  );
  notEqual(fingerprintBars(swapped), fingerprintBars(BARS));
  const columns = { ...BARS, open: BARS.close, close: BARS.open };
  notEqual(fingerprintBars(columns), fingerprintBars(BARS));
});

Deno.test("two flipped signs give another fingerprint", () => {
  const flip = (bars: Bars, row: number) =>
    withValue(bars, "close", row, -bars.close[row]!);
  notEqual(fingerprintBars(flip(flip(BARS, 3), 4)), fingerprintBars(BARS));
});

Deno.test("a bar more, or a column more, gives another fingerprint", () => {
  const all = Array.from(
    { length: BARS.length },
    (_, row) => fingerprintBars(sliceBars(BARS, row, BARS.length)),
  );
  equal(new Set(all).size, BARS.length);
  const zeros = weekdayBars();
  const column = new Float64Array(zeros.length);
  notEqual(
    fingerprintBars({ ...zeros, vwap: column }),
    fingerprintBars(zeros),
  );
});

Deno.test("a missing value is a missing value, whatever made it", () => {
  const words = [
    0x7ff80000_00000000n,
    -0x00080000_00000000n,
    0x7ff80000_00000001n,
  ];
  const prints = words.map((word) => {
    const bars = copyBars(BARS);
    new BigInt64Array(bars.open.buffer)[5] = word;
    return fingerprintBars(bars);
  });
  deepEqual(prints, prints.map(() => prints[0]));
});

Deno.test("round prices, which differ in few bits, are told apart", () => {
  const bars = copyBars(weekdayBars({ length: 3 }));
  const prints = new Set<string>();
  for (let i = 0; i < 20_000; i++) {
    bars.open[2] = i % 200 / 8;
    bars.close[2] = Math.floor(i / 200) / 8;
    prints.add(fingerprintBars(bars));
  }
  equal(prints.size, 20_000);
});
