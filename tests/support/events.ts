/**
 * Events for tests.
 *
 * @module
 */
import type { LoggedEvent, NewEvent } from "../../domain/event/event.ts";
import { uuidV7 } from "../../domain/uuid.ts";
import { createSeededEntropy } from "./seeded_entropy.ts";

const entropy = createSeededEntropy(7);

/** An event with a new id. */
export function anEvent(
  data: Record<string, unknown> = {},
  more: Partial<NewEvent> = {},
): NewEvent {
  return {
    id: uuidV7(1_767_323_045_000, entropy.bytes(10)),
    channel: "setup.received",
    json: JSON.stringify(data),
    meta: { timestamp: "2026-01-02T03:04:05.000Z" },
    ...more,
  };
}

/** What the publisher handed in, taken back out of what the log holds. */
export function asPublished(event: LoggedEvent): NewEvent {
  const { position: _p, batchEnd: _b, committedAt: _c, ...published } = event;
  return published;
}
