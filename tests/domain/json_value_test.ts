/**
 * What is told of texts and values of JSON.
 *
 * @module
 */
import {
  doubleName,
  isDeeperThan,
  parseObject,
} from "../../domain/json_value.ts";
import { deepEqual, equal } from "../support/assert.ts";

const nested = (levels: number): unknown =>
  JSON.parse(`${'[{"a":'.repeat(levels / 2)}1${"}]".repeat(levels / 2)}`);

Deno.test("depth counts lists and objects, and any depth is no harm", () => {
  for (const value of [1, "x", null, true]) {
    equal(isDeeperThan(0, value), false);
  }
  for (const value of [{}, [], [1]]) {
    equal(isDeeperThan(0, value), true);
    equal(isDeeperThan(1, value), false);
  }
  equal(isDeeperThan(64, nested(64)), false);
  equal(isDeeperThan(63, nested(64)), true);
  equal(isDeeperThan(64, [1, {}, nested(66)]), true);
  equal(isDeeperThan(64, nested(200_000)), true);
  equal(isDeeperThan(64, Array.from({ length: 10_000 }, () => [[]])), false);
});

Deno.test("a name twice in one object is found, however it is written", () => {
  for (
    const [text, name] of [
      ['{"a":1,"a":2}', "a"],
      ['{"b":{"a":1},"c":[{"x" : 1 , "y":{}, "x":2}]}', "x"],
      [String.raw`{"a":1,"\u0061":2}`, "a"],
      [String.raw`{"\"":1,"\"":2}`, '"'],
      ['{"":1,"":2}', ""],
      ['{"__proto__":1,"__proto__":2}', "__proto__"],
      ['{"a":{"a":{"a":1}},"b":["a","a","a"]}', undefined],
      [String.raw`{"a":"\",\"a\":{","b":"}"}`, undefined],
      ['[{"a":1},{"a":1}]', undefined],
      ['"a"', undefined],
    ] as const
  ) {
    equal(doubleName(text), name, text);
  }
});

Deno.test("a text that is no object says nothing", () => {
  for (const text of ["", "[]", "null", "7", "{", '"{}"']) {
    equal(parseObject(text), undefined, text);
  }
  deepEqual(parseObject('{"a":[1]}'), { a: [1] });
});
