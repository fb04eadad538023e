/**
 * The Alpha158 features against a naive evaluation, on bars of every kind.
 *
 * @module
 */
import { deepEqual, ok } from "../support/assert.ts";
import fc from "fast-check";
import {
  ALPHA158_NAMES,
  computeAlpha158,
  computeAlpha158History,
} from "../../domain/alpha158/alpha158.ts";
import { type Bars, sliceBars } from "../../domain/bars.ts";
import { naiveAlpha158 } from "../support/alpha158_naive.ts";

/**
 * Multiples of 1/8, so that equal ratios are equal numbers, and no two numbers
 * are so close that a correlation of them is all rounding.
 */
const price = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 8, max: 2000 }) },
  { weight: 3, arbitrary: fc.integer({ min: 8, max: 16 }) },
).map((eighths) => eighths / 8);

const volume = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 1, max: 5000 }) },
  { weight: 1, arbitrary: fc.constant(0) },
);

const odd = fc.constantFrom(NaN, NaN, NaN, 0, Infinity, -Infinity);

/** Bars with ties, gaps, zeros and infinities, in prices of any size. */
const anyBars = fc.record({
  length: fc.integer({ min: 1, max: 130 }),
  clean: fc.boolean(),
  scale: fc.constantFrom(1, 2 ** -17, 2 ** 10),
}).chain(({ length, clean, scale }) => {
  const column = (value: fc.Arbitrary<number>) =>
    fc.array(
      clean ? value : fc.oneof({ weight: 12, arbitrary: value }, {
        weight: 1,
        arbitrary: odd,
      }),
      { minLength: length, maxLength: length },
    );
  const prices = column(price)
    .map((values) => Float64Array.from(values, (value) => value * scale));
  return fc.record({
    length: fc.constant(length),
    day: fc.constant(Int32Array.from({ length }, (_, row) => row)),
    open: prices,
    high: prices,
    low: prices,
    close: prices,
    volume: column(volume).map((values) => Float64Array.from(values)),
    vwap: fc.option(prices, { nil: undefined }),
  });
});

Deno.test("features are what the formulas say", () => {
  fc.assert(
    fc.property(anyBars, (bars) => {
      for (const row of new Set([bars.length - 1, bars.length >> 1])) {
        agreesWithNaive(bars, row);
      }
    }),
    { numRuns: 300 },
  );
});

Deno.test("the history is its rows, whatever was computed before", () => {
  fc.assert(fc.property(anyBars, (bars) => {
    const history = computeAlpha158History(bars);
    const out = new Float64Array(158).fill(7);
    for (let row = bars.length - 1; row >= 0; row--) {
      deepEqual(
        computeAlpha158(bars, row, out),
        history.slice(row * 158, (row + 1) * 158),
      );
    }
  }));
});

Deno.test("bars outside the 61 of a row do not matter", () => {
  fc.assert(fc.property(anyBars, fc.nat(), (bars, n) => {
    const row = n % bars.length;
    const start = Math.max(0, row - 60);
    deepEqual(
      computeAlpha158(sliceBars(bars, start, row + 1), row - start),
      computeAlpha158(bars, row),
    );
  }));
});

function agreesWithNaive(bars: Bars, row: number): void {
  const vector = computeAlpha158(bars, row);
  const naive = naiveAlpha158(bars, row);
  deepEqual(new Set(naive.keys()), new Set(ALPHA158_NAMES));
  for (const [slot, name] of ALPHA158_NAMES.entries()) {
    // Over a close of 0 a slope of 0 is NaN, and one of 1e-17 an infinity.
    if (bars.close[row] === 0 && /^(BETA|RESI)/.test(name)) continue;
    const actual = vector[slot]!;
    const expected = naive.get(name)!;
    ok(
      Object.is(actual, expected) ||
        Math.abs(actual - expected) <= 1e-9 * Math.max(1, Math.abs(expected)),
      `${name} of row ${row} is ${actual}, expected ${expected}`,
    );
  }
}
