/**
 * Publishing while nobody knows whether an attempt has stored the events.
 *
 * @module
 */
import { parseUserId } from "../../domain/user_id.ts";
import type { EventBus } from "../../ports/event_bus.ts";
import { PortError } from "../../ports/port_error.ts";
import { createEventService } from "../../src/services/events.ts";
import { deepEqual, rejects } from "../support/assert.ts";
import { createMemoryWorld } from "../support/memory_world.ts";
import { createRecordingTelemetry } from "../support/recording_telemetry.ts";
import { createSeededEntropy } from "../support/seeded_entropy.ts";
import { pass } from "../support/turns.ts";

const SETUP = { event_type: "setup.received", setup_id: "s-1" };
const CALLER = { user: parseUserId("42") };
const IN_DOUBT = {
  code: "timeout",
  message: /^Cannot tell whether the events were stored/,
};

/** What becomes of a publish over a bus that `wrap` has changed. */
async function publish(wrap: (bus: EventBus) => Partial<EventBus>) {
  const { clock, bus: open } = createMemoryWorld();
  const bus = open();
  const events = createEventService({
    bus: { ...bus, ...wrap(bus) },
    clock,
    entropy: createSeededEntropy(),
    telemetry: createRecordingTelemetry(),
  });
  const published = rejects(events.publish(SETUP, CALLER), IN_DOUBT);
  await pass(clock, 500);
  await published;
  return await bus.head();
}

Deno.test("once an attempt may have stored the events, no failure says that it has not", async () => {
  const failures = ["timeout", "unavailable", "full"] as const;
  let calls = 0;
  const { position } = await publish((bus) => ({
    async publish(events, signal) {
      if (calls === 0) await bus.publish(events, signal);
      throw new PortError(failures[calls++]!, "Cannot publish");
    },
  }));
  deepEqual([calls, position], [3, 1]);
});

Deno.test("events that are stored, and cannot be looked at, are not said to be refused", async () => {
  let calls = 0;
  const { position } = await publish((bus) => ({
    async publish(events, signal) {
      const receipts = await bus.publish(events, signal);
      if (++calls === 1) throw new PortError("timeout", "Cannot tell");
      return receipts;
    },
    async read() {
      throw new PortError("unavailable", "Cannot read");
    },
  }));
  deepEqual([calls, position], [2, 1]);
});
