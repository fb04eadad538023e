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

/** What runs where. */
const isRunBy = (suite: string, adapter: string) => (text: string) =>
  text.includes(`${suite}("${adapter}"`);

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

  Deno.test("event cases: every suite of them is run by memory, SQLite, Postgres, and Postgres with Redis", async () => {
    const texts: string[] = [];
    for await (const { name } of Deno.readDir("tests/adapters")) {
      texts.push(await Deno.readTextFile(`tests/adapters/${name}`));
    }
    const composition = await Deno.readTextFile("tests/composition_test.ts");
    const missing: string[] = [];
    for (const suite of Object.keys(SUITES)) {
      for (const [adapter, where] of Object.entries(ADAPTERS)) {
        const isRun = where === "composition"
          ? composition.includes(`${suite}(name,`)
          : texts.some(isRunBy(suite, adapter));
        if (!isRun) missing.push(`${suite} by ${adapter}`);
      }
    }
    deepEqual(missing, []);
  });
}
