/**
 * The configuration: what each variable may not be, and in which words.
 *
 * @module
 */
import { VARIABLES } from "../src/variables.ts";
import { deepEqual, match, ok } from "./support/assert.ts";
import { refusals } from "./support/refusals.ts";

type Variable = keyof typeof VARIABLES;

const ANY_TEXT = undefined;
const number = (from: number, to: number) => ({
  allowed: `a whole number from ${from} to ${to}`,
  wrong: [
    `${from - 1}`,
    `${to + 1}`,
    "1.5",
    "1e2",
    "0x10",
    "ten",
    " 10",
    "10s",
    "99999999999999999999",
  ],
});
const decimal = (allowed: string, ...more: readonly string[]) => ({
  allowed,
  wrong: ["-1", "1e3", ".5", "1,000", "much", "1.123456789", ...more],
});
const name = (...names: string[]) => ({
  allowed: `one of ${names.join(", ")}`,
  wrong: ["oracle", names[0]!.toUpperCase(), ` ${names[0]}`],
});
const adapter = name("sqlite", "memory", "postgres", "redis", "noop");

/** What each variable may be, in words, and some things that it may not. */
const RULES: Record<
  Variable,
  undefined | { readonly allowed: string; readonly wrong: readonly string[] }
> = {
  HOST: ANY_TEXT,
  PORT: number(0, 65535),
  ADMIN_PORT: number(0, 65535),
  TLS_CERT_PATH: ANY_TEXT,
  TLS_KEY_PATH: ANY_TEXT,
  DATABASE_CA_PATH: ANY_TEXT,
  REDIS_CA_PATH: ANY_TEXT,
  SAMPLE_DESK: name("on", "off"),
  AUTH: name("off", "keys"),
  AUTH_SECRET: ANY_TEXT, // its value is never shown: see config_test.ts
  SERVICE_KEY: ANY_TEXT, // nor is this one
  RATE_LIMIT: number(0, 1_000_000),
  DATA_DIR: ANY_TEXT,
  STORE: name("sqlite", "memory", "postgres"),
  DATABASE_URL: ANY_TEXT, // below, as its value is never shown
  REDIS_URL: ANY_TEXT, // below, too
  REDIS_ENABLED: name("true", "false"),
  REDIS_HOST: ANY_TEXT,
  REDIS_PORT: number(1, 65535),
  REDIS_DB: number(0, 65535),
  REDIS_PASSWORD: ANY_TEXT,
  CONSISTENCY: name("available", "strict"),
  INSTANCE_ID: ANY_TEXT,
  FEATURE_STORE: adapter,
  EVENT_BUS: adapter,
  SETTINGS_STORE: adapter,
  SEQUENCE: adapter,
  FEATURE_TTL_S: number(1, 31_536_000),
  DEFAULT_SETTINGS_PATH: ANY_TEXT,
  SETTINGS_HISTORY_DAYS: number(1, 36_500),
  AUDIT_RETENTION_DAYS: number(0, 36_500),
  EVENTS_RETENTION_DAYS: number(0, 36_500),
  EVENTS_RETENTION_COUNT: number(0, 9_999_999_999),
  EVENTS_RETENTION_MAX_DAYS: number(0, 36_500),
  AUTOPILOT_SYMBOLS: ANY_TEXT, // below, name by name
  AUTOPILOT_USERS: ANY_TEXT, // below, too
  AUTOPILOT_CYCLE_MS: number(100, 3_600_000),
  ROLE: name(
    "all",
    "signal-service",
    "execution-gateway",
    "orchestrator",
    "autopilot",
    "state",
  ),
  SIGNAL_SERVICE_URL: ANY_TEXT, // below, as its value is never shown
  EXECUTION_GATEWAY_URL: ANY_TEXT, // below, too
  DRY_RUN: name("true", "false"),
  PAPER_BROKER: ANY_TEXT, // read by the broker
  ORDER_LOTS: name("whole", "fractional"),
  MAX_ORDER_QTY: decimal("a decimal, 0 or more, such as 100000"),
  MAX_ORDER_NOTIONAL: decimal("a decimal, 0 or more, such as 100000"),
  CAPITAL: decimal("a decimal above 0, such as 100000", "0", "0.0"),
  MAX_POSITION_SIZE: decimal("a decimal above 0, such as 100000", "0"),
  ORCHESTRATE_SIGNALS: name("true", "false"),
  ORCHESTRATION_USER: ANY_TEXT, // below
  MARKET_DATA_DIR: ANY_TEXT,
  QUARANTINE_PATH: ANY_TEXT,
  CHANNELS_PATH: ANY_TEXT,
  MODEL_PATH: ANY_TEXT,
  MODEL_RELOAD_S: number(1, 86_400),
  STRATEGY_ID: ANY_TEXT,
  TOP_N: number(0, 1000),
  BOTTOM_N: number(0, 1000),
  LOG_LEVEL: name("debug", "info", "warn", "error"),
  LOG_FORMAT: name("json", "pretty"),
};

