/**
 * Events as CloudEvents 1.0 in JSON, in structured mode.
 *
 * `type` is the channel and `time` the publisher's timestamp. What else an
 * event carries are extension attributes, named as CloudEvents wants it: in
 * lower-case letters and digits. `partitionkey`, `traceparent` and `expirytime`
 * are those of the registered extensions; `position` is a text, as a CloudEvents Integer has
 * no more than 32 bits.
 *
 * @module
 */
import type { JsonObject } from "../json_value.ts";
import type { LoggedEvent, NewEvent } from "./event.ts";
import { mustBe } from "./fields.ts";

/** The version that is spoken. */
const SPEC_VERSION = "1.0";

/** Stands for a source that nobody has named; CloudEvents asks for one. */
const NO_SOURCE = "urn:holdfast:source";

/** Goes before a source that is not a URI reference, escaped. */
const ESCAPED_SOURCE = `${NO_SOURCE}:`;

/** Our members by the attributes that carry them. */
const METADATA = {
  partitionkey: "key",
  source: "source",
  user: "user",
  traceparent: "traceparent",
  correlationid: "correlation_id",
  replyto: "reply_to",
  expirytime: "expires_at",
} as const;

/** Attributes that are taken, or were put there on delivery. */
const KNOWN: ReadonlySet<string> = new Set([
  "specversion",
  "id",
  "type",
  "time",
  "datacontenttype",
  "data",
  "position",
  "epoch",
  "committedat",
  ...Object.keys(METADATA),
]);

/** The names of our members, and of the attributes that stand for them. */
const RENAMED: ReadonlyMap<PropertyKey, PropertyKey> = new Map([
  ["event_type", "type"],
  ["timestamp", "time"],
]);

/** Characters of a URI reference that need no escape; no colon comes first. */
const URI_REFERENCE = new RegExp(
  "^(?:[a-z][a-z0-9+.-]*:|(?![^/?#]*:))" +
    "(?://[\\w.~-]+(?::\\d{1,5})?(?=[/?#]|$)|(?!//))" +
    "(?:[\\w.~:@!$&'()*+,;=/?-]|%[\\da-f]{2})*" +
    "(?:#(?:[\\w.~:@!$&'()*+,;=/?-]|%[\\da-f]{2})*)?$",
  "i",
);

/** Writes `event`; `place` names where the log has it, where that is so. */
export function formatCloudEvent(
  event: NewEvent,
  place?: { readonly event: LoggedEvent; readonly epoch: string | undefined },
): string {
  const { id, channel, key, json, meta } = event;
  const { timestamp, source, ...more } = meta;
  const at = place?.event;
  const attributes = {
    specversion: SPEC_VERSION,
    id,
    source: writeSource(source),
    type: channel,
    time: timestamp,
    datacontenttype: "application/json",
    position: at && String(at.position),
    epoch: place?.epoch,
    committedat: at && new Date(at.committedAt).toISOString(),
    partitionkey: key,
    user: more.user,
    traceparent: more.traceparent,
    correlationid: more.correlation_id,
    replyto: more.reply_to,
    expirytime: more.expires_at,
  };
  return `${JSON.stringify(attributes).slice(0, -1)},"data":${json}}`;
}

/**
 * Whether `input` is a CloudEvent, of whatever version: `channel` may be an
 * extension attribute of one that has all that a CloudEvent must have.
 */
export function isCloudEvent(input: JsonObject): boolean {
  if (!("specversion" in input) || "event_type" in input) return false;
  const isWhole = (input.type ?? undefined) !== undefined &&
    (input.source ?? undefined) !== undefined;
  return isWhole || !("channel" in input);
}

/** A CloudEvent with the names that an envelope has. */
export interface CloudEventMembers {
  /** `{event_type, id, timestamp, data, metadata}`. */
  readonly envelope: JsonObject;
  /** Attributes that an event has no room for. */
  readonly strangers: readonly string[];
}

/**
 * Takes a CloudEvent apart, and tells `fault` what no envelope can say. An
 * attribute that is `null` counts as absent, as CloudEvents has it.
 */
export function readCloudEvent(
  input: JsonObject,
  fault: (path: readonly PropertyKey[], message: string) => void,
): CloudEventMembers {
  const { specversion, id, type, time, data, datacontenttype, ...others } =
    Object.fromEntries(
      Object.entries(input).map(([name, value]) => [name, value ?? undefined]),
    );
  if (specversion !== SPEC_VERSION) {
    fault(["specversion"], mustBe(`"${SPEC_VERSION}"`, specversion));
  }
  if (others.source === undefined || others.source === "") {
    fault(["source"], mustBe("a URI reference", others.source));
  }
  if (datacontenttype !== undefined && !isJsonType(datacontenttype)) {
    fault(
      ["datacontenttype"],
      mustBe("a type of JSON, such as application/json", datacontenttype),
    );
  }
  if (others.data_base64 !== undefined) {
    fault(["data_base64"], "must not be given: put JSON into data");
  }
  const metadata: Record<string, unknown> = {};
  for (const [attribute, name] of Object.entries(METADATA)) {
    const value = others[attribute];
    const read = attribute === "source" ? readSource(value) : value;
    if (read !== undefined) metadata[name] = read;
  }
  return {
    envelope: { event_type: type, id, timestamp: time, data, metadata },
    strangers: Object.keys(others)
      .filter((name) => others[name] !== undefined && !KNOWN.has(name)),
  };
}

/** The path of a CloudEvent that stands for `path` of an envelope. */
export function cloudEventPath(
  path: readonly PropertyKey[],
): readonly PropertyKey[] {
  const [first, second, ...rest] = path;
  if (first === "metadata" && second !== undefined) {
    const [attribute] = Object.entries(METADATA)
      .find(([_, name]) => name === second) ?? [second];
    return [attribute, ...rest];
  }
  const renamed = RENAMED.get(first!);
  return renamed === undefined ? path : [renamed, ...path.slice(1)];
}

function isJsonType(value: unknown): boolean {
  return typeof value === "string" &&
    /^[\w!#$&^.+-]+\/(?:[\w!#$&^.+-]+\+)?json\s*(?:;|$)/i.test(value);
}

function writeSource(source: string | undefined): string {
  if (source === undefined) return NO_SOURCE;
  const isOwn = source.startsWith(NO_SOURCE);
  return URI_REFERENCE.test(source) && !isOwn
    ? source
    : ESCAPED_SOURCE + encodeURIComponent(source);
}

function readSource(source: unknown): unknown {
  if (typeof source !== "string" || !source.startsWith(NO_SOURCE)) {
    return source;
  }
  if (source === NO_SOURCE) return undefined;
  if (!source.startsWith(ESCAPED_SOURCE)) return source;
  try {
    return decodeURIComponent(source.slice(ESCAPED_SOURCE.length));
  } catch {
    return source;
  }
}
