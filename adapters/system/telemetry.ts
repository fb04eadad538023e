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
  WrittenLine,
} from "../../ports/telemetry.ts";
import type { Trace } from "../../ports/tracing.ts";
import { printJsonLine, printPrettyLine } from "./log_lines.ts";
import { createMetrics } from "./metrics.ts";
import { createRecentLines } from "./recent_lines.ts";

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
  /** The newest lines at warn and above that were written, the oldest first. */
  recent(): readonly WrittenLine[];
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
  const recent = createRecentLines();
  const readers = new Set<() => void>();

  function lineOf(
    now: number,
    level: LogLevel,
    message: string,
    fields: LogFields,
  ): string {
    try {
      return print(now, level, message, fields);
    } catch (error) {
      return print(now, level, message, { unprintable: String(error) });
    }
  }

  return {
    log(level, message, fields = {}) {
      if (LOG_LEVELS.indexOf(level) < least) return;
      const now = clock.now();
      write(lineOf(now, level, message, fields));
      if (level === "warn" || level === "error") {
        recent.keep(now, level, message, fields);
      }
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
    recent: recent.lines,
    exposition() {
      for (const listener of readers) listener();
      return metrics.exposition();
    },
  };
}