for (const variable of Object.keys(VARIABLES) as Variable[]) {
  const { allowed, wrong } = RULES[variable] ?? { allowed: "", wrong: [] };
  for (const value of wrong) {
    Deno.test(`${variable}=${value} is refused in one sentence that says what is allowed`, () => {
      // Those of Redis mean something only where it is enabled.
      const others = { REDIS_ENABLED: "true" };
      deepEqual(refusals({ ...others, [variable]: value }), [
        `Cannot use ${variable} as it must be ${allowed}: current value is "${value}"`,
      ]);
    });
  }
}

/** What is wrong for those without a rule, and what is said of it; a secret is not shown. */
const CASES: Partial<Record<Variable, readonly [wrong: string, says: RegExp]>> =
  {
    DATABASE_URL: [
      "mysql://me:hunter2@db/x",
      /must be a URL such as postgres:.*: current value is not shown$/,
    ],
    REDIS_URL: [
      "http://:hunter2@cache",
      /must be a URL such as redis:.*: current value is not shown$/,
    ],
    SIGNAL_SERVICE_URL: [
      "http://me:hunter2@signals",
      /must be a URL .* without a password: current value is not shown$/,
    ],
    EXECUTION_GATEWAY_URL: [
      "http://me:hunter2@gateway",
      /must be a URL .* without a password: current value is not shown$/,
    ],
    AUTH_SECRET: ["hunter2", /must have 32 characters or more: .* not shown$/],
    SERVICE_KEY: ["hunter2", /must be .*: current value is not shown$/],
    INSTANCE_ID: ["x".repeat(129), /must have 128 characters at most: .*"x+"$/],
    STRATEGY_ID: ["x".repeat(257), /must have 256 characters at most: .*"x+"$/],
    AUTOPILOT_SYMBOLS: ["SYNA,!!", /has a bad name in it: .*: .*"SYNA,!!"$/],
    AUTOPILOT_USERS: ["ann,a b", /has a bad name in it: .*: .*"ann,a b"$/],
    ORCHESTRATION_USER: ["a b", /is no user: .*: current value is "a b"$/],
  };

for (const variable of Object.keys(VARIABLES) as Variable[]) {
  if (RULES[variable] !== ANY_TEXT) continue;
  const own = CASES[variable];
  if (own === undefined) {
    Deno.test(`${variable} takes any text, as no rule is written for it`, () => {
      for (const text of ["x", "a b?", "ü".repeat(300), "http://me:it@x"]) {
        const said = refusals({ REDIS_ENABLED: "true", [variable]: text });
        deepEqual(said.filter((one) => one.includes(`${variable} as it`)), []);
      }
    });
    continue;
  }
  Deno.test(`${variable} is refused in one sentence that says what is allowed`, () => {
    const [wrong, says] = own;
    const said = refusals({ [variable]: wrong });
    deepEqual(said.length, 1, said.join("\n"));
    match(said[0]!, new RegExp(`^Cannot use ${variable} as it ${says.source}`));
    ok(!said[0]!.includes("hunter2"), said[0]!);
  });
}

Deno.test("another process is named by a URL without a password", () => {
  for (const name of ["SIGNAL_SERVICE_URL", "EXECUTION_GATEWAY_URL"]) {
    for (
      const url of ["gateway:8080", "ftp://gateway", "http://me:it@gateway"]
    ) {
      deepEqual(refusals({ [name]: url }), [
        `Cannot use ${name} as it must be a URL such as http://127.0.0.1:8081, without a password: current value is not shown`,
      ]);
    }
  }
});

Deno.test("an orchestrator apart from the others must know where they are", () => {
  deepEqual(
    refusals({ ROLE: "orchestrator", SIGNAL_SERVICE_URL: "http://a" }),
    [
      "Cannot use ROLE=orchestrator as EXECUTION_GATEWAY_URL is not set: say where the other process listens, such as http://127.0.0.1:8081",
    ],
  );
  match(
    refusals({ ORCHESTRATION_USER: "a b" })[0]!,
    /^Cannot use ORCHESTRATION_USER as it is no user: .* current value is "a b"$/,
  );
});
