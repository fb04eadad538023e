/**
 * The Alpha158 features against reference values, and what decides them.
 *
 * @module
 */
import { deepEqual, equal, ok, throws } from "../support/assert.ts";
import {
  ALPHA158_NAMES,
  ALPHA158_SET,
  ALPHA158_WINDOW_ROWS,
  computeAlpha158,
  computeAlpha158History,
} from "../../domain/alpha158/alpha158.ts";
import { sliceBars } from "../../domain/bars.ts";
import {
  ALPHA158_GOLDEN,
  barsOf,
  features,
  missing,
} from "../support/alpha158_bars.ts";

const { SYNA, SYNB } = ALPHA158_GOLDEN;

/** How far qlib's running sums drift from a direct evaluation. */
const QLIB_TOLERANCE: { readonly [family: string]: number } = {
  RSQR: 1e-7,
  CORR: 1e-7,
  WVMA: 1e-8,
  CORD: 1e-9,
  RESI: 1e-10,
  VSTD: 1e-10,
  STD: 1e-10,
  BETA: 1e-10,
};

Deno.test("the set is alpha158/1: 158 names in qlib's order over 61 rows", () => {
  equal(ALPHA158_SET, "alpha158/1");
  equal(ALPHA158_WINDOW_ROWS, 61);
  equal(ALPHA158_NAMES.length, 158);
  deepEqual(ALPHA158_NAMES, SYNA.reference.names);
});

for (const [symbol, { bars, reference }] of Object.entries(ALPHA158_GOLDEN)) {
  const history = computeAlpha158History(bars);
  const vectorOf = (row: number) => history.slice(row * 158, (row + 1) * 158);

  Deno.test(`${symbol} agrees with 80-bit evaluation to 1e-12`, () => {
    for (const { i, direct80 } of reference.rows) {
      agrees(vectorOf(i), direct80, () => 1e-12, i);
    }
  });

  Deno.test(`${symbol} agrees with qlib within qlib's own drift`, () => {
    const tolerance = (name: string) =>
      QLIB_TOLERANCE[name.replace(/\d+$/, "")] ?? 1e-13;
    for (const { i, qlib } of reference.rows) {
      agrees(vectorOf(i), qlib, tolerance, i);
    }
  });

  Deno.test(`${symbol} is the same from 61 rows as from all of history`, () => {
    for (let row = 0; row < bars.length; row++) {
      const start = Math.max(0, row + 1 - ALPHA158_WINDOW_ROWS);
      const slice = sliceBars(bars, start, row + 1);
      deepEqual(computeAlpha158(slice, row - start), vectorOf(row));
    }
  });
}

Deno.test("60 rows are one too few", () => {
  const enough = features(sliceBars(SYNB.bars, 39, 100), 60);
  const short = features(sliceBars(SYNB.bars, 40, 100), 59);
  const differing = ALPHA158_NAMES.filter((name) =>
    !Object.is(short(name), enough(name))
  );
  deepEqual(
    differing.filter((name) => !/^(CNT|V?SUM)[PND]60$/.test(name)),
    ["ROC60", "CORD60", "WVMA60"],
  );
  ok(Number.isNaN(short("ROC60")));
});

Deno.test("early rows lack what needs more rows, and nothing else", () => {
  const counts = [0, 1, 2, 59, 60].map((row) => missing(SYNB.bars, row).length);
  deepEqual(counts, [76, 16, 6, 2, 1]);
  deepEqual(missing(SYNB.bars, 60), ["VWAP0"]);
  deepEqual(missing(SYNA.bars, 60), []);
  const of = features(SYNB.bars, 0);
  equal(of("MA60"), 1);
  equal(of("RANK60"), 1);
  equal(of("IMAX5"), 1 / 5);
  equal(of("IMIN60"), 1 / 60);
  equal(of("CNTP5"), 0);
  equal(of("CNTD60"), 0);
  equal(of("VMA30"), 1);
});

Deno.test("rows that are not there and outputs that do not fit are refused", () => {
  const bars = barsOf({ close: [1, 2] });
  for (const row of [-1, 2, 0.5, NaN]) {
    throws(() => computeAlpha158(bars, row), {
      name: "RangeError",
      message: `Cannot compute features as the row must be one of 2, ` +
        `counted from 0: current value is ${row}`,
    });
  }
  throws(() => computeAlpha158(bars, 0, new Float64Array(157)), RangeError);
  const out = new Float64Array(158);
  equal(computeAlpha158(bars, 1, out), out);
  deepEqual(computeAlpha158History(sliceBars(bars, 0, 0)), new Float64Array(0));
});

/** Holds a vector to expected values, relative to max(1, |x|); null is NaN. */
function agrees(
  vector: Float64Array,
  expected: (number | null)[],
  tolerance: (name: string) => number,
  row: number,
): void {
  equal(expected.length, 158);
  for (const [slot, name] of ALPHA158_NAMES.entries()) {
    const actual = vector[slot]!;
    const wanted = expected[slot] ?? NaN;
    const limit = tolerance(name) * Math.max(1, Math.abs(wanted));
    ok(
      Number.isNaN(wanted)
        ? Number.isNaN(actual)
        : Math.abs(actual - wanted) <= limit,
      `${name} of row ${row} is ${actual}, expected ${wanted}`,
    );
  }
}
