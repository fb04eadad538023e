/**
 * Which JSON values can be kept as they came.
 *
 * @module
 */
import fc from "fast-check";
import { isJsonObject, jsonFault } from "../../domain/json_value.ts";
import { deepEqual, equal, match, ok } from "../support/assert.ts";

Deno.test("only an object is an object", () => {
  ok(isJsonObject({}));
  for (const other of [null, [], "x", 1, undefined]) ok(!isJsonObject(other));
});

Deno.test("numbers that lose nothing are kept", () => {
  for (
    const text of [
      "0",
      "-0",
      "1.5",
      "-2.5e-300",
      "9007199254740991",
      "-9007199254740991",
      "4503599627370495.5",
    ]
  ) {
    equal(jsonFault(JSON.parse(`{"n":${text}}`)), undefined, text);
  }
});

Deno.test("numbers that may lose digits are told, with where they stand", () => {
  for (
    const text of [
      "9007199254740992",
      "9007199254740993",
      "-9007199254740993",
      "123456789012345678901234567890",
      "1e22",
    ]
  ) {
    const fault = jsonFault(JSON.parse(`{"a":[0,{"n":${text}}]}`));
    deepEqual(fault?.path, ["a", 1, "n"], text);
    match(fault!.message, /beyond 9007199254740991.*1e22.*give it as a text$/);
  }
  deepEqual(jsonFault(JSON.parse("[1,1e400]"))?.path, [1]);
});

Deno.test("64 levels are kept, and one more is a fault of the whole", () => {
  const nested = (levels: number) =>
    JSON.parse("[".repeat(levels) + "]".repeat(levels));
  equal(jsonFault(nested(64)), undefined);
  deepEqual(jsonFault(nested(65)), {
    path: [],
    message: "must not be nested more than 64 levels deep",
  });
});

Deno.test("whatever is kept has no integer that another text stands for too", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }), (n) => {
      const read = JSON.parse(`{"n":${n}}`);
      if (jsonFault(read) === undefined) equal(BigInt(read.n), n);
    }),
  );
});
