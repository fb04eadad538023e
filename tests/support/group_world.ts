/**
 * Consumer groups over the memory adapters, on a clock that stands still.
 *
 * @module
 */
import type { GroupPolicy } from "../../domain/event_group/group.ts";
import { DEFAULT_POLICY } from "../../domain/event_group/policy.ts";
import type { EventBus } from "../../ports/event_bus.ts";
import type { GroupStore } from "../../ports/event_groups.ts";
import {
  createEventGroups,
  type EventGroups,
} from "../../src/services/event_groups.ts";
import type { Delivery } from "../../src/services/event_groups/delivery.ts";
import type { GroupStart } from "../../src/services/event_groups/start.ts";
import { anEvent } from "./events.ts";
import { createMemoryWorld } from "./memory_world.ts";
import { createRecordingTelemetry } from "./recording_telemetry.ts";
import { createSeededEntropy } from "./seeded_entropy.ts";

/** Groups and what they stand on. */
export type GroupWorld = ReturnType<typeof createGroupWorld>;

/** Creates groups; `wrap` may stand between them and their ports. */
export function createGroupWorld(
  wrap: {
    readonly store?: (store: GroupStore) => GroupStore;
    readonly bus?: (bus: EventBus) => EventBus;
    readonly capacity?: number;
  } = {},
) {
  const { capacity } = wrap;
  const world = createMemoryWorld(capacity === undefined ? {} : { capacity });
  const { clock } = world;
  const bus = world.bus();
  const store = world.groups();
  const telemetry = createRecordingTelemetry();
  let seed = 0;

  /** One more instance of the service over the same database. */
  function instance(over = wrap.store?.(store) ?? store): EventGroups {
    return createEventGroups({
      bus: wrap.bus?.(bus) ?? bus,
      store: over,
      clock,
      entropy: createSeededEntropy(++seed),
      telemetry,
    });
  }
  const groups = instance();

  return {
    ...world,
    bus,
    store,
    telemetry,
    groups,
    instance,
    /** Makes group `g`. */
    make: (policy: Partial<GroupPolicy> = {}, start: GroupStart = "earliest") =>
      groups.put("g", { policy: { ...DEFAULT_POLICY, ...policy }, start }),
    /** Publishes an event for each key. */
    async publish(...keys: (string | undefined)[]) {
      for (const key of keys) {
        await bus.publish([anEvent({}, key === undefined ? {} : { key })]);
      }
    },
    /** What a member gets now. */
    async take(from: EventGroups = groups, limit = 100, member = "m") {
      const polling = { member, limit, waitMs: 0 };
      return (await from.take("g", polling)).deliveries;
    },
  };
}

/** The positions of `deliveries`. */
export function positionsOf(deliveries: readonly Delivery[]): number[] {
  return deliveries.map(({ event }) => event.position);
}

/** How a member names `delivery`. */
export function refOf({ event, token }: Delivery) {
  return { position: event.position, token };
}

/** A refusal of `delivery`. */
export function nackOf(delivery: Delivery, error = "no", retryMs?: number) {
  return { ...refOf(delivery), error, retryMs };
}
