/**
 * Configuration: environment, `.env` file and flags, read once.
 *
 * @module
 */
import { parseArgs, parseEnv } from "node:util";
import { z } from "zod";
import { didYouMean } from "./cli/nearest.ts";
import { PINS, problemsTogether, usesRedis } from "./config_rules.ts";
import { isLoopback } from "./http/host_guard.ts";
import {
  type AdapterName,
  ALIASES,
  SAMPLE_BARS,
  VARIABLE_NAMES,
  VARIABLES,
} from "./variables.ts";

/** A port whose adapter is chosen and can be swapped. */
export type StatePort = keyof typeof PINS;

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
  auth: v.AUTH ?? (isLoopback(v.HOST) ? "off" as const : "keys" as const),
  authSecret: v.AUTH_SECRET,
  serviceKey: v.SERVICE_KEY,
  rateLimit: v.RATE_LIMIT,
  port: v.PORT,
  adminPort: v.ADMIN_PORT,
  tls: {
    certPath: v.TLS_CERT_PATH,
    keyPath: v.TLS_KEY_PATH,
    databaseCaPath: v.DATABASE_CA_PATH,
    redisCaPath: v.REDIS_CA_PATH,
  },
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
  auditRetentionDays: v.AUDIT_RETENTION_DAYS,
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
  hasSampleDesk: v.SAMPLE_DESK === "on" && v.ROLE === "all" &&
    v.MARKET_DATA_DIR === SAMPLE_BARS,
  quarantinePath: v.QUARANTINE_PATH,
  modelPath: v.MODEL_PATH,
  modelReloadS: v.MODEL_RELOAD_S,
  strategyId: v.STRATEGY_ID,
  ends: { topN: v.TOP_N, bottomN: v.BOTTOM_N },
  logLevel: v.LOG_LEVEL,
  logFormat: v.LOG_FORMAT,
});

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
  const problems: string[] = [];
  const parsed = Schema.safeParse(values);
  for (const { path, message } of parsed.error?.issues ?? []) {
    const name = String(path[0]);
    // A URL may hold a password.
    const value = /_URL$|PASSWORD$|SECRET$|_KEY$/.test(name)
      ? "not shown"
      : JSON.stringify(values[name]);
    problems.push(
      `Cannot use ${given[name]} as it ${message}: current value is ${value}`,
    );
  }
  problems.push(...problemsTogether(values));
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
    // What is more than a word may be an address with a password in it.
    const message = (error as Error).message
      .replace(
        /^(Unexpected argument) '(?![a-z-]{1,20}')[^]*'(?=\. )/,
        "$1 (not shown)",
      );
    const unknown = /^Unknown option '(--[^']*)'/.exec(message)?.[1];
    const flags = [...names.keys()].map((flag) => `--${flag}`);
    const meant = unknown === undefined ? "" : didYouMean(unknown, flags);
    throw new ConfigError(
      `Cannot use the flags as ${message}: see holdfast serve --help${meant}`,
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
