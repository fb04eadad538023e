import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { dirname } from "node:path";
import {
  createFolderTimes,
  findRunning,
  ignoredProblems,
  parseSkips,
  parseSummary,
  timeTable,
} from "../../scripts/run_tests.ts";
import { freePort } from "../../scripts/server_process.ts";
import { needs } from "../support/needs.ts";

Deno.test("runner: the summary of deno test is read", () => {
  const read = (line: string) => parseSummary(`a ... ok (1ms)\n\n${line}\n`);
  deepEqual(read("ok | 3 passed | 0 failed (12ms)"), {
    passed: 3,
    failed: 0,
    ignored: 0,
  });
  deepEqual(
    read("FAILED | 12 passed (1 step) | 2 failed (3 steps) | 1 ignored (4s)"),
    { passed: 12, failed: 2, ignored: 1 },
  );
  deepEqual(
    read("ok | 0 passed | 0 failed | 7 ignored | 2 filtered out (1ms)"),
    { passed: 0, failed: 0, ignored: 7 },
  );
  deepEqual(
    read(
      "\x1b[0m\x1b[31mFAILED\x1b[0m | 1 passed | 1 failed \x1b[0m\x1b[38;5;245m(8ms)\x1b[0m",
    ),
    { passed: 1, failed: 1, ignored: 0 },
  );
  equal(read("error: Type checking failed."), undefined);
});

Deno.test("runner: the time of each folder is measured, in whatever pieces lines come", () => {
  const times = createFolderTimes();
  times.read("Check tests/a/one_test.ts\n\x1b[0mrunning 2 te", 1000);
  times.read("sts from ./tests/a/one_test.ts\x1b[0m\nx ... ok (1ms)\n", 2000);
  times.read("running 1 test from ./tests/b/c/two_test.ts\n", 2500);
  times.read("y ... running 1 test from here\n", 9000);
  times.read("running 1 test from ./tests/a/three_test.ts\n", 12_500);
  times.end(13_000);
  times.end(99_000);
  deepEqual([...times.byFolder], [["tests/a", 1000], ["tests/b/c", 10_000]]);
  deepEqual(timeTable(times.byFolder).split("\n"), [
    "tests/b/c      10.0 s",
    "tests/a         1.0 s",
    "all of them    11.0 s",
  ]);
});

Deno.test("runner: the last summary counts, not one that a test printed", () => {
  const output = "ok | 9 passed | 0 failed (1s)\nok | 2 passed | 0 failed (1s)";
  deepEqual(parseSummary(output), { passed: 2, failed: 0, ignored: 0 });
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

Deno.test("runner: an ignored test says why at the end of its name", () => {
  const line = (name: string) => `${name} ... \x1b[33mignored\x1b[0m (0ms)\n`;
  const reasons = line("a (skipped, as no user can be found)") +
    line("tests/c_test.ts: skipped, as there is no redis");
  deepEqual(ignoredProblems(reasons, 2), []);
  deepEqual(
    ignoredProblems(reasons + line("c") + `  ${line("d (skipped, as )")}`, 5),
    [
      '"c" was ignored and does not say why',
      '"d (skipped, as )" was ignored and does not say why',
      "1 ignored tests could not be told",
    ],
  );
});

Deno.test("runner: the test that has begun and not ended is found", () => {
  const before = "running 2 tests from ./a_test.ts\na ... ok (1ms)\n";
  equal(findRunning(before), undefined);
  equal(findRunning(`${before}b ... `), '"b" of ./a_test.ts had begun');
  const said = "------- output -------\nhello\n";
  equal(
    findRunning(`${before}b ...\n  step 1 ... ok (1ms)\n  step (2) ...`),
    '"b", "step (2)" of ./a_test.ts had begun',
  );
  equal(
    findRunning(`${before}b ...\n${said}`),
    '"b" of ./a_test.ts had begun',
  );
  equal(
    findRunning(`${before}b ...\n  step 1 ... ok (1ms)\nb ... ok (2ms)\n`),
    undefined,
  );
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
    const again = lines.slice(lines.lastIndexOf("FAILED TESTS")).join("\n");
    match(again, /^fails => .*a_test\.ts:2:6$/m);
    match(again, /^error: Error: no$/m);
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

  Deno.test("runner: REQUIRE_SERVICES=1 fails for an ignored test without a reason", async () => {
    const ignored = `Deno.test.ignore("later", () => {});
      Deno.test.ignore("never (skipped, as it rains)", () => {});\n`;
    const { code, lines } = await runRunner(
      { "a_test.ts": PASSES + ignored },
      { REQUIRE_SERVICES: "1" },
    );
    const failures = lines.filter((line) => line.startsWith("FAILED"));
    equal(failures.at(-1), 'FAILED: "later" was ignored and does not say why');
    equal(failures.length, 3);
    ok(lines.includes("Ignored never (skipped, as it rains)"));
    equal(code, 1);
  });

  const HANGS = [
    ["waits", "await new Promise((resolve) => setInterval(resolve, 1e9));"],
    ["spins", "for (;;);"],
    ["says something and waits", 'console.log("so"); await hour();'],
    ["has a step that waits", 't.step("step", hour); await hour();'],
  ] as const;
  for (const [name, body] of HANGS) {
    Deno.test(`runner: a test that ${name} is named, and the run ends`, async () => {
      const hangs =
        `const hour = () => new Promise<void>((end) => void setTimeout(end, 3.6e6));
        Deno.test("hangs", async (t) => { ${body} });\n`;
      const { code, lines } = await runRunner(
        { "a_test.ts": PASSES + hangs },
        { TEST_SILENCE_S: "1" },
      );
      match(
        lines.at(-2)!,
        /^FAILED: Error: Cannot finish the tests as nothing was printed for 1 s: "hangs".* of \S+a_test\.ts had begun$/,
      );
      equal(lines.at(-1), "0 passed, 1 failed");
      equal(code, 1);
    });
  }

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
