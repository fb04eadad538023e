/**
 * Publishing events, reading them and following them.
 *
 * @module
 */
import type { Lane } from "../../domain/event/channel.ts";
import type { NewEvent } from "../../domain/event/event.ts";
import {
  parsePublications,
  type Publication,
} from "../../domain/event/publication.ts";
import { type ChannelRegistry, CHANNELS } from "../../domain/event/registry.ts";
import { uuidV7 } from "../../domain/uuid.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Entropy } from "../../ports/entropy.ts";
import type { EventBus, EventPage } from "../../ports/event_bus.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import {
  createEventStreams,
  type EventSelection,
  type EventStart,
  type EventStreams,
  positionOf,
} from "./event_streams.ts";
import { type EventCaller, visibleTo } from "./event_visibility.ts";
import { retry } from "./retry.ts";
import { createVolatileLane } from "./volatile_lane.ts";

/** Times that a publish is tried; safe, as the ids stay the same. */
const PUBLISH_ATTEMPTS = 3;

/** Most data in one page of `read`, in UTF-16 units. */
const MAX_PAGE_CHARS = 4 * 1024 * 1024;

/** What became of one published event. */
export interface PublishResult {
  /** Its id. */
  readonly id: string;
  /** How it travels. */
  readonly lane: Lane;
  /** Durable: its position, or that of the first event with its id. */
  readonly position?: number;
  /** Durable: whether an event with its id had been published before. */
  readonly duplicate: boolean;
  /** Volatile: how many listeners of this process it was handed to. */
  readonly receivers?: number;
  /** Paths of members that an event has no room for and that were left out. */
  readonly ignored?: readonly string[];
}

/** Events for programs outside. */
export interface EventService extends EventStreams {
  /** The channels that there are. */
  readonly channels: ChannelRegistry;

  /**
   * Publishes one event, or all of `{events: […]}` together: durable ones are
   * committed before any volatile one is handed out. Bad events are refused
   * before anything is done.
   *
   * @param traceparent Trace context of events that carry none.
   * @throws {InvalidInput} When anything is wrong with any of them.
   * @throws {PortError} As `EventBus.publish`, after some attempts.
   */
  publish(
    body: unknown,
    caller: EventCaller,
    traceparent?: string,
    signal?: AbortSignal,
  ): Promise<readonly PublishResult[]>;

  /**
   * Reads a stretch of the log, from the oldest event held when `start` is
   * absent. A page with much data ends before its limit: `scannedTo` tells.
   *
   * @throws {PortError} As `EventBus.read`.
   */
  read(
    query: EventSelection & {
      readonly start?: EventStart | undefined;
      readonly limit: number;
    },
    caller: EventCaller,
    signal?: AbortSignal,
  ): Promise<EventPage>;

  /**
   * Follows the volatile lane until `signal` aborts: of each key, the newest
   * event since the last were yielded.
   */
  listen(
    selection: EventSelection,
    caller: EventCaller,
    signal: AbortSignal,
  ): AsyncGenerator<readonly NewEvent[], void>;
}

/** Creates the service. */
export function createEventService(ports: {
  readonly bus: EventBus;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly telemetry: Telemetry;
  readonly channels?: ChannelRegistry;
}): EventService {
  const { bus, clock, entropy, telemetry, channels = CHANNELS } = ports;
  const lane = createVolatileLane();
  /** Drops at which the log is told again: each time twice as many. */
  let nextDropReport = 1;

  function handOut(event: NewEvent): number {
    const receivers = lane.emit(event);
    const { dropped } = lane;
    if (dropped >= nextDropReport) {
      nextDropReport = dropped * 2;
      telemetry.log("warn", "volatile events dropped; listeners are slow", {
        dropped,
      });
    }
    return receivers;
  }

  async function commit(
    events: readonly NewEvent[],
    signal: AbortSignal | undefined,
  ): Promise<ReadonlyMap<string, PublishResult>> {
    const results = new Map<string, PublishResult>();
    if (events.length === 0) return results;
    const receipts = await retry(
      () => bus.publish(events, signal),
      ports,
      PUBLISH_ATTEMPTS,
      signal,
    );
    let end = 0;
    receipts.forEach((receipt, i) => {
      const { channel } = events[i]!;
      results.set(receipt.id, { ...receipt, lane: "durable" });
      if (receipt.duplicate) return;
      end = receipt.position;
      telemetry.count("holdfast_events_published_total", { channel });
    });
    if (end > 0) telemetry.gauge("holdfast_log_position", end);
    return results;
  }

  return {
    channels,
    ...createEventStreams(ports),

    async publish(body, _caller, traceparent, signal) {
      const atMs = clock.now();
      const publications = parsePublications(body, {
        registry: channels,
        atMs,
        newId: () => uuidV7(atMs, entropy.bytes(10)),
        traceparent,
      });
      const durable = publications.filter(isDurable).map(({ event }) => event);
      const committed = await commit(durable, signal);
      return publications.map(({ event, ignored }): PublishResult => ({
        ...committed.get(event.id) ?? {
          id: event.id,
          lane: "volatile",
          duplicate: false,
          receivers: handOut(event),
        },
        ...(ignored.length > 0 && { ignored }),
      }));
    },

    async read({ start, limit, channels }, caller, signal) {
      const { after, epoch } = start
        ? await positionOf(bus, start, signal)
        : { after: (await bus.head(signal)).earliest - 1 };
      const page = withinSize(
        await bus.read({
          after,
          limit,
          ...(channels && { channels }),
          ...(epoch !== undefined && { epoch }),
        }, signal),
      );
      return { ...page, events: visibleTo(caller, page.events) };
    },

    async *listen({ channels }, caller, signal) {
      for await (const events of lane.listen(channels, signal)) {
        yield visibleTo(caller, events);
      }
    },
  };
}

function isDurable({ channel }: Publication): boolean {
  return channel.lane === "durable";
}

/** Ends a page before it holds too much; one event is always left. */
function withinSize(page: EventPage): EventPage {
  let chars = 0;
  const kept = page.events.findIndex((event, i) =>
    (chars += event.json.length) > MAX_PAGE_CHARS && i > 0
  );
  if (kept < 0) return page;
  const events = page.events.slice(0, kept);
  return { ...page, events, scannedTo: events.at(-1)!.position };
}
