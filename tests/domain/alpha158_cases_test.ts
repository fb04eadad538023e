/**
 * The Alpha158 features of small series, worked by hand.
 *
 * @module
 */
import { deepEqual, equal, ok } from "../support/assert.ts";
import {
  ALPHA158_GOLDEN,
  barsOf,
  features,
  missing,
} from "../support/alpha158_bars.ts";

const WINDOWS = [5, 10, 20, 30, 60];
const E = 1e-12;
const { SYNB } = ALPHA158_GOLDEN;

Deno.test("ROC takes the close of that very row", () => {
  const close = Array.from({ length: 61 }, (_, row) => 100 + row);
  close[55] = NaN;
  const of = features(barsOf({ close }), 60);
  ok(Number.isNaN(of("ROC5")));
  equal(of("ROC10"), 150 / 160);
  equal(of("ROC60"), 100 / 160);
  ok(missing(barsOf({ close }), 59).includes("ROC60"));
});

Deno.test("a candle and its prices", () => {
  const bars = barsOf({
    open: [10],
    high: [13],
    low: [8],
    close: [12],
    vwap: [11],
  });
  const of = features(bars, 0);
  near(of("KMID"), 0.2);
  near(of("KLEN"), 0.5);
  near(of("KMID2"), 2 / 5);
  near(of("KUP"), 0.1);
  near(of("KUP2"), 1 / 5);
  near(of("KLOW"), 0.2);
  near(of("KLOW2"), 2 / 5);
  near(of("KSFT"), 0.3);
  near(of("KSFT2"), 3 / 5);
  equal(of("OPEN0"), 10 / 12);
  equal(of("HIGH0"), 13 / 12);
  equal(of("LOW0"), 8 / 12);
  equal(of("VWAP0"), 11 / 12);
});

Deno.test("a bar without range has no shape", () => {
  const of = features(barsOf({ close: [61.48, 61.48] }), 1);
  for (const name of ["KMID2", "KUP2", "KLOW2", "KSFT2", "RSV5", "RSV60"]) {
    equal(of(name), 0, name);
  }
});

Deno.test("a constant price has no spread, no trend and no correlation", () => {
  const close = new Array(61).fill(61.48);
  const volume = close.map((_, row) => 1000 + row * row);
  const of = features(barsOf({ close, volume }), 60);
  for (const d of WINDOWS) {
    equal(of(`MA${d}`), 1);
    for (const family of ["STD", "BETA", "RESI", "SUMP", "SUMN", "SUMD"]) {
      equal(of(family + d), 0, family + d);
    }
    for (const family of ["RSQR", "CORR", "CORD"]) {
      ok(Number.isNaN(of(family + d)), family + d);
    }
    equal(of(`RANK${d}`), (d + 1) / (2 * d));
    equal(of(`IMAX${d}`), 1 / d);
    equal(of(`IMIN${d}`), 1 / d);
    equal(of(`QTLU${d}`), 1);
    equal(of(`QTLD${d}`), 1);
  }
});

Deno.test("the line through 1, 2, 4 and through a gap", () => {
  const of = features(barsOf({ close: [1, 2, 4] }), 2);
  near(of("BETA5"), 1.5 / 4);
  near(of("RSQR5"), 3 ** 2 / (2 * 14 / 3));
  near(of("RESI5"), (4 - (7 / 3 + 1.5)) / 4);
  // Positions 1, 2, 4 of the closes 1, 2, 10: means 7/3 and 13/3.
  const gap = features(barsOf({ close: [1, 2, NaN, 10] }), 3);
  const slope = 44 / 14;
  near(gap("BETA10"), slope / 10);
  near(gap("RESI10"), (10 - 13 / 3 - slope * 5 / 3) / 10);
  const lone = features(barsOf({ close: [NaN, 7] }), 1);
  for (const name of ["BETA5", "RSQR5", "RESI5", "STD5"]) {
    ok(Number.isNaN(lone(name)), name);
  }
});

Deno.test("a spread of up to 2e-5 counts as flat, in absolute terms", () => {
  // Closes x, -x, x, -x around 1 spread by x * sqrt(4/3).
  const wave = (x: number) => [1 + x, 1 - x, 1 + x, 1 - x];
  const volume = [1, 2, 3, 5];
  const of = (x: number) => features(barsOf({ close: wave(x), volume }), 3);
  for (const name of ["RSQR5", "CORR5"]) {
    ok(Number.isNaN(of(1.73e-5)(name)), name);
    ok(Number.isFinite(of(1.74e-5)(name)), name);
  }
});

