/**
 * Events as CloudEvents 1.0: what is written, taken and refused.
 *
 * @module
 */
import fc from "fast-check";
import {
  formatEvent,
  formatVolatileEvent,
} from "../../domain/event/envelope.ts";
import type { EventMeta, LoggedEvent } from "../../domain/event/event.ts";
import { parsePublications } from "../../domain/event/publication.ts";
import { CHANNELS } from "../../domain/event/registry.ts";
import { InvalidInput } from "../../domain/invalid_input.ts";
import { deepEqual, equal, fail, match, ok } from "../support/assert.ts";

const ID = "019b7e5d-8c0e-7cc4-9b0a-6f2d1c3e4a5b";
const EPOCH = "019b7e5d-0000-7000-8000-000000000000";
const TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const TIME = "2026-01-02T03:04:05.5+01:00";

const cloudEvent = (more: object = {}) => ({
  specversion: "1.0",
  id: ID,
  source: "slice",
  type: "setup.received",
  time: TIME,
  data: { setup_id: "s-1" },
  ...more,
});

function parse(body: unknown, user = "42") {
  return parsePublications(body, {
    registry: CHANNELS,
    atMs: 0,
    user,
    newId: () => ID,
  })[0]!;
}

function faults(body: unknown): string[] {
  try {
    parse(body);
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    return error.errors.map(({ path, message }) => `${path} ${message}`);
  }
  return fail("it was accepted");
}

function logged(meta: Partial<EventMeta> = {}): LoggedEvent {
  return {
    id: ID,
    channel: "setup.received",
    key: "s-1",
    json: '{"setup_id":"s-1"}',
    meta: { timestamp: TIME, ...meta },
    position: 2 ** 40,
    batchEnd: 2 ** 40,
    committedAt: 0,
  };
}

const written = (meta: Partial<EventMeta> = {}) =>
  JSON.parse(formatEvent(logged(meta), EPOCH, "cloudevents"));

Deno.test("what an event carries are attributes", () => {
  const meta = {
    source: "slice",
    user: "42",
    traceparent: TRACE,
    correlation_id: "c",
    reply_to: "r",
    expires_at: TIME,
  };
  deepEqual(written(meta), {
    specversion: "1.0",
    id: ID,
    source: "slice",
    type: "setup.received",
    time: TIME,
    datacontenttype: "application/json",
    // A number would have to fit 32 bits.
    position: "1099511627776",
    epoch: EPOCH,
    committedat: "1970-01-01T00:00:00.000Z",
    partitionkey: "s-1",
    user: "42",
    traceparent: TRACE,
    correlationid: "c",
    replyto: "r",
    expirytime: TIME,
    data: { setup_id: "s-1" },
  });
  for (const name of Object.keys(written(meta))) {
    match(name, /^[a-z0-9]{1,20}$/);
  }
});

Deno.test("a volatile CloudEvent has no place in the log", () => {
  const event = JSON.parse(formatVolatileEvent(logged(), "cloudevents"));
  const { position: _p, epoch: _e, committedat: _c, ...same } = written();
  deepEqual(event, same);
});

Deno.test("every source is a URI reference, and comes back as it was", () => {
  const cases: Record<string, string> = {
    "execution-gateway": "execution-gateway",
    "https://a.example:80/x?y=%20#z": "https://a.example:80/x?y=%20#z",
    "urn:a:b": "urn:a:b",
    "/a//b": "/a//b",
    "two words": "urn:holdfast:source:two%20words",
    "50%": "urn:holdfast:source:50%25",
    "1:2": "urn:holdfast:source:1%3A2",
    "//a:b": "urn:holdfast:source:%2F%2Fa%3Ab",
    "ä": "urn:holdfast:source:%C3%A4",
    "urn:holdfast:source": "urn:holdfast:source:urn%3Aholdfast%3Asource",
    "urn:holdfast:source:x": "urn:holdfast:source:urn%3Aholdfast%3Asource%3Ax",
  };
  for (const [source, expected] of Object.entries(cases)) {
    equal(written({ source }).source, expected);
  }
  equal(written().source, "urn:holdfast:source");
  const aSource = fc.string({ unit: "grapheme", minLength: 1, maxLength: 30 })
    .filter((text) => /^[^\p{Cc}\p{Cs}]{1,256}$/u.test(text));
  fc.assert(fc.property(fc.option(aSource, { nil: undefined }), (source) => {
    const { epoch: _, ...event } = written(source ? { source } : {});
    ok(URL.canParse(event.source, "http://localhost/"), event.source);
    match(event.source, /^[\x21-\x7e]+$/);
    equal(parse(event).event.meta.source, source);
  }));
});

