/**
 * Events as publishers send them.
 *
 * Three forms are taken. The envelope is `{event_type, timestamp, data,
 * metadata?, id?, key?}`. The flat form has no `data`: `event_type`,
 * `timestamp`, `id` and `metadata` belong to the event, every other member is
 * a field of its data. `channel` stands for `event_type` in both. What has a
 * `specversion` and neither of them is a CloudEvent, as is what has a `type` and
 * a `source` beside it and no `event_type`.
 *
 * @module
 */
import { z } from "zod";
import { type InputFault, InvalidInput } from "../invalid_input.ts";
import { isJsonObject } from "../json_value.ts";
import type { Channel } from "./channel.ts";
import { cloudEventPath, isCloudEvent, readCloudEvent } from "./cloud_event.ts";
import { type Faults, type Members, parseEventData } from "./event_data.ts";
import type { NewEvent } from "./event.ts";
import { mustBe } from "./fields.ts";
import { type FrameMembers, KNOWN_METADATA, readFrame } from "./frame.ts";
import { type ChannelRegistry, publishable } from "./registry.ts";
import { parseTraceparent } from "./traceparent.ts";

/** Most events of one call. */
export const MAX_PUBLISH_BATCH = 500;

/** Most faults that an error tells of. */
const MAX_FAULTS = 100;

/** Most faults that the sentence of an error names. */
const MAX_NAMED = 20;

/** An event that has been found acceptable. */
export interface Publication {
  /** The channel that it goes to. */
  readonly channel: Channel;
  /** The event. */
  readonly event: NewEvent;
  /** Paths of members that were left out: an event has no room for them, or they are not the publisher's to say. */
  readonly ignored: readonly string[];
}

/** What reading publications needs to know. */
export interface PublicationContext {
  /** The channels that there are. */
  readonly registry: ChannelRegistry;
  /** The time of events that name none, in milliseconds since the Unix epoch. */
  readonly atMs: number;
  /** Who publishes: stands in the place of any other `metadata.user`. */
  readonly user: string;
  /** Whether the publisher may name another user. */
  readonly mayNameUsers?: boolean;
  /** Whether orders may be sent because of what is published; they may when absent. */
  readonly mayTrade?: boolean;
  /** Makes an id for an event that has none. */
  readonly newId: () => string;
  /** Trace context of events that carry none; left out when malformed. */
  readonly traceparent?: string | undefined;
}

/** Whether `body` is `{events: […]}` or a list rather than one event. */
export function isPublicationBatch(body: unknown): boolean {
  return batchOf(body) !== undefined;
}

/** Events that are published together, as they came. */
interface Batch {
  readonly events: unknown;
  /** Where in the body they are. */
  readonly at: readonly string[];
  /** What else is there. */
  readonly strangers: readonly string[];
}

/** What of `body` are events; `undefined` when it is one event. */
function batchOf(body: unknown): Batch | undefined {
  // The batch format of CloudEvents.
  if (Array.isArray(body)) return { events: body, at: [], strangers: [] };
  const isBatch = isJsonObject(body) && "events" in body &&
    !("event_type" in body || "channel" in body);
  if (!isBatch) return undefined;
  const { events, ...others } = body;
  return { events, at: ["events"], strangers: Object.keys(others) };
}

/**
 * Reads one event, or all events of `{events: […]}` or of a list.
 *
 * @throws {InvalidInput} When anything is wrong with any of them: `errors` says
 * what and where.
 */
export function parsePublications(
  body: unknown,
  context: PublicationContext,
): readonly Publication[] {
  const faults: InputFault[] = [];
  const fault: Faults = (path, message) => {
    if (faults.length < MAX_FAULTS) {
      faults.push({ path: z.core.toDotPath(path), message });
    }
  };
  const batch = batchOf(body);
  const publications = batch
    ? parseBatch(batch, context, fault)
    : [parseOne(body, context, fault)];
  if (faults.length > 0) throw refusal(faults);
  return publications as readonly Publication[];
}

function parseBatch(
  { events, at, strangers }: Batch,
  context: PublicationContext,
  fault: Faults,
): readonly (Publication | undefined)[] {
  for (const name of strangers) fault([name], "is not known beside events");
  if (
    !Array.isArray(events) || events.length === 0 ||
    events.length > MAX_PUBLISH_BATCH
  ) {
    const be = `a list of 1 to ${MAX_PUBLISH_BATCH} events`;
    fault(at, mustBe(be, events));
    return [];
  }
  const seen = new Map<string, number>();
  return events.map((input, i) => {
    const parsed = parseOne(
      input,
      context,
      (path, message) => fault([...at, i, ...path], message),
    );
    if (!parsed) return undefined;
    const { id } = parsed.event;
    const first = seen.get(id);
    if (first === undefined) seen.set(id, i);
    else {
      const other = z.core.toDotPath([...at, first]);
      fault([...at, i, "id"], `is the id of ${other} too: ${id}`);
    }
    return parsed;
  });
}

