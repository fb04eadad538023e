/**
 * The judge of numbers lets right histories pass, and finds each kind of wrong.
 *
 * @module
 */
import { deepEqual, equal } from "../support/assert.ts";
import { type Bounds, type Issued, judgeNumbers } from "./judge.ts";

/** Answers one after the other, such as `x 1-3`; the process is `x` or `y`. */
function historyOf(text: string, more: Partial<Issued> = {}): Issued[] {
  return text.split(", ").map((one, i) => {
    const [, process, first, last] = /^(\w) (-?\d+)-(-?\d+)$/.exec(one)!;
    return {
      series: "ann 20260105",
      count: Number(last) - Number(first) + 1,
      first: Number(first),
      last: Number(last),
      caller: `caller of ${process}`,
      instance: process!,
      process,
      began: 10 * i,
      ended: 10 * i + 5,
      ...more,
    };
  });
}

function rulesOf(
  issued: readonly Issued[],
  bounds: Partial<Bounds> = {},
): string[] {
  return judgeNumbers(issued, { lost: 0, ...bounds }).violations
    .map(({ rule }) => rule);
}

Deno.test("numbers: a history without a fault passes", () => {
  const issued = historyOf("x 1-3, y 4-4, x 5-9");
  deepEqual(rulesOf(issued), []);
  deepEqual(rulesOf(issued, { given: new Map([["ann 20260105", 9]]) }), []);
  const verdict = judgeNumbers(issued, { lost: 0 });
  equal(verdict.issued, 9);
  equal(verdict.skipped, 0);
  deepEqual(verdict.repeatedAt, []);
  deepEqual([...verdict.highest], [["ann 20260105", 9]]);
});

Deno.test("numbers: what comes twice is found, to whomever, whenever", () => {
  for (
    const text of [
      "x 1-1, y 1-1",
      "x 1-9, y 3-3, x 10-12",
      "x 4-6, y 6-8, y 1-1",
      "x 1-9, x 10-12, y 8-10",
    ]
  ) {
    const found = rulesOf(historyOf(text));
    equal(found.includes("repeat"), true, text);
  }
  const verdict = judgeNumbers(historyOf("x 1-9, x 10-12, y 8-10"), {
    lost: 0,
  });
  equal(verdict.repeats, 3);
  deepEqual(verdict.repeatedAt, [25, 25]);
});

Deno.test("numbers: the same number of another user or day is no repeat", () => {
  const other = historyOf("x 1-3", { series: "bob 20260105" });
  deepEqual(rulesOf([...historyOf("x 1-3"), ...other]), []);
});

Deno.test("numbers: a process that falls back is found; two processes may", () => {
  deepEqual(rulesOf(historyOf("x 4-6, x 1-3")), ["fall"]);
  // Not only below the one just before.
  deepEqual(rulesOf(historyOf("x 7-9, y 1-3, x 4-6")), ["fall"]);
  deepEqual(rulesOf(historyOf("x 4-6, y 1-3")), []);
  equal(judgeNumbers(historyOf("x 4-6, y 1-3"), { lost: 0 }).fallsBetween, 1);
});

Deno.test("numbers: of answers under way at the same time either may be the higher", () => {
  const [high, low] = historyOf("x 4-6, x 1-3");
  deepEqual(rulesOf([high!, { ...low!, began: 4 }]), []);
});

Deno.test("numbers: of an answer from nobody knows where only repeats are found", () => {
  const unknown = { process: undefined };
  deepEqual(rulesOf(historyOf("x 4-6, x 1-3", unknown)), []);
  deepEqual(rulesOf(historyOf("x 4-6, x 4-6", unknown)), ["repeat"]);
});

Deno.test("numbers: what is no range from 1 on is found", () => {
  deepEqual(rulesOf(historyOf("x 0-2, x 3-3")), ["range"]);
  deepEqual(rulesOf(historyOf("x 1-3", { count: 2 })), ["range"]);
  deepEqual(rulesOf(historyOf("x 1-3", { first: NaN })), ["range"]);
});

Deno.test("numbers: what the database never gave away is found", () => {
  const issued = historyOf("x 1-3, x 4-9");
  deepEqual(rulesOf(issued, { given: new Map([["ann 20260105", 8]]) }), [
    "unfounded",
  ]);
  deepEqual(rulesOf(issued, { given: new Map() }), ["unfounded", "unfounded"]);
});

Deno.test("numbers: skipped ones are counted, and too many are found", () => {
  const issued = historyOf("x 2-4, x 8-9");
  equal(judgeNumbers(issued, { lost: 0 }).skipped, 4);
  deepEqual(rulesOf(issued), []);
  deepEqual(rulesOf(historyOf("x 7-8")), []);
  deepEqual(rulesOf(historyOf("x 8-9")), ["skipped"]);
  deepEqual(rulesOf(historyOf("x 8-9"), { lost: 1 }), []);
});
