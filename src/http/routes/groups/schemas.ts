/**
 * What routes of groups accept and answer.
 *
 * @module
 */
import { z } from "zod";
import {
  type GroupPolicy,
  POISON_POLICIES,
} from "../../../../domain/event_group/group.ts";
import {
  DEFAULT_POLICY,
  MAX_GROUP_CHANNELS,
  parseGroupName,
  POLICY_RANGES,
} from "../../../../domain/event_group/policy.ts";
import { InvalidInput } from "../../../../domain/invalid_input.ts";
import type { GroupStart } from "../../../services/event_groups/start.ts";
import type { GroupView } from "../../../services/event_groups/view.ts";
import { textReadBy } from "../../schemas.ts";
import { EPOCH } from "../event_examples.ts";
import { parseAfter } from "../event_schemas.ts";

/** Group of the reference page. */
export const TAGS = ["Consumer groups"];

/** Name of a group, in a path or a query. */
export const GroupName = textReadBy(parseGroupName).meta({
  description:
    "Name of the group: 1 to 64 of a-z, 0-9, dot, underscore, hyphen.",
  example: "billing",
});

/** The path of one group. */
export const GroupPath = z.strictObject({ name: GroupName });

/** Where to begin. */
export const Start = textReadBy(parseStart).meta({
  description: "`head`, `earliest`, the last position that was handled " +
    "(`1207` or `epoch:1207`), or a time with a zone.",
  example: "earliest",
});

function whole(name: keyof typeof POLICY_RANGES) {
  const [from, to] = POLICY_RANGES[name];
  return z.int().min(from).max(to);
}

const { backoff: BACKOFF } = DEFAULT_POLICY;

/** How a group is to read; what is absent is as by default. */
export const GroupInput = z.strictObject({
  channels: z.array(z.string().max(128)).min(1).max(MAX_GROUP_CHANNELS)
    .optional().meta({
      description: "Patterns of channels; all channels when absent.",
    }),
  max_attempts: whole("maxAttempts").optional().meta({
    description:
      `Deliveries of one event, at most; ${DEFAULT_POLICY.maxAttempts} when absent.`,
  }),
  backoff: z.strictObject({
    first_ms: whole("firstMs").optional(),
    factor: z.number().min(1).max(100).optional(),
    max_ms: whole("maxMs").optional(),
  }).optional().meta({
    description: "How long an event waits after a failure, less up to a half.",
  }),
  on_poison: z.enum(POISON_POLICIES).optional().meta({
    description:
      "After the last failure: `park` makes it a dead letter, `park-key` has " +
      "later events of its key wait behind it, `halt` stops the group.",
  }),
  lease_ms: whole("leaseMs").optional().meta({
    description: "How long a delivery is its member's.",
  }),
  max_in_flight: whole("maxInFlight").optional().meta({
    description: "Deliveries that are with members at one time, at most.",
  }),
  start: Start.optional().meta({
    description: "Where a new group begins; `head` when absent.",
  }),
}).meta({
  id: "GroupInput",
  example: {
    channels: ["orders.*"],
    max_attempts: 5,
    on_poison: "park-key",
    start: "earliest",
  },
});

/** The policy that a body asks for. */
export function policyOf(input: z.output<typeof GroupInput>): GroupPolicy {
  const { backoff = {} } = input;
  return {
    channels: input.channels ?? DEFAULT_POLICY.channels,
    maxAttempts: input.max_attempts ?? DEFAULT_POLICY.maxAttempts,
    backoff: {
      firstMs: backoff.first_ms ?? BACKOFF.firstMs,
      factor: backoff.factor ?? BACKOFF.factor,
      maxMs: backoff.max_ms ?? BACKOFF.maxMs,
    },
    onPoison: input.on_poison ?? DEFAULT_POLICY.onPoison,
    leaseMs: input.lease_ms ?? DEFAULT_POLICY.leaseMs,
    maxInFlight: input.max_in_flight ?? DEFAULT_POLICY.maxInFlight,
  };
}

