/**
 * Publishing and reading events over HTTP.
 *
 * @module
 */
import { CHANNELS, publishable } from "../../domain/event/registry.ts";
import { PortError } from "../../ports/port_error.ts";
import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { guardedBus } from "../support/event_buses.ts";
import { pass } from "../support/turns.ts";
import { createEventWorld } from "./event_client.ts";

const PATH = "/api/v1/events";
const ID = "019b7e5d-8c0e-7cc4-9b0a-6f2d1c3e4a5b";
const TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

const setup = (more: object = {}) => ({
  event_type: "setup.received",
  timestamp: "2026-01-02T03:04:05+01:00",
  setup_id: "s-1",
  ...more,
});

Deno.test("an event is published, and read back with its place", async () => {
  const { send } = createEventWorld();
  const published = await send("POST", PATH, {
    body: setup({ id: ID, metadata: { source: "slice" } }),
    headers: { traceparent: TRACE },
  });
  equal(published.status, 201);
  deepEqual(published.json, {
    id: ID,
    lane: "durable",
    position: 1,
    duplicate: false,
  });
  const { json } = await send("GET", PATH);
  const { epoch } = json;
  deepEqual(json, {
    events: [{
      id: ID,
      event_type: "setup.received",
      timestamp: "2026-01-02T03:04:05+01:00",
      data: { setup_id: "s-1" },
      metadata: {
        position: 1,
        epoch,
        committed_at: "2026-01-02T03:04:05.000Z",
        key: "s-1",
        source: "slice",
        traceparent: TRACE,
      },
    }],
    next_after: 1,
    resume_token: `${epoch}:1`,
    head: 1,
    earliest: 1,
    epoch,
  });
});

Deno.test("an id published again answers with its first position", async () => {
  const { send } = createEventWorld();
  const publish = async (body: object) =>
    (await send("POST", PATH, { body })).json;
  await publish(setup());
  await publish(setup({ id: ID }));
  await publish(setup());
  const again = await publish(setup({ id: ID.toUpperCase() }));
  deepEqual([again.position, again.duplicate], [2, true]);
});

Deno.test("an id of another event is 409 and changes nothing", async () => {
  const { send } = createEventWorld();
  await send("POST", PATH, { body: setup({ id: ID }) });
  const { status, json } = await send("POST", PATH, {
    body: setup({ id: ID, setup_id: "new" }),
  });
  equal(status, 409);
  equal(json.type, "urn:holdfast:problem:conflict");
  equal(json.position, 1);
  match(
    json.detail,
    /^Cannot publish as id .* of another event, at position 1/,
  );
  const read = await send("GET", PATH);
  deepEqual(read.json.events.map((e: { data: unknown }) => e.data), [{
    setup_id: "s-1",
  }]);
});

Deno.test("nobody speaks for Holdfast or for another user", async () => {
  const { send } = createEventWorld();
  for (const { name, example } of CHANNELS.all.filter((c) => c.reserved)) {
    const { status, json } = await send("POST", PATH, {
      body: { event_type: name, data: example },
    });
    equal(status, 400);
    equal(json.errors[0].path, "body.event_type");
    match(json.detail, new RegExp(`only Holdfast itself publishes ${name}$`));
  }
  const body = setup({ metadata: { user: "7", source: "s" } });
  const headers = { "x-user-id": "42" };
  const published = await send("POST", PATH, { body, headers });
  deepEqual(published.json.ignored, ["metadata.user"]);
  const { json } = await send("GET", PATH);
  equal(json.events[0].metadata.user, "42");
});

Deno.test("a user sees his own events and those of nobody in particular, the operator all", async () => {
  const { send } = createEventWorld();
  const of = (user?: string) =>
    user === undefined ? {} : { headers: { "x-user-id": user } };
  const metadata = (user: string) => ({ metadata: { user } });
  await send("POST", PATH, { body: setup(metadata("ann")), ...of("ann") });
  await send("POST", PATH, { body: setup(metadata("bob")), ...of("bob") });
  await send("POST", PATH, { body: setup() });
  const seen = async (user?: string) => {
    const { json } = await send("GET", PATH, of(user));
    return json.events.map(({ metadata }: { metadata: { user?: string } }) =>
      metadata.user
    );
  };
  deepEqual(await seen("ann"), ["ann", undefined]);
  deepEqual(await seen("bob"), ["bob", undefined]);
  deepEqual(await seen(), ["ann", "bob", undefined]);
});

