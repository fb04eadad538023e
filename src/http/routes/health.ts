/**
 * Health, for people, probes and Prometheus.
 *
 * @module
 */
import { z } from "zod";
import type { HealthReport, HealthService } from "../../services/health.ts";
import { Instant, instantOf } from "../schemas.ts";
import { type Route, route } from "../route.ts";

const TAGS = ["Health"];

const Health = z.object({
  status: z.enum(["healthy", "degraded", "unhealthy"]).meta({
    description: "`degraded` serves everything, `unhealthy` does not.",
  }),
  reasons: z.array(z.string()).meta({
    description: "Why the service is not healthy, one sentence each.",
  }),
  model_loaded: z.boolean(),
  model_info: z.object({
    strategy: z.string(),
    version: z.string(),
    activated_at: Instant,
  }).nullable(),
  redis_enabled: z.boolean(),
  redis_connected: z.boolean(),
  redis_status: z.enum(["connected", "disconnected", "disabled"]),
  feature_cache_enabled: z.boolean(),
  database_connected: z.boolean(),
  signal_service_healthy: z.boolean().optional().meta({
    description: "Only where SIGNAL_SERVICE_URL names another process.",
  }),
  execution_gateway_healthy: z.boolean().optional().meta({
    description: "Only where EXECUTION_GATEWAY_URL names another process.",
  }),
  mode: z.enum(["normal", "degraded", "unverified"]),
  adapters: z.object({
    feature_store: z.string(),
    event_bus: z.string(),
    settings_store: z.string(),
    sequence: z.string(),
  }).meta({ description: "Where each port reads from now." }),
  version: z.string(),
  uptime_s: z.int(),
  timestamp: Instant,
}).meta({
  id: "Health",
  example: {
    status: "healthy",
    reasons: [],
    model_loaded: true,
    model_info: {
      strategy: "alpha_baseline",
      version: "9f2c41d07b3e",
      activated_at: "2025-06-30T20:00:00.000Z",
    },
    redis_enabled: false,
    redis_connected: false,
    redis_status: "disabled",
    feature_cache_enabled: true,
    database_connected: true,
    mode: "normal",
    adapters: {
      feature_store: "sqlite",
      event_bus: "sqlite",
      settings_store: "sqlite",
      sequence: "sqlite",
    },
    version: "0.1.0",
    uptime_s: 3600,
    timestamp: "2025-06-30T21:00:00.000Z",
  },
});

const Readiness = z.object({
  ready: z.boolean(),
  reasons: z.array(z.string()),
}).meta({ id: "Readiness", example: { ready: true, reasons: [] } });

const Liveness = z.object({ status: z.literal("alive") })
  .meta({ id: "Liveness" });

/** The routes that tell how the service is. */
export function healthRoutes(
  health: HealthService,
  exposition: () => string,
): readonly Route[] {
  return [
    route({
      method: "GET",
      path: "/health",
      id: "getHealth",
      summary: "How the service is",
      description: "Answers within half a second even when the database hangs.",
      tags: TAGS,
      logLevel: "debug",
      responses: {
        200: { description: "It serves.", schema: Health },
        503: { description: "It does not.", schema: Health },
      },
      errors: [],
      handle: async () => {
        const report = await health.check();
        const json = healthOf(report);
        return serves(report) ? { status: 200, json } : { status: 503, json };
      },
    }),

    route({
      method: "GET",
      path: "/health/live",
      id: "getLiveness",
      summary: "Whether the process runs",
      description: "Asks nothing of anything else: restart what fails it.",
      tags: TAGS,
      logLevel: "debug",
      responses: { 200: { description: "It runs.", schema: Liveness } },
      errors: [],
      handle: () => ({ status: 200, text: '{"status":"alive"}' }),
    }),

    route({
      method: "GET",
      path: "/health/ready",
      id: "getReadiness",
      summary: "Whether requests should be sent here",
      tags: TAGS,
      logLevel: "debug",
      responses: {
        200: { description: "They should.", schema: Readiness },
        503: { description: "They should not.", schema: Readiness },
      },
      errors: [],
      handle: async () => {
        const report = await health.check();
        const ready = serves(report);
        const json = { ready, reasons: [...report.reasons] };
        return ready ? { status: 200, json } : { status: 503, json };
      },
    }),

    route({
      method: "GET",
      path: "/metrics",
      id: "getMetrics",
      summary: "Measurements, for Prometheus",
      tags: TAGS,
      logLevel: "debug",
      responses: {
        200: {
          description: "Every metric, in the text exposition format.",
          schema: z.string(),
          contentType: "text/plain; version=0.0.4; charset=utf-8",
        },
      },
      errors: [],
      handle: () => ({ status: 200, text: exposition() }),
    }),
  ];
}

function serves(report: HealthReport): boolean {
  return report.status !== "unhealthy";
}

function healthOf(report: HealthReport): z.output<typeof Health> {
  const { model, redis } = report;
  return {
    status: report.status,
    reasons: [...report.reasons],
    model_loaded: model !== undefined,
    model_info: model
      ? {
        strategy: model.strategy,
        version: model.version,
        activated_at: instantOf(model.activatedAt),
      }
      : null,
    redis_enabled: redis !== "disabled",
    redis_connected: redis === "connected",
    redis_status: redis,
    feature_cache_enabled: report.featureCacheEnabled,
    database_connected: report.databaseConnected,
    signal_service_healthy: report.remotes.signalService,
    execution_gateway_healthy: report.remotes.executionGateway,
    mode: report.mode,
    adapters: report.adapters,
    version: report.version,
    uptime_s: report.uptimeS,
    timestamp: instantOf(report.checkedAt),
  };
}
