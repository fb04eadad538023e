/**
 * Configuration: environment, `.env` file and flags, read once.
 *
 * @module
 */
import { parseArgs, parseEnv } from "node:util";
import { z } from "zod";
import {
  type AdapterName,
  ALIASES,
  NOT_YET,
  STORES,
  VARIABLE_NAMES,
  VARIABLES,
} from "./variables.ts";

/** The state ports, and the variable that pins each. */
const PINS = {
  featureStore: "FEATURE_STORE",
  eventBus: "EVENT_BUS",
  settingsStore: "SETTINGS_STORE",
  sequence: "SEQUENCE",
} as const;

/** A port whose adapter is chosen and can be swapped. */
export type StatePort = keyof typeof PINS;

const isStore = (name?: string) => STORES.some((store) => store === name);

const Schema = z.object(VARIABLES).transform((v) => {
  const fast: AdapterName | undefined = usesRedis(v) ? "redis" : undefined;
  const adapters: Record<StatePort, AdapterName> = {
    featureStore: v.FEATURE_STORE ?? fast ?? "memory",
    eventBus: v.EVENT_BUS ?? fast ?? v.STORE,
    settingsStore: v.SETTINGS_STORE ?? fast ?? v.STORE,
    sequence: v.SEQUENCE ?? fast ?? v.STORE,
  };
  const ports = Object.keys(PINS) as StatePort[];
  return {
    ...interpret(v),
    adapters,
    pinned: ports.filter((port) => v[PINS[port]] !== undefined),
  };
});

type Variables = z.output<z.ZodObject<typeof VARIABLES>>;

const interpret = (v: Variables) => ({
  host: v.HOST,
  port: v.PORT,
  dataDir: v.DATA_DIR,
  store: v.STORE,
  databaseUrl: v.DATABASE_URL,
  redis: usesRedis(v)
    ? v.REDIS_URL === undefined
      ? {
        host: v.REDIS_HOST,
        port: v.REDIS_PORT,
        db: v.REDIS_DB,
        password: v.REDIS_PASSWORD,
      }
      : { url: v.REDIS_URL }
    : undefined,
  isStrict: v.CONSISTENCY === "strict",
  instanceId: v.INSTANCE_ID ?? "holdfast",
  featureTtlS: v.FEATURE_TTL_S,
  defaultSettingsPath: v.DEFAULT_SETTINGS_PATH,
  channelsPath: v.CHANNELS_PATH,
  settingsHistoryDays: v.SETTINGS_HISTORY_DAYS,
  eventRetention: {
    days: v.EVENTS_RETENTION_DAYS,
    count: v.EVENTS_RETENTION_COUNT,
    maxDays: v.EVENTS_RETENTION_MAX_DAYS,
  },
  autopilot: {
    symbols: v.AUTOPILOT_SYMBOLS,
    users: v.AUTOPILOT_USERS,
    cycleMs: v.AUTOPILOT_CYCLE_MS,
  },
  role: v.ROLE,
  signalServiceUrl: v.SIGNAL_SERVICE_URL,
  executionGatewayUrl: v.EXECUTION_GATEWAY_URL,
  gateway: {
    dryRun: v.DRY_RUN,
    lots: v.ORDER_LOTS,
    maxOrderQty: v.MAX_ORDER_QTY,
    maxOrderNotional: v.MAX_ORDER_NOTIONAL,
  },
  paperBroker: v.PAPER_BROKER,
  orchestration: {
    capital: v.CAPITAL,
    maxPositionSize: v.MAX_POSITION_SIZE,
    followsSignals: v.ORCHESTRATE_SIGNALS,
    user: v.ORCHESTRATION_USER,
  },
  marketDataDir: v.MARKET_DATA_DIR,
  quarantinePath: v.QUARANTINE_PATH,
  modelPath: v.MODEL_PATH,
  modelReloadS: v.MODEL_RELOAD_S,
  strategyId: v.STRATEGY_ID,
  ends: { topN: v.TOP_N, bottomN: v.BOTTOM_N },
  logLevel: v.LOG_LEVEL,
  logFormat: v.LOG_FORMAT,
});

