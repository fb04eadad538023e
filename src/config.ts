/**
 * Configuration: environment, `.env` file and flags, read once.
 *
 * @module
 */
import { parseArgs, parseEnv } from "node:util";
import { z } from "zod";

/** Those that hold state and log together. */
const STORES = ["sqlite", "memory", "postgres"] as const;

/** Adapters that a port can be pinned to in this version. */
const ADAPTERS = [...STORES, "noop"] as const;
const isStore = (name?: string) => STORES.some((store) => store === name);

/** A name of an adapter. */
export type AdapterName = typeof ADAPTERS[number];

const text = z.string().min(1, "must not be empty");
const wholeNumber = (min: number, max: number) => {
  const says = `must be a whole number from ${min} to ${max}`;
  return z.string().regex(/^\d{1,10}$/, says).transform(Number)
    .refine((n) => n >= min && n <= max, says);
};
const oneOf = <const T extends readonly string[]>(names: T) =>
  z.enum(names, `must be one of ${names.join(", ")}`);

/**
 * Every variable: what it may be, its default and what it is for. This table
 * validates the configuration; each name is also a flag, `PORT` as `--port`.
 */
export const VARIABLES = {
  HOST: text.default("127.0.0.1").describe("Address to listen on"),
  PORT: wholeNumber(0, 65535).default(8080).describe(
    "Port to listen on; 0 picks a free one and prints it",
  ),
  DATA_DIR: text.default("./data").describe("Folder of the SQLite database"),
  STORE: oneOf(STORES).default("sqlite").describe(
    "Database of record; postgres when DATABASE_URL is set",
  ),
  DATABASE_URL: z.string().regex(
    /^postgres(ql)?:\/\/./,
    "must be a URL such as postgres://user:password@host:5432/database",
  ).optional().describe("The Postgres database"),
  FEATURE_STORE: oneOf(ADAPTERS).optional().describe(
    "Pins the feature store; memory unless said otherwise",
  ),
  EVENT_BUS: oneOf(ADAPTERS).optional().describe(
    "Pins the event bus; follows STORE",
  ),
  SETTINGS_STORE: oneOf(ADAPTERS).optional().describe(
    "Pins the settings store; follows STORE",
  ),
  SEQUENCE: oneOf(ADAPTERS).optional().describe(
    "Pins the sequence port; follows STORE",
  ),
  FEATURE_TTL_S: wholeNumber(1, 31_536_000).default(3600).describe(
    "Seconds that a feature vector is kept; alias REDIS_TTL",
  ),
  MARKET_DATA_DIR: text.default("./examples/market_data").describe(
    "Folder of SYMBOL.parquet files",
  ),
  QUARANTINE_PATH: text.optional().describe(
    "JSON list of {symbol, from, to} whose bars may not be used",
  ),
  MODEL_PATH: text.default("./examples/model/alpha_baseline.txt").describe(
    "LightGBM text model",
  ),
  MODEL_RELOAD_S: wholeNumber(1, 86_400).default(300).describe(
    "Seconds between looks for another model",
  ),
  STRATEGY_ID: text.max(256, "must have 256 characters at most").default(
    "alpha_baseline",
  ).describe(
    "Name of the strategy in signals and events",
  ),
  TOP_N: wholeNumber(0, 1000).default(3).describe("Symbols to be long"),
  BOTTOM_N: wholeNumber(0, 1000).default(3).describe("Symbols to be short"),
  LOG_LEVEL: oneOf(["debug", "info", "warn", "error"]).default("info").describe(
    "Least serious level that is logged",
  ),
  LOG_FORMAT: oneOf(["json", "pretty"]).optional().describe(
    "How log lines look; pretty on a terminal, else json",
  ),
} as const;

/** Variables of later versions: setting one must not be ignored in silence. */
const NOT_YET = [
  "ADMIN_PORT",
  "AUTH",
  "CONSISTENCY",
  "DEFAULT_SETTINGS_PATH",
  "INSTANCE_ID",
  "REDIS_DB",
  "REDIS_ENABLED",
  "REDIS_HOST",
  "REDIS_PASSWORD",
  "REDIS_PORT",
  "REDIS_URL",
] as const;

/** Names that mean a variable, for those who know it by another one. */
const ALIASES: Readonly<Record<string, keyof typeof VARIABLES>> = {
  REDIS_TTL: "FEATURE_TTL_S",
};

/** The names of all variables that are read. */
export const VARIABLE_NAMES: readonly string[] = [
  ...Object.keys(VARIABLES),
  ...Object.keys(ALIASES),
  ...NOT_YET,
].sort();

