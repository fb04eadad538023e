/**
 * Where a text stops being JSON.
 *
 * @module
 */
import fc from "fast-check";
import { findJsonFault } from "../../src/http/json_fault.ts";
import { deepEqual, equal } from "../support/assert.ts";

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Where the first fault stands, and what is expected there. */
function place(text: string): string {
  const fault = findJsonFault(text);
  return fault ? `${fault.line}:${fault.column} ${fault.expected}` : "none";
}

Deno.test("the first fault is found", () => {
  for (
    const [text, expected] of [
      ["", "1:1 a value"],
      ["  ", "1:3 a value"],
      ["x", "1:1 a value"],
      ["nul", "1:1 a value"],
      ["nullx", "1:1 a value"],
      ["01", "1:1 a value"],
      ["-", "1:1 a value"],
      ["1.", "1:1 a value"],
      ["[1,]", "1:4 a value"],
      ["[,1]", "1:2 a value or ]"],
      ["[1 2]", "1:4 , or ]"],
      ["[1}", "1:3 , or ]"],
      ["{a:1}", "1:2 a name in double quotes or }"],
      ["{'a':1}", "1:2 a name in double quotes or }"],
      ['{"a":1,}', "1:8 a name in double quotes"],
      ['{"a" 1}', "1:6 :"],
      ['{"a":}', "1:6 a value"],
      ['{"a":1]', "1:7 , or }"],
      ["{}\n {", "2:2 the end"],
      ["\n\n[\n1,\n", "5:1 a value"],
      ['"a\nb"', "1:3 the end of the text in quotes"],
      ['"\\x"', "1:3 the end of the text in quotes"],
      ['"\\u12g4"', "1:3 the end of the text in quotes"],
      ['"abc', "1:5 the end of the text in quotes"],
      ["[".repeat(100_000), "1:100001 a value or ]"],
    ]
  ) equal(place(text!), expected, JSON.stringify(text!.slice(0, 20)));
});

Deno.test("what stands at the fault is shown", () => {
  deepEqual(findJsonFault("[1,\n😀]"), {
    line: 2,
    column: 1,
    found: '"😀"',
    expected: "a value",
  });
  equal(findJsonFault("[")?.found, "the end");
});

Deno.test("a fault is found exactly where JSON.parse finds one", () => {
  const nearJson = fc.json({ maxDepth: 4 }).chain((text) =>
    fc.tuple(
      fc.nat(text.length),
      fc.nat(3),
      fc.string({
        maxLength: 3,
        unit: fc.constantFrom(...'{}[],:"\\ 01-.eEtrufalsn\n\t'),
      }),
    ).map(([at, cut, put]) => text.slice(0, at) + put + text.slice(at + cut))
  );
  fc.assert(
    fc.property(nearJson, (text) => {
      equal(findJsonFault(text) === undefined, isJson(text), text);
    }),
    { numRuns: 5000 },
  );
});
