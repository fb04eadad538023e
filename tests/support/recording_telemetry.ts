/**
 * Telemetry that remembers what it was told.
 *
 * @module
 */
import type {
  Labels,
  LogFields,
  LogLevel,
  MetricName,
  Telemetry,
} from "../../ports/telemetry.ts";

/** One line of the log. */
export interface LogLine {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: LogFields;
}

/** Telemetry under the eyes of a test. */
export interface RecordingTelemetry extends Telemetry {
  /** The lines logged at `level`, in order; of every level when absent. */
  logged(level?: LogLevel): readonly LogLine[];
  /** What a counter stands at. */
  counted(metric: MetricName<"counter">, labels?: Labels): number;
  /** What a gauge was last set to; `undefined` when it never was, or is forgotten. */
  gauged(metric: MetricName<"gauge">, labels?: Labels): number | undefined;
  /** What a histogram was told, in order. */
  observed(
    metric: MetricName<"histogram">,
    labels?: Labels,
  ): readonly number[];
  /** None: those that were logged are told by `logged`. */
  recent(): readonly [];
}

/** Creates telemetry that has been told nothing. */
export function createRecordingTelemetry(): RecordingTelemetry {
  const lines: LogLine[] = [];
  const counters = new Map<string, number>();
  const gauges = new Map<string, number>();
  const labelsOf = new Map<string, Labels>();
  const observed = new Map<string, number[]>();
  const readers = new Set<() => void>();
  function nameOf(metric: string, labels: Labels = {}): string {
    const name = metric + JSON.stringify(Object.entries(labels).sort());
    labelsOf.set(name, labels);
    return name;
  }
  return {
    log: (level, message, fields = {}) =>
      void lines.push({ level, message, fields }),
    count(metric, labels, by = 1) {
      const name = nameOf(metric, labels);
      counters.set(name, (counters.get(name) ?? 0) + by);
    },
    gauge: (metric, value, labels) =>
      void gauges.set(nameOf(metric, labels), value),
    observe(metric, value, labels) {
      const name = nameOf(metric, labels);
      const values = observed.get(name);
      if (values) values.push(value);
      else observed.set(name, [value]);
    },
    onRead(listener) {
      readers.add(listener);
      return () => readers.delete(listener);
    },
    retain(label, values) {
      for (const series of [counters, gauges]) {
        for (const name of series.keys()) {
          const value = labelsOf.get(name)![label];
          if (value !== undefined && !values.has(value)) series.delete(name);
        }
      }
    },
    logged: (level) =>
      lines.filter((line) => level === undefined || line.level === level),
    gauged(metric, labels) {
      for (const listener of readers) listener();
      return gauges.get(nameOf(metric, labels));
    },
    recent: () => [],
    observed: (metric, labels) => observed.get(nameOf(metric, labels)) ?? [],
    counted: (metric, labels) => counters.get(nameOf(metric, labels)) ?? 0,
  };
}
