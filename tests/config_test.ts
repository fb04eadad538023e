/**
 * The configuration: what may be set, where, and how a mistake is told.
 *
 * @module
 */
import {
  ConfigError,
  parseConfig,
  parseDotEnv,
  parseFlags,
  readConfig,
} from "../src/config.ts";
import { ONE } from "../domain/decimal.ts";
import { VARIABLE_NAMES, VARIABLES } from "../src/variables.ts";
import { deepEqual, equal, match, ok, throws } from "./support/assert.ts";
import { needs } from "./support/needs.ts";
import { refusals } from "./support/refusals.ts";

type Variable = keyof typeof VARIABLES;
const KEY = `hf_abcdefghij09_${"A".repeat(43)}`;

Deno.test("without any variable the service runs on SQLite and the sample data", () => {
  deepEqual(parseConfig(), {
    host: "127.0.0.1",
    auth: "off",
    authSecret: undefined,
    serviceKey: undefined,
    rateLimit: 0,
    port: 8080,
    adminPort: undefined,
    tls: {
      certPath: undefined,
      keyPath: undefined,
      databaseCaPath: undefined,
      redisCaPath: undefined,
    },
    dataDir: "./data",
    store: "sqlite",
    databaseUrl: undefined,
    redis: undefined,
    isStrict: false,
    instanceId: "holdfast",
    adapters: {
      featureStore: "memory",
      eventBus: "sqlite",
      settingsStore: "sqlite",
      sequence: "sqlite",
    },
    pinned: [],
    featureTtlS: 3600,
    defaultSettingsPath: undefined,
    channelsPath: undefined,
    settingsHistoryDays: 400,
    auditRetentionDays: 400,
    eventRetention: { days: 35, count: 0, maxDays: 0 },
    autopilot: { symbols: [], users: ["default"], cycleMs: 5000 },
    role: "all",
    signalServiceUrl: undefined,
    executionGatewayUrl: undefined,
    gateway: {
      dryRun: false,
      lots: "whole",
      maxOrderQty: 0n,
      maxOrderNotional: 100_000n * ONE,
    },
    paperBroker: "",
    orchestration: {
      capital: 100_000n * ONE,
      maxPositionSize: 20_000n * ONE,
      followsSignals: false,
      user: "default",
    },
    marketDataDir: "./examples/market_data",
    hasSampleDesk: false,
    quarantinePath: undefined,
    modelPath: "./examples/model/alpha_baseline.txt",
    modelReloadS: 300,
    strategyId: "alpha_baseline",
    ends: { topN: 3, bottomN: 3 },
    logLevel: "info",
    logFormat: undefined,
  });
});

