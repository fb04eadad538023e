/**
 * `deno task test`: runs the tests with everything that they need.
 *
 * Arguments are those of `deno test`, such as paths and `--filter`; without any
 * the run is a full one, which also measures coverage. `--no-services` does
 * without servers. With `REQUIRE_SERVICES=1` a skipped file is a failure, and so
 * is an ignored test that does not say why. When nothing is printed for
 * `TEST_SILENCE_S` seconds the run ends and names the test that hangs.
 *
 * @module
 */
import { dirname } from "node:path";
import { coverageProblems, coverageTable, readCoverage } from "./coverage.ts";
import {
  denoTest,
  ignoredProblems,
  parseIgnored,
  parseSkips,
  parseSummary,
  type Summary,
} from "./run_tests.ts";
import { guard } from "./server_process.ts";
import {
  howToEnable,
  openService,
  type ServiceName,
  serviceVariable,
} from "./services.ts";

const ROOT = dirname(import.meta.dirname!);
const SERVICES: readonly ServiceName[] = ["redis", "postgres"];

/** How long a run may take, even if it goes on printing. */
const RUN_TIMEOUT_MS = 20 * 60_000;

/** How long nothing may be printed: a test that hangs must not hang the run. */
const SILENCE_S = 90;

interface Run extends Summary {
  /** What is wrong apart from failed tests, one sentence each. */
  readonly problems: readonly string[];
}

async function run(args: string[], signal: AbortSignal): Promise<Run> {
  await using stack = new AsyncDisposableStack();
  const options = args.filter((arg) => arg !== "--no-services");
  const env: Record<string, string> = {};
  const missing: ServiceName[] = [];
  for (const name of SERVICES) {
    const service = args.includes("--no-services")
      ? undefined
      : await openService(name, console.log, signal);
    env[serviceVariable(name)] = service?.url ?? "";
    if (service) console.log(`${name}: from ${stack.use(service).origin}`);
    else missing.push(name);
  }
  missing.forEach(announceMissing);

  const full = options.length === 0;
  const profile = await Deno.makeTempDir({ prefix: "holdfast-coverage-" });
  stack.defer(() => Deno.remove(profile, { recursive: true }));
  stack.use(guard(`rm -rf "$1"`, profile));
  if (full) options.push(`--coverage=${profile}`, "--coverage-raw-data-only");
  const { output, success } = await denoTest({
    cwd: ROOT,
    options,
    env,
    silenceMs: 1000 * Number(Deno.env.get("TEST_SILENCE_S") || SILENCE_S),
    signal,
  });

  const problems: string[] = [];
  const summary = parseSummary(output);
  if (!summary) problems.push("deno test ended without a summary");
  else if (!success && summary.failed === 0) problems.push("deno test failed");

  const skips = parseSkips(output);
  for (const [file, reason] of skips) console.log(`Skipped ${file}: ${reason}`);
  for (const name of parseIgnored(output)) {
    if (!name.startsWith("tests/")) console.log(`Ignored ${name}`);
  }
  if (Deno.env.get("REQUIRE_SERVICES") === "1") {
    problems.push(...ignoredProblems(output, summary?.ignored ?? 0));
    const how = missing.map((name) =>
      `${name} is missing: ${howToEnable(name)}`
    );
    problems.push(...how, ...skips.keys().map((file) => `${file} was skipped`));
  }
  if (full && summary) {
    const files = await readCoverage(ROOT, profile);
    console.log(`\n${coverageTable(files)}\n`);
    const untestable = missing.map((name) => `adapters/${name}`);
    problems.push(...coverageProblems(files, untestable));
  }
  return { passed: 0, failed: 0, ignored: 0, ...summary, problems };
}

function announceMissing(name: ServiceName): void {
  console.log(
    `\nNO ${name.toUpperCase()}: the suites that need it are skipped. ` +
      `To run them, ${howToEnable(name)}.\n`,
  );
}

if (import.meta.main) {
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    Deno.addSignalListener(signal, () => stop.abort(`stopped by ${signal}`));
  }
  setTimeout(() => stop.abort("the run took too long"), RUN_TIMEOUT_MS);
  const { passed, failed, problems } = await run(Deno.args, stop.signal)
    .catch((error) => ({ passed: 0, failed: 0, problems: [`${error}`] }));
  for (const problem of problems) console.log(`FAILED: ${problem}`);
  const failures = failed + problems.length;
  console.log(`${passed} passed, ${failures} failed`);
  Deno.exit(failures === 0 ? 0 : 1);
}