function parseOne(
  input: unknown,
  context: PublicationContext,
  fault: Faults,
): Publication | undefined {
  if (!isJsonObject(input)) {
    fault([], mustBe("an object", input));
    return undefined;
  }
  if (!isCloudEvent(input)) return parseMembers(input, context, fault);
  const { envelope, strangers } = readCloudEvent(input, fault);
  const parsed = parseMembers(
    envelope,
    context,
    (path, message) => fault(cloudEventPath(path), message),
  );
  if (!parsed) return undefined;
  const isAnothers = parsed.ignored.includes("metadata.user");
  return {
    ...parsed,
    ignored: isAnothers ? [...strangers, "user"] : strangers,
  };
}

/** Reads an envelope or a flat event. */
function parseMembers(
  input: Members,
  context: PublicationContext,
  fault: Faults,
): Publication | undefined {
  const enveloped = "data" in input;
  const { event_type, channel: alias, id, timestamp, metadata, ...rest } =
    input;
  const { data, key, ...strangers } = enveloped ? rest : { data: rest };

  const frame = readFrame({ id, timestamp, metadata, key }, fault);
  const channel = parseChannel(event_type, alias, context, fault);
  const json = parseEventData(data, channel, enveloped ? ["data"] : [], fault);
  if (!frame || !channel || json === undefined) return undefined;

  const { user = context.user } = frame.metadata ?? {};
  const isTheirs = user === context.user || context.mayNameUsers === true;
  return {
    channel,
    event: newEvent(frame, channel, data as Members, json, context),
    ignored: [
      ...Object.keys(strangers),
      ...isTheirs ? [] : ["metadata.user"],
      ...Object.keys(metadata ?? {})
        .filter((name) => !KNOWN_METADATA.has(name))
        .map((name) => `metadata.${name}`),
    ],
  };
}

function newEvent(
  frame: FrameMembers,
  channel: Channel,
  data: Members,
  json: string,
  context: PublicationContext,
): NewEvent {
  const { key: metadataKey, user, ...given } = frame.metadata ?? {};
  const key = frame.key ?? metadataKey ?? keyOf(channel, data);
  const traceparent = given.traceparent ??
    parseTraceparent(context.traceparent ?? "");
  return {
    id: frame.id ?? context.newId(),
    channel: channel.name,
    ...(key === undefined ? {} : { key }),
    json,
    meta: {
      timestamp: frame.timestamp ?? new Date(context.atMs).toISOString(),
      ...given,
      ...userOf(user, channel, context),
      ...(traceparent === undefined ? {} : { traceparent }),
    },
  };
}

function parseChannel(
  eventType: unknown,
  alias: unknown,
  { registry, mayTrade = true }: PublicationContext,
  fault: Faults,
): Channel | undefined {
  const name = eventType ?? alias;
  const member = eventType === undefined && alias !== undefined
    ? "channel"
    : "event_type";
  if (alias !== undefined && alias !== name) {
    fault(["channel"], mustBe("what event_type is", alias));
  }
  const channel = typeof name === "string" ? registry.find(name) : undefined;
  if (!channel) {
    const names = publishable(registry).map(({ name }) => name).join(", ");
    fault([member], mustBe(`a channel, one of ${names}`, name));
  }
  if (channel?.reserved) {
    fault(
      [member],
      `is not for clients: only Holdfast itself publishes ${channel.name}`,
    );
  }
  if (channel?.isTraded && !mayTrade) {
    const why = "as orders may be sent because of it";
    fault([member], `needs the scope trade ${why}: ${channel.name}`);
  }
  return channel;
}

/** Whose the event is: an operator's word counts, that of others is their own name. */
function userOf(
  named: string | undefined,
  channel: Channel,
  context: PublicationContext,
): { readonly user?: string } {
  if (named === undefined && !channel.isOwned) return {};
  const user = context.mayNameUsers ? named : undefined;
  return { user: user ?? context.user };
}

/** The key that the data has, as the log takes it. */
function keyOf(channel: Channel, data: Members): string | undefined {
  if (!Object.hasOwn(data, channel.key)) return undefined;
  const key = data[channel.key];
  return key === undefined ? undefined : String(key);
}

function refusal(faults: readonly InputFault[]): InvalidInput {
  const named = faults.slice(0, MAX_NAMED).map(({ path, message }) =>
    `${path === "" ? "the event" : path} ${message}`
  );
  const more = faults.length - named.length;
  if (more > 0) named.push(`and ${more} more`);
  return new InvalidInput(`Cannot publish as ${named.join("; ")}`, faults);
}
