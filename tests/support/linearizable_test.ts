/**
 * The judge condemns what is known to be wrong and nothing else, as a search
 * through all orders confirms.
 *
 * @module
 */
import fc from "fast-check";
import { deepEqual, equal, ok } from "./assert.ts";
import type { Operation } from "./history.ts";
import { BAD, type Case, GOOD, KEY, read, write } from "./known_histories.ts";
import { judge, type Rule } from "./linearizable.ts";
import { isLinearizable, registerSteps } from "./linearization_search.ts";

/** What the judge says of a case, and what the search does. */
function ask({ operations, final }: Case) {
  const violations = judge(operations, final && new Map([[KEY, final]]));
  const all = [...operations];
  if (final) {
    const { value, version } = final;
    all.push(read("the end", [Infinity, Infinity], value, version));
  }
  return { violations, found: isLinearizable(registerSteps(all), undefined) };
}

for (const [name, bad] of Object.entries(BAD)) {
  Deno.test(`judge: condemns ${name}`, () => {
    const { violations, found } = ask(bad);
    deepEqual([...new Set(violations.map(({ rule }) => rule))], bad.rules);
    for (const { key } of violations) equal(key, KEY);
    equal(found, bad.onlyVersionsTell ?? false);
  });
}

for (const [name, good] of Object.entries(GOOD)) {
  Deno.test(`judge: accepts ${name}`, () => {
    deepEqual(ask(good), { violations: [], found: true });
  });
}

Deno.test("judge: says who saw what after which", () => {
  const { violations: [violation] } = ask(BAD["a lost write"]!);
  equal(
    violation?.message,
    "the end read k = x at version 1 after a wrote k = y at version 2 at 2 to 3 ms",
  );
});

Deno.test("judge: keys are apart, save that one order holds all commits", () => {
  const at = (key: string, operation: Operation) => ({ ...operation, key });
  const good = [
    at("k", write("a", [0, 1], "x", 1)),
    at("l", write("a", [2, 3], "x", 2)),
    at("k", read("b", [4, 5], "x", 1)),
    at("l", read("b", [4, 5], "x", 2)),
  ];
  deepEqual(judge(good), []);
  const rulesOf = (operations: Operation[]) =>
    judge(operations).map(({ rule, key }) => `${rule} ${key}`);
  const early = at("l", write("a", [4, 5], "y", 3));
  const late = at("k", write("a", [6, 7], "z", 2.5));
  deepEqual(rulesOf([...good, early, late]), ["order k"]);
  const twin = at("m", write("a", [0, 9], "x", 2));
  deepEqual(rulesOf([...good, twin]), ["one value m", "own version m"]);
});

/** An operation of a real register, with what may then be changed in it. */
const arbitraryStep = fc.record({
  start: fc.nat(30),
  before: fc.nat(4),
  after: fc.nat(4),
  isRead: fc.boolean(),
  value: fc.constantFrom("x", "y", "z"),
  outcome: fc.constantFrom("ok", "ok", "ok", "unknown", "failed"),
  verified: fc.constantFrom(true, true, true, false),
});
type ArbitraryStep = typeof arbitraryStep extends fc.Arbitrary<infer T> ? T
  : never;

/** What clients of a real register are told; it acts amid each call. */
function runRegister(steps: readonly ArbitraryStep[]): Operation[] {
  const told: Operation[] = [];
  let [value, version]: [string | undefined, number] = [undefined, 0];
  const acts = steps.toSorted((a, b) =>
    a.start + a.before - (b.start + b.before)
  );
  for (const [i, step] of acts.entries()) {
    const times = [step.start, step.start + step.before + step.after] as const;
    if (step.isRead) {
      told.push(read(`c${i}`, times, value, version, step.verified));
    } else if (step.outcome === "ok") {
      [value, version] = [step.value, version + 1];
      told.push(write(`c${i}`, times, value, version));
    } else {
      const happened = step.outcome === "unknown" && step.verified;
      if (happened) [value, version] = [step.value, version + 1];
      const outcome = step.outcome === "unknown" ? "unknown" : "failed";
      told.push(write(`c${i}`, times, step.value, outcome));
    }
  }
  return told;
}

const arbitraryHistory = fc.array(arbitraryStep, { maxLength: 10 }).map(
  runRegister,
);

/** Some answers and outcomes are other ones than they were. */
const arbitraryLie = fc.tuple(
  arbitraryHistory,
  fc.array(
    fc.record({
      which: fc.nat(9),
      value: fc.constantFrom("x", "y", "z", undefined),
      version: fc.integer({ min: 0, max: 5 }),
      outcome: fc.constantFrom(
        "unknown" as const,
        "failed" as const,
        undefined,
      ),
      shift: fc.integer({ min: -6, max: 6 }),
    }),
    { minLength: 1, maxLength: 2 },
  ),
).map(([history, lies]) => {
  const told = [...history];
  for (const { which, value, version, outcome, shift } of lies) {
    const was = told[which];
    if (!was) continue;
    const { client } = was;
    const times = [was.start + shift, was.end + shift] as const;
    if (was.kind === "write") {
      const other = was.outcome === "ok" ? version : outcome ?? version;
      told[which] = write(client, times, value ?? was.value, other);
    } else if (was.outcome === "ok") {
      told[which] = read(client, times, value, version, was.verified);
    }
  }
  return told;
});

Deno.test("judge: accepts whatever a real register tells, and so does the search", () => {
  fc.assert(
    fc.property(arbitraryHistory, (operations) => {
      deepEqual(ask({ operations }), { violations: [], found: true });
    }),
    { numRuns: 2000 },
  );
});

Deno.test("judge: what it accepts, the search finds an order for", () => {
  let accepted = 0;
  const neededAlone = new Set<Rule>();
  fc.assert(
    fc.property(arbitraryLie, (operations) => {
      const { violations, found } = ask({ operations });
      if (violations.length === 0) {
        accepted++;
        ok(found);
      }
      const rules = new Set(violations.map(({ rule }) => rule));
      if (rules.size === 1 && !found) rules.forEach((r) => neededAlone.add(r));
    }),
    { numRuns: 10_000, seed: 1 },
  );
  ok(accepted > 500, `it accepted ${accepted}`);
  const rules: Rule[] = ["failed", "one value", "order", "written"];
  deepEqual([...neededAlone].toSorted(), rules);
});

Deno.test("judge: a long history does not take long", () => {
  const operations: Operation[] = [];
  for (let i = 0; i < 50_000; i++) {
    operations.push(write("a", [4 * i, 4 * i + 3], `${i}`, i + 1));
    operations.push(read("b", [4 * i + 1, 4 * i + 5], `${i}`, i + 1));
  }
  const began = performance.now();
  deepEqual(judge(operations), []);
  operations.push(read("b", [200_001, 200_002], "49998", 49_999));
  equal(judge(operations).length, 1);
  ok(performance.now() - began < 5_000);
});
