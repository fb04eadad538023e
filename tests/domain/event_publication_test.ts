/**
 * What publishers may send, and how they are told what they may not.
 *
 * @module
 */
import fc from "fast-check";
import {
  isPublicationBatch,
  parsePublications,
} from "../../domain/event/publication.ts";
import {
  CHANNELS,
  createChannelRegistry,
  publishable,
} from "../../domain/event/registry.ts";
import { InvalidInput } from "../../domain/invalid_input.ts";
import { deepEqual, equal, fail, ok } from "../support/assert.ts";

const ID = "019b7e5d-8c0e-7cc4-9b0a-6f2d1c3e4a5b";
const TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const AT = Date.UTC(2026, 0, 2, 3, 4, 5);

function parse(body: unknown, traceparent?: string, registry = CHANNELS) {
  let made = 0;
  return parsePublications(body, {
    registry,
    atMs: AT,
    user: "42",
    newId: () => `${ID.slice(0, -1)}${++made}`,
    traceparent,
  });
}

/** The faults of `body`, as `path message`. */
function faults(body: unknown): string[] {
  try {
    parse(body);
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    ok(error.message.startsWith("Cannot publish as "));
    return error.errors.map(({ path, message }) => `${path} ${message}`);
  }
  return fail("it was accepted");
}

const setup = (more: object = {}) => ({
  event_type: "setup.received",
  setup_id: "s-1",
  ...more,
});

Deno.test("an envelope is read whole", () => {
  const [one] = parse({
    event_type: "signal.triggered",
    timestamp: "2026-01-02T03:04:05.123456+05:30",
    id: ID.toUpperCase(),
    key: "mine",
    data: { ticker: "SPY", setup_id: 7, note: [1, { deep: true }] },
    metadata: {
      source: "slice",
      user: "42",
      traceparent: TRACE,
      correlation_id: "c-1",
    },
  });
  deepEqual(one, {
    channel: CHANNELS.find("signal.triggered"),
    event: {
      id: ID,
      channel: "signal.triggered",
      key: "mine",
      json: '{"ticker":"SPY","setup_id":7,"note":[1,{"deep":true}]}',
      meta: {
        timestamp: "2026-01-02T03:04:05.123456+05:30",
        source: "slice",
        user: "42",
        traceparent: TRACE,
        correlation_id: "c-1",
      },
    },
    ignored: [],
  });
});

Deno.test("a flat event has its fields beside event_type", () => {
  const flat = {
    event_type: "settings.noted",
    timestamp: "2026-01-02T03:04:05Z",
    id: ID,
    key: "user:42:mode:scalp",
    version: 3,
    actor: "42",
  };
  const { reserved: _, ...channel } = CHANNELS.find("settings.updated")!;
  const noted = { ...channel, name: "settings.noted" };
  const [one] = parse(flat, undefined, createChannelRegistry([noted]));
  equal(one!.event.id, ID);
  // `key` is a field of this channel, and its key.
  equal(one!.event.key, "user:42:mode:scalp");
  equal(
    one!.event.json,
    '{"key":"user:42:mode:scalp","version":3,"actor":"42"}',
  );
  deepEqual(one!.event.meta, { timestamp: "2026-01-02T03:04:05Z" });
});

Deno.test("what is left out is filled in", () => {
  const [one] = parse(setup({ setup_id: 12 }), TRACE);
  deepEqual(one!.event, {
    id: `${ID.slice(0, -1)}1`,
    channel: "setup.received",
    key: "12",
    json: '{"setup_id":12}',
    meta: { timestamp: "2026-01-02T03:04:05.000Z", traceparent: TRACE },
  });
});

Deno.test("channel stands for event_type, alone or saying the same", () => {
  for (
    const names of [
      { channel: "setup.received" },
      { channel: "setup.received", event_type: "setup.received" },
    ]
  ) {
    const [one] = parse({ ...names, setup_id: "s-1" });
    equal(one!.event.channel, "setup.received");
    equal(one!.event.json, '{"setup_id":"s-1"}');
  }
});