Deno.test("a batch answers for each, in order", async () => {
  const { send } = createEventWorld();
  const { status, json } = await send("POST", PATH, {
    body: {
      events: [
        setup(),
        { channel: "market.price_update", ticker: "SPY", price: 1 },
        { event_type: "setup.received", data: { setup_id: 2 }, note: 1 },
      ],
    },
  });
  equal(status, 201);
  deepEqual(
    json.results.map(({ id: _, ...result }: { id: string }) => result),
    [
      { lane: "durable", position: 1, duplicate: false },
      { lane: "volatile", duplicate: false, receivers: 0 },
      { lane: "durable", position: 2, duplicate: false, ignored: ["note"] },
    ],
  );
});

Deno.test("an event that was read can be published elsewhere", async () => {
  const { send } = createEventWorld();
  for (const { name, example, lane } of publishable(CHANNELS)) {
    if (lane === "volatile") continue;
    await send("POST", PATH, { body: { event_type: name, data: example } });
  }
  const { json } = await send("GET", PATH);
  const other = createEventWorld();
  const copied = await other.send("POST", PATH, {
    body: { events: json.events },
  });
  equal(copied.status, 201);
  equal("ignored" in copied.json.results[0], false);
  const read = (await other.send("GET", PATH)).json.events;
  for (const events of [json.events, read]) {
    for (const event of events) delete event.metadata.epoch;
  }
  deepEqual(read, json.events);
});

const BAD_BODIES: [string, unknown, number, RegExp, string[]?][] = [
  ["nothing", "", 400, /empty/],
  ["no JSON", "{", 400, /not JSON/, ["body"]],
  ["a list of texts", ["a"], 400, /must be an object/, ["body[0]"]],
  ["no channel", { data: {} }, 400, /event_type is required/, [
    "body.event_type",
  ]],
  [
    "an unknown channel",
    setup({ event_type: "x" }),
    400,
    /signals\.generated/,
    [
      "body.event_type",
    ],
  ],
  [
    "a schema violation in every field",
    { event_type: "orders.executed", data: { num_orders: -1 } },
    400,
    /data\.run_id is required; data\.num_orders must be a whole number/,
    [
      "body.data.run_id",
      "body.data.num_orders",
      "body.data.num_accepted",
      "body.data.num_rejected",
    ],
  ],
  [
    "a number whose digits get lost",
    '{"event_type":"setup.received","data":{"setup_id":1,"n":9007199254740993}}',
    400,
    /data\.n must not be a whole number beyond .* give it as a text/,
    ["body.data.n"],
  ],
  ["a naive time", setup({ timestamp: "2026-01-02T03:04:05" }), 400, /zone/, [
    "body.timestamp",
  ]],
  ["an oversize event", setup({ note: "x".repeat(1100) }), 400, /1024 bytes/, [
    "body",
  ]],
  ["an oversize body", "x".repeat(3 * 1024 * 1024), 413, /larger/],
  ["an empty batch", { events: [] }, 400, /1 to 500/, ["body.events"]],
  ["a batch of 501", { events: Array(501).fill(setup()) }, 400, /1 to 500/, [
    "body.events",
  ]],
  [
    "a batch with an id twice",
    { events: [setup({ id: ID }), setup({ id: ID })] },
    400,
    /events\[0\] too/,
    ["body.events[1].id"],
  ],
];

for (const [what, body, status, detail, paths] of BAD_BODIES) {
  Deno.test(`publishing ${what} is refused and stores nothing`, async () => {
    const { send, bus } = createEventWorld();
    const reply = await send("POST", PATH, { body });
    equal(reply.status, status);
    match(reply.json.detail, detail);
    deepEqual(
      reply.json.errors?.map((error: { path: string }) => error.path),
      paths,
    );
    equal((await bus.head()).position, 0);
  });
}

const BAD_QUERIES: [string, RegExp][] = [
  ["after=x", /neither a position nor epoch:position/],
  ["after=-1", /neither/],
  ["after=1.5", /neither/],
  ["after=", /neither/],
  ["after=7", /log ends at 3/],
  ["after=1&from_time=2026-01-02T03:04:05Z", /not be given together/],
  ["from_time=2026-01-02T03:04:05", /zone/],
  ["from_time=yesterday", /ISO 8601/],
  ["limit=0", /at least 1/],
  ["limit=1001", /at most 1000/],
  ["limit=many", /whole number/],
  ["limit=1&limit=2", /more than once/],
  ["channel=a..b", /channel pattern/],
  ["channel=a,,b", /channel pattern/],
  ["channel=", /channel pattern/],
  [`channel=${"a,".repeat(70)}a`, /at most 64 patterns/],
  ["form=xml", /form/],
  ["chanel=a", /not known/],
];

