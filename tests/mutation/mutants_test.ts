/**
 * Mutants: which changes are made of a program, and that it shows whether a
 * test notices.
 *
 * @module
 */
import { deepEqual, equal, ok } from "../support/assert.ts";
import { needs } from "../support/needs.ts";
import { AREAS } from "./areas.ts";
import { mutantsOf, mutate } from "./mutants.ts";
import { runMutants } from "./run.ts";

/** The programs that changing `text` in one place gives. */
const changed = (text: string) =>
  mutantsOf(text).map((mutant) => mutate(text, mutant));

Deno.test("operators, conditions, values and statements are changed one at a time", () => {
  const cases: Record<string, readonly string[]> = {
    "a < b": ["a <= b;", "a >= b;"],
    "a === b": ["a !== b;"],
    "a && !b": ["a || !b;", "a && (b);"],
    "x += y - 2": ["x -= y - 2;", "x += y + 2;"],
    "x = true": ["x = false;"],
    "x = 0": ["x = 1;"],
    "f(x)": [],
  };
  for (const [text, expected] of Object.entries(cases)) {
    deepEqual(changed(`${text};`), [";", ...expected], text);
  }
  deepEqual(changed("if (a) f();"), [
    "if (true) f();",
    "if (false) f();",
    "if (a) ;",
  ]);
  deepEqual(changed("const f = () => { return x; };"), [
    "const f = () => { return undefined; };",
  ]);
  deepEqual(changed("const x = a ? b : c;"), [
    "const x = true ? b : c;",
    "const x = false ? b : c;",
  ]);
  deepEqual(changed("throw new Error(a + b);"), [";"]);
});

Deno.test("types, imports, texts and what only tells people are left alone", () => {
  for (
    const text of [
      'import { a } from "./a.ts";',
      "type T = true | 0;",
      "interface I { readonly a: false }",
      'const message = "a" + b + `c`;',
      'telemetry.log("warn", "it is " + 1);',
    ]
  ) deepEqual(changed(text), [], text);
});

if (await needs(import.meta.url, ["read", "write", "run", "env"])) {
  Deno.test("a mutant is noticed by the tests of its code, and by no others", async () => {
    const breaker = AREAS.find(({ name }) => name === "breaker")!;
    const elsewhere = {
      ...breaker,
      tests: ["tests/domain/order_state_test.ts"],
    };
    const fates: string[] = [];
    for (const area of [breaker, elsewhere]) {
      const run = await runMutants({
        areas: [area],
        seed: 5,
        most: 1,
        signal: AbortSignal.timeout(120_000),
      });
      ok(run.all > 30, `${run.all} mutants`);
      fates.push(run.tried[0]!.fate);
    }
    deepEqual(fates, ["noticed", "survived"]);
  });

  Deno.test("what is mutated is there, and has tests", async () => {
    for (const { code, tests } of AREAS) {
      for (const path of [...code, ...tests]) await Deno.stat(path);
    }
    equal(AREAS.length, 4);
  });
}