Deno.test("the key is given, in metadata, in the data, or absent", () => {
  const data = { ticker: "SPY", setup_id: 1 };
  const event_type = "signal.triggered";
  const keyOf = (more: object) =>
    parse({ event_type, data, ...more })[0]!.event.key;
  equal(keyOf({ key: "a", metadata: { key: "b" } }), "a");
  equal(keyOf({ metadata: { key: "b" } }), "b");
  equal(keyOf({}), "SPY");
});

Deno.test("a key is the data's own, never what every object has", () => {
  const { reserved: _, ...channel } = CHANNELS.find("setup.received")!;
  const odd = { ...channel, name: "odd", key: "constructor" };
  const registry = createChannelRegistry([odd]);
  const data = { setup_id: 1 };
  const [one] = parse({ event_type: "odd", data }, undefined, registry);
  ok(!("key" in one!.event));
});

Deno.test("a correlation_id that is an id is in lower case, another is kept", () => {
  const metaOf = (correlation_id: string) =>
    parse(setup({ metadata: { correlation_id } }))[0]!.event.meta;
  equal(metaOf(ID.toUpperCase()).correlation_id, ID);
  equal(metaOf("Order-7").correlation_id, "Order-7");
});

Deno.test("what there is no room for is named, not kept in silence", () => {
  const [one] = parse({
    event_type: "setup.received",
    data: { setup_id: "s-1" },
    priority: 3,
    metadata: { source: "s", shard: 1, position: 7, epoch: "e" },
  });
  deepEqual(one!.ignored, ["priority", "metadata.shard"]);
  deepEqual(parse(setup({ priority: 3 }))[0]!.ignored, []);
});

for (
  const name of ["settings.updated", "models.reloaded", "features.invalidated"]
) {
  Deno.test(`${name} is Holdfast's own to publish`, () => {
    const { example: data } = CHANNELS.find(name)!;
    const why = `is not for clients: only Holdfast itself publishes ${name}`;
    deepEqual(faults({ event_type: name, data }), [`event_type ${why}`]);
    deepEqual(faults({ events: [setup(), { channel: name, ...data }] }), [
      `events[1].channel ${why}`,
    ]);
  });
}

Deno.test("the user is who publishes, whoever the event names", () => {
  const userOf = (metadata: object) => {
    const [one] = parse(setup({ metadata }));
    return [one!.event.meta.user, one!.ignored];
  };
  deepEqual(userOf({ user: "42" }), ["42", []]);
  deepEqual(userOf({ user: "7" }), ["42", ["metadata.user"]]);
  deepEqual(userOf({ source: "slice" }), [undefined, []]);
});

Deno.test("a malformed trace header is passed over", () => {
  ok(!("traceparent" in parse(setup(), "00-nonsense")[0]!.event.meta));
});

Deno.test("a batch is read in order", () => {
  const body = { events: [setup(), { ...setup(), setup_id: "s-2" }] };
  ok(isPublicationBatch(body));
  ok(!isPublicationBatch(setup({ events: [] })));
  deepEqual(parse(body).map(({ event }) => event.key), ["s-1", "s-2"]);
});

const BIG = "x".repeat(1100);
const NAMES = publishable(CHANNELS).map(({ name }) => name).join(", ");
const TOO_LARGE =
  "must not be a whole number beyond 9007199254740991, not even one such as " +
  "1e22, as its digits could get lost: give it as a text";
const A_TIME =
  "must be an ISO 8601 time with a zone, such as 2026-01-02T03:04:05Z";

