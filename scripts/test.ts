/**
 * `deno task test`: runs the tests with everything that they need.
 *
 * Arguments are those of `deno test`, such as paths and `--filter`; without any
 * the run is a full one, in two lanes side by side, which also measures coverage. `--no-services` does
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
  printAll,
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

/** Tests that run side by side with others. */
interface Lane {
  /** Arguments of `deno test`. */
  readonly options: readonly string[];
  /** Whether it lets another lane go first, and prints when that has ended. */
  readonly isBehind: boolean;
}

/**
 * Where tests wait for servers, processes and clocks rather than for a processor.
 * They run beside all others, which let them go first; coverage is not measured,
 * as that would make the services slow that they start.
 */
const WAITING = [
  "tests/e2e",
  "tests/event_faults",
  "tests/faults",
  "tests/load",
  "tests/mutation",
  "tests/number_faults",
  "tests/order_faults",
  "tests/settings_fleet",
  "tests/upgrade",
];

function fullLanes(profile: string): readonly Lane[] {
  const coverage = [`--coverage=${profile}`, "--coverage-raw-data-only"];
  return [
    { options: WAITING, isBehind: false },
    {
      options: ["tests", `--ignore=${WAITING}`, ...coverage],
      isBehind: true,
    },
  ];
}

async function run(args: string[], signal: AbortSignal): Promise<Run> {
  await using stack = new AsyncDisposableStack();
  const options = args.filter((arg) => arg !== "--no-services");
  const full = options.length === 0;
  const profile = await Deno.makeTempDir({ prefix: "holdfast-coverage-" });
  stack.defer(() => Deno.remove(profile, { recursive: true }));
  stack.use(guard(`rm -rf "$1"`, profile));
  const lanes = full
    ? fullLanes(profile)
    : [{ options, isBehind: false } satisfies Lane];
  const first = Promise.withResolvers<void>();
  const withServices = !args.includes("--no-services");
  const runs = await Promise.all(
    lanes.map(async (lane) => {
      const done = lane.isBehind ? first.promise : Promise.resolve();
      const made = runLane(lane, withServices, done, signal);
      if (!lane.isBehind) await made.finally(first.resolve);
      return await made;
    }),
  );

  const sum = (name: keyof Summary) =>
    runs.reduce((total, one) => total + one[name], 0);
  const problems = runs.flatMap((one) => one.problems);
  const missing = SERVICES.filter((name) =>
    runs.some((one) => one.missing.includes(name))
  );
  missing.forEach(announceMissing);
  if (mustHaveAll()) {
    problems.unshift(
      ...missing.map((name) => `${name} is missing: ${howToEnable(name)}`),
    );
  }
  if (full) {
    const files = await readCoverage(ROOT, profile);
    console.log(`\n${coverageTable(files)}\n`);
    const untestable = missing.map((name) => `adapters/${name}`);
    problems.push(...coverageProblems(files, untestable));
  }
  return {
    passed: sum("passed"),
    failed: sum("failed"),
    ignored: sum("ignored"),
    problems,
  };
}

/** Runs one lane with servers of its own; prints all of it after `before`, or as it comes. */
async function runLane(
  { options, isBehind }: Lane,
  withServices: boolean,
  before: Promise<void>,
  signal: AbortSignal,
): Promise<Run & { readonly missing: readonly ServiceName[] }> {
  await using stack = new AsyncDisposableStack();
  const env: Record<string, string> = {};
  const missing: ServiceName[] = [];
  for (const name of SERVICES) {
    const service = withServices
      ? await openService(name, console.log, signal)
      : undefined;
    env[serviceVariable(name)] = service?.url ?? "";
    if (service) console.log(`${name}: from ${stack.use(service).origin}`);
    else missing.push(name);
  }
  const held: Uint8Array[] = [];
  const { output, success } = await denoTest({
    cwd: ROOT,
    options,
    env,
    silenceMs: 1000 * Number(Deno.env.get("TEST_SILENCE_S") || SILENCE_S),
    isNice: isBehind,
    print: isBehind ? (chunk) => held.push(chunk) : printAll,
    signal,
  }).finally(async () => {
    await before;
    held.forEach(printAll);
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
  if (mustHaveAll()) {
    problems.push(...ignoredProblems(output, summary?.ignored ?? 0));
    problems.push(...skips.keys().map((file) => `${file} was skipped`));
  }
  return { passed: 0, failed: 0, ignored: 0, ...summary, problems, missing };
}

/** Whether it is a failure that something cannot be tested. */
function mustHaveAll(): boolean {
  return Deno.env.get("REQUIRE_SERVICES") === "1";
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
