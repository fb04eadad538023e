/**
 * The telemetry port: what the service says about itself.
 *
 * @module
 */
import type { MetricName } from "./metrics.ts";
import type { Trace } from "./tracing.ts";

export { type MetricName, METRICS } from "./metrics.ts";

/** How serious a log line is. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** Facts of a log line; secrets must not be among them. */
export type LogFields = Readonly<Record<string, unknown>>;

/** A log line that was written, without its secrets. */
export interface WrittenLine {
  /** When, in milliseconds since the Unix epoch. */
  readonly at: number;
  /** How serious it is. */
  readonly level: LogLevel;
  /** What happened. */
  readonly message: string;
  /** Values as JSON has them. */
  readonly fields: LogFields;
}

/**
 * Labels of one series of a metric. Those that are frozen are found by
 * themselves and not by what they say: freeze what is used often.
 */
export type Labels = Readonly<Record<string, string>>;

/** Takes log lines and measurements; never throws, never blocks. */
export interface Telemetry {
  /** Writes one log line. */
  log(level: LogLevel, message: string, fields?: LogFields): void;

  /** Adds `by` (1) to a counter. */
  count(metric: MetricName<"counter">, labels?: Labels, by?: number): void;

  /** Sets a gauge; `NaN` where nobody knows. */
  gauge(metric: MetricName<"gauge">, value: number, labels?: Labels): void;

  /** Adds one observation, in the unit that ends the metric's name. */
  observe(
    metric: MetricName<"histogram">,
    value: number,
    labels?: Labels,
  ): void;

  /**
   * Forgets the series whose label `label` has none of `values`: what they
   * measured is no more. A counter that comes back begins at 0.
   */
  retain(label: string, values: ReadonlySet<string>): void;

  /**
   * Calls `listener` right before the metrics are read, until the result is
   * called: for gauges of what is at that moment.
   */
  onRead(listener: () => void): () => void;

  /** Absent where nobody traces. */
  readonly trace?: Trace | undefined;
}