Deno.test("every variable is used", () => {
  const config = parseConfig(
    {
      HOST: "0.0.0.0",
      PORT: "0",
      ADMIN_PORT: "9090",
      TLS_CERT_PATH: "/etc/holdfast/cert.pem",
      TLS_KEY_PATH: "/etc/holdfast/key.pem",
      DATABASE_CA_PATH: "/etc/holdfast/database.pem",
      REDIS_CA_PATH: "/etc/holdfast/redis.pem",
      DATA_DIR: "/var/lib/holdfast",
      STORE: "memory",
      DATABASE_URL: "postgres://db/holdfast",
      REDIS_ENABLED: "false",
      REDIS_URL: "rediss://cache",
      REDIS_HOST: "cache",
      REDIS_PORT: "6380",
      REDIS_DB: "1",
      REDIS_PASSWORD: "secret",
      CONSISTENCY: "strict",
      INSTANCE_ID: "one",
      FEATURE_STORE: "noop",
      EVENT_BUS: "noop",
      SETTINGS_STORE: "memory",
      SEQUENCE: "noop",
      FEATURE_TTL_S: "60",
      DEFAULT_SETTINGS_PATH: "/etc/holdfast/defaults.json",
      CHANNELS_PATH: "/etc/holdfast/channels.json",
      SETTINGS_HISTORY_DAYS: "30",
      AUDIT_RETENTION_DAYS: "0",
      EVENTS_RETENTION_DAYS: "7",
      EVENTS_RETENTION_COUNT: "9999999999",
      EVENTS_RETENTION_MAX_DAYS: "14",
      AUTOPILOT_SYMBOLS: "SYNA, SYNB",
      AUTOPILOT_USERS: "ann,bob",
      AUTOPILOT_CYCLE_MS: "100",
      AUTH: "keys",
      AUTH_SECRET: "x".repeat(32),
      SERVICE_KEY: KEY,
      RATE_LIMIT: "100",
      ROLE: "orchestrator",
      SIGNAL_SERVICE_URL: "http://signals:8081",
      EXECUTION_GATEWAY_URL: "https://gateway",
      DRY_RUN: "true",
      PAPER_BROKER: "seed=7",
      ORDER_LOTS: "fractional",
      MAX_ORDER_QTY: "1000",
      MAX_ORDER_NOTIONAL: "0.5",
      CAPITAL: "5000",
      MAX_POSITION_SIZE: "2.5",
      ORCHESTRATE_SIGNALS: "true",
      ORCHESTRATION_USER: "ann",
      SAMPLE_DESK: "on",
      MARKET_DATA_DIR: "/bars",
      QUARANTINE_PATH: "/bars/quarantine.json",
      MODEL_PATH: "/model.txt",
      MODEL_RELOAD_S: "1",
      STRATEGY_ID: "mine",
      TOP_N: "0",
      BOTTOM_N: "1000",
      LOG_LEVEL: "debug",
      LOG_FORMAT: "pretty",
    } satisfies Record<Variable, string>,
  );
  deepEqual(config, {
    host: "0.0.0.0",
    auth: "keys",
    authSecret: "x".repeat(32),
    serviceKey: KEY,
    rateLimit: 100,
    port: 0,
    adminPort: 9090,
    tls: {
      certPath: "/etc/holdfast/cert.pem",
      keyPath: "/etc/holdfast/key.pem",
      databaseCaPath: "/etc/holdfast/database.pem",
      redisCaPath: "/etc/holdfast/redis.pem",
    },
    dataDir: "/var/lib/holdfast",
    store: "memory",
    databaseUrl: "postgres://db/holdfast",
    redis: undefined,
    isStrict: true,
    instanceId: "one",
    adapters: {
      featureStore: "noop",
      eventBus: "noop",
      settingsStore: "memory",
      sequence: "noop",
    },
    pinned: ["featureStore", "eventBus", "settingsStore", "sequence"],
    featureTtlS: 60,
    defaultSettingsPath: "/etc/holdfast/defaults.json",
    channelsPath: "/etc/holdfast/channels.json",
    settingsHistoryDays: 30,
    auditRetentionDays: 0,
    eventRetention: { days: 7, count: 9_999_999_999, maxDays: 14 },
    autopilot: {
      symbols: ["SYNA", "SYNB"],
      users: ["ann", "bob"],
      cycleMs: 100,
    },
    role: "orchestrator",
    signalServiceUrl: "http://signals:8081",
    executionGatewayUrl: "https://gateway",
    gateway: {
      dryRun: true,
      lots: "fractional",
      maxOrderQty: 1000n * ONE,
      maxOrderNotional: ONE / 2n,
    },
    paperBroker: "seed=7",
    orchestration: {
      capital: 5000n * ONE,
      maxPositionSize: ONE * 5n / 2n,
      followsSignals: true,
      user: "ann",
    },
    marketDataDir: "/bars",
    hasSampleDesk: false,
    quarantinePath: "/bars/quarantine.json",
    modelPath: "/model.txt",
    modelReloadS: 1,
    strategyId: "mine",
    ends: { topN: 0, bottomN: 1000 },
    logLevel: "debug",
    logFormat: "pretty",
  });
});

