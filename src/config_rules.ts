/**
 * What the variables must be taken together: each by itself may be right and
 * the service could still not run with all of them.
 *
 * @module
 */
import { isLoopback } from "./http/host_guard.ts";
import { STORES } from "./variables.ts";

/** Variables as they were given, by name. */
export type GivenVariables = Readonly<Record<string, string>>;

/** The state ports, and the variable that pins each. */
export const PINS = {
  featureStore: "FEATURE_STORE",
  eventBus: "EVENT_BUS",
  settingsStore: "SETTINGS_STORE",
  sequence: "SEQUENCE",
} as const;

const isStore = (name?: string) => STORES.some((store) => store === name);

/** Whether the variables name a Redis. */
export function usesRedis(v: {
  readonly REDIS_URL?: string | undefined;
  readonly REDIS_ENABLED?: string | undefined;
}): boolean {
  if (v.REDIS_ENABLED !== undefined) return v.REDIS_ENABLED === "true";
  return v.REDIS_URL !== undefined;
}

/** Every problem, one sentence each; none when all is well. */
export function problemsTogether(values: GivenVariables): string[] {
  return [
    ...redisProblems(values),
    ...storeProblems(values),
    ...retentionProblems(values),
    ...roleProblems(values),
    ...authProblems(values),
    ...listenerProblems(values),
    ...authorityProblems(values),
  ];
}

/** What is wrong with the variables of Redis taken together. */
function redisProblems(values: GivenVariables): string[] {
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
  values: GivenVariables,
): string[] {
  const isLimited = (name: string) => Number(values[name] ?? 0) > 0;
  const isForEver = values.EVENTS_RETENTION_DAYS === "0" &&
    !isLimited("EVENTS_RETENTION_COUNT");
  if (!isForEver || !isLimited("EVENTS_RETENTION_MAX_DAYS")) return [];
  return [
    "Cannot use EVENTS_RETENTION_MAX_DAYS as all events are kept for ever: set EVENTS_RETENTION_DAYS or EVENTS_RETENTION_COUNT",
  ];
}

/** What is wrong with the variables of the listeners taken together. */
function listenerProblems(values: GivenVariables): string[] {
  const { PORT = "8080", ADMIN_PORT, TLS_CERT_PATH, TLS_KEY_PATH } = values;
  const problems: string[] = [];
  if (ADMIN_PORT !== undefined && ADMIN_PORT === PORT && PORT !== "0") {
    problems.push(
      "Cannot use ADMIN_PORT as PORT is the same: set it to another one",
    );
  }
  if ((TLS_CERT_PATH === undefined) !== (TLS_KEY_PATH === undefined)) {
    const [one, other] = TLS_CERT_PATH === undefined
      ? ["TLS_KEY_PATH", "TLS_CERT_PATH"]
      : ["TLS_CERT_PATH", "TLS_KEY_PATH"];
    problems.push(
      `Cannot use ${one} as ${other} is not set: set both for TLS, or neither`,
    );
  }
  return problems;
}

/** What is wrong with whom to believe that a server is itself. */
function authorityProblems(values: GivenVariables): string[] {
  const problems: string[] = [];
  if (
    values.REDIS_CA_PATH !== undefined &&
    !/^rediss:/.test(values.REDIS_URL ?? "")
  ) {
    problems.push(
      "Cannot use REDIS_CA_PATH as Redis is not asked by TLS: set REDIS_URL to one that begins with rediss://",
    );
  }
  if (
    values.DATABASE_CA_PATH !== undefined && values.DATABASE_URL === undefined
  ) {
    problems.push(
      "Cannot use DATABASE_CA_PATH as DATABASE_URL is not set: set it, or unset both",
    );
  }
  return problems;
}

/** What is missing for the role. */
function roleProblems(values: GivenVariables): string[] {
  if (values.ROLE !== "orchestrator") return [];
  return ["SIGNAL_SERVICE_URL", "EXECUTION_GATEWAY_URL"]
    .filter((name) => values[name] === undefined)
    .map((name) =>
      `Cannot use ROLE=orchestrator as ${name} is not set: say where the other process listens, such as http://127.0.0.1:8081`
    );
}

/** What is wrong with the adapters taken together. */
function storeProblems(values: GivenVariables): string[] {
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

/** Who would be believed without keys by machines that are not this one. */
function authProblems({ AUTH, HOST }: GivenVariables): string[] {
  if (AUTH !== "off" || HOST === undefined || isLoopback(HOST)) return [];
  return [
    `Cannot use AUTH=off as other machines can reach HOST ${HOST}: unset AUTH, so that callers need API keys, or set HOST=127.0.0.1`,
  ];
}
