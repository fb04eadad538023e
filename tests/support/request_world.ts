/**
 * Questions over a log in memory, on a clock that stands still.
 *
 * @module
 */
import { openMemoryEventBus } from "../../adapters/memory/event_bus.ts";
import { createMemoryLog } from "../../adapters/memory/log.ts";
import { parseUserId } from "../../domain/user_id.ts";
import type { EventBus } from "../../ports/event_bus.ts";
import { createEventService } from "../../src/services/events.ts";
import {
  createRequestReply,
  type Question,
} from "../../src/services/request_reply.ts";
import { anEvent } from "./events.ts";
import { createFakeClock } from "./fake_clock.ts";
import { createRecordingTelemetry } from "./recording_telemetry.ts";
import { createSeededEntropy } from "./seeded_entropy.ts";

/** Who asks. */
export const CALLER = { user: parseUserId("42") };
/** The id of the question. */
export const ID = "019b7e5d-8c0e-7cc4-9b0a-6f2d1c3e4a5b";
/** Its trace context. */
export const TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/** A question. */
export const QUESTION: Question = {
  event_type: "signal.triggered",
  data: { ticker: "SPY", setup_id: "s-1" },
  id: ID,
};

/** Creates a service that answers questions, over a log in memory. */
export function createRequestWorld(
  options: { wrap?: (bus: EventBus) => EventBus; capacity?: number } = {},
) {
  const { wrap = (bus) => bus, capacity = 10_000 } = options;
  const clock = createFakeClock();
  const entropy = createSeededEntropy();
  const telemetry = createRecordingTelemetry();
  const log = createMemoryLog({ clock, entropy, capacity });
  const bus = openMemoryEventBus(log);
  /** A service that knows nothing of what others did, as after a restart. */
  const start = () => {
    const ports = { bus: wrap(bus), clock, entropy, telemetry };
    return createRequestReply({ ...ports, events: createEventService(ports) });
  };
  const service = start();
  return {
    clock,
    bus,
    log,
    start,
    ask: (
      more: Partial<Question> = {},
      timeoutMs = 5000,
      signal?: AbortSignal,
    ) =>
      service.ask({ ...QUESTION, ...more }, timeoutMs, CALLER, TRACE, signal),
    /** Publishes an answer to `id`; gives its position. */
    async answer(n: number, id = ID, channel = "setup.received") {
      const meta = { timestamp: "2026-01-02T03:04:05Z", correlation_id: id };
      const [receipt] = await bus.publish([anEvent({ n }, { channel, meta })]);
      return receipt!.position;
    },
  };
}

/** What tells one answer from another. */
export const dataOf = ({ reply }: { reply: { json: string } }) =>
  JSON.parse(reply.json).n;