for (const [query, detail] of BAD_QUERIES) {
  Deno.test(`reading with ${query.slice(0, 40)} is refused`, async () => {
    const { send, append } = createEventWorld();
    await append(3);
    const { status, json } = await send("GET", `${PATH}?${query}`);
    equal(status, 400);
    match(json.detail, detail);
  });
}

Deno.test("pages follow one another by next_after or the token", async () => {
  const { send, append } = createEventWorld();
  await append(7);
  for (const by of ["next_after", "resume_token"]) {
    const positions: number[] = [];
    for (let after = "0";;) {
      const { json } = await send("GET", `${PATH}?after=${after}&limit=3`);
      for (const event of json.events) positions.push(event.metadata.position);
      if (json.next_after === json.head) break;
      after = json[by];
    }
    deepEqual(positions, [1, 2, 3, 4, 5, 6, 7]);
  }
});

Deno.test("a page has 100 events when nothing is said", async () => {
  const { send, append } = createEventWorld();
  await append(150);
  const { json } = await send("GET", PATH);
  deepEqual([json.events.length, json.next_after, json.head], [100, 100, 150]);
});

Deno.test("channels choose events, whichever way they are listed", async () => {
  const { send, append } = createEventWorld();
  for (const channel of ["a.x", "a.y", "b.x"]) await append(1, channel);
  const channels = async (query: string) => {
    const { json } = await send("GET", `${PATH}?${query}`);
    equal(json.next_after, 3);
    return json.events.map((e: { event_type: string }) => e.event_type);
  };
  deepEqual(await channels("channel=a.*"), ["a.x", "a.y"]);
  deepEqual(await channels("channel=a.x,b.x"), ["a.x", "b.x"]);
  deepEqual(await channels("channel=a.x&channel=b.*"), ["a.x", "b.x"]);
  deepEqual(await channels("channel=%3E"), ["a.x", "a.y", "b.x"]);
  deepEqual(await channels("channel=none"), []);
});

Deno.test("a time stands for the events committed then or later", async () => {
  const { send, append, clock } = createEventWorld();
  for (let i = 0; i < 3; i++) {
    await append(1);
    await clock.advance(1000);
  }
  const from = async (time: string) => {
    const { json } = await send("GET", `${PATH}?from_time=${time}`);
    return json.events.length;
  };
  equal(await from("2026-01-02T03:04:06Z"), 2);
  equal(await from("2026-01-02T04:04:07%2B01:00"), 1);
  equal(await from("2026-01-02T04:04:07+01:00"), 1);
  equal(await from("1970-01-01T00:00:00Z"), 3);
  equal(await from("2100-01-01T00:00:00Z"), 0);
});

Deno.test("flat events have their fields at the top", async () => {
  const { send } = createEventWorld();
  await send("POST", PATH, { body: setup({ id: ID, note: "x" }) });
  const { json } = await send("GET", `${PATH}?form=flat`);
  deepEqual(json.events, [setup({ note: "x" })]);
  equal(json.next_after, 1);
});

Deno.test("a position that is no longer held is 410 with the earliest", async () => {
  const { send, append, bus } = createEventWorld({ capacity: 4 });
  await append(20);
  const { earliest } = await bus.head();
  const { status, json } = await send("GET", `${PATH}?after=0`);
  equal(status, 410);
  equal(json.earliest, earliest);
  const from = await send("GET", PATH);
  equal(from.json.events[0].metadata.position, earliest);
});

Deno.test("a token of another life is 409 with a way on", async () => {
  const { send, append, beginAnew } = createEventWorld();
  await append(2);
  const { json: before } = await send("GET", PATH);
  await beginAnew();
  await append(5);
  const { status, json } = await send(
    "GET",
    `${PATH}?after=${before.resume_token}`,
  );
  equal(status, 409);
  equal(json.earliest, 1);
  ok(json.epoch !== before.epoch);
  const way = `${json.epoch}:${json.earliest - 1}`;
  equal((await send("GET", `${PATH}?after=${way}`)).json.events.length, 5);
});

Deno.test("a bus that is away is 503, and one that is off 501", async () => {
  const codes = { unavailable: 503, timeout: 504, full: 507, unsupported: 501 };
  for (const [code, status] of Object.entries(codes)) {
    const { send, clock } = createEventWorld({
      wrap: (bus) =>
        guardedBus(bus, () => {
          throw new PortError(code as keyof typeof codes, "Cannot do it");
        }),
    });
    const published = send("POST", PATH, { body: setup() });
    await pass(clock, 200);
    equal((await published).status, status);
    if (code === "full" || code === "unsupported") continue;
    equal((await send("GET", PATH)).status, status);
    equal((await send("GET", `${PATH}/stream`)).status, status);
  }
});