Deno.test("each series is flat by its own entries, paired or not", () => {
  const close = [1 + 2e-5, 1 - 2e-5, 1, 1];
  const volume = [10, 20, NaN, NaN];
  ok(Number.isNaN(features(barsOf({ close, volume }), 3)("CORR5")));
  const moving = [1, 2, 1, 3, 2];
  const even = [1e6, 1e6 + 1, 1e6, 1e6 + 1, 1e6];
  const of = features(barsOf({ close: moving, volume: even }), 4);
  ok(Number.isNaN(of("CORR5")));
  ok(Number.isNaN(of("CORD5")));
});

Deno.test("an instrument that costs 1e-5 has no RSQR and no CORR", () => {
  const { bars } = SYNB;
  const cheap = { ...bars, close: bars.close.map((price) => price * 1e-7) };
  deepEqual(missing(cheap, 200), [
    "VWAP0",
    ...WINDOWS.map((d) => `RSQR${d}`),
    ...WINDOWS.map((d) => `CORR${d}`),
  ]);
});

Deno.test("quantiles interpolate and ranks share ties", () => {
  const of = features(barsOf({ close: [5, 1, 3, NaN, 3] }), 4);
  // Sorted 1 3 3 5: positions 2.4 and 0.6.
  near(of("QTLU5"), (3 + 0.4 * 2) / 3);
  near(of("QTLD5"), (1 + 0.6 * 2) / 3);
  near(of("RANK5"), (1 + 1.5) / 4);
  ok(Number.isNaN(features(barsOf({ close: [5, NaN] }), 1)("RANK5")));
});

Deno.test("of equal extremes the oldest counts, from the window's start", () => {
  const high = [9, 1, 7, 3, 7, 2, 5];
  const low = [0, 1, 0.5, 0.5, 2, 2, 1];
  const of = features(barsOf({ close: high, high, low }), 6);
  equal(of("IMAX5"), 1 / 5);
  equal(of("IMIN5"), 1 / 5);
  equal(of("IMXD5"), 0);
  equal(of("IMAX10"), 1 / 10);
  equal(of("MAX5"), 7 / 5);
  equal(of("MIN5"), 0.5 / 5);
  near(of("RSV5"), (5 - 0.5) / 6.5);
  const early = features(barsOf({ close: [1, 2, 9, 3] }), 3);
  equal(early("IMAX5"), 3 / 5);
  equal(early("IMXD60"), (3 - 1) / 60);
});

Deno.test("a missing high holds the position of the highest", () => {
  const high = [NaN, 9, NaN, 4, Infinity, 5];
  const low = [1, 1, 1, 1, 1, 1];
  const of = features(barsOf({ close: [2, 2, 2, 2, 2, 2], high, low }), 5);
  equal(of("IMAX5"), 2 / 5); // the first NaN of rows 1..5
  equal(of("IMAX10"), 1 / 10);
  equal(of("MAX5"), 9 / 2);
  equal(of("RSV5"), (2 - 1) / (9 - 1 + E));
  const none = features(barsOf({ close: [2], high: [NaN], low: [1] }), 0);
  for (const name of ["IMAX5", "IMXD5", "MAX5", "RSV5"]) {
    ok(Number.isNaN(none(name)), name);
  }
  equal(none("IMIN5"), 1 / 5);
});

Deno.test("closes and volumes that move together or apart", () => {
  const e = Math.E;
  const volume = [0, e - 1, e ** 2 - 1, e ** 3 - 1];
  near(features(barsOf({ close: [1, 2, 3, 4], volume }), 3)("CORR5"), 1);
  near(features(barsOf({ close: [4, 3, 2, 1], volume }), 3)("CORR5"), -1);
  // Ratios 2, 3, 1 against ln(1+1), ln(2+1), ln(0.5+1).
  const of = features(
    barsOf({ close: [1, 2, 6, 6], volume: [8, 8, 16, 8] }),
    3,
  );
  near(of("CORD5"), pearson([2, 3, 1], [2, 3, 1.5].map(Math.log)));
});

Deno.test("counts take a missing close for no move, sums leave it out", () => {
  const of = features(barsOf({ close: [5, 6, NaN, 8, 7.5] }), 4);
  near(of("CNTP5"), 1 / 5);
  near(of("CNTN5"), 1 / 5);
  equal(of("CNTD5"), 0);
  near(of("SUMP5"), 1 / (1.5 + E));
  near(of("SUMN5"), 0.5 / (1.5 + E));
  near(of("SUMD5"), 0.5 / (1.5 + E));
});

