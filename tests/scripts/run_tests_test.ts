import { deepEqual, equal, match, ok } from "node:assert/strict";
import { dirname } from "node:path";
import { parseSkips, parseSummary } from "../../scripts/run_tests.ts";
import { freePort } from "../../scripts/server_process.ts";
import { needs } from "../support/needs.ts";

Deno.test("runner: the summary of deno test is read", () => {
  const read = (line: string) => parseSummary(`a ... ok (1ms)\n\n${line}\n`);
  deepEqual(read("ok | 3 passed | 0 failed (12ms)"), { passed: 3, failed: 0 });
  deepEqual(
    read("FAILED | 12 passed (1 step) | 2 failed (3 steps) | 1 ignored (4s)"),
    { passed: 12, failed: 2 },
  );
  deepEqual(
    read("ok | 0 passed | 0 failed | 7 ignored | 2 filtered out (1ms)"),
    { passed: 0, failed: 0 },
  );
  deepEqual(
    read(
      "\x1b[0m\x1b[31mFAILED\x1b[0m | 1 passed | 1 failed \x1b[0m\x1b[38;5;245m(8ms)\x1b[0m",
    ),
    { passed: 1, failed: 1 },
  );
  equal(read("error: Type checking failed."), undefined);
});

Deno.test("runner: the last summary counts, not one that a test printed", () => {
  const output = "ok | 9 passed | 0 failed (1s)\nok | 2 passed | 0 failed (1s)";
  deepEqual(parseSummary(output), { passed: 2, failed: 0 });
});

Deno.test("runner: files that skipped themselves are read, once each", () => {
  const line = "tests/adapters/redis_test.ts: skipped, as there is no redis";
  const output = [
    line,
    `\x1b[0m${line} ... \x1b[33mignored\x1b[0m (0ms)`,
    "adapters: a law (waived: it has no clock) ... ignored (0ms)",
  ].join("\n");
  deepEqual([...parseSkips(output)], [
    ["tests/adapters/redis_test.ts", "there is no redis"],
  ]);
});

interface Ended {
  readonly code: number;
  readonly lines: string[];
}

/** Runs the runner on files made for it; without servers unless named. */
async function runRunner(
  files: Record<string, string>,
  env: Record<string, string> = {},
  flags: string[] = ["--no-services"],
): Promise<Ended> {
  const folder = await Deno.makeTempDir();
  try {
    const paths: string[] = [];
    for (const [name, text] of Object.entries(files)) {
      paths.push(`${folder}/${name}`);
      await Deno.writeTextFile(`${folder}/${name}`, text);
    }
    const permissions = ["read", "write", "net", "run", "env", "sys"];
    const root = dirname(dirname(import.meta.dirname!));
    const command = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        ...permissions.map((name) => `--allow-${name}`),
        `${root}/scripts/test.ts`,
        ...flags,
        ...paths,
      ],
      env: { REQUIRE_SERVICES: "", ...env },
      stderr: "null",
    });
    const { code, stdout } = await command.output();
    const lines = new TextDecoder().decode(stdout).trimEnd().split("\n");
    return { code, lines };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const PASSES = `Deno.test("passes", () => {});\n`;
const FAILS = `Deno.test("fails", () => { throw new Error("no"); });\n`;

if (await needs(import.meta.url, ["read", "write", "net", "run", "env"])) {
  Deno.test("runner: passing tests end with their number", async () => {
    const { code, lines } = await runRunner({ "a_test.ts": PASSES });
    equal(lines.at(-1), "1 passed, 0 failed");
    equal(code, 0);
    ok(
      lines.some((line) => /^NO POSTGRES: .*set TEST_DATABASE_URL/.test(line)),
    );
  });

  Deno.test("runner: a failing test fails the run", async () => {
    const { code, lines } = await runRunner({
      "a_test.ts": PASSES + FAILS,
      "b_test.ts": PASSES,
    });
    equal(lines.at(-1), "2 passed, 1 failed");
    equal(code, 1);
  });

  Deno.test("runner: a test that leaks fails the run", async () => {
    const leak = `Deno.test("leaks", () => { setTimeout(() => {}, 5000); });\n`;
    const { code, lines } = await runRunner({ "a_test.ts": leak });
    equal(lines.at(-1), "0 passed, 1 failed");
    equal(code, 1);
  });

  Deno.test("runner: a crash before the summary fails the run", async () => {
    const { code, lines } = await runRunner({ "a_test.ts": "syntax error" });
    deepEqual(lines.slice(-2), [
      "FAILED: deno test ended without a summary",
      "0 passed, 1 failed",
    ]);
    equal(code, 1);
  });

  Deno.test("runner: REQUIRE_SERVICES=1 fails for what is missing or skipped", async () => {
    const skips = `console.log("tests/x_test.ts: skipped, as it rains");\n`;
    const { code, lines } = await runRunner(
      { "a_test.ts": skips + PASSES },
      { REQUIRE_SERVICES: "1" },
    );
    const failures = lines.filter((line) => line.startsWith("FAILED"));
    match(failures[0]!, /redis is missing: set TEST_REDIS_URL/);
    match(failures[1]!, /postgres is missing: set TEST_DATABASE_URL/);
    deepEqual(failures.slice(2), ["FAILED: tests/x_test.ts was skipped"]);
    equal(lines.at(-1), "1 passed, 3 failed");
    equal(code, 1);
  });

  Deno.test("runner: without REQUIRE_SERVICES a skip is told and no failure", async () => {
    const skips = `console.log("tests/x_test.ts: skipped, as it rains");\n`;
    const { code, lines } = await runRunner({ "a_test.ts": skips + PASSES });
    ok(lines.includes("Skipped tests/x_test.ts: it rains"));
    equal(lines.at(-1), "1 passed, 0 failed");
    equal(code, 0);
  });

  Deno.test("runner: an address at which nothing answers fails the run", async () => {
    const host = `127.0.0.1:${freePort()}`;
    const { code, lines } = await runRunner(
      { "a_test.ts": PASSES },
      { TEST_REDIS_URL: `redis://${host}` },
      [],
    );
    deepEqual(lines.slice(-2), [
      `FAILED: Error: Cannot use TEST_REDIS_URL as nothing answers at ${host}`,
      "0 passed, 1 failed",
    ]);
    equal(code, 1);
  });
}