const Schema = z.object(VARIABLES).transform((v) => ({
  host: v.HOST,
  port: v.PORT,
  dataDir: v.DATA_DIR,
  databaseUrl: v.DATABASE_URL,
  adapters: {
    featureStore: v.FEATURE_STORE ?? "memory",
    eventBus: v.EVENT_BUS ?? v.STORE,
    settingsStore: v.SETTINGS_STORE ?? v.STORE,
    sequence: v.SEQUENCE ?? v.STORE,
  } satisfies Record<string, AdapterName>,
  featureTtlS: v.FEATURE_TTL_S,
  marketDataDir: v.MARKET_DATA_DIR,
  quarantinePath: v.QUARANTINE_PATH,
  modelPath: v.MODEL_PATH,
  modelReloadS: v.MODEL_RELOAD_S,
  strategyId: v.STRATEGY_ID,
  ends: { topN: v.TOP_N, bottomN: v.BOTTOM_N },
  logLevel: v.LOG_LEVEL,
  logFormat: v.LOG_FORMAT,
}));

/** What the service runs with. */
export type Config = z.output<typeof Schema>;

/** Says which variables are wrong, one sentence each. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/**
 * Interprets the variables; the first source that has a name wins.
 *
 * @throws {ConfigError} When any is wrong, naming each and what is allowed.
 */
export function parseConfig(
  ...sources: readonly Readonly<Record<string, string | undefined>>[]
): Config {
  const values: Record<string, string> = {};
  /** The names by which they were given. */
  const given: Record<string, string> = {};
  for (const source of sources) {
    for (const name of VARIABLE_NAMES) {
      const value = source[name];
      const known = ALIASES[name] ?? name;
      if (value === undefined || value === "" || known in values) continue;
      values[known] = value;
      given[known] = name;
    }
  }
  if (values.DATABASE_URL !== undefined) values.STORE ??= "postgres";
  // Switched off is what this version has.
  if (values.REDIS_ENABLED === "false") delete values.REDIS_ENABLED;
  const problems = NOT_YET.filter((name) => values[name] !== undefined)
    .map((name) =>
      `Cannot use ${name} as this version runs without Redis: unset it`
    );
  const parsed = Schema.safeParse(values);
  for (const { path, message } of parsed.error?.issues ?? []) {
    const name = String(path[0]);
    // A URL may hold a password.
    const value = /_URL$/.test(name)
      ? "not shown"
      : JSON.stringify(values[name]);
    problems.push(
      `Cannot use ${given[name]} as it ${message}: current value is ${value}`,
    );
  }
  const store = values.STORE ?? "sqlite";
  const needsUrl = store === "postgres" || values.FEATURE_STORE === "postgres";
  if (needsUrl && values.DATABASE_URL === undefined) {
    problems.push(
      "Cannot use postgres as DATABASE_URL is not set: set it to postgres://user:password@host:5432/database",
    );
  }
  for (const port of ["EVENT_BUS", "SETTINGS_STORE", "SEQUENCE"] as const) {
    const pinned = values[port];
    if (isStore(store) && isStore(pinned) && pinned !== store) {
      problems.push(
        `Cannot use ${port} on ${pinned} as the database of record is ${store} ` +
          `and holds this state and its log together: use ${store} or noop`,
      );
    }
  }
  if (problems.length > 0) throw new ConfigError(problems.join("\n"));
  return parsed.data!;
}

/**
 * Reads flags such as `--port 9090` or `--feature-store=noop` as variables.
 *
 * @throws {ConfigError} When a flag is unknown.
 */
export function parseFlags(args: readonly string[]): Record<string, string> {
  const flagOf = (name: string) => name.toLowerCase().replaceAll("_", "-");
  const names = new Map(VARIABLE_NAMES.map((name) => [flagOf(name), name]));
  try {
    const { values } = parseArgs({
      args: [...args],
      options: Object.fromEntries(
        [...names.keys()].map((flag) => [flag, { type: "string" as const }]),
      ),
    });
    return Object.fromEntries(
      Object.entries(values).map((
        [flag, value],
      ) => [names.get(flag)!, value as string]),
    );
  } catch (error) {
    throw new ConfigError(
      `Cannot use the flags as ${(error as Error).message}`,
      { cause: error },
    );
  }
}

/** Reads the text of a `.env` file. */
export function parseDotEnv(text: string): Record<string, string | undefined> {
  return parseEnv(text);
}

/**
 * Reads the configuration of this process: flags before environment before
 * `.env` in the current folder.
 *
 * @throws {ConfigError} When anything is wrong.
 */
export function readConfig(args: readonly string[]): Config {
  const environment = Object.fromEntries(
    VARIABLE_NAMES.map((name) => [name, Deno.env.get(name)]),
  );
  return parseConfig(parseFlags(args), environment, readDotEnv());
}

function readDotEnv(): Record<string, string | undefined> {
  try {
    return parseDotEnv(Deno.readTextFileSync(".env"));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return {};
    throw new ConfigError(
      `Cannot read .env as ${(error as Error).message}`,
      { cause: error },
    );
  }
}