Deno.test("an infinity in a window counts as missing", () => {
  const close = [5, Infinity, 7, -Infinity, 6, 9];
  const volume = [100, 300, Infinity, 200, 400, 300];
  const of = features(barsOf({ close, volume }), 5);
  near(of("MA10"), 6.75 / 9);
  near(
    of("STD10"),
    Math.sqrt((1.75 ** 2 + 0.25 ** 2 + 0.75 ** 2 + 2.25 ** 2) / 3) / 9,
  );
  near(of("QTLU10"), (7 + 0.4 * 2) / 9);
  equal(of("RANK10"), 1);
  equal(of("IMAX10"), 2 / 10);
  equal(of("MAX10"), 1);
  near(of("SUMP10"), 3 / (3 + E));
  near(of("VMA10"), 260 / 300);
  near(of("VSUMP10"), 400 / 500); // 200, 200, -100
  const alone = features(barsOf({ close: [Infinity], volume: [Infinity] }), 0);
  for (
    const name of ["MA5", "STD5", "MAX5", "QTLU5", "RANK5", "VMA5", "VSTD5"]
  ) {
    ok(Number.isNaN(alone(name)), name);
  }
});

Deno.test("a day without a close", () => {
  const { bars } = SYNB;
  const close = bars.close.slice();
  close[100] = NaN;
  const without = { ...bars, close };
  equal(missing(without, 100).length, 67);
  deepEqual(missing(without, 101), ["VWAP0"]);
  const none = without.close.map((price, row) => row === 100 ? NaN : price);
  const bar = { open: none, high: none, low: none, close: none, volume: none };
  equal(missing({ ...without, ...bar }, 100).length, 78);
});

Deno.test("a day without an open lacks only what divides by it or needs it", () => {
  const bars = barsOf({ close: [5, 6, 7], open: [5, 6, NaN] });
  deepEqual(missing(bars, 2).slice(0, 10), [
    "KMID",
    "KLEN",
    "KMID2",
    "KUP",
    "KUP2",
    "KLOW",
    "KLOW2",
    "KSFT",
    "OPEN0",
    "VWAP0",
  ]);
});

Deno.test("a day without volume of a window that has some", () => {
  const of = features(
    barsOf({ close: [5, 6, 7], volume: [300, 600, 0] }),
    2,
  );
  equal(of("VMA5"), 300 / E);
  equal(of("VSTD5"), 300 / E);
  // The day after, V/V1 is infinite, and its row leaves CORD.
  const close = [1, 2, 6, 6, 7, 9];
  const next = features(
    barsOf({ close, volume: [8, 8, 16, 0, 5, 10] }),
    5,
  );
  near(
    next("CORD10"),
    pearson([2, 3, 1, 9 / 7], [2, 3, 1, 3].map(Math.log)),
  );
});

Deno.test("a window without any volume", () => {
  const close = [5, 6, 7, 6, 8];
  const of = features(barsOf({ close, volume: [0, 0, 0, 0, 0] }), 4);
  for (const name of ["VMA5", "VSTD5", "WVMA5", "VSUMP5", "VSUMN5", "VSUMD5"]) {
    equal(of(name), 0, name);
  }
  ok(Number.isNaN(of("CORR5")));
  ok(Number.isNaN(of("CORD5")));
});

Deno.test("a missing volume is missing that day and skipped after", () => {
  const bars = barsOf({
    close: [10, 11, 11, 22, 11, 22],
    volume: [100, 200, NaN, 400, 300, 500],
  });
  const that = missing(bars, 2);
  ok(that.includes("VMA5") && that.includes("VSTD60"));
  const of = features(bars, 5);
  near(of("VMA10"), 300 / 500);
  near(of("VSTD10"), Math.sqrt(100_000 / 4) / 500);
  near(of("VSUMP10"), 300 / 400); // 100, -100, 200
  near(of("VSUMN10"), 100 / 400);
  near(of("VSUMD10"), 200 / 400);
  // abs(C/C1 - 1) * V: 20, missing, 400, 150, 500.
  const a = [0.1 * 200, 400, 150, 500];
  const mean = (20 + 400 + 150 + 500) / 4;
  const squares = a.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  near(of("WVMA10"), Math.sqrt(squares / 3) / mean);
});

function near(actual: number, expected: number): void {
  const limit = 1e-12 * Math.max(1, Math.abs(expected));
  ok(
    Math.abs(actual - expected) <= limit,
    `${actual} is not near ${expected}`,
  );
}

/** Pearson's correlation by the textbook's sums. */
function pearson(x: number[], y: number[]): number {
  const n = x.length;
  const sum = (f: (i: number) => number) =>
    x.reduce((total, _, i) => total + f(i), 0);
  const [sx, sy] = [sum((i) => x[i]!), sum((i) => y[i]!)];
  const xy = n * sum((i) => x[i]! * y[i]!) - sx * sy;
  const xx = n * sum((i) => x[i]! ** 2) - sx * sx;
  const yy = n * sum((i) => y[i]! ** 2) - sy * sy;
  return xy / Math.sqrt(xx * yy);
}
