/**
 * Events, as a program publishes, reads and follows them.
 *
 * @module
 */
import type {
  Event,
  EventList,
  PublishedEvent,
  PublishedEvents,
} from "./contract/events.ts";
import { follow, type FollowOptions, type Gap, gapOf } from "./follow.ts";
import type { CallOptions, Transport } from "./transport.ts";

/** An event to be published. */
export interface Publication {
  /** The channel. */
  readonly event_type: string;
  /** What it says, as the channel has it. */
  readonly data: Readonly<Record<string, unknown>>;
  /** Events of one key are handled in order. */
  readonly key?: string;
  /** A UUID: the same event published again changes nothing. Made when absent. */
  readonly id?: string;
  /** When it happened, in ISO 8601 with a zone; now when absent. */
  readonly timestamp?: string;
  /** About the event, such as `source` and `correlation_id`. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** Which events are meant. */
export interface EventSelection {
  /** Channels, or patterns of them such as `signals.*`; all when absent. */
  readonly channels?: readonly string[] | undefined;
  /** The last place that was read: a position, or an id of a stream. */
  readonly after?: string | number | undefined;
  /** Begins with what was committed then or later, in ISO 8601 with a zone. */
  readonly fromTime?: string | undefined;
}

/** An event that came. */
export interface StreamedEvent {
  /** Tells it from a gap. */
  readonly kind: "event";
  /** Its place in the log: follow on after it. Absent for a volatile event. */
  readonly id: string | undefined;
  /** The event. */
  readonly event: Event;
}

/** A page of the log, its events as envelopes. */
export interface EventPage extends Omit<EventList, "events"> {
  readonly events: readonly Event[];
}

/** The events of the service. */
export interface EventsClient {
  /**
   * Publishes an event. It is sent again while the service is away: a durable
   * one is in the log once all the same, a volatile one may be heard twice.
   */
  publish(event: Publication, options?: CallOptions): Promise<PublishedEvent>;

  /** Publishes events, the durable ones in one transaction. */
  publishAll(
    events: readonly Publication[],
    options?: CallOptions,
  ): Promise<readonly PublishedEvent[]>;

  /** Reads one page of the log. */
  read(
    options?: EventSelection & CallOptions & {
      /** Events of the page, at most; 100 when absent. */
      readonly limit?: number | undefined;
    },
  ): Promise<EventPage>;

  /** Reads the log up to the end that it has when this reaches it. */
  readAll(
    options?: EventSelection & CallOptions,
  ): AsyncGenerator<Event, void, undefined>;

  /**
   * Follows the log, from now on unless a start is named, over restarts of the
   * service: no event is lost, and none of the log comes twice.
   */
  subscribe(
    options?: EventSelection & FollowOptions,
  ): AsyncGenerator<StreamedEvent | Gap, void, undefined>;
}

const EVENTS = "/api/v1/events";

/** Events of a page where all are read. */
const PAGE = 500;

/** Creates what speaks of events over `transport`. */
export function createEventsClient(transport: Transport): EventsClient {
  const { surroundings } = transport;

  const named = (event: Publication): Publication => ({
    ...event,
    id: event.id ?? surroundings.uuid(),
  });

  async function publish(body: unknown, options?: CallOptions) {
    // Its id makes a second time harmless.
    const question = { ...options, body, isRepeatable: true };
    return (await transport.call("POST", EVENTS, question)).json;
  }

  const events: EventsClient = {
    async publish(event, options) {
      return await publish(named(event), options) as PublishedEvent;
    },

    async publishAll(given, options) {
      const body = { events: given.map(named) };
      const { results } = await publish(body, options) as PublishedEvents;
      return results;
    },

    async read({ channels, after, fromTime, limit, ...options } = {}) {
      const query = { channel: channels, after, from_time: fromTime, limit };
      const question = { ...options, query };
      return (await transport.call("GET", EVENTS, question)).json as EventPage;
    },

    async *readAll(options = {}) {
      let page = await events.read({ ...options, limit: PAGE });
      for (;;) {
        yield* page.events;
        const { next_after, head, resume_token: after } = page;
        if (next_after >= head) return;
        const { fromTime: _begun, ...rest } = options;
        page = await events.read({ ...rest, after, limit: PAGE });
      }
    },

    async *subscribe({ channels, after, fromTime, ...options } = {}) {
      const query = { channel: channels, after, from_time: fromTime };
      const path = `${EVENTS}/stream`;
      for await (const message of follow(transport, path, query, options)) {
        const { event, id, data } = message;
        if (event === "gap") yield gapOf(data);
        else yield { kind: "event", id, event: JSON.parse(data) };
      }
    },
  };
  return events;
}
