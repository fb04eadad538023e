/**
 * An application whose events a test controls, and a client of its streams.
 *
 * @module
 */
import { openMemoryEventBus } from "../../adapters/memory/event_bus.ts";
import { createMemoryLog } from "../../adapters/memory/log.ts";
import { openSwitchingEventBus } from "../../adapters/switching/event_bus.ts";
import type { EventBus } from "../../ports/event_bus.ts";
import type { App } from "../../src/http/app.ts";
import { createEventService } from "../../src/services/events.ts";
import { createRequestReply } from "../../src/services/request_reply.ts";
import { fail } from "../support/assert.ts";
import { anEvent } from "../support/events.ts";
import { createFakeClock, type FakeClock } from "../support/fake_clock.ts";
import { createSeededEntropy } from "../support/seeded_entropy.ts";
import {
  createHarness,
  createRecordingTelemetry,
  type Harness,
} from "./harness.ts";

/** What a client makes of one block of a stream. */
export interface Frame {
  readonly event?: string;
  readonly id?: string;
  readonly retry?: string;
  readonly data?: string;
}

/** A client that reads as it is told, and not ahead. */
export interface StreamClient {
  readonly response: Response;
  /** Reads one write of the server; `undefined` at the end. */
  chunk(): Promise<Frame[] | undefined>;
  /** The next frame; fails at the end. */
  next(): Promise<Frame>;
  /** The next `count` frames. */
  take(count: number): Promise<Frame[]>;
  /** Reads until the stream ends. */
  rest(): Promise<Frame[]>;
  /** Leaves. */
  leave(): Promise<void>;
}

/** Opens a stream as a browser would. */
export async function follow(
  app: App,
  query = "",
  options: {
    lastEventId?: string;
    shutdown?: AbortSignal;
    path?: string;
    user?: string;
  } = {},
): Promise<StreamClient> {
  const { lastEventId, shutdown, path = "/api/v1/events/stream", user } =
    options;
  const headers = {
    ...(lastEventId === undefined ? {} : { "last-event-id": lastEventId }),
    ...(user === undefined ? {} : { "x-user-id": user }),
  };
  const response = await app.request(
    path + query,
    { headers },
    shutdown && { shutdown },
  );
  const reader = response.body!.getReader();
  const decoder = new TextDecoder();
  let waiting: Frame[] = [];

  async function chunk(): Promise<Frame[] | undefined> {
    const { done, value } = await reader.read();
    if (done) return undefined;
    const text = decoder.decode(value);
    if (!text.endsWith("\n\n")) fail(`half a frame: ${text}`);
    return text.slice(0, -2).split("\n\n").map(parseFrame);
  }
  async function next(): Promise<Frame> {
    while (waiting.length === 0) {
      waiting = await chunk() ?? fail("the stream has ended");
    }
    return waiting.shift()!;
  }

  return {
    response,
    chunk,
    next,
    async take(count) {
      const frames: Frame[] = [];
      while (frames.length < count) frames.push(await next());
      return frames;
    },
    async rest() {
      const frames = waiting;
      for (let more; (more = await chunk());) frames.push(...more);
      return frames;
    },
    leave: () => reader.cancel(),
  };
}

function parseFrame(block: string): Frame {
  return Object.fromEntries(
    block.split("\n").map((line) => {
      const [, name, value] = /^(event|id|retry|data): ?(.*)$/.exec(line) ??
        fail(`not a field: ${line}`);
      return [name, value];
    }),
  );
}

/** The position in the id of a frame. */
export function positionOf(frame: Frame): number {
  return Number(frame.id?.split(":")[1]);
}

/** An application over logs that can be exchanged. */
export interface EventWorld extends Harness {
  readonly clock: FakeClock;
  /** The bus that the application uses now. */
  readonly bus: EventBus;
  /** How many streams are open, by the gauge. */
  readonly streams: () => number;
  /** Waits until `count` are. */
  untilStreams(count: number): Promise<void>;
  /** Appends `count` events without the application. */
  append(count: number, channel?: string): Promise<void>;
  /** Puts another log in the place of the present one. */
  beginAnew(): Promise<void>;
}

/**
 * Builds the application.
 *
 * @param options.wrap What stands between the application and the log.
 * @param options.capacity Events that the log holds.
 * @param options.asksForKeys Whether callers need API keys; not when absent.
 */
export function createEventWorld(
  options: {
    readonly wrap?: (bus: EventBus) => EventBus;
    readonly capacity?: number;
    readonly asksForKeys?: boolean;
  } = {},
): EventWorld {
  const {
    wrap = (bus) => bus,
    capacity = 100_000,
    asksForKeys = false,
  } = options;
  const clock = createFakeClock();
  let life = 0;
  let streams = 0;
  let onGauge = () => {};
  const openLog = () => {
    const entropy = createSeededEntropy(++life);
    const log = createMemoryLog({ clock, entropy, capacity });
    return openMemoryEventBus(log);
  };
  const bus = openSwitchingEventBus("first", openLog());
  const telemetry = createRecordingTelemetry();
  const events = createEventService({
    bus: wrap(bus),
    clock,
    entropy: createSeededEntropy(99),
    telemetry: {
      ...telemetry,
      gauge(metric, value) {
        if (metric !== "holdfast_event_streams") return;
        streams = value;
        onGauge();
      },
    },
  });
  const requests = createRequestReply({
    bus: wrap(bus),
    clock,
    entropy: createSeededEntropy(98),
    telemetry,
    events,
  });
  const harness = createHarness({
    asksForKeys,
    services: { events, requests, clock, telemetry },
  });
  return {
    ...harness,
    clock,
    telemetry,
    bus,
    streams: () => streams,
    async untilStreams(count) {
      while (streams !== count) {
        await new Promise<void>((resolve) => onGauge = resolve);
      }
    },
    async append(count, channel = "setup.received") {
      const events = Array.from(
        { length: count },
        (_, i) => anEvent({ setup_id: i }, { channel }),
      );
      if (count > 0) await bus.publish(events);
    },
    beginAnew: () => bus.swapTo("next", openLog()),
  };
}
