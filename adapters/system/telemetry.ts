/**
 * Log lines on a stream, and metrics in memory.
 *
 * @module
 */
import type { Clock } from "../../ports/clock.ts";
import type {
  Labels,
  LogFields,
  LogLevel,
  Telemetry,
} from "../../ports/telemetry.ts";
import type { Trace } from "../../ports/tracing.ts";
import { printJsonLine, printPrettyLine } from "./log_lines.ts";
import { createMetrics } from "./metrics.ts";

/** The levels, least serious first. */
export const LOG_LEVELS: readonly LogLevel[] = [
  "debug",
  "info",
  "warn",
  "error",
];

/** The labels of who has none. */
const NONE: Labels = Object.freeze({});

/** Telemetry that can be asked for its metrics. */
export interface SystemTelemetry extends Telemetry {
  /** All metrics in the Prometheus text format. */
  exposition(): string;
}

/** Creates telemetry whose lines go to `write`, one call a line. */
export function createSystemTelemetry(options: {
  readonly clock: Clock;
  /** The least serious level that is written. */
  readonly level: LogLevel;
  readonly format: "json" | "pretty";
  readonly write: (line: string) => void;
  /** Nobody traces when absent. */
  readonly trace?: Trace | undefined;
}): SystemTelemetry {
  const { clock, format, write } = options;
  const print = format === "json" ? printJsonLine : printPrettyLine;
  const least = LOG_LEVELS.indexOf(options.level);
  const metrics = createMetrics();
  const readers = new Set<() => void>();

  function lineOf(level: LogLevel, message: string, fields: LogFields): string {
    const now = clock.now();
    try {
      return print(now, level, message, fields);
    } catch (error) {
      return print(now, level, message, { unprintable: String(error) });
    }
  }

  return {
    log(level, message, fields = {}) {
      if (LOG_LEVELS.indexOf(level) < least) return;
      write(lineOf(level, message, fields));
    },
    count: (metric, labels = NONE, by = 1) => metrics.add(metric, labels, by),
    gauge: (metric, value, labels = NONE) => metrics.set(metric, labels, value),
    observe: (metric, value, labels = NONE) =>
      metrics.observe(metric, labels, value),
    retain: metrics.retain,
    trace: options.trace,
    onRead(listener) {
      readers.add(listener);
      return () => readers.delete(listener);
    },
    exposition() {
      for (const listener of readers) listener();
      return metrics.exposition();
    },
  };
}
