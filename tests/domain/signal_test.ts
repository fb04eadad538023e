/**
 * From scores to ranks and weights.
 *
 * @module
 */
import fc from "fast-check";
import {
  chooseEnds,
  PREDICTED_RETURN_STD,
  rankSignals,
  type Score,
} from "../../domain/signal.ts";
import { parseSymbol } from "../../domain/symbol.ts";
import { deepEqual, equal, ok } from "../support/assert.ts";

const scored = (...scores: number[]): Score[] =>
  scores.map((score, i) => ({ symbol: parseSymbol(`S${i}`), score }));

/** `symbol rank weight`, highest first. */
const told = (scores: readonly Score[], topN: number, bottomN: number) =>
  rankSignals(scores, topN, bottomN)
    .map(({ symbol, rank, targetWeight }) =>
      `${symbol} ${rank} ${targetWeight}`
    );

const returns = (...scores: number[]) =>
  rankSignals(scored(...scores), 0, 0).map((signal) => signal.predictedReturn);

const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);

const isClose = (a: number, b: number) => Math.abs(a - b) <= 1e-12;

Deno.test("the highest are long, the lowest short, the rest nothing", () => {
  deepEqual(told(scored(0.1, 0.4, -0.3, 0.2, 0.3, -0.1), 2, 2), [
    "S1 1 0.5",
    "S4 2 0.5",
    "S3 3 0",
    "S0 4 0",
    "S5 5 -0.5",
    "S2 6 -0.5",
  ]);
});

Deno.test("equal scores share a rank and the next one follows on", () => {
  deepEqual(told(scored(2, 3, 2, 1, 3), 0, 0), [
    "S1 1 0",
    "S4 1 0",
    "S0 2 0",
    "S2 2 0",
    "S3 3 0",
  ]);
  deepEqual(told(scored(0, -0), 0, 0), ["S0 1 0", "S1 1 0"]);
});

Deno.test("of equal scores the one named first stands higher", () => {
  const scores = scored(7, 7, 7, 7);
  const weights = ["S0 1 1", "S1 1 0", "S2 1 -0.5", "S3 1 -0.5"];
  deepEqual(told(scores, 1, 2), weights);
});

Deno.test("a symbol in both ends is short", () => {
  deepEqual(told(scored(2, 1), 2, 1), ["S0 1 0.5", "S1 2 -1"]);
  deepEqual(told(scored(1), 1, 1), ["S0 1 -1"]);
  deepEqual(told(scored(3, 2, 1), 3, 3), [
    "S0 1 -0.3333333333333333",
    "S1 2 -0.3333333333333333",
    "S2 3 -0.3333333333333333",
  ]);
});

Deno.test("an end of none takes none", () => {
  deepEqual(told(scored(2, 1), 0, 0), ["S0 1 0", "S1 2 0"]);
  deepEqual(told(scored(2, 1), 0, 1), ["S0 1 0", "S1 2 -1"]);
  deepEqual(told(scored(2, 1), 1, 0), ["S0 1 1", "S1 2 0"]);
  deepEqual(told([], 0, 0), []);
});

Deno.test("predicted returns have mean 0 and standard deviation 0.02", () => {
  deepEqual(returns(1, 3), [0.02, -0.02]);
  deepEqual(returns(30, 10, 20), [
    Math.sqrt(1.5) * PREDICTED_RETURN_STD,
    0,
    -Math.sqrt(1.5) * PREDICTED_RETURN_STD,
  ]);
});

Deno.test("a single symbol keeps its score", () => {
  deepEqual(returns(0.7), [0.7]);
});

Deno.test("equal scores predict nothing, whatever their size", () => {
  for (const score of [0, 0.1, -1 / 3, 1e-300, 123456789.1, 1e10 / 3, 1e300]) {
    for (const count of [2, 3, 7, 10]) {
      deepEqual(
        returns(...Array.from({ length: count }, () => score)),
        Array.from({ length: count }, () => 0),
      );
    }
  }
});

Deno.test("scores that differ by a rounding predict nothing", () => {
  deepEqual(returns(0.3, 0.1 + 0.2, 0.3), [0, 0, 0]);
});

Deno.test("small differences of large scores are scaled like any others", () => {
  const values = returns(1e9 + 3, 1e9 + 1, 1e9 + 2);
  ok(values.every((value, i) => isClose(value, returns(3, 1, 2)[i]!)));
});

const anyScores = fc.array(
  fc.oneof(
    fc.double({ min: -10, max: 10, noNaN: true }),
    fc.integer({ min: -3, max: 3 }),
  ),
  { minLength: 1, maxLength: 40 },
).map((scores) => scored(...scores));

const request = fc.tuple(
  anyScores,
  fc.double({ min: 0, max: 1, noNaN: true }),
  fc.double({ min: 0, max: 1, noNaN: true }),
).map(([scores, top, bottom]) => {
  const topN = Math.floor(top * scores.length);
  return { scores, topN, bottomN: Math.floor(bottom * (scores.length - topN)) };
});

Deno.test("each end that takes any sums to one", () => {
  fc.assert(fc.property(request, ({ scores, topN, bottomN }) => {
    const weights = rankSignals(scores, topN, bottomN)
      .map((signal) => signal.targetWeight);
    const [long, short] = [
      weights.filter((weight) => weight > 0),
      weights.filter((weight) => weight < 0),
    ];
    deepEqual([long.length, short.length], [topN, bottomN]);
    ok(isClose(sum(long), topN === 0 ? 0 : 1));
    ok(isClose(sum(short), bottomN === 0 ? 0 : -1));
    deepEqual(weights, weights.toSorted((a, b) => b - a));
  }));
});

