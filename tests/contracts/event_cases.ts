/**
 * The cases that events are held to, and the law that holds each of them.
 *
 * The laws of all suites named here are run by memory, SQLite, Postgres and
 * Postgres with Redis. `tests/event_cases_test.ts` prints the table.
 *
 * @module
 */
import { EVENT_BUS_LAWS } from "./event_bus.ts";
import { GROUP_STORE_LAWS } from "./event_groups.ts";
import { SERVICE_LAWS } from "./event_service.ts";
import { LOG_RETENTION_LAWS } from "./log_retention.ts";
import { SETTINGS_STORE_LAWS } from "./settings_store.ts";

/** The suites, each with what runs it. */
export const SUITES = {
  testEventBus: EVENT_BUS_LAWS,
  testEventService: SERVICE_LAWS,
  testGroupStore: GROUP_STORE_LAWS,
  testLogRetention: LOG_RETENTION_LAWS,
  testSettingsStore: SETTINGS_STORE_LAWS,
} as const;

/** A law, by its suite. */
export type CaseLaw = {
  [Suite in keyof typeof SUITES]: readonly [
    Suite,
    keyof typeof SUITES[Suite] & string,
  ];
}[keyof typeof SUITES];

const bus = (law: keyof typeof EVENT_BUS_LAWS): CaseLaw => [
  "testEventBus",
  law,
];
const served = (law: keyof typeof SERVICE_LAWS): CaseLaw => [
  "testEventService",
  law,
];
const store = (law: keyof typeof GROUP_STORE_LAWS): CaseLaw => [
  "testGroupStore",
  law,
];
const retention = (law: keyof typeof LOG_RETENTION_LAWS): CaseLaw => [
  "testLogRetention",
  law,
];
const settings = (law: keyof typeof SETTINGS_STORE_LAWS): CaseLaw => [
  "testSettingsStore",
  law,
];

/** The cases, in their order; a name that is no law does not compile. */
export const EVENT_CASES: Readonly<Record<string, readonly CaseLaw[]>> = {
  publish_then_subscribe_receives_all_fields: [
    bus("what is published is read back whole"),
  ],
  fan_out_every_subscriber_gets_every_event: [
    bus(
      "every subscriber gets every event, in one order, whoever publishes at once",
    ),
  ],
  pattern_matching_same_on_all_adapters: [
    bus("channel patterns choose events, and unmatched ones are passed over"),
  ],
  total_order_under_concurrent_publishers: [
    bus("concurrent publishers get dense positions, each event its own"),
    bus(
      "every subscriber gets every event, in one order, whoever publishes at once",
    ),
  ],
  no_gap_when_older_tx_commits_later: [
    bus("concurrent publishers get dense positions, each event its own"),
  ],
  rollback_publishes_nothing_and_leaves_no_hole: [
    bus("an aborted publish stores nothing"),
    store(
      "effects that the log does not take are refused, and the ack with them",
    ),
  ],
  state_and_event_commit_or_vanish_together: [
    settings("all documents of a write change, or none"),
    store("what a handler appends and its ack are kept together"),
  ],
  duplicate_event_id_returns_first_position: [
    bus("an id published again gets its first position and changes nothing"),
    bus("the same id published at once by many is stored once"),
  ],
  replay_from_position_exact: [
    bus("reading resumes after any position, exactly"),
  ],
  replay_from_time_uses_commit_time: [
    bus("commit times never go back, and positionAt() finds them"),
  ],
  subscribe_before_earliest_raises_position_expired: [
    retention(
      "what is older than a time is dropped, and readers behind it are told",
    ),
  ],
  subscriber_restart_continues_without_loss_or_dup: [
    bus("a subscription that is cut off goes on without loss or repeat"),
  ],
  group_shares_work_each_event_once: [
    served("members of a group share its events, each once"),
  ],
  next_event_of_key_waits_for_ack: [
    served("the next event of a key waits for the ack, others go on"),
  ],
  nack_retries_with_backoff_then_dead_letters: [
    served(
      "a nack comes again, later each time, and the last is a dead letter",
    ),
  ],
  park_key_holds_later_events_of_that_key_and_redrive_keeps_order: [
    served(
      "park-key holds later events of the key, and a redrive keeps the order",
    ),
  ],
  member_dies_lease_moves_and_old_owner_is_fenced: [
    served("a member dies, its lease moves on, and it is fenced"),
  ],
  checkpoint_in_handler_tx_gives_single_effect_on_crash_between: [
    served(
      "effects and ack are one: a crash before or after leaves one effect",
    ),
  ],
  slow_subscriber_does_not_delay_others_and_memory_is_bounded: [
    bus("who reads slowly delays nobody, and gets everything in the end"),
    bus("a page holds at most its limit and says how far it looked"),
  ],
  schema_invalid_rejected_at_publish_and_invalid_in_log_goes_to_dlq: [
    served(
      "an event that breaks its schema, or is too large, is refused with every fault",
    ),
    served("a poison event in the log stops nobody: it becomes a dead letter"),
  ],
  payload_over_1kb_policy: [
    served(
      "an event that breaks its schema, or is too large, is refused with every fault",
    ),
  ],
  flat_envelope_cloudevents_round_trip: [
    served("what was delivered in any form can be published as the same event"),
  ],
  request_reply_timeout_late_reply_and_retry_same_answer: [
    bus("a question has one answer: in time, late, asked again, or by others"),
  ],
  abort_signal_stops_within_100ms_and_leaks_nothing: [
    bus("an abort ends a subscription soon, and leaves nothing behind"),
  ],
  trace_context_survives_every_path: [
    served(
      "trace context goes from a publisher to readers, members and letters",
    ),
  ],
  lag_equals_head_minus_checkpoint_always: [
    served("lag is the head less the checkpoint, at every step"),
  ],
  retention_trim_never_passes_an_active_group_unless_forced: [
    retention("retention never passes an active group, unless it is forced"),
  ],
  publish_fails_loudly: [
    served("a publish that stored nothing fails, and never resolves"),
    bus("a closed bus rejects, ends its waits, and closes twice"),
  ],
};

/** A test of one adapter: its file and its name. */
export type CaseTest = readonly [file: string, name: string];

/** What a law cannot bring about, as not every adapter has it: tests beside the laws. */
export const EVENT_CASE_TESTS: Readonly<Record<string, readonly CaseTest[]>> = {
  no_gap_when_older_tx_commits_later: [[
    "tests/adapters/postgres_transactions_test.ts",
    "postgres: of two open transactions the one that commits first stands first, and no reader passes over the other",
  ]],
  rollback_publishes_nothing_and_leaves_no_hole: [[
    "tests/adapters/postgres_transactions_test.ts",
    "postgres: of two open transactions the one that is rolled back leaves neither event nor hole",
  ]],
};
