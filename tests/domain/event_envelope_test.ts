/**
 * Events as they are delivered, and that they can be published again.
 *
 * @module
 */
import fc from "fast-check";
import type { Channel } from "../../domain/event/channel.ts";
import {
  EVENT_FORMS,
  formatEvent,
  formatVolatileEvent,
} from "../../domain/event/envelope.ts";
import { type LoggedEvent, readMeta } from "../../domain/event/event.ts";
import { parsePublications } from "../../domain/event/publication.ts";
import { CHANNELS, publishable } from "../../domain/event/registry.ts";
import { jsonFault } from "../../domain/json_value.ts";
import { uuidV7 } from "../../domain/uuid.ts";
import envelopes from "../golden/events/envelope.jsonl" with { type: "text" };
import cloudEvents from "../golden/events/cloudevents.jsonl" with {
  type: "text",
};
import flats from "../golden/events/flat.jsonl" with { type: "text" };
import { deepEqual, equal } from "../support/assert.ts";
import { asPublished } from "../support/events.ts";
import { createSeededEntropy } from "../support/seeded_entropy.ts";

const EPOCH = "019b7e5d-0000-7000-8000-000000000000";
const TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const AT = Date.UTC(2026, 0, 2, 21);

/** One event of every channel, the second one with metadata, and a question. */
function goldenEvents(): LoggedEvent[] {
  const entropy = createSeededEntropy(3);
  const question = CHANNELS.find("signal.triggered")!;
  return [...CHANNELS.all, question].map(({ name, example, key }, i, all) => ({
    id: uuidV7(AT + i, entropy.bytes(10)),
    channel: name,
    key: String(example[key]),
    json: JSON.stringify(example),
    meta: {
      timestamp: "2026-01-02T20:59:59.5Z",
      ...(i === 1 && {
        source: "execution-gateway",
        user: "42",
        traceparent: TRACE,
        correlation_id: 'a "quoted" one',
      }),
      ...(i === all.length - 1 && {
        correlation_id: "019b8082-948a-7000-8000-000000000000",
        reply_to: "setup.*",
        expires_at: "2026-01-02T21:00:05.000Z",
      }),
    },
    position: i + 1,
    batchEnd: i + 1,
    committedAt: AT + i,
  }));
}

const GOLDEN = {
  envelope: envelopes,
  flat: flats,
  cloudevents: cloudEvents,
};

for (const form of EVENT_FORMS) {
  Deno.test(`${form}: delivered as it always was`, () => {
    const lines = goldenEvents().map((e) => formatEvent(e, EPOCH, form) + "\n");
    equal(lines.join(""), GOLDEN[form]);
  });
}

Deno.test("a volatile event has no place in the log", () => {
  const [first] = goldenEvents();
  const { position: _p, epoch: _e, committed_at: _c, ...metadata } = JSON
    .parse(formatEvent(first!, EPOCH, "envelope")).metadata;
  const volatile = JSON.parse(formatVolatileEvent(first!, "envelope"));
  deepEqual(volatile.metadata, metadata);
  const { key: _k, ...keyless } = first!;
  deepEqual(
    JSON.parse(formatVolatileEvent(keyless, "envelope")).metadata,
    {},
  );
  equal(
    formatVolatileEvent(first!, "flat"),
    formatEvent(first!, EPOCH, "flat"),
  );
});

Deno.test("flat: no name stands twice, and no data is no comma", () => {
  const [first] = goldenEvents();
  const flat = (json: string) =>
    formatEvent({ ...first!, json }, EPOCH, "flat");
  const head = '{"event_type":"signals.generated",' +
    '"timestamp":"2026-01-02T20:59:59.5Z"';
  equal(flat("{}"), `${head}}`);
  equal(flat(" { } "), `${head} }`);
  equal(flat('{"a":{"b":1}}'), `${head},"a":{"b":1}}`);
  equal(flat('{"event_type":"x","a":1,"timestamp":"y"}'), `${head},"a":1}`);
  // Below the top, and in texts, the names are free.
  for (const json of ['{"a":{"timestamp":1}}', '{"a":"\\"event_type\\""}']) {
    deepEqual(
      { ...JSON.parse(flat(json)), event_type: 0, timestamp: 0 },
      { event_type: 0, timestamp: 0, ...JSON.parse(json) },
    );
  }
});

const aChannel = fc.constantFrom(...publishable(CHANNELS));
const aText = fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 })
  .filter((text) => /^[^\p{Cc}\p{Cs}]+$/u.test(text));
