/**
 * Written by `deno task openapi` from the contract of the service.
 *
 * @module
 */

/** `Health` of the contract. */
export interface Health {
  readonly status: "healthy" | "degraded" | "unhealthy";
  readonly reasons: readonly string[];
  readonly model_loaded: boolean;
  readonly model_info: {
    readonly strategy: string;
    readonly version: string;
    readonly activated_at: string;
  } | null;
  readonly redis_enabled: boolean;
  readonly redis_connected: boolean;
  readonly redis_status: "connected" | "disconnected" | "disabled";
  readonly feature_cache_enabled: boolean;
  readonly database_connected: boolean;
  readonly signal_service_healthy?: boolean;
  readonly execution_gateway_healthy?: boolean;
  readonly mode: "normal" | "degraded" | "unverified";
  readonly adapters: {
    readonly feature_store: string;
    readonly event_bus: string;
    readonly settings_store: string;
    readonly sequence: string;
  };
  readonly version: string;
  readonly uptime_s: number;
  readonly timestamp: string;
}

/** `Readiness` of the contract. */
export interface Readiness {
  readonly ready: boolean;
  readonly reasons: readonly string[];
}

/** What went wrong (RFC 9457); some kinds have more members. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly instance: string;
  readonly request_id: string;
  readonly errors?: readonly {
    readonly path: string;
    readonly message: string;
  }[];
  readonly [name: string]: unknown;
}
