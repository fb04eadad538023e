/**
 * /metrics of a service with Redis and Postgres: every measurement is there, is
 * about what has happened, and is read fast.
 *
 * @module
 */
import { METRICS } from "../../ports/metrics.ts";
import { deepEqual, equal, ok } from "../support/assert.ts";
import { makeSchema } from "../support/postgres_world.ts";
import { canStartRedis, startRedis } from "../support/redis_world.ts";
import { startService } from "../support/service_process.ts";
import { requireService } from "../support/services.ts";

/** Metrics that have no series where nothing has gone wrong, nor been asked for. */
const QUIET = new Set([
  "holdfast_autopilot_cycle_seconds",
  "holdfast_autopilot_cycles_total",
  "holdfast_autopilot_database_reads",
  "holdfast_autopilot_database_reads_total",
  "holdfast_autopilot_decisions_total",
  "holdfast_autopilot_failures_total",
  "holdfast_autopilot_log_appends_total",
  "holdfast_autopilot_settings_seconds",
  "holdfast_autopilot_unreadable_trades_total",
  "holdfast_event_sockets",
  "holdfast_event_streams",
  "holdfast_group_dead_letters",
  "holdfast_group_halted",
  "holdfast_group_lag",
  "holdfast_group_oldest_age_seconds",
  "holdfast_group_outstanding",
  "holdfast_group_pinned_events",
  "holdfast_group_pinned_seconds",
  "holdfast_group_settled_total",
  "holdfast_log_dropped_total",
  "holdfast_order_entry_seconds",
  "holdfast_order_reports_refused_total",
  "holdfast_order_unknown_outcomes_total",
  "holdfast_orders_total",
  "holdfast_orphan_orders_total",
  "holdfast_port_errors_total",
  "holdfast_postgres_errors_total",
  "holdfast_quarantine_failures_total",
  "holdfast_redis_breaker_trips_total",
  "holdfast_redis_errors_total",
  "holdfast_sequence_numbers_skipped_total",
  "holdfast_volatile_relay_total",
]);

/** The series of an exposition, by name and labels. */
function seriesOf(text: string): Map<string, number> {
  const lines = text.trimEnd().split("\n").filter((line) => line[0] !== "#");
  return new Map(lines.map((line) => {
    const cut = line.lastIndexOf(" ");
    return [line.slice(0, cut), Number(line.slice(cut + 1))];
  }));
}

const databaseUrl = await requireService(import.meta.url, "postgres");
if (databaseUrl && await canStartRedis(import.meta.url)) {
  Deno.test("metrics: a service tells of its requests, caches, servers and itself", async () => {
    await using schema = await makeSchema(databaseUrl);
    await using redis = await startRedis();
    await using service = await startService({
      DATABASE_URL: schema.url,
      REDIS_URL: redis.url,
      STORE: "postgres",
    });
    const ask = async (path: string, method = "GET", body?: unknown) => {
      const init = body === undefined ? {} : {
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(body),
      };
      const answer = await fetch(service.url + path, { method, ...init });
      return { status: answer.status, text: await answer.text() };
    };
    const read = async () => seriesOf((await ask("/metrics")).text);
    for (let open = 0; open !== 1;) {
      open = (await read()).get("holdfast_gate_open") ?? 0;
    }
    for (let i = 0; i < 3; i++) await ask("/api/user/settings");
    const vector = "/api/v1/features/SYNA/2025-01-16";
    equal((await ask(vector)).status, 200);
    const event = {
      event_type: "signal.triggered",
      data: { ticker: "SYNA", setup_id: "s-1" },
    };
    ok((await ask("/api/v1/events", "POST", event)).status < 300);
    equal((await ask("/api/orders/sequence", "POST", {})).status, 200);
    await ask("/api/v1/nowhere");

    let series = await read();
    // Redis takes the event over in a moment.
    while (series.get("holdfast_drain_lag_positions") !== 0) {
      series = await read();
    }
    const has = (metric: string) =>
      series.keys().some((key) =>
        key.replace(/\{.*/, "").replace(/_(bucket|sum|count)$/, "") ===
          metric ||
        key.replace(/\{.*/, "") === metric
      );
    const missing = Object.keys(METRICS).filter((metric) => !has(metric));
    deepEqual(missing.filter((metric) => !QUIET.has(metric)), []);

    equal(series.get('holdfast_mode{mode="normal"}'), 1);
    equal(series.get("holdfast_redis_up"), 1);
    const near = series.get('holdfast_near_cache_reads_total{result="hit"}');
    ok(near! >= 2, `${near}`);
    const source = 'source="redis",verified="true"';
    ok(series.get(`holdfast_settings_reads_total{${source}}`)! > 0);
    ok(series.get("holdfast_redis_memory_used_bytes")! > 0);
    ok(series.get('holdfast_postgres_links{lane="readers"}')! > 0);
    ok(series.get("process_resident_memory_bytes")! > 10e6);
    ok(series.get("process_cpu_seconds_total")! > 0);
    const startedAt = series.get("process_start_time_seconds")! * 1000;
    ok(Math.abs(Date.now() - startedAt) < 60_000, `${startedAt}`);
    const unmatched = 'method="ANY",route="unmatched",status="404"';
    equal(series.get(`holdfast_http_requests_total{${unmatched}}`), 1);

    // Others may have the processors meanwhile.
    for (let look = 1;; look++) {
      const tookMs: number[] = [];
      for (let i = 0; i < 30; i++) {
        const began = performance.now();
        await ask("/metrics");
        tookMs.push(performance.now() - began);
      }
      tookMs.sort((a, b) => a - b);
      if (tookMs[15]! < 10) break;
      ok(look < 3, `half took ${tookMs[15]} ms or longer`);
    }

    const lost = read();
    await redis.cli("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
    await lost;
    const trips = 'holdfast_redis_breaker_trips_total{reason="lost"}';
    while (!((await read()).get(trips)! >= 1));
    const changes = 'holdfast_mode_changes_total{mode="degraded"}';
    while (!((await read()).get(changes)! >= 1));
  });
}
