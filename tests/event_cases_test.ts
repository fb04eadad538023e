/**
 * The cases that events are held to: each has a law, on every adapter.
 *
 * @module
 */
import {
  EVENT_CASE_TESTS,
  EVENT_CASES,
  SUITES,
} from "./contracts/event_cases.ts";
import { deepEqual, equal, ok } from "./support/assert.ts";
import { needs } from "./support/needs.ts";

/** How many cases there are. */
const CASES = 28;

/** Which file runs the suites of which adapter, and by what name. */
const ADAPTERS = {
  memory: "memory",
  sqlite: "sqlite",
  postgres: "postgres",
  "postgres + redis": "composition",
};

/** The arguments of the first call in `text` that begins with `start`. */
function argumentsOf(start: string, text: string): string[] | undefined {
  const from = text.indexOf(start);
  if (from < 0) return undefined;
  const found = [""];
  let depth = 0;
  for (const char of text.slice(text.indexOf("(", from))) {
    if ("([{".includes(char)) depth++;
    if (")]}".includes(char) && --depth === 0) break;
    if (char === "," && depth === 1) found.push("");
    else found[found.length - 1] += char;
  }
  return found.filter((argument) => argument.trim() !== "");
}

Deno.test("event cases: a suite that waives a law is told from one that does not", () => {
  const argumentsIn = (text: string) => argumentsOf("suite(name", text)?.length;
  equal(argumentsIn("suite(name, async () => {\n  return f(a, b);\n});"), 2);
  equal(argumentsIn("suite(\n  name,\n  open,\n);"), undefined);
  equal(argumentsIn("suite(name, open,\n);"), 2);
  equal(argumentsIn("suite(name, open, WAIVED);"), 3);
  equal(argumentsIn('suite(name, open, { "a, b": "why" });'), 3);
});

Deno.test(`event cases: all ${CASES} have a law that exists`, () => {
  const cases = Object.entries(EVENT_CASES);
  equal(cases.length, CASES);
  cases.forEach(([name, laws], i) => {
    ok(laws.length > 0, name);
    for (const [suite, law] of laws) {
      ok(law in SUITES[suite], `${law} is no law of ${suite}`);
      console.log(`${i + 1} ${name}: ${law} (${suite})`);
    }
  });
});

if (await needs(import.meta.url, ["read"])) {
  Deno.test("event cases: a test that is named beside the laws exists", async () => {
    for (const [name, tests] of Object.entries(EVENT_CASE_TESTS)) {
      ok(name in EVENT_CASES, name);
      for (const [file, test] of tests) {
        const text = await Deno.readTextFile(file);
        ok(text.includes(`Deno.test("${test}"`), `${file} has no "${test}"`);
        console.log(`${name}: ${test} (${file})`);
      }
    }
  });

  Deno.test("event cases: every suite of them is run by memory, SQLite, Postgres, and Postgres with Redis, with no law waived", async () => {
    const texts: string[] = [];
    for await (const { name } of Deno.readDir("tests/adapters")) {
      texts.push(await Deno.readTextFile(`tests/adapters/${name}`));
    }
    const composition = await Deno.readTextFile("tests/composition_test.ts");
    const missing: string[] = [];
    for (const suite of Object.keys(SUITES)) {
      for (const [adapter, where] of Object.entries(ADAPTERS)) {
        const calls = where === "composition"
          ? [argumentsOf(`${suite}(name,`, composition)]
          : texts.map((text) => argumentsOf(`${suite}("${where}"`, text));
        const isRun = calls.some((given) => given?.length === 2);
        if (!isRun) missing.push(`${suite} by ${adapter}`);
      }
    }
    deepEqual(missing, []);
  });
}
