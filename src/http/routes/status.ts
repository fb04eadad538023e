/**
 * What the service does right now, once or as it goes on.
 *
 * @module
 */
import { z } from "zod";
import type { Clock } from "../../../ports/clock.ts";
import type { Telemetry } from "../../../ports/telemetry.ts";
import { errorFields } from "../../services/error_fields.ts";
import type { StatusReport, StatusService } from "../../services/status.ts";
import type { Caller } from "../identity.ts";
import { type Route, route } from "../route.ts";
import { Instant, instantOf } from "../schemas.ts";
import { formatFrame, openSse, RETRY_FIELD } from "../sse.ts";
import { Adapter, adapterOf } from "./admin.ts";
import { endsOf, STREAM_HEADERS } from "./event_stream.ts";
import type { StreamSeats } from "./stream_seats.ts";

/** How often a stream tells the status though nothing has changed. */
const BEAT_MS = 1000;

const Mode = z.enum(["normal", "degraded", "unverified"]);

const EXAMPLE = {
  at: "2026-01-02T14:32:00.000Z",
  version: "0.1.0",
  instance: "trading-1",
  record: "postgres",
  mode: "normal",
  redis_status: "connected",
  reason: null,
  adapters: [{
    port: "settings_store",
    active: "redis",
    pinned: null,
    choices: ["redis", "postgres"],
  }],
  database_connected: true,
  log: { epoch: "01a1ffc7-297b-722d-9347-4a427463ef96", head: 12840 },
  checkpoint: 12840,
  instances: [{
    id: "5f2c8a91d7e3b046",
    label: "trading-1",
    gate: "open",
    applied_position: 12840,
  }],
  changes: [{
    at: "2026-01-02T14:00:00.000Z",
    mode: "normal",
    reason: null,
    adapters: { settings_store: "redis" },
  }],
  caller: { user: "default", scopes: ["read", "write", "trade", "admin"] },
} as const;

const Status = z.object({
  at: Instant,
  version: z.string(),
  instance: z.string().meta({ description: "Name of the instance asked." }),
  record: z.string().meta({ description: "The database of record." }),
  mode: Mode,
  redis_status: z.enum(["connected", "disconnected", "disabled"]),
  reason: z.string().nullable().meta({
    description: "Why Redis is not used now; null while it is.",
  }),
  adapters: z.array(Adapter),
  database_connected: z.boolean(),
  log: z.object({ epoch: z.string(), head: z.int() }).nullable().meta({
    description: "Where the log ends, as the database said last.",
  }),
  checkpoint: z.int().nullable().meta({
    description:
      "Up to where Redis shows the log; the last known while it is away, null " +
      "where nothing follows.",
  }),
  instances: z.array(z.object({
    id: z.string(),
    label: z.string(),
    gate: z.enum(["closed", "opening", "open"]),
    applied_position: z.int(),
  })).meta({ description: "The instances that share Redis." }),
  changes: z.array(z.object({
    at: Instant,
    mode: Mode,
    reason: z.string().nullable(),
    adapters: z.record(z.string(), z.string()),
  })).meta({
    description:
      "The newest changes of mode and adapters of this instance, the oldest " +
      "first.",
  }),
  caller: z.object({ user: z.string(), scopes: z.array(z.string()) }).meta({
    description: "Who asks, and what he may do.",
  }),
}).meta({
  id: "Status",
  example: JSON.parse(JSON.stringify(EXAMPLE)) as Record<string, unknown>,
});

/** The routes that tell what the service does. */
export function statusRoutes(
  around: {
    readonly status: StatusService;
    readonly clock: Clock;
    readonly telemetry: Telemetry;
    readonly version: string;
    readonly seats: StreamSeats;
  },
): readonly Route[] {
  const { status, clock, telemetry, version, seats } = around;
  const tell = async (caller: Caller) =>
    statusOf(await status.look(), status, version, caller);

  return [
    route({
      method: "GET",
      path: "/api/v1/status",
      id: "getStatus",
      summary: "What the service does right now",
      description:
        "Mode, adapters, log, follower and instances. Answers within half a " +
        "second even when the database hangs.",
      tags: ["Health"],
      logLevel: "debug",
      responses: { 200: { description: "The status.", schema: Status } },
      errors: [],
      handle: async ({ caller }) => ({ status: 200, json: await tell(caller) }),
    }),

    route({
      method: "GET",
      path: "/api/v1/status/stream",
      id: "streamStatus",
      summary: "What the service does, as it goes on",
      description:
        "Server-sent events `status`, each a whole status: one a second, and " +
        "one at once when the mode or an adapter changes.",
      tags: ["Health"],
      logLevel: "debug",
      responses: {
        200: {
          description: "The stream.",
          schema: z.string(),
          contentType: "text/event-stream",
        },
      },
      errors: [],
      handle: ({ caller, signal, context }) => ({
        status: 200,
        headers: STREAM_HEADERS,
        stream: openSse(async (send, ended) => {
          for (let first = RETRY_FIELD;; first = "") {
            const data = JSON.stringify(await tell(caller));
            await send(first + formatFrame({ event: "status", data }));
            await beat(ended);
          }
        }, {
          clock,
          ends: endsOf(signal, context.shutdown, caller),
          ended: seats.take(caller, "stream"),
          heartbeat: () => "",
          failed: (error) =>
            telemetry.log("warn", "status stream ended", {
              ...errorFields(error),
              request_id: context.requestId,
            }),
        }),
      }),
    }),
  ];

  /** Waits until it is time to tell again. */
  async function beat(ended: AbortSignal): Promise<void> {
    const stop = new AbortController();
    const either = AbortSignal.any([ended, stop.signal]);
    const waits = [clock.sleep(BEAT_MS, either), status.changed(either)];
    for (const wait of waits) wait.catch(() => {});
    try {
      await Promise.race(waits);
    } finally {
      stop.abort();
    }
  }
}

function statusOf(
  report: StatusReport,
  { instance, record }: StatusService,
  version: string,
  caller: Caller,
): z.output<typeof Status> {
  const { log } = report;
  return {
    at: instantOf(report.at),
    version,
    instance,
    record,
    mode: report.mode,
    redis_status: report.redis,
    reason: report.reason ?? null,
    adapters: report.adapters.map(adapterOf),
    database_connected: report.isDatabaseUp,
    log: log ? { epoch: log.epoch, head: log.position } : null,
    checkpoint: report.checkpoint ?? null,
    instances: report.instances.map((lease) => ({
      id: lease.bootId,
      label: lease.label,
      gate: lease.gate,
      applied_position: lease.appliedPosition,
    })),
    changes: report.changes.map(({ at, reason, mode, adapters }) => ({
      at: instantOf(at),
      mode,
      reason: reason ?? null,
      adapters: { ...adapters },
    })),
    caller: { user: caller.user, scopes: [...caller.scopes] },
  };
}
