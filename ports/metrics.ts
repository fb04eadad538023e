/**
 * Every metric, with its kind and what it means.
 *
 * Prometheus naming: counters end in `_total`, units end a name. What any
 * process tells of itself has Prometheus's own names.
 *
 * @module
 */

/** A metric as it is declared. */
export interface Metric<Kind extends "counter" | "gauge" | "histogram"> {
  /** What kind of measurement it takes. */
  readonly kind: Kind;
  /** What it means, one sentence. */
  readonly help: string;
  /** Whether it never has labels, and is 0 until it counts: else its first event is no increase. */
  readonly isAlone?: true;
  /** Upper ends of a histogram's buckets, in seconds. */
  readonly buckets?: readonly number[];
}

/** Buckets of what a caller waits for, in seconds. */
const USUAL_S = [0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 5000]
  .map((ms) => ms / 1000);

/** Buckets of one round trip to a server nearby, in seconds. */
const FAST_S = [0.0001, 0.00025, ...USUAL_S];

const counter = (help: string): Metric<"counter"> => ({
  kind: "counter",
  help,
});

/** A counter that never has labels. */
const tally = (help: string) => ({ ...counter(help), isAlone: true as const });

const gauge = (help: string): Metric<"gauge"> => ({ kind: "gauge", help });

const histogram = (help: string, buckets = USUAL_S): Metric<"histogram"> => ({
  kind: "histogram",
  help,
  buckets,
});