Deno.test("ranks are dense and follow the scores", () => {
  fc.assert(fc.property(request, ({ scores, topN, bottomN }) => {
    const signals = rankSignals(scores, topN, bottomN);
    const distinct = [...new Set(scores.map(({ score }) => score + 0))]
      .sort((a, b) => b - a);
    for (const { rank, score } of signals) equal(distinct[rank - 1], score + 0);
    deepEqual(
      signals.map((signal) => signal.symbol).sort(),
      scores.map((score) => score.symbol).sort(),
    );
  }));
});

Deno.test("the scale is 0.02 around 0, or nothing, and keeps the order", () => {
  fc.assert(fc.property(anyScores, (scores) => {
    fc.pre(scores.length > 1);
    const values = rankSignals(scores, 0, 0)
      .map((signal) => signal.predictedReturn);
    const mean = sum(values) / values.length;
    const std = Math.sqrt(sum(values.map((v) => v * v)) / values.length);
    ok(isClose(mean, 0), `mean ${mean}`);
    ok(std === 0 || isClose(std, PREDICTED_RETURN_STD), `std ${std}`);
    deepEqual(values, values.toSorted((a, b) => b - a));
  }));
});

Deno.test("without ties the order of the request is no matter", () => {
  const distinct = fc.uniqueArray(fc.integer({ min: -1000, max: 1000 }), {
    minLength: 2,
    maxLength: 30,
  });
  fc.assert(fc.property(
    distinct.chain((scores) =>
      fc.tuple(
        fc.constant(scored(...scores)),
        fc.shuffledSubarray(scored(...scores), { minLength: scores.length }),
      )
    ),
    ([given, shuffled]) => {
      const [a, b] = [given, shuffled].map((scores) =>
        rankSignals(scores, 1, 1).map(({ predictedReturn, ...signal }) => ({
          ...signal,
          predictedReturn: predictedReturn.toFixed(12),
        }))
      );
      deepEqual(a, b);
    },
  ));
});

const DEFAULTS = { topN: 3, bottomN: 3 };

Deno.test("default ends shrink to what there are symbols for", () => {
  const cases = [
    [1, 0, 0],
    [2, 1, 1],
    [3, 1, 1],
    [5, 2, 2],
    [6, 3, 3],
    [100, 3, 3],
  ] as const;
  for (const [count, topN, bottomN] of cases) {
    deepEqual(chooseEnds(count, {}, DEFAULTS), { topN, bottomN });
  }
});

Deno.test("default ends that fit do not shrink, however uneven", () => {
  deepEqual(chooseEnds(5, {}, { topN: 5, bottomN: 0 }), {
    topN: 5,
    bottomN: 0,
  });
  deepEqual(chooseEnds(5, {}, { topN: 1, bottomN: 4 }), {
    topN: 1,
    bottomN: 4,
  });
});

Deno.test("the larger of two uneven defaults shrinks first", () => {
  deepEqual(chooseEnds(5, {}, { topN: 9, bottomN: 2 }), {
    topN: 3,
    bottomN: 2,
  });
  deepEqual(chooseEnds(5, {}, { topN: 9, bottomN: 4 }), {
    topN: 2,
    bottomN: 2,
  });
});

Deno.test("the end that is left open takes what the other leaves", () => {
  deepEqual(chooseEnds(5, { topN: 4 }, DEFAULTS), { topN: 4, bottomN: 1 });
  deepEqual(chooseEnds(5, { bottomN: 5 }, DEFAULTS), { topN: 0, bottomN: 5 });
  deepEqual(chooseEnds(9, { topN: 0 }, DEFAULTS), { topN: 0, bottomN: 3 });
});

Deno.test("what is asked for is kept, or refused when it is too much", () => {
  deepEqual(chooseEnds(2, { topN: 1, bottomN: 1 }, DEFAULTS), {
    topN: 1,
    bottomN: 1,
  });
  deepEqual(chooseEnds(2, { topN: 0, bottomN: 0 }, DEFAULTS), {
    topN: 0,
    bottomN: 0,
  });
  equal(chooseEnds(2, { topN: 2, bottomN: 1 }, DEFAULTS), undefined);
  equal(chooseEnds(2, { topN: 3 }, DEFAULTS), undefined);
  equal(chooseEnds(2, { bottomN: 3 }, DEFAULTS), undefined);
});

Deno.test("chosen ends never overlap, and defaults never make a refusal", () => {
  const end = fc.nat(20);
  fc.assert(fc.property(
    fc.integer({ min: 1, max: 20 }),
    fc.record({ topN: end, bottomN: end }, { requiredKeys: [] }),
    fc.record({ topN: end, bottomN: end }),
    (count, asked, defaults) => {
      const ends = chooseEnds(count, asked, defaults);
      const least = (asked.topN ?? 0) + (asked.bottomN ?? 0);
      equal(ends === undefined, least > count);
      if (!ends) return;
      ok(ends.topN + ends.bottomN <= count);
      equal(ends.topN, asked.topN ?? Math.min(ends.topN, defaults.topN));
      equal(
        ends.bottomN,
        asked.bottomN ?? Math.min(ends.bottomN, defaults.bottomN),
      );
    },
  ));
});