const Halted = z.object({
  code: z.enum(["poison", "parked_full", "epoch_changed", "expired"]),
  reason: z.string(),
  position: z.int(),
});

/** A group of the reference page. */
export const GROUP_EXAMPLE = {
  name: "billing",
  state: "running",
  halted: null,
  epoch: EPOCH,
  checkpoint: 1204,
  cursor: 1207,
  head: 1207,
  lag: 3,
  oldest_age_s: 0.25,
  outstanding: 2,
  in_flight: 2,
  dead_letters: 0,
  channels: ["orders.*"],
  max_attempts: 5,
  backoff: { first_ms: 1000, factor: 2, max_ms: 60000 },
  on_poison: "park-key",
  lease_ms: 30000,
  max_in_flight: 32,
};

/** How a group is. */
export const Group = z.object({
  name: z.string(),
  state: z.enum(["running", "paused", "halted"]),
  halted: Halted.nullable().meta({
    description:
      "Why it has stopped by itself: `epoch_changed` and `expired` " +
      "end with a seek, the others with a resume or a discard.",
  }),
  epoch: z.string(),
  checkpoint: z.int().meta({
    description: "Everything up to here is settled.",
  }),
  cursor: z.int().meta({ description: "Everything up to here was looked at." }),
  head: z.int(),
  lag: z.int().nullable().meta({
    description: "`head` less `checkpoint`; null in another epoch.",
  }),
  oldest_age_s: z.number().nullable().meta({
    description:
      "Age of the oldest event that is not settled; 0 for none, null in " +
      "another epoch, and where it was not found within a measuring's reads.",
  }),
  outstanding: z.int(),
  in_flight: z.int(),
  dead_letters: z.int(),
  channels: z.array(z.string()),
  max_attempts: z.int(),
  backoff: z.object({
    first_ms: z.int(),
    factor: z.number(),
    max_ms: z.int(),
  }),
  on_poison: z.enum(POISON_POLICIES),
  lease_ms: z.int(),
  max_in_flight: z.int(),
}).meta({
  id: "Group",
  example: GROUP_EXAMPLE,
});

/** How a group is, as it is answered. */
export function groupOf(view: GroupView): z.output<typeof Group> {
  const { group, head, lag, oldestAgeMs } = view;
  const { policy, halted } = group;
  const { firstMs, factor, maxMs } = policy.backoff;
  return {
    name: group.name,
    state: stateOf(group),
    halted: halted
      ? { code: halted.code, reason: halted.reason, position: halted.position }
      : null,
    epoch: group.epoch,
    checkpoint: group.checkpoint,
    cursor: group.cursor,
    head: head.position,
    lag: lag ?? null,
    oldest_age_s: oldestAgeMs === undefined ? null : oldestAgeMs / 1000,
    outstanding: view.outstanding,
    in_flight: view.taken,
    dead_letters: view.deadLetters,
    channels: [...policy.channels],
    max_attempts: policy.maxAttempts,
    backoff: { first_ms: firstMs, factor, max_ms: maxMs },
    on_poison: policy.onPoison,
    lease_ms: policy.leaseMs,
    max_in_flight: policy.maxInFlight,
  };
}

/** Whether members get anything. */
export function stateOf(
  { halted, isPaused }: Pick<GroupView["group"], "halted" | "isPaused">,
): "running" | "paused" | "halted" {
  return halted ? "halted" : isPaused ? "paused" : "running";
}

function parseStart(text: string): GroupStart {
  if (text === "head" || text === "earliest") return text;
  const isTime = z.iso.datetime({ offset: true }).safeParse(text).success;
  if (isTime) return { fromTimeMs: Date.parse(text) };
  try {
    return parseAfter(text);
  } catch {
    throw new InvalidInput(
      `must be head, earliest, a position, epoch:position or a time with a zone: current value is ${
        JSON.stringify(text.slice(0, 100))
      }`,
    );
  }
}