const REFUSED: [string, unknown, string[]][] = [
  ["nothing", undefined, [" is required"]],
  ["null", null, [" must be an object: current value is null"]],
  ["a list of what is none", [1], [
    "[0] must be an object: current value is 1",
  ]],
  ["a text", "x", [' must be an object: current value is "x"']],
  ["no channel", { data: {} }, ["event_type is required"]],
  ["an unknown channel", { event_type: "setup.recieved", data: {} }, [
    `event_type must be a channel, one of ${NAMES}: current value is "setup.recieved"`,
  ]],
  ["a channel that is no text", { channel: 7 }, [
    `channel must be a channel, one of ${NAMES}: current value is 7`,
  ]],
  ["two channels", setup({ channel: "signal.triggered" }), [
    'channel must be what event_type is: current value is "signal.triggered"',
  ]],
  ["data that is a list", { event_type: "setup.received", data: [] }, [
    "data must be an object: current value is a list of 0",
  ]],
  ["data that is null", { event_type: "setup.received", data: null }, [
    "data must be an object: current value is null",
  ]],
  ["a naive time", setup({ timestamp: "2026-01-02T03:04:05" }), [
    `timestamp ${A_TIME}: current value is "2026-01-02T03:04:05"`,
  ]],
  ["a day that is none", setup({ timestamp: "2026-02-30T03:04:05Z" }), [
    `timestamp ${A_TIME}: current value is "2026-02-30T03:04:05Z"`,
  ]],
  ["a time as a number", setup({ timestamp: 1767323045 }), [
    `timestamp ${A_TIME}: current value is 1767323045`,
  ]],
  ["a null time", setup({ timestamp: null }), [
    `timestamp ${A_TIME}: current value is null`,
  ]],
  ["an id that is no UUID", setup({ id: "17" }), [
    'id must be a UUID: current value is "17"',
  ]],
  ["a key of controls", {
    event_type: "setup.received",
    data: { setup_id: 1 },
    key: "a\u0000",
  }, [
    'key must be a text of 1 to 256 printable characters: current value is "a\\u0000"',
  ]],
  ["metadata that is no object", setup({ metadata: 3 }), [
    "metadata must be an object: current value is 3",
  ]],
  [
    "metadata of wrong texts",
    setup({
      metadata: {
        source: "",
        user: "a:b",
        traceparent: "00-x",
        correlation_id: 3,
      },
    }),
    [
      'metadata.source must be a text of 1 to 256 printable characters: current value is ""',
      'metadata.user must be a user id of 1 to 128 letters, digits or _ . @ -: current value is "a:b"',
      'metadata.traceparent must be a W3C traceparent: current value is "00-x"',
      "metadata.correlation_id must be a text of 1 to 256 printable characters: current value is 3",
    ],
  ],
  ["a reply_to that is no pattern", setup({ metadata: { reply_to: "A..b" } }), [
    'metadata.reply_to must be a channel or a pattern of channels: current value is "A..b"',
  ]],
  ["numbers beyond a double", setup({ note: [1e999] }), [
    "note[0] must be a number within the range of a double: give it as a text",
  ]],
  ["whole numbers whose digits get lost", {
    event_type: "setup.received",
    data: { setup_id: 1, note: { n: Number("9007199254740993") } },
  }, [`data.note.n ${TOO_LARGE}`]],
  ["data nested without end", setup({ note: nested(100_000) }), [
    " must not be nested more than 64 levels deep",
  ]],
  ["data above the limit of its channel", setup({ note: BIG }), [
    " must be at most 1024 bytes of JSON in UTF-8 on setup.received: current value is 1128",
  ]],
  ["every field at once", {
    event_type: "positions.updated",
    timestamp: "yesterday",
    data: { symbol: "", action: "hold", qty_change: "much", price: 187.25 },
  }, [
    `timestamp ${A_TIME}: current value is "yesterday"`,
    'data.symbol must be a text of 1 to 256 printable characters: current value is ""',
    'data.action must be one of buy, sell, fill, partial_fill: current value is "hold"',
    'data.qty_change must be a decimal, in quotes or not: current value is "much"',
    "data.new_qty is required",
    'data.price must be a decimal in quotes, such as "1.5": current value is 187.25',
    "data.strategy_id is required",
  ]],
  ["a batch that is no list", { events: 7 }, [
    "events must be a list of 1 to 500 events: current value is 7",
  ]],
  ["a batch with more in it", { events: [setup()], user: "ann" }, [
    "user is not known beside events",
  ]],
  ["an empty batch", { events: [] }, [
    "events must be a list of 1 to 500 events: current value is a list of 0",
  ]],
  ["too large a batch", { events: new Array(501).fill(setup()) }, [
    "events must be a list of 1 to 500 events: current value is a list of 501",
  ]],
  ["a batch with faults in several", {
    events: [setup(), 7, { event_type: "setup.received" }, setup({ id: "x" })],
  }, [
    "events[1] must be an object: current value is 7",
    "events[2].setup_id is required",
    'events[3].id must be a UUID: current value is "x"',
  ]],
  ["an id twice in a batch", {
    events: [setup({ id: ID }), setup(), setup({ id: ID.toUpperCase() })],
  }, [`events[2].id is the id of events[0] too: ${ID}`]],
];

