/**
 * What a measurement costs whoever takes it, and reading all of them.
 *
 * @module
 */
import { createSystemClock } from "../../adapters/system/clock.ts";
import {
  createSystemTelemetry,
  type SystemTelemetry,
} from "../../adapters/system/telemetry.ts";
import { type MetricName, METRICS } from "../../ports/metrics.ts";
import { type Figure, quantile } from "./figure.ts";

/** Series of each metric: more than a service has of most. */
const SERIES = 20;

const CALLS = 100_000;
const RUNS = 31;

const clock = createSystemClock();

function createTelemetry(): SystemTelemetry {
  return createSystemTelemetry({
    clock,
    level: "error",
    format: "json",
    write() {},
  });
}

/** Measures measuring. */
export function benchTelemetry(): Figure[] {
  const telemetry = createTelemetry();
  const labels = Object.freeze({ kind: "settings_read" });
  const count = () => telemetry.count("holdfast_redis_errors_total", labels);
  const observe = () =>
    telemetry.observe("holdfast_redis_call_seconds", 0.0007, labels);
  const timed = () => {
    const seconds = clock.monotonic() / 1e9;
    telemetry.observe("holdfast_redis_call_seconds", seconds, labels);
  };
  const full = fill(createTelemetry());
  return [
    {
      name: "one count",
      value: microseconds(count, CALLS),
      unit: "µs",
      limit: 0.3,
    },
    {
      name: "one observation",
      value: microseconds(observe, CALLS),
      unit: "µs",
      limit: 0.3,
    },
    {
      name: "one observation, with a look at the clock",
      value: microseconds(timed, CALLS),
      unit: "µs",
    },
    {
      name: `/metrics with ${SERIES} series of each metric`,
      value: microseconds(full.exposition, 10) / 1000,
      unit: "ms",
      limit: 10,
    },
  ];
}

/** The median time of one `run`. */
function microseconds(run: () => unknown, calls: number): number {
  const samples = Array.from({ length: RUNS }, () => {
    const began = performance.now();
    for (let i = 0; i < calls; i++) run();
    return (performance.now() - began) * 1000 / calls;
  });
  return quantile(samples, 0.5);
}

function fill(telemetry: SystemTelemetry): SystemTelemetry {
  for (const [name, { kind }] of Object.entries(METRICS)) {
    for (let i = 0; i < SERIES; i++) {
      const labels = { route: `/api/v1/${i}`, method: "GET" };
      if (kind === "counter") {
        telemetry.count(name as MetricName<"counter">, labels);
      } else if (kind === "gauge") {
        telemetry.gauge(name as MetricName<"gauge">, i, labels);
      } else telemetry.observe(name as MetricName<"histogram">, i, labels);
    }
  }
  return telemetry;
}