function usesRedis(v: {
  readonly REDIS_URL?: string | undefined;
  readonly REDIS_ENABLED?: string | undefined;
}): boolean {
  if (v.REDIS_ENABLED !== undefined) return v.REDIS_ENABLED === "true";
  return v.REDIS_URL !== undefined;
}

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
  const problems = NOT_YET.filter((name) => values[name] !== undefined)
    .map((name) =>
      `Cannot use ${name} as this version does not know it yet: unset it`
    );
  const parsed = Schema.safeParse(values);
  for (const { path, message } of parsed.error?.issues ?? []) {
    const name = String(path[0]);
    // A URL may hold a password.
    const value = /_URL$|PASSWORD$/.test(name)
      ? "not shown"
      : JSON.stringify(values[name]);
    problems.push(
      `Cannot use ${given[name]} as it ${message}: current value is ${value}`,
    );
  }
  problems.push(
    ...redisProblems(values),
    ...storeProblems(values),
    ...retentionProblems(values),
    ...roleProblems(values),
  );
  if (problems.length > 0) throw new ConfigError(problems.join("\n"));
  return parsed.data!;
}

/** What is wrong with the variables of Redis taken together. */
function redisProblems(values: Readonly<Record<string, string>>): string[] {
  const isUsed = usesRedis(values);
  const pins = Object.values(PINS).filter((name) => values[name] === "redis");
  const problems = isUsed
    ? []
    : pins.map((name) =>
      `Cannot use ${name} on redis as there is none: set REDIS_URL, such as redis://127.0.0.1:6379`
    );
  const parts = ["REDIS_HOST", "REDIS_PORT", "REDIS_DB", "REDIS_PASSWORD"]
    .filter((name) => values[name] !== undefined).join(", ");
  if (parts !== "" && isUsed && values.REDIS_URL !== undefined) {
    problems.push(
      `Cannot use ${parts} as REDIS_URL says where Redis is: unset one or the other`,
    );
  }
  if (parts !== "" && !isUsed && values.REDIS_ENABLED === undefined) {
    problems.push(
      `Cannot use ${parts} as Redis is not enabled: set REDIS_ENABLED=true`,
    );
  }
  if (isUsed && values.STORE === "memory") {
    problems.push(
      "Cannot use Redis with STORE=memory as it follows a database that outlives the process: use sqlite or postgres",
    );
  }
  return problems;
}

/** What is wrong with the variables of retention taken together. */
function retentionProblems(
  values: Readonly<Record<string, string>>,
): string[] {
  const isLimited = (name: string) => Number(values[name] ?? 0) > 0;
  const isForEver = values.EVENTS_RETENTION_DAYS === "0" &&
    !isLimited("EVENTS_RETENTION_COUNT");
  if (!isForEver || !isLimited("EVENTS_RETENTION_MAX_DAYS")) return [];
  return [
    "Cannot use EVENTS_RETENTION_MAX_DAYS as all events are kept for ever: set EVENTS_RETENTION_DAYS or EVENTS_RETENTION_COUNT",
  ];
}

/** What is missing for the role. */
function roleProblems(values: Readonly<Record<string, string>>): string[] {
  if (values.ROLE !== "orchestrator") return [];
  return ["SIGNAL_SERVICE_URL", "EXECUTION_GATEWAY_URL"]
    .filter((name) => values[name] === undefined)
    .map((name) =>
      `Cannot use ROLE=orchestrator as ${name} is not set: say where the other process listens, such as http://127.0.0.1:8081`
    );
}

/** What is wrong with the adapters taken together. */
function storeProblems(values: Readonly<Record<string, string>>): string[] {
  const problems: string[] = [];
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
  return problems;
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
