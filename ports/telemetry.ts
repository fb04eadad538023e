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
  holdfast_volatile_relay_total: {
    kind: "counter",
    help:
      "Volatile events between instances, by result sent, dropped (not handed on), received or refused (from others, no event).",
  },
  holdfast_model_reloads_total: {
    kind: "counter",
    help: "Attempts to reload the model, by result.",
  },
  holdfast_quarantine_failures_total: {
    kind: "counter",
    help: "Times that the quarantine list could not be brought up to date.",
  },
  holdfast_group_lag: {
    kind: "gauge",
    help:
      "Positions from a group's checkpoint to the head of the log, by group.",
  },
  holdfast_group_oldest_age_seconds: {
    kind: "gauge",
    help: "Age of the oldest event that a group has not settled, by group.",
  },
  holdfast_group_outstanding: {
    kind: "gauge",
    help: "Events that a group has looked at and not settled, by group.",
  },
  holdfast_group_dead_letters: {
    kind: "gauge",
    help: "Dead letters, by group.",
  },
  holdfast_group_halted: {
    kind: "gauge",
    help: "1 while a group has stopped by itself, by group.",
  },
  holdfast_group_settled_total: {
    kind: "counter",
    help: "Deliveries that members settled, by group and result ack or nack.",
  },
  holdfast_group_pinned_events: {
    kind: "gauge",
    help:
      "Events that are due to be dropped and are kept for a group, by group.",
  },
  holdfast_group_pinned_seconds: {
    kind: "gauge",
    help: "Age of the oldest event that is kept for a group alone, by group.",
  },
  holdfast_event_streams: {
    kind: "gauge",
    help: "Event streams open to clients.",
  },
  holdfast_event_sockets: {
    kind: "gauge",
    help: "WebSockets of events, those that are closing included.",
  },
  holdfast_log_position: {
    kind: "gauge",
    help: "Position of the newest event in the log.",
  },
  holdfast_log_events: {
    kind: "gauge",
    help: "Events that the log holds.",
  },
  holdfast_log_oldest_age_seconds: {
    kind: "gauge",
    help: "Age of the oldest event that the log holds.",
  },
  holdfast_log_clock_ahead_seconds: {
    kind: "gauge",
    help:
      "By how much the newest event is stamped later than now; 0 up to a minute.",
  },
  holdfast_log_dropped_total: {
    kind: "counter",
    help: "Events that this instance has dropped from the log.",
  },
  holdfast_order_requests_total: {
    kind: "counter",
    help:
      "Order numbers and client order ids given, by operation sequence or client_order_id and result new, known or repeated.",
  },
  holdfast_orders_total: {
    kind: "counter",
    help: "Orders by each status that they came to.",
  },
  holdfast_order_entry_seconds: {
    kind: "histogram",
    help: "Time from the request of an order to its answer.",
  },
  holdfast_order_unknown_outcomes_total: {
    kind: "counter",
    help: "Orders of which nobody knew whether the venue had got them.",
  },
  holdfast_order_reports_refused_total: {
    kind: "counter",
    help: "Reports of the venue that cannot be.",
  },
  holdfast_orphan_orders_total: {
    kind: "counter",
    help: "Orders at the venue that were not known here, taken in quarantine.",
  },
  holdfast_position_differences: {
    kind: "gauge",
    help: "Positions that the venue has otherwise, at the last reconciliation.",
  },
  holdfast_reconciliation_age_seconds: {
    kind: "gauge",
    help: "Time since everything was last compared with the venue.",
  },
  holdfast_reconciliation_seconds: {
    kind: "histogram",
    help: "Time that a comparison of everything with the venue took.",
  },
  holdfast_autopilot_cycles_total: {
    kind: "counter",
    help: "Cycles of the autopilot, by result done or skipped.",
  },
  holdfast_autopilot_decisions_total: {
    kind: "counter",
    help:
      "Decisions of the autopilot's cycles, by action: open (told to the log) or hold.",
  },
  holdfast_autopilot_unreadable_trades_total: {
    kind: "counter",
    help: "Events of trades that are nobody's or cannot be understood.",
  },
  holdfast_autopilot_failures_total: {
    kind: "counter",
    help: "Users and symbols that a cycle could not decide on, by stage.",
  },
  holdfast_autopilot_database_reads_total: {
    kind: "counter",
    help: "Settings snapshots of cycles that came from the database.",
  },
  holdfast_autopilot_database_reads: {
    kind: "gauge",
    help: "Database reads of the newest cycle.",
  },
  holdfast_autopilot_log_appends_total: {
    kind: "counter",
    help: "Signals that the autopilot has appended to the log.",
  },
  holdfast_autopilot_settings_seconds: {
    kind: "histogram",
    help: "Time in which a cycle has read the settings of all users.",
  },
  holdfast_autopilot_cycle_seconds: {
    kind: "histogram",
    help: "Time that a cycle of the autopilot took.",
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
}