for (const [what, body, expected] of REFUSED) {
  Deno.test(`refused: ${what}`, () => deepEqual(faults(body), expected));
}

Deno.test("the sentence names every field, up to a bound", () => {
  const message = (body: unknown) => {
    try {
      return fail(JSON.stringify(parse(body)));
    } catch (error) {
      return (error as Error).message;
    }
  };
  equal(
    message({ event_type: "signal.triggered" }),
    "Cannot publish as ticker is required; setup_id is required",
  );
  equal(
    message(7),
    "Cannot publish as the event must be an object: current value is 7",
  );
  const many = message({ events: new Array(500).fill(0) });
  ok(many.endsWith("; and 80 more"), many);
  equal(faults({ events: new Array(500).fill(0) }).length, 100);
});

Deno.test("sizes are bytes of UTF-8, and large channels take 64 KiB", () => {
  const of = (note: string) => setup({ note });
  const room = 1024 - '{"setup_id":"s-1","note":""}'.length;
  parse(of("x".repeat(room)));
  faults(of("x".repeat(room + 1)));
  parse(of("ä".repeat(Math.floor(room / 2))));
  faults(of("ä".repeat(Math.floor(room / 2) + 1)));

  const large = (length: number) => ({
    event_type: "signals.generated",
    ...CHANNELS.find("signals.generated")!.example,
    note: "x".repeat(length),
  });
  parse(large(64_000));
  deepEqual(faults(large(66_000)).length, 1);
});

Deno.test("whatever is sent is accepted or refused with reasons", () => {
  const name = fc.constantFrom(...CHANNELS.all.map(({ name }) => name), "no");
  const event = fc.record({
    event_type: fc.oneof(name, fc.jsonValue()),
    channel: fc.oneof(name, fc.jsonValue()),
    timestamp: fc.oneof(fc.date().map(String), fc.jsonValue()),
    id: fc.oneof(fc.uuid(), fc.jsonValue()),
    key: fc.jsonValue(),
    data: fc.oneof(fc.object(), fc.jsonValue()),
    metadata: fc.oneof(fc.object(), fc.jsonValue()),
    ticker: fc.jsonValue(),
    setup_id: fc.jsonValue(),
  }, { requiredKeys: [] });
  fc.assert(fc.property(
    fc.oneof(event, fc.record({ events: fc.array(event) }), fc.jsonValue()),
    (body) => {
      try {
        for (const { event } of parse(body)) ok(JSON.parse(event.json));
      } catch (error) {
        ok(error instanceof InvalidInput);
        ok(error.errors.length > 0);
      }
    },
  ));
});

function nested(levels: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < levels; i++) value = [value];
  return value;
}
