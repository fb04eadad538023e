/**
 * Publishing events, reading them and following them.
 *
 * @module
 */
import type { Lane } from "../../domain/event/channel.ts";
import type {
  LoggedEvent,
  NewEvent,
  Receipt,
} from "../../domain/event/event.ts";
import {
  parsePublications,
  type Publication,
} from "../../domain/event/publication.ts";
import { type ChannelRegistry, CHANNELS } from "../../domain/event/registry.ts";
import { isSameValue } from "../../domain/json_value.ts";
import { uuidV7 } from "../../domain/uuid.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Entropy } from "../../ports/entropy.ts";
import type { EventBus, EventPage } from "../../ports/event_bus.ts";
import { hasCode, PortError } from "../../ports/port_error.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import type { VolatileRelay } from "../../ports/volatile_relay.ts";
import {
  createEventStreams,
  type EventSelection,
  type EventStart,
  type EventStreams,
  isExpired,
  readFrom,
} from "./event_streams.ts";
import { type EventCaller, visibleTo } from "./event_visibility.ts";
import { PUBLISH_ATTEMPTS, retry } from "./retry.ts";
import type { FollowedLog } from "./shared_tail.ts";
import { createVolatileLane } from "./volatile_lane.ts";

/** What became of one published event. */
export interface PublishResult {
  /** Its id. */
  readonly id: string;
  /** How it travels. */
  readonly lane: Lane;
  /** Durable: its position, or that of the first event with its id. */
  readonly position?: number;
  /** Durable: whether this very event had been published before. */
  readonly duplicate: boolean;
  /** Volatile: how many listeners of this process it was handed to. */
  readonly receivers?: number;
  /** Paths of members that were left out: an event has no room for them, or they are not the publisher's to say. */
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
   * @throws {PortError} `conflict` when an id is that of another event (facts:
   * `position`): the other durable ones are committed, no volatile one has been
   * handed out. Else as `EventBus.publish`, after some attempts.
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
   * Follows the volatile lane, this instance's and the others', until `signal`
   * aborts: of each key, the newest event since the last were yielded.
   */
  listen(
    selection: EventSelection,
    caller: EventCaller,
    signal: AbortSignal,
  ): AsyncGenerator<readonly NewEvent[], void>;

  /** Takes what other instances publish on volatile channels, until `signal` aborts. */
  hearOthers(signal: AbortSignal): Promise<void>;
}