Deno.test("a CloudEvent is published; what has no room is told", () => {
  const { event, ignored } = parse(cloudEvent({
    datacontenttype: "application/vnd.setup+json; charset=utf-8",
    partitionkey: "mine",
    traceparent: TRACE,
    correlationid: "c",
    replyto: "r",
    expirytime: TIME,
    user: "7",
    subject: "s",
    key: "no",
    metadata: 1,
    dataschema: null,
    position: "9",
  }));
  deepEqual(event, {
    id: ID,
    channel: "setup.received",
    key: "mine",
    json: '{"setup_id":"s-1"}',
    meta: {
      timestamp: TIME,
      source: "slice",
      user: "42",
      traceparent: TRACE,
      correlation_id: "c",
      reply_to: "r",
      expires_at: TIME,
    },
  });
  deepEqual(ignored, ["subject", "key", "metadata", "user"]);
});

Deno.test("attributes that are null are absent", () => {
  const { event } = parse(cloudEvent({ time: null, partitionkey: null }));
  equal(event.key, "s-1");
  equal(event.meta.timestamp, "1970-01-01T00:00:00.000Z");
});

Deno.test("a field called specversion makes no CloudEvent of a flat event", () => {
  const flat = {
    event_type: "setup.received",
    setup_id: 1,
    specversion: "1.0",
  };
  equal(parse(flat).event.json, '{"setup_id":1,"specversion":"1.0"}');
});

Deno.test("an extension attribute called channel makes it no less a CloudEvent", () => {
  const { event, ignored } = parse(cloudEvent({ channel: "mobile" }));
  equal(event.channel, "setup.received");
  equal(event.json, '{"setup_id":"s-1"}');
  deepEqual(ignored, ["channel"]);
  // Attributes that are null are absent.
  const flat = { channel: "setup.received", setup_id: 1, specversion: "1.0" };
  for (const more of [{}, { type: "t" }, { type: "t", source: null }]) {
    const { event } = parse({ ...flat, ...more });
    deepEqual(JSON.parse(event.json), {
      setup_id: 1,
      specversion: "1.0",
      ...more,
    });
  }
});

Deno.test("every type of JSON is one", () => {
  for (
    const datacontenttype of [
      "application/json",
      "text/json",
      "Text/JSON; charset=utf-8",
      "model/gltf+json",
      "application/vnd.x.y+json;v=1",
    ]
  ) {
    const { event } = parse(cloudEvent({ datacontenttype }));
    equal(event.json, '{"setup_id":"s-1"}', datacontenttype);
  }
});

Deno.test("faults are told in the words of CloudEvents", () => {
  const cases: [object, string][] = [
    [
      { specversion: "0.3" },
      'specversion must be "1.0": current value is "0.3"',
    ],
    [{ source: undefined }, "source is required"],
    [{ source: "" }, 'source must be a URI reference: current value is ""'],
    [{ source: 7 }, "source must be a text of 1 to 256"],
    [{ id: "A234-1234" }, "id must be a UUID"],
    [{ type: "nope" }, "type must be a channel, one of"],
    [{ type: "settings.updated" }, "type is not for clients"],
    [{ time: "2026-01-02T03:04:05" }, "time must be an ISO 8601 time"],
    [{ data: undefined }, "data is required"],
    [{ data: { setup_id: [] } }, "data.setup_id must be"],
    [{ data: "text" }, "data must be an object"],
    [{ data_base64: "e30=" }, "data_base64 must not be given"],
    [
      { datacontenttype: "text/xml" },
      "datacontenttype must be a type of JSON, such as application/json",
    ],
    [
      { datacontenttype: "application/jsonx" },
      "datacontenttype must be a type of JSON",
    ],
    [{ datacontenttype: "/json" }, "datacontenttype must be a type of JSON"],
    [{ traceparent: "x" }, "traceparent must be a W3C traceparent"],
    [{ correlationid: "" }, "correlationid must be a text"],
    [{ expirytime: "2026-01-02" }, "expirytime must be an ISO 8601 time"],
    [{ replyto: 1 }, "replyto must be a channel or a pattern of channels"],
    [{ replyto: "A" }, "replyto must be a channel or a pattern of channels"],
    [{ partitionkey: "" }, "partitionkey must be a text"],
  ];
  for (const [more, expected] of cases) {
    const told = faults(cloudEvent(more));
    ok(told.some((text) => text.startsWith(expected)), told.join("; "));
  }
  deepEqual(
    faults({ events: [cloudEvent({ time: 1 })] })[0]?.slice(0, 14),
    "events[0].time",
  );
});
