/**
 * The HTTP applications of the service, put together.
 *
 * @module
 */
import { parseUserId } from "../domain/user_id.ts";
import type { Clock } from "../ports/clock.ts";
import type { Entropy } from "../ports/entropy.ts";
import type { Telemetry } from "../ports/telemetry.ts";
import type { Config } from "./config.ts";
import { type App, createApp } from "./http/app.ts";
import { createHostGuard, isLoopback } from "./http/host_guard.ts";
import {
  type Caller,
  createIdentity,
  DEFAULT_CALLER,
} from "./http/identity.ts";
import type { Route } from "./http/route.ts";
import { healthRoutes } from "./http/routes/health.ts";
import type { AdminAudit } from "./services/admin_audit.ts";
import type { ApiKeys } from "./services/api_keys.ts";
import type { HealthService } from "./services/health.ts";
import { createRateLimit } from "./services/rate_limit.ts";

/** Who the desk on the sample bars is: a user of its own, who administers nothing. */
export const SAMPLE_DESK: Caller = {
  user: parseUserId("sample"),
  isAdmin: false,
  actor: "sample-desk",
  scopes: ["read", "write", "trade"],
};

/** What answers requests. */
export interface Applications {
  /** Answers callers. */
  readonly app: App;
  /** Answers those who look after the service: probes and Prometheus, without keys. */
  readonly adminApp: App;
  /** Answers this very process as `caller`; no listener ever leads here. */
  appFor(caller: Caller): App;
}

/** Creates the applications over `routes`. */
export function createApplications(config: Config, parts: {
  readonly routes: readonly Route[];
  readonly health: HealthService;
  readonly apiKeys: ApiKeys;
  readonly audit: AdminAudit;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly telemetry: Telemetry & {
    readonly exposition: () => string;
  };
}): Applications {
  const { routes, health, apiKeys, audit, clock, entropy, telemetry } = parts;
  const { host, auth, rateLimit } = config;
  const guard = createHostGuard({ loopback: isLoopback(host), hosts: [host] });
  const common = { guard, clock, entropy, telemetry };
  return {
    app: createApp({
      ...common,
      routes,
      identity: createIdentity(auth === "keys" ? { keys: apiKeys } : {}),
      audit,
      rateLimit: rateLimit === 0
        ? undefined
        : createRateLimit(rateLimit, clock),
    }),
    adminApp: createApp({
      ...common,
      routes: healthRoutes(health, telemetry.exposition),
      identity: { identify: () => DEFAULT_CALLER },
    }),
    appFor: (caller) =>
      createApp({
        ...common,
        routes,
        identity: { identify: () => caller },
        // Nobody has asked from outside: news is only what we have done wrong.
        telemetry: {
          ...telemetry,
          log: (level, ...line) =>
            telemetry.log(level === "error" ? level : "debug", ...line),
        },
      }),
  };
}