/** Creates the service. */
export function createEventService(ports: {
  readonly bus: EventBus;
  /** The tail of `bus` that others follow too; one of its own when absent. */
  readonly tail?: FollowedLog;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly telemetry: Telemetry;
  readonly channels?: ChannelRegistry;
  /** Carries volatile events to other instances and from them; they are not told of any when absent. */
  readonly relay?: VolatileRelay;
}): EventService {
  const { bus, clock, entropy, telemetry, relay } = ports;
  const { channels = CHANNELS } = ports;
  const lane = createVolatileLane(telemetry);

  function publishVolatile(event: NewEvent): number {
    relay?.send(event);
    return lane.emit(event);
  }

  async function commit(
    events: readonly NewEvent[],
    signal: AbortSignal | undefined,
  ): Promise<ReadonlyMap<string, PublishResult>> {
    const results = new Map<string, PublishResult>();
    if (events.length === 0) return results;
    const { receipts, isInDoubt } = await publishForSure(events, signal);
    const held = await heldOf(receipts, signal).catch((error) => {
      // They are committed: only whether they had been before is not known.
      throw inDoubt(error);
    });
    const taken: Receipt[] = [];
    let end = 0;
    receipts.forEach((receipt, i) => {
      const event = events[i]!;
      const { channel } = event;
      const first = held.get(receipt.position);
      // What stands under another id there belongs to another life of the log.
      const isKnown = receipt.duplicate && first?.id === receipt.id;
      if (isKnown && !isSame(first, event)) return void taken.push(receipt);
      // An attempt whose answer was lost is the likely one that stored it.
      const duplicate = receipt.duplicate && !(isKnown && isInDoubt);
      results.set(receipt.id, { ...receipt, duplicate, lane: "durable" });
      if (duplicate) return;
      end = Math.max(end, receipt.position);
      telemetry.count("holdfast_events_published_total", { channel });
    });
    if (end > 0) telemetry.gauge("holdfast_log_position", end);
    if (taken.length > 0) throw idsTaken(taken, events.length);
    return results;
  }

  /** Publishes, and tells whether an attempt before may have stored the events. */
  async function publishForSure(
    events: readonly NewEvent[],
    signal: AbortSignal | undefined,
  ): Promise<{ receipts: readonly Receipt[]; isInDoubt: boolean }> {
    let isInDoubt = false;
    const attempt = async () => {
      try {
        return await bus.publish(events, signal);
      } catch (error) {
        isInDoubt ||= hasCode(error, "timeout");
        throw error;
      }
    };
    try {
      const receipts = await retry(attempt, ports, PUBLISH_ATTEMPTS, signal);
      return { receipts, isInDoubt };
    } catch (error) {
      throw isInDoubt ? inDoubt(error) : error;
    }
  }

  /** The events that duplicates were told of, by position; not those no longer held. */
  async function heldOf(
    receipts: readonly Receipt[],
    signal: AbortSignal | undefined,
  ): Promise<ReadonlyMap<number, LoggedEvent>> {
    const held = new Map<number, LoggedEvent>();
    const wanted = receipts.filter((receipt) => receipt.duplicate)
      .map(({ position }) => position).sort((a, b) => a - b);
    for (let i = 0; i < wanted.length;) {
      const after = wanted[i]! - 1;
      // A batch sent again stands at positions that follow one another.
      let limit = 1;
      while (wanted[i + limit] === after + limit + 1) limit++;
      const events = await readHeld(after, limit, signal);
      for (const event of events) held.set(event.position, event);
      i += Math.max(1, events.length);
    }
    return held;
  }

  async function readHeld(
    after: number,
    limit: number,
    signal: AbortSignal | undefined,
  ): Promise<readonly LoggedEvent[]> {
    const read = () => bus.read({ after, limit }, signal);
    try {
      return (await retry(read, ports, PUBLISH_ATTEMPTS, signal)).events;
    } catch (error) {
      if (isExpired(error)) return [];
      throw error;
    }
  }

  return {
    channels,
    ...createEventStreams(ports),

    async publish(body, caller, traceparent, signal) {
      const { user, isAdmin = false, scopes } = caller;
      const atMs = clock.now();
      const publications = parsePublications(body, {
        registry: channels,
        atMs,
        user,
        mayNameUsers: isAdmin,
        mayTrade: scopes?.includes("trade") ?? true,
        newId: () => uuidV7(atMs, entropy.bytes(10)),
        // Where the request is traced, what comes of its events follows it.
        traceparent: telemetry.trace?.context() ?? traceparent,
      });
      const durable = publications.filter(isDurable).map(({ event }) => event);
      const committed = await commit(durable, signal);
      return publications.map(({ event, ignored }): PublishResult => ({
        ...committed.get(event.id) ?? {
          id: event.id,
          lane: "volatile",
          duplicate: false,
          receivers: publishVolatile(event),
        },
        ...(ignored.length > 0 && { ignored }),
      }));
    },

    async read({ start, limit, channels }, caller, signal) {
      const query = { limit, ...(channels && { channels }) };
      const page = await readFrom(bus, start, query, signal);
      return { ...page, events: visibleTo(caller, page.events) };
    },

    async *listen({ channels }, caller, signal) {
      for await (const events of lane.listen(channels, signal)) {
        yield visibleTo(caller, events);
      }
    },

    async hearOthers(signal) {
      await relay?.listen(channels, lane.emit, signal);
    },
  };
}

function isDurable({ channel }: Publication): boolean {
  return channel.lane === "durable";
}

/** What a failure means where an attempt before it may have stored the events. */
function inDoubt(cause: unknown): unknown {
  if (!(cause instanceof PortError) || hasCode(cause, "timeout")) return cause;
  return new PortError(
    "timeout",
    `Cannot tell whether the events were stored: ${cause.message}`,
    { cause },
  );
}

/**
 * Whether a publisher's event is the one that the log holds under its id: names
 * may come in another order, as from a map of his.
 */
function isSame(held: LoggedEvent, event: NewEvent): boolean {
  const [one, other] = [held.json, event.json];
  return held.channel === event.channel && one.length === other.length &&
    (one === other || isSameValue(JSON.parse(one), JSON.parse(other)));
}

/** Says whose ids are taken, of `count` events. */
function idsTaken(taken: readonly Receipt[], count: number): PortError {
  const names = taken.map(({ id, position }) =>
    `id ${id} is that of another event, at position ${position}`
  );
  const others = taken.length === count ? "" : " (the others are published)";
  return new PortError(
    "conflict",
    `Cannot publish as ${
      names.join("; ")
    }${others}: give another event an id of its own`,
    { facts: { position: taken[0]!.position } },
  );
}
