/**
 * How feature vectors are written and read back, and what a scope holds.
 *
 * @module
 */
import fc from "fast-check";
import {
  decodeFeatures,
  encodeFeatures,
  type FeatureKey,
  type FeatureScope,
  isInScope,
} from "../../domain/feature.ts";
import { parseSymbol } from "../../domain/symbol.ts";
import { parseTradingDate } from "../../domain/trading_date.ts";
import { deepEqual, equal } from "../support/assert.ts";

const names = (count: number) =>
  Array.from({ length: count }, (_, i) => `F${i}`);

const encode = (...values: number[]) =>
  encodeFeatures(names(values.length), Float64Array.from(values));

const decode = (
  json: string,
  count: number,
) => [...decodeFeatures(names(count), json)];

Deno.test("a vector is one JSON object in feature order", () => {
  equal(encode(0.1, -2, 3e-9), '{"F0":0.1,"F1":-2,"F2":3e-9}');
  equal(encode(), "{}");
});

Deno.test("what is not a number is null", () => {
  equal(
    encode(NaN, Infinity, -Infinity, 1),
    '{"F0":null,"F1":null,"F2":null,"F3":1}',
  );
});

Deno.test("a zero has no sign", () => {
  equal(encode(-0), '{"F0":0}');
});

Deno.test("null and what is not there are NaN", () => {
  deepEqual(decode('{"F1":null,"F2":7}', 4), [NaN, NaN, 7, NaN]);
  deepEqual(decode("{}", 2), [NaN, NaN]);
});

Deno.test("names are looked up, whatever their order and company", () => {
  deepEqual(decode('{"other":9,"F1":1,"F0":0.5}', 2), [0.5, 1]);
});

Deno.test("every double comes back as it was, or as NaN where not finite", () => {
  fc.assert(
    fc.property(fc.array(fc.double(), { maxLength: 40 }), (values) => {
      const json = encode(...values);
      deepEqual(Object.keys(JSON.parse(json)), names(values.length));
      deepEqual(
        decode(json, values.length),
        values.map((value) => Number.isFinite(value) ? value + 0 : NaN),
      );
      equal(encode(...decode(json, values.length)), json);
    }),
    { numRuns: 1000 },
  );
});

Deno.test("the ends of the range of doubles come back as they were", () => {
  const { EPSILON, MAX_VALUE, MIN_VALUE, MAX_SAFE_INTEGER } = Number;
  const extremes = [
    MAX_VALUE,
    -MAX_VALUE,
    MIN_VALUE,
    2.2250738585072014e-308,
    EPSILON,
    1 + EPSILON,
    MAX_SAFE_INTEGER,
    0.1 + 0.2,
    1e21,
    1e-7,
    5e-324,
  ];
  deepEqual(decode(encode(...extremes), extremes.length), extremes);
});

const [A, B] = ["AAA", "BBB"].map(parseSymbol);
const [MON, TUE] = ["2026-01-05", "2026-01-06"].map(parseTradingDate);
const KEYS = [A!, B!].flatMap((symbol): FeatureKey[] => [
  { symbol, date: MON! },
  { symbol, date: TUE! },
]);

Deno.test("a scope holds what its symbol and date name, or all", () => {
  const held = (scope: FeatureScope) =>
    KEYS.filter((key) => isInScope(key, scope));
  deepEqual(held({}), KEYS);
  deepEqual(held({ symbol: A! }), [KEYS[0], KEYS[1]]);
  deepEqual(held({ date: TUE! }), [KEYS[1], KEYS[3]]);
  deepEqual(held({ symbol: B!, date: MON! }), [KEYS[2]]);
  deepEqual(held({ symbol: parseSymbol("CCC") }), []);
});