/** Every metric, in the order in which they are printed. */
export const METRICS = {
  // Requests
  holdfast_http_requests_total: counter(
    "Requests answered, by method, route and status.",
  ),
  holdfast_http_request_duration_seconds: histogram(
    "Time from request to answer, by method and route.",
  ),

  // What is read, and from where
  holdfast_feature_reads_total: counter(
    "Vectors asked of the feature store, by result hit or miss.",
  ),
  holdfast_feature_computations_total: tally("Vectors computed from bars."),
  holdfast_settings_reads_total: counter(
    "Settings documents read, by source redis, database or memory, and by verified true or false.",
  ),
  holdfast_near_cache_reads_total: counter(
    "Settings documents read through Redis, by result: hit (in this process, and Redis confirmed that it is current) or miss (brought by Redis).",
  ),
  holdfast_port_errors_total: counter(
    "Failed port calls that were absorbed, by port and code.",
  ),

  // How Redis follows the log
  holdfast_mode: gauge(
    "1 for the mode that the service is in, by mode normal, degraded or unverified.",
  ),
  holdfast_mode_changes_total: counter(
    "Changes of the mode, by the mode that it changed to.",
  ),
  holdfast_gate_open: gauge("1 while this instance believes Redis."),
  holdfast_drain_lag_positions: gauge(
    "Positions of the log that Redis does not show yet, as far as this instance knows; NaN until Redis has followed once.",
  ),
  holdfast_drain_lag_seconds: gauge(
    "How long the oldest of those positions has been known; NaN until Redis has followed once.",
  ),
  holdfast_adapter_active: gauge(
    "1 for the adapter that a port is on, by port and adapter.",
  ),
  holdfast_adapter_pinned: gauge("1 while a port is pinned, by port."),
  holdfast_adapter_switches_total: counter(
    "Switches of a port to another adapter, by port and adapter.",
  ),

  // Redis
  holdfast_redis_up: gauge(
    "1 while there is a Redis to ask: reached, fit, and the breaker closed.",
  ),
  holdfast_redis_needs_setup: gauge(
    "1 while somebody has to set Redis up otherwise before it can be used.",
  ),
  holdfast_redis_breaker_open: gauge("1 while calls to Redis fail at once."),
  holdfast_redis_breaker_trips_total: counter(
    "Times that the breaker has opened, by reason late (three calls in a row) or lost (the connection, or a server that became unfit).",
  ),
  holdfast_redis_call_seconds: histogram(
    "Time that calls to Redis took that were answered, by kind.",
    FAST_S,
  ),
  holdfast_redis_errors_total: counter(
    "Calls to Redis that failed, by kind and code.",
  ),
  holdfast_redis_memory_used_bytes: gauge(
    "Memory that Redis uses; this and what follows as INFO told within the last ten seconds, NaN while Redis is away.",
  ),
  holdfast_redis_memory_max_bytes: gauge(
    "Memory that Redis may use; 0 when nothing limits it.",
  ),
  holdfast_redis_connected_clients: gauge(
    "Clients that are connected to Redis.",
  ),
  holdfast_redis_policy_info: gauge(
    "1 for the maxmemory-policy of Redis, by policy.",
  ),
  holdfast_redis_evicted_keys_total: counter(
    "Keys that Redis has evicted since this instance looked first.",
  ),
  holdfast_redis_expired_keys_total: counter(
    "Keys of Redis that have expired since this instance looked first.",
  ),
  holdfast_redis_keyspace_hits_total: counter(
    "Lookups of keys in Redis that found one, of all its clients, since this instance looked first.",
  ),
  holdfast_redis_keyspace_misses_total: counter(
    "Lookups of keys in Redis that found none, of all its clients, since this instance looked first.",
  ),
  holdfast_redis_error_replies_total: counter(
    "Errors that Redis has answered, to all its clients, since this instance looked first.",
  ),

  // Postgres
  holdfast_postgres_statement_seconds: histogram(
    "Time that statements took that Postgres answered, by kind.",
    FAST_S,
  ),
  holdfast_postgres_errors_total: counter(
    "Statements that failed, by kind and code: an SQLSTATE, timeout or lost.",
  ),
  holdfast_postgres_links: gauge(
    "Connections to Postgres, by lane readers, writers or appender.",
  ),
  holdfast_postgres_links_max: gauge(
    "Most connections to Postgres that a lane may have, by lane.",
  ),
  holdfast_postgres_statements_under_way: gauge(
    "Statements that Postgres has not answered yet, by lane.",
  ),

  // Events
  holdfast_events_published_total: counter(
    "Events committed to the log, by channel.",
  ),
  holdfast_volatile_relay_total: counter(
    "Volatile events between instances, by result sent, dropped (not handed on), received or refused (from others, no event).",
  ),
  holdfast_event_streams: gauge("Event streams open to clients."),
  holdfast_event_sockets: gauge(
    "WebSockets of events, those that are closing included.",
  ),
  holdfast_log_position: gauge("Position of the newest event in the log."),
  holdfast_log_events: gauge("Events that the log holds."),
  holdfast_log_oldest_age_seconds: gauge(
    "Age of the oldest event that the log holds.",
  ),
  holdfast_log_clock_ahead_seconds: gauge(
    "By how much the newest event is stamped later than now; 0 up to a minute.",
  ),
  holdfast_log_dropped_total: tally(
    "Events that this instance has dropped from the log.",
  ),

  // Consumer groups
  holdfast_group_lag: gauge(
    "Positions from a group's checkpoint to the head of the log, by group.",
  ),
  holdfast_group_oldest_age_seconds: gauge(
    "Age of the oldest event that a group has not settled, by group.",
  ),
  holdfast_group_outstanding: gauge(
    "Events that a group has looked at and not settled, by group.",
  ),
  holdfast_group_dead_letters: gauge("Dead letters, by group."),
  holdfast_group_halted: gauge(
    "1 while a group has stopped by itself, by group.",
  ),
  holdfast_group_settled_total: counter(
    "Deliveries that members settled, by group and result ack or nack.",
  ),
  holdfast_group_pinned_events: gauge(
    "Events that are due to be dropped and are kept for a group, by group.",
  ),
  holdfast_group_pinned_seconds: gauge(
    "Age of the oldest event that is kept for a group alone, by group.",
  ),

  // Models
  holdfast_model_reloads_total: counter(
    "Attempts to reload the model, by result.",
  ),
  holdfast_model_info: gauge(
    "1 for the active model, by strategy and model_version.",
  ),
  holdfast_quarantine_failures_total: tally(
    "Times that the quarantine list could not be brought up to date.",
  ),

  // Orders
  holdfast_order_requests_total: counter(
    "Order numbers and client order ids given, by operation sequence or client_order_id and result new, known or repeated.",
  ),
  holdfast_sequence_blocks_total: tally(
    "Blocks of order numbers that this instance has leased for Redis.",
  ),
  holdfast_sequence_numbers_skipped_total: tally(
    "Order numbers that nobody will get, as far as this instance knows: those between the last one given and the next block, and blocks that Redis did not take.",
  ),
  holdfast_orders_total: counter("Orders by each status that they came to."),
  holdfast_order_entry_seconds: histogram(
    "Time from the request of an order to its answer.",
  ),
  holdfast_order_unknown_outcomes_total: tally(
    "Orders of which nobody knew whether the venue had got them.",
  ),
  holdfast_order_reports_refused_total: tally(
    "Reports of the venue that cannot be.",
  ),
  holdfast_orphan_orders_total: tally(
    "Orders at the venue that were not known here, taken in quarantine.",
  ),
  holdfast_position_differences: gauge(
    "Positions that the venue has otherwise, at the last reconciliation.",
  ),
  holdfast_reconciliation_age_seconds: gauge(
    "Time since everything was last compared with the venue.",
  ),
  holdfast_reconciliation_seconds: histogram(
    "Time that a comparison of everything with the venue took.",
  ),

  // Autopilot
  holdfast_autopilot_cycles_total: counter(
    "Cycles of the autopilot, by result done or skipped.",
  ),
  holdfast_autopilot_decisions_total: counter(
    "Decisions of the autopilot's cycles, by action: open (told to the log) or hold.",
  ),
  holdfast_autopilot_unreadable_trades_total: tally(
    "Events of trades that are nobody's or cannot be understood.",
  ),
  holdfast_autopilot_failures_total: counter(
    "Users and symbols that a cycle could not decide on, by stage.",
  ),
  holdfast_autopilot_database_reads_total: tally(
    "Settings snapshots of cycles that came from the database.",
  ),
  holdfast_autopilot_database_reads: gauge(
    "Database reads of the newest cycle.",
  ),
  holdfast_autopilot_log_appends_total: tally(
    "Signals that the autopilot has appended to the log.",
  ),
  holdfast_autopilot_settings_seconds: histogram(
    "Time in which a cycle has read the settings of all users.",
  ),
  holdfast_autopilot_cycle_seconds: histogram(
    "Time that a cycle of the autopilot took.",
  ),

  // The process
  holdfast_build_info: gauge("1, by version of the program and of Deno."),
  holdfast_event_loop_delay_seconds: histogram(
    "By how much timers were late: the process did something else.",
    FAST_S,
  ),
  process_start_time_seconds: gauge(
    "When the process began, in seconds since the Unix epoch.",
  ),
  process_cpu_seconds_total: counter(
    "Time of processors that the process has used.",
  ),
  process_resident_memory_bytes: gauge("Memory of the process that is in use."),
  process_heap_bytes: gauge(
    "Memory of the heap of JavaScript, by state used or total.",
  ),
} as const;

/** Names of the metrics of one kind. */
export type MetricName<Kind extends "counter" | "gauge" | "histogram"> = {
  [Name in keyof typeof METRICS]: typeof METRICS[Name]["kind"] extends Kind
    ? Name
    : never;
}[keyof typeof METRICS];
