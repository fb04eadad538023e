/**
 * `deno task test`: runs the tests with everything that they need.
 *
 * Arguments are those of `deno test`, such as paths and `--filter`; without any
 * the run is a full one, in groups side by side, which also measures coverage
 * and leaves types to `deno check`. `--no-services` does without servers. With `REQUIRE_SERVICES=1` a skipped file is a failure, and so
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
  parseFailures,
  parseIgnored,
  parseSkips,
  parseSummary,
  printAll,
  type Summary,
} from "./run_tests.ts";
import { openMemoryFolder } from "./memory_folder.ts";
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
const RUN_TIMEOUT_MS = 40 * 60_000;

/** How long nothing may be printed: a test that hangs must not hang the run. */
const SILENCE_S = 90;

/** How many times longer one that lets others go first may be silent. */
const PATIENCE = 5;

interface Run extends Summary {
  /** What is said of the failed tests, of each process that had some. */
  readonly failures: readonly string[];
  /** What is wrong apart from failed tests, one sentence each. */
  readonly problems: readonly string[];
}

const NO_TESTS: Run = {
  passed: 0,
  failed: 0,
  ignored: 0,
  failures: [],
  problems: [],
};

/** Tests of one process. */
interface Group {
  /** Arguments of `deno test`. */
  readonly options: readonly string[];
  /** Whether it lets all others go first. */
  readonly isNice?: boolean;
}

/** Groups that run side by side. */
type Stage = readonly Group[];

/** Where tests want a processor and nothing else. */
const COMPUTING = [
  "tests/apps",
  "tests/domain",
  "tests/follower",
  "tests/fuzz",
  "tests/mutation",
  "tests/services",
  "tests/simulation",
];

/** Where tests are about a module at a time: coverage is measured here, and in those above. */
const MODULES = [
  "tests/adapters",
  "tests/cli",
  "tests/http",
  "tests/scripts",
  "tests/support",
];

/** Where whole services are hurt while they are timed. */
const HURTING = [
  "tests/event_faults",
  "tests/faults",
  "tests/number_faults",
  "tests/order_faults",
  "tests/settings_fleet",
];

/**
 * A full run. A test seldom wants more than one processor, so there are two
 * groups at a time; beside services that are hurt run only tests that let them
 * go first. Services that tests start would be slow under coverage.
 */
function fullRun(profile: string): readonly Stage[] {
  const coverage = [`--coverage=${profile}`, "--coverage-raw-data-only"];
  const others = [...COMPUTING, ...MODULES, ...HURTING];
  const group = (...options: string[]): Group => ({
    options: ["--no-check", ...options],
  });
  return [
    [group(...MODULES, ...coverage), group("tests", `--ignore=${others}`)],
    [group(...HURTING), { ...group(...COMPUTING, ...coverage), isNice: true }],
  ];
}

async function run(args: string[], signal: AbortSignal): Promise<Run> {
  await using stack = new AsyncDisposableStack();
  const options = args.filter((arg) => arg !== "--no-services");
  const full = options.length === 0;
  const profile = await Deno.makeTempDir({ prefix: "holdfast-coverage-" });
  stack.defer(() => Deno.remove(profile, { recursive: true }));
  stack.use(guard(`rm -rf "$1"`, profile));
  const memory = await openMemoryFolder();
  if (memory) Deno.env.set("TMPDIR", stack.use(memory).path);
  const stages: readonly Stage[] = full ? fullRun(profile) : [[{ options }]];
  const withServices = !args.includes("--no-services");
  const runs: GroupRun[] = [];
  for (const stage of stages) {
    runs.push(...await runStage(stage, { withServices, signal }));
  }

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
    failures: runs.flatMap((one) => one.failures),
    problems,
  };
}

interface GroupRun extends Run {
  /** Servers that it did without. */
  readonly missing: readonly ServiceName[];
}

/** How groups are run. */
interface GroupOptions {
  readonly withServices: boolean;
  readonly signal: AbortSignal;
}

/** Runs the groups of `stage` side by side; what they say is not mixed. */
async function runStage(
  stage: Stage,
  options: GroupOptions,
): Promise<readonly GroupRun[]> {
  let before: Promise<unknown> | undefined;
  const running = stage.map((group) => {
    const print = before ? printAfter(before) : printAll;
    return before = runGroup(group, options, print);
  });
  // What cannot be finished is told once all others have ended.
  await Promise.allSettled(running);
  return await Promise.all(running);
}

/** Prints once `before` has ended, and keeps what comes until then. */
function printAfter(before: Promise<unknown>): (chunk: Uint8Array) => void {
  let held: Uint8Array[] | undefined = [];
  const go = () => {
    held?.forEach(printAll);
    held = undefined;
  };
  before.then(go, go);
  return (chunk) => void (held ? held.push(chunk) : printAll(chunk));
}

/** Runs one group with servers of its own. */
async function runGroup(
  { options, isNice = false }: Group,
  { withServices, signal }: GroupOptions,
  print: (chunk: Uint8Array) => void,
): Promise<GroupRun> {
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
  const silenceS = Number(Deno.env.get("TEST_SILENCE_S") || SILENCE_S);
  const { output, success } = await denoTest({
    cwd: ROOT,
    options,
    env,
    silenceMs: 1000 * silenceS * (isNice ? PATIENCE : 1),
    isNice,
    print,
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
  if (mustHaveAll()) {
    problems.push(...ignoredProblems(output, summary?.ignored ?? 0));
    problems.push(...skips.keys().map((file) => `${file} was skipped`));
  }
  const failures = [parseFailures(output)].filter((text) => text !== "");
  return { ...NO_TESTS, ...summary, failures, problems, missing };
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
  const { passed, failed, failures, problems } = await run(
    Deno.args,
    stop.signal,
  ).catch((error): Run => ({ ...NO_TESTS, problems: [`${error}`] }));
  // Said again, as a full run has printed much since.
  for (const text of failures) console.log(`FAILED TESTS\n\n${text}\n`);
  for (const problem of problems) console.log(`FAILED: ${problem}`);
  const wrong = failed + problems.length;
  console.log(`${passed} passed, ${wrong} failed`);
  Deno.exit(wrong === 0 ? 0 : 1);
}
