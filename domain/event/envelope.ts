/**
 * Events as subscribers get them.
 *
 * Every form is laid around the stored data, which is not printed again: it is
 * told byte for byte. An envelope, and a CloudEvent, is an acceptable publication of
 * the same event, on channels that are not Holdfast's own.
 *
 * @module
 */
import { formatCloudEvent } from "./cloud_event.ts";
import { parseObject } from "../json_value.ts";
import type { LoggedEvent, NewEvent } from "./event.ts";

/** The forms that events are delivered in. */
export const EVENT_FORMS = ["envelope", "flat", "cloudevents"] as const;

/** One of the forms. */
export type EventForm = typeof EVENT_FORMS[number];

/**
 * Writes an event of the log. Data that somebody has put there and that are no
 * JSON object are told as the text `malformed_data`, so that the event stops no
 * reader.
 *
 * @param epoch The life of the log that it is of; left out when nobody knows.
 */
export function formatEvent(
  logged: LoggedEvent,
  epoch: string | undefined,
  form: EventForm,
): string {
  const event = parseObject(logged.json) ? logged : {
    ...logged,
    json: JSON.stringify({ malformed_data: logged.json }),
  };
  if (form === "flat") return flat(event);
  if (form === "cloudevents") return formatCloudEvent(event, { event, epoch });
  const place = [
    `"position":${event.position}`,
    member("epoch", epoch),
    member("committed_at", new Date(event.committedAt).toISOString()),
  ];
  return envelope(event, place.filter((text) => text !== "").join(","));
}

/** Writes an event of the volatile lane: it has no place in the log. */
export function formatVolatileEvent(event: NewEvent, form: EventForm): string {
  if (form === "flat") return flat(event);
  if (form === "cloudevents") return formatCloudEvent(event);
  return envelope(event, "");
}

/** `{id, event_type, timestamp, data, metadata}`. */
function envelope(event: NewEvent, place: string): string {
  const { id, channel, key, json, meta } = event;
  const metadata = [
    place,
    member("key", key),
    member("source", meta.source),
    member("user", meta.user),
    member("traceparent", meta.traceparent),
    member("correlation_id", meta.correlation_id),
    member("reply_to", meta.reply_to),
    member("expires_at", meta.expires_at),
  ].filter((text) => text !== "").join(",");
  return `{"id":"${id}",${member("event_type", channel)},${
    member("timestamp", meta.timestamp)
  },"data":${json},"metadata":{${metadata}}}`;
}

/**
 * `{event_type, timestamp, …fields}`, as plain subscribers of a channel expect
 * it. Fields of those two names would stand there twice and are left out.
 */
function flat(event: NewEvent): string {
  let { json } = event;
  if (json.includes('"event_type"') || json.includes('"timestamp"')) {
    const { event_type: _e, timestamp: _t, ...fields } = JSON.parse(json);
    json = JSON.stringify(fields);
  }
  const fields = json.slice(json.indexOf("{") + 1, json.lastIndexOf("}"));
  const comma = fields.trim() === "" ? "" : ",";
  return `{${member("event_type", event.channel)},${
    member("timestamp", event.meta.timestamp)
  }${comma}${fields}}`;
}

function member(name: string, value: string | undefined): string {
  return value === undefined ? "" : `"${name}":${JSON.stringify(value)}`;
}