const aTimestamp = fc.date({
  min: new Date("0001-01-01T00:00:00Z"),
  max: new Date("9999-12-31T23:59:59Z"),
  noInvalidDate: true,
}).map((date) => date.toISOString());
const moreFields = fc.dictionary(
  fc.string({ maxLength: 8 }).map((name) => `x-${name}`),
  fc.jsonValue({ maxDepth: 2 }),
  { maxKeys: 3 },
).filter((fields) => jsonFault(fields) === undefined);

const aMeta = fc.record({
  timestamp: aTimestamp,
  source: aText,
  user: fc.stringMatching(/^[A-Za-z0-9_.@-]{1,20}$/),
  traceparent: fc.constant(TRACE),
  correlation_id: aText,
  reply_to: fc.constantFrom("setup.received", "signal.*", ">"),
  expires_at: aTimestamp,
}, { requiredKeys: ["timestamp"], noNullPrototype: true });

/** What an event on `channel` has when a user published it who did not say so. */
const ownerOf = (channel: Channel, user = "42") =>
  channel.isOwned ? { user } : {};

function parse(text: string, user = "42") {
  return parsePublications(JSON.parse(text), {
    registry: CHANNELS,
    atMs: 0,
    user,
    newId: () => "",
  })[0]!;
}

function logged(
  channel: Channel,
  more: object,
  position: number,
): LoggedEvent {
  return {
    id: uuidV7(position, createSeededEntropy(position).bytes(10)),
    channel: channel.name,
    json: JSON.stringify({ ...channel.example, ...more }),
    meta: { timestamp: "2026-01-02T20:59:59.5Z" },
    position,
    batchEnd: position,
    committedAt: AT + position,
  };
}

Deno.test("an envelope or CloudEvent that was delivered publishes the same event", () => {
  fc.assert(fc.property(
    aChannel,
    moreFields,
    aMeta,
    aText,
    fc.nat(),
    (channel, more, given, key, position) => {
      const meta = { ...ownerOf(channel), ...given };
      const event = { ...logged(channel, more, position), key, meta };
      for (const form of ["envelope", "cloudevents"] as const) {
        const again = parse(formatEvent(event, EPOCH, form), meta.user);
        deepEqual(again.event, asPublished(event));
        deepEqual(again.ignored, []);
      }
    },
  ));
});

Deno.test("a flat event that was delivered publishes the same data", () => {
  fc.assert(fc.property(
    aChannel,
    moreFields,
    aTimestamp,
    fc.nat(),
    (channel, more, timestamp, position) => {
      const event = { ...logged(channel, more, position), meta: { timestamp } };
      const flat = formatEvent(event, EPOCH, "flat");
      const { event: again } = parse(flat);
      equal(again.json, event.json);
      equal(again.channel, event.channel);
      deepEqual(again.meta, { timestamp, ...ownerOf(channel) });
      // The forms say the same.
      const { data } = JSON.parse(formatEvent(event, EPOCH, "envelope"));
      deepEqual(JSON.parse(flat), {
        event_type: channel.name,
        timestamp,
        ...data,
      });
    },
  ));
});

Deno.test("the three forms say the same, as far as each can", () => {
  fc.assert(fc.property(
    aChannel,
    moreFields,
    aMeta,
    fc.nat(),
    (channel, more, meta, position) => {
      const event = { ...logged(channel, more, position), meta };
      const read = (form: typeof EVENT_FORMS[number]) => {
        const text = formatEvent(event, EPOCH, form);
        return parse(text, meta.user).event;
      };
      deepEqual(read("cloudevents"), read("envelope"));
      const { id: _, ...flat } = read("flat");
      const { id: _i, meta: { timestamp }, ...said } = read("envelope");
      const owner = ownerOf(channel, meta.user);
      deepEqual(flat, { ...said, meta: { timestamp, ...owner } });
    },
  ));
});

Deno.test("data that are no JSON object stop no reader: they are told as a text", () => {
  const [event] = goldenEvents();
  for (const json of ['{"a":', "[1]", "7", "", '{"timestamp": }']) {
    for (const form of EVENT_FORMS) {
      const told = JSON.parse(formatEvent({ ...event!, json }, EPOCH, form));
      const data = form === "flat" ? told : told.data;
      equal(data.malformed_data, json, form);
    }
  }
});

Deno.test("metadata that are none stop no reader: the time of the commit is told", () => {
  const none = { timestamp: "2026-01-02T21:00:00.000Z" };
  for (const text of ['{"timestamp":', "[]", "{}", '{"timestamp":7}', ""]) {
    deepEqual(readMeta(text, AT), none);
  }
  const meta = { timestamp: "2026-01-02T20:59:59.5Z", source: "a" };
  deepEqual(readMeta(JSON.stringify(meta), AT), meta);
});
