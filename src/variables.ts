/**
 * The variables that configure the service.
 *
 * @module
 */
import { z } from "zod";
import { isApiKeyText } from "../domain/api_key.ts";
import { ONE, parseDecimal } from "../domain/decimal.ts";
import { LOTS } from "../domain/order/order.ts";
import { parseSymbol } from "../domain/symbol.ts";
import { parseUserId } from "../domain/user_id.ts";
import { ROLES } from "./services/role.ts";

/** Those that hold state and log together. */
export const STORES = ["sqlite", "memory", "postgres"] as const;

/** Adapters that a port can be pinned to. */
const ADAPTERS = [...STORES, "redis", "noop"] as const;

/** A name of an adapter. */
export type AdapterName = typeof ADAPTERS[number];

/** Where the bars are that come with the program. */
export const SAMPLE_BARS = "./examples/market_data";

const text = z.string().min(1, "must not be empty");
const wholeNumber = (min: number, max: number) => {
  const says = `must be a whole number from ${min} to ${max}`;
  return z.string().regex(/^\d{1,10}$/, says).transform(Number)
    .refine((n) => n >= min && n <= max, says);
};
/** Names separated by commas, each read by a parser of the domain. */
const listOf = <Name>(parse: (text: string) => Name) =>
  z.string().transform((text, context): Name[] => {
    try {
      return text.split(",").map((name) => parse(name.trim()));
    } catch (error) {
      context.addIssue(`has a bad name in it: ${(error as Error).message}`);
      return z.NEVER;
    }
  });
