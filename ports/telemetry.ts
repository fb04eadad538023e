/**
 * The telemetry port: what the service says about itself.
 *
 * @module
 */

/** How serious a log line is. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** Facts of a log line; secrets must not be among them. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Labels of one series of a metric. */
export type Labels = Readonly<Record<string, string>>;

/**
 * Every metric, with its kind and what it means. Prometheus naming: counters
 * end in `_total`, units end a name.
 */
export const METRICS = {
  holdfast_http_requests_total: {
    kind: "counter",
    help: "Requests answered, by method, route and status.",
  },
  holdfast_http_request_duration_seconds: {
    kind: "histogram",
    help: "Time from request to answer, by method and route.",
  },
  holdfast_feature_reads_total: {
    kind: "counter",
    help: "Vectors asked of the feature store, by result hit or miss.",
  },
  holdfast_feature_computations_total: {
    kind: "counter",
    help: "Vectors computed from bars.",
  },
  holdfast_port_errors_total: {
    kind: "counter",
    help: "Failed port calls that were absorbed, by port and code.",
  },
  holdfast_events_published_total: {
    kind: "counter",
    help: "Events committed to the log, by channel.",
  },
  holdfast_model_reloads_total: {
    kind: "counter",
    help: "Attempts to reload the model, by result.",
  },
  holdfast_quarantine_failures_total: {
    kind: "counter",
    help: "Times that the quarantine list could not be brought up to date.",
  },
  holdfast_event_streams: {
    kind: "gauge",
    help: "Event streams open to clients.",
  },
  holdfast_log_position: {
    kind: "gauge",
    help: "Position of the newest event in the log.",
  },
} as const satisfies Record<
  string,
  { kind: "counter" | "gauge" | "histogram"; help: string }
>;

/** Names of the metrics of one kind. */
export type MetricName<Kind extends "counter" | "gauge" | "histogram"> = {
  [Name in keyof typeof METRICS]: typeof METRICS[Name]["kind"] extends Kind
    ? Name
    : never;
}[keyof typeof METRICS];

/** Takes log lines and measurements; never throws, never blocks. */
export interface Telemetry {
  /** Writes one log line. */
  log(level: LogLevel, message: string, fields?: LogFields): void;

  /** Adds `by` (1) to a counter. */
  count(metric: MetricName<"counter">, labels?: Labels, by?: number): void;

  /** Sets a gauge. */
  gauge(metric: MetricName<"gauge">, value: number, labels?: Labels): void;

  /** Adds one observation, in the unit that ends the metric's name. */
  observe(
    metric: MetricName<"histogram">,
    value: number,
    labels?: Labels,
  ): void;
}