Deno.test("every variable says what it is for, and is a flag", () => {
  for (const [variable, schema] of Object.entries(VARIABLES)) {
    ok(schema.description, variable);
    const flag = `--${variable.toLowerCase().replaceAll("_", "-")}`;
    deepEqual(parseFlags([flag, "x"]), { [variable]: "x" });
    deepEqual(parseFlags([`${flag}=x`]), { [variable]: "x" });
  }
});

Deno.test("an empty value is none", () => {
  const empty = Object.fromEntries(VARIABLE_NAMES.map((name) => [name, ""]));
  deepEqual(parseConfig(empty), parseConfig());
  equal(parseConfig({ PORT: "" }, { PORT: "1" }).port, 1);
});

Deno.test("all mistakes are told at once, a sentence each", () => {
  deepEqual(
    refusals({ PORT: "http", LOG_LEVEL: "loud", AUTH: "yes" })
      .map((sentence) => sentence.split(" ").slice(0, 3).join(" ")),
    ["Cannot use PORT", "Cannot use AUTH", "Cannot use LOG_LEVEL"],
  );
});

Deno.test("flags win over the environment, and that over .env", () => {
  const [flags, environment, file] = [
    { PORT: "1" },
    { PORT: "2", TOP_N: "2" },
    { PORT: "3", TOP_N: "3", BOTTOM_N: "4" },
  ];
  const { port, ends } = parseConfig(flags, environment, file);
  deepEqual([port, ends], [1, { topN: 2, bottomN: 4 }]);
});

Deno.test("REDIS_TTL is another name of FEATURE_TTL_S", () => {
  equal(parseConfig({ REDIS_TTL: "7" }).featureTtlS, 7);
  equal(parseConfig({ REDIS_TTL: "7", FEATURE_TTL_S: "8" }).featureTtlS, 8);
  const first = parseConfig({ REDIS_TTL: "7" }, { FEATURE_TTL_S: "8" });
  equal(first.featureTtlS, 7);
  equal(parseConfig(parseFlags(["--redis-ttl", "9"])).featureTtlS, 9);
  deepEqual(refusals({ REDIS_TTL: "long" }), [
    'Cannot use REDIS_TTL as it must be a whole number from 1 to 31536000: current value is "long"',
  ]);
});

Deno.test("DATABASE_URL makes Postgres the database of record, unless STORE says otherwise", () => {
  const DATABASE_URL = "postgresql://me:secret@db/holdfast";
  const { adapters, databaseUrl } = parseConfig({ DATABASE_URL });
  deepEqual(adapters, {
    featureStore: "memory",
    eventBus: "postgres",
    settingsStore: "postgres",
    sequence: "postgres",
  });
  equal(databaseUrl, DATABASE_URL);
  const pinned = parseConfig({ DATABASE_URL, STORE: "sqlite" });
  equal(pinned.adapters.eventBus, "sqlite");
});

Deno.test("Postgres needs a URL that can be one, and a wrong one is not shown", () => {
  const missing = [
    "Cannot use postgres as DATABASE_URL is not set: set it to postgres://user:password@host:5432/database",
  ];
  deepEqual(refusals({ STORE: "postgres" }), missing);
  deepEqual(refusals({ FEATURE_STORE: "postgres" }), missing);
  for (const url of ["db:5432", "mysql://me:secret@h/d", "postgres://"]) {
    deepEqual(refusals({ DATABASE_URL: url }), [
      "Cannot use DATABASE_URL as it must be a URL such as postgres://user:password@host:5432/database: current value is not shown",
    ]);
  }
});

Deno.test("what the database of record holds is pinned to it, or to nothing", () => {
  for (const port of ["EVENT_BUS", "SETTINGS_STORE", "SEQUENCE"]) {
    for (const store of ["sqlite", "memory"]) {
      const other = store === "sqlite" ? "memory" : "sqlite";
      deepEqual(refusals({ STORE: store, [port]: store }), []);
      deepEqual(refusals({ STORE: store, [port]: "noop" }), []);
      deepEqual(refusals({ STORE: store, [port]: other }), [
        `Cannot use ${port} on ${other} as the database of record is ${store} ` +
        `and holds this state and its log together: use ${store} or noop`,
      ]);
    }
    equal(refusals({ [port]: "memory" }).length, 1);
  }
  for (const store of ["sqlite", "memory", "noop"]) {
    const { adapters } = parseConfig({ FEATURE_STORE: store });
    equal(adapters.featureStore, store);
  }
});