/** A decimal above 0, or from 0 on. */
const decimal = (from: "positive" | "zero") => {
  const says = from === "zero"
    ? "must be a decimal, 0 or more, such as 100000"
    : "must be a decimal above 0, such as 100000";
  return z.string().regex(/^\d{1,12}(\.\d{1,8})?$/, says)
    .transform((text) => parseDecimal(text)!)
    .refine((value) => from === "zero" || value > 0n, says);
};
const isTrue = (text: "true" | "false") => text === "true";
const serviceUrl = () =>
  z.string().regex(
    /^https?:\/\/[^\s@]+$/,
    "must be a URL such as http://127.0.0.1:8081, without a password",
  ).optional();
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
  ADMIN_PORT: wholeNumber(0, 65535).optional().describe(
    "Port of a second listener for probes and Prometheus: health and metrics only, without keys; none when unset",
  ),
  TLS_CERT_PATH: text.optional().describe(
    "PEM file of the certificate that the listeners speak TLS with; plain HTTP when unset",
  ),
  TLS_KEY_PATH: text.optional().describe(
    "PEM file of its private key, without a password",
  ),
  ROLE: oneOf(ROLES).default("all").describe(
    "What this process is there for; others are asked over HTTP",
  ),
  SIGNAL_SERVICE_URL: serviceUrl().describe(
    "Where the signal service is, for an orchestrator apart from it",
  ),
  EXECUTION_GATEWAY_URL: serviceUrl().describe(
    "Where the execution gateway is, for an orchestrator apart from it",
  ),
  AUTH: oneOf(["off", "keys"]).optional().describe(
    "Who may call: keys asks for API keys; off believes everybody, on loopback addresses only; keys unless HOST is one",
  ),
  AUTH_SECRET: z.string().min(32, "must have 32 characters or more").optional()
    .describe(
      "What API keys are hashed under, the same on all instances; kept in the database when unset",
    ),
  SERVICE_KEY: z.string().refine(
    isApiKeyText,
    "must be an API key such as hf_<id>_<secret>",
  ).optional().describe(
    "API key with the scope admin that other roles are asked with",
  ),
  RATE_LIMIT: wholeNumber(0, 1_000_000).default(0).describe(
    "Requests a second that each API key may send, twice as many at once; 0: any number",
  ),
  DATA_DIR: text.default("./data").describe("Folder of the SQLite database"),
  STORE: oneOf(STORES).default("sqlite").describe(
    "Database of record; postgres when DATABASE_URL is set",
  ),
  DATABASE_URL: z.string().regex(
    /^postgres(ql)?:\/\/./,
    "must be a URL such as postgres://user:password@host:5432/database",
  ).optional().describe("The Postgres database"),
  DATABASE_CA_PATH: text.optional().describe(
    "PEM file of the authorities that the certificate of Postgres must come from; makes sslmode verify-full",
  ),
  REDIS_URL: z.string().regex(
    /^rediss?:\/\/./,
    "must be a URL such as redis://user:password@host:6379/0",
  ).optional().describe("The Redis that follows the database"),
  REDIS_ENABLED: oneOf(["true", "false"]).optional().describe(
    "Uses REDIS_HOST and the like in place of REDIS_URL; false: no Redis",
  ),
  REDIS_HOST: text.default("127.0.0.1").describe("Host of the Redis"),
  REDIS_PORT: wholeNumber(1, 65535).default(6379).describe("Its port"),
  REDIS_DB: wholeNumber(0, 65535).default(0).describe("Its database"),
  REDIS_PASSWORD: z.string().optional().describe("Its password"),
  REDIS_CA_PATH: text.optional().describe(
    "PEM file of the authorities that the certificate of a rediss:// Redis must come from; those that Deno knows when unset",
  ),
  CONSISTENCY: oneOf(["available", "strict"]).default("available").describe(
    "Settings while the database is away: available answers from Redis, marked unverified; strict answers 503",
  ),
  INSTANCE_ID: text.max(128, "must have 128 characters at most").optional()
    .describe("Name of this instance, for people"),
  FEATURE_STORE: oneOf(ADAPTERS).optional().describe(
    "Pins the feature store; redis where there is one, else memory",
  ),
  EVENT_BUS: oneOf(ADAPTERS).optional().describe(
    "Pins the event bus; redis where there is one, else as STORE",
  ),
  SETTINGS_STORE: oneOf(ADAPTERS).optional().describe(
    "Pins the settings store; redis where there is one, else as STORE",
  ),
  SEQUENCE: oneOf(ADAPTERS).optional().describe(
    "Pins the sequence port; redis where there is one, else as STORE",
  ),
  FEATURE_TTL_S: wholeNumber(1, 31_536_000).default(3600).describe(
    "Seconds that a feature vector is kept; alias REDIS_TTL",
  ),
  DEFAULT_SETTINGS_PATH: text.optional().describe(
    "JSON file of the settings that new users get; the program's own when unset",
  ),
  CHANNELS_PATH: text.optional().describe(
    "JSON list of channels beside the built-in ones, with a schema each",
  ),
  SETTINGS_HISTORY_DAYS: wholeNumber(1, 36_500).default(400).describe(
    "Days that the past of settings is kept",
  ),
  AUDIT_RETENTION_DAYS: wholeNumber(0, 36_500).default(400).describe(
    "Days that the audit of administration is kept; 0: for ever",
  ),
  EVENTS_RETENTION_DAYS: wholeNumber(0, 36_500).default(35).describe(
    "Days that events are kept, longer where a consumer group needs them, and 31 at least with the autopilot; 0: for ever",
  ),
  EVENTS_RETENTION_COUNT: wholeNumber(0, 9_999_999_999).default(0).describe(
    "Events that are kept, the newest, and in any case those of the last hour, or 31 days with the autopilot; 0: any number",
  ),
  EVENTS_RETENTION_MAX_DAYS: wholeNumber(0, 36_500).default(0).describe(
    "Days after which they are dropped even where a consumer group needs them; 0: never",
  ),
  AUTOPILOT_SYMBOLS: listOf(parseSymbol).default([]).describe(
    "Symbols that the autopilot decides on, separated by commas; none: it is off",
  ),
  AUTOPILOT_USERS: listOf(parseUserId).default([parseUserId("default")])
    .describe(
      "Users that it decides for, separated by commas",
    ),
  AUTOPILOT_CYCLE_MS: wholeNumber(100, 3_600_000).default(5000).describe(
    "Milliseconds between its decisions",
  ),
  DRY_RUN: oneOf(["true", "false"]).transform(isTrue).default(false).describe(
    "Checks and keeps orders, and sends none",
  ),
  PAPER_BROKER: z.string().default("").describe(
    "How the paper broker fills, such as slippage_bps=5,commission_bps=1,partial=0.2,seed=7",
  ),
  ORDER_LOTS: oneOf(LOTS).default("whole").describe(
    "Quantities of orders: whole units, or with up to 8 decimals",
  ),
  MAX_ORDER_QTY: decimal("zero").default(0n).describe(
    "Most units of an order; 0: any number",
  ),
  MAX_ORDER_NOTIONAL: decimal("zero").default(100_000n * ONE).describe(
    "Most that an order may be worth, in USD; 0: any amount",
  ),
  CAPITAL: decimal("positive").default(100_000n * ONE).describe(
    "What a run of the orchestrator invests, in USD, where the request says nothing",
  ),
  MAX_POSITION_SIZE: decimal("positive").default(20_000n * ONE).describe(
    "Most of it in one symbol, in USD",
  ),
  ORCHESTRATE_SIGNALS: oneOf(["true", "false"]).transform(isTrue).default(false)
    .describe(
      "Runs the orchestrator on every signals.generated event",
    ),
  ORCHESTRATION_USER: z.string().transform((text, context) => {
    try {
      return parseUserId(text);
    } catch (error) {
      context.addIssue(`is no user: ${(error as Error).message}`);
      return z.NEVER;
    }
  }).default(parseUserId("default")).describe(
    "Whose account these runs trade on; signals that other users asked for are not acted on",
  ),
  SAMPLE_DESK: oneOf(["on", "off"]).default("off").describe(
    "A desk of the user sample that trades the sample bars on paper while somebody looks at the dashboard; never on bars of your own",
  ),
  MARKET_DATA_DIR: text.default(SAMPLE_BARS).describe(
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

/** Names that mean a variable, for those who know it by another one. */
export const ALIASES: Readonly<Record<string, keyof typeof VARIABLES>> = {
  REDIS_TTL: "FEATURE_TTL_S",
};

/** The names of all variables that are read. */
export const VARIABLE_NAMES: readonly string[] = [
  ...Object.keys(VARIABLES),
  ...Object.keys(ALIASES),
].sort();