Deno.test("a list of names is read name by name, and a bad one is told", () => {
  const { autopilot } = parseConfig({
    AUTOPILOT_SYMBOLS: "syna , SYNB",
    AUTOPILOT_USERS: "ann@example.com,42",
  });
  deepEqual(autopilot.symbols, ["SYNA", "SYNB"]);
  deepEqual(autopilot.users, ["ann@example.com", "42"]);
  for (const variable of ["AUTOPILOT_SYMBOLS", "AUTOPILOT_USERS"]) {
    for (const value of ["A,,B", "A,", ",", " ", "A,b c", "a:b"]) {
      const [sentence = "", ...others] = refusals({ [variable]: value });
      const start =
        `Cannot use ${variable} as it has a bad name in it: Cannot `;
      ok(sentence.startsWith(start), sentence);
      ok(sentence.endsWith(`: current value is ${JSON.stringify(value)}`));
      deepEqual(others, []);
    }
  }
});

Deno.test("an unknown flag, a flag without a value and a stray word are refused", () => {
  const cases: [string[], RegExp][] = [
    [["--prot", "1"], /--prot/],
    [["--PORT", "1"], /--PORT/],
    [["--port"], /--port/],
    [["--port", "--host"], /--port/],
    [["serve"], /serve/],
    [["-p", "1"], /-p/],
  ];
  for (const [args, named] of cases) {
    throws(() => parseFlags(args), (error: unknown) => {
      ok(error instanceof ConfigError);
      match(error.message, /^Cannot use the flags as /);
      match(error.message, named);
      return true;
    });
  }
  deepEqual(parseFlags([]), {});
});

Deno.test("a .env file has comments, quotes and blank lines", () => {
  const text = `# local
PORT=9090 # mine

HOST="::1"
export TOP_N=1
STRATEGY_ID='a b'
`;
  const { port, host, ends, strategyId } = parseConfig(parseDotEnv(text));
  deepEqual([port, host, ends.topN, strategyId], [9090, "::1", 1, "a b"]);
});

/** Runs in an empty folder, with none of the variables set. */
async function inCleanPlace(run: () => void | Promise<void>): Promise<void> {
  const [home, folder] = [Deno.cwd(), await Deno.makeTempDir()];
  const before = VARIABLE_NAMES.map((name) => [name, Deno.env.get(name)]);
  try {
    Deno.chdir(folder);
    for (const name of VARIABLE_NAMES) Deno.env.delete(name);
    await run();
  } finally {
    Deno.chdir(home);
    await Deno.remove(folder, { recursive: true });
    for (const [name, value] of before) {
      if (value === undefined) Deno.env.delete(name!);
      else Deno.env.set(name!, value);
    }
  }
}

if (await needs(import.meta.url, ["read", "write", "env"])) {
  Deno.test("the process's flags, environment and .env are read", async () => {
    await inCleanPlace(async () => {
      deepEqual(readConfig([]), parseConfig());
      await Deno.writeTextFile(".env", "PORT=3\nTOP_N=3\nBOTTOM_N=4\n");
      Deno.env.set("PORT", "2");
      Deno.env.set("TOP_N", "2");
      const { port, ends } = readConfig(["--port", "1"]);
      deepEqual([port, ends], [1, { topN: 2, bottomN: 4 }]);
    });
  });

  Deno.test("a .env that cannot be read is not passed over", async () => {
    await inCleanPlace(async () => {
      await Deno.mkdir(".env");
      throws(() => readConfig([]), {
        name: "ConfigError",
        message: /^Cannot read \.env as /,
      });
    });
  });
}
