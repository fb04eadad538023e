/**
 * The routes of consumer groups and dead letters.
 *
 * @module
 */
import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { anEvent } from "../support/events.ts";
import { createGroupWorld } from "../support/group_world.ts";
import { settle } from "../support/turns.ts";
import { createHarness, type Harness } from "./harness.ts";

const GROUPS = "/api/v1/events/groups";
const G = `${GROUPS}/g`;
const LETTERS = "/api/v1/events/dead-letters";

const setup = (id: string) => ({
  event_type: "setup.received",
  data: { setup_id: id },
});

function client({ send }: Harness = createHarness()) {
  return {
    send,
    async make(policy: Record<string, unknown> = {}) {
      const body = { start: "earliest", ...policy };
      return (await send("PUT", G, { body })).json;
    },
    async publish(...ids: string[]) {
      const body = { events: ids.map(setup) };
      equal((await send("POST", "/api/v1/events", { body })).status, 201);
    },
    async next(query = "") {
      const { status, json, text } = await send("GET", `${G}/next${query}`);
      equal(status, 200, text);
      return json.deliveries as {
        position: number;
        token: string;
        attempt: number;
        event: Record<string, unknown>;
      }[];
    },
    post: (what: string, body?: unknown) =>
      send("POST", `${G}/${what}`, body === undefined ? {} : { body }),
  };
}

const refs = (deliveries: readonly { position: number; token: string }[]) =>
  deliveries.map(({ position, token }) => ({ position, token }));

Deno.test("a group is made, read, changed and deleted", async () => {
  const { send, make, publish } = client();
  await publish("1", "2");
  const created = await send("PUT", G, {
    body: { channels: ["setup.*"], on_poison: "park-key", start: "earliest" },
  });
  equal(created.status, 201);
  const { json } = created;
  deepEqual(
    [json.name, json.state, json.checkpoint, json.head, json.lag],
    ["g", "running", 0, 2, 2],
  );
  deepEqual(
    [json.channels, json.max_attempts, json.on_poison, json.backoff],
    [["setup.*"], 5, "park-key", { first_ms: 1000, factor: 2, max_ms: 60000 }],
  );
  equal((await send("PUT", G, { body: { max_attempts: 2 } })).status, 200);
  equal((await send("GET", G)).json.max_attempts, 2);
  const { groups } = (await send("GET", GROUPS)).json;
  deepEqual(groups.map(({ name }: { name: string }) => name), ["g"]);
  equal((await send("DELETE", G)).status, 204);
  for (const method of ["GET", "DELETE"]) {
    const { status, json } = await send(method, G);
    equal(status, 404);
    match(json.detail, /^Cannot find group g as there is none/);
  }
  equal((await make()).checkpoint, 0);
});

Deno.test("a member takes events and settles them, with what it appends", async () => {
  const { send, make, publish, next, post } = client();
  await make();
  await publish("1", "2", "1");
  const taken = await next("?limit=10&member=ann");
  deepEqual(taken.map(({ position }) => position), [1, 2]);
  const [first] = taken;
  deepEqual(first!.event["data"], { setup_id: "1" });
  const id = "019b7e5d-8c0e-7cc4-9b0a-6f2d1c3e4a5b";
  const { status, json } = await post("ack", {
    deliveries: refs(taken),
    effects: [{ ...setup("3"), id }],
  });
  equal(status, 200);
  deepEqual(json, {
    settled: 2,
    effects: [{ id, position: 4, duplicate: false }],
  });
  const repeat = await post("ack", {
    deliveries: refs(taken).reverse(),
    effects: [{ ...setup("3"), id }],
  });
  deepEqual([repeat.status, repeat.json], [200, { ...json, already: true }]);
  const [one, two] = refs(taken);
  const again = await post("ack", { deliveries: [one, one] });
  equal(again.status, 409);
  match(again.json.detail, /lease is over, or .* answer was lost$/);
  const wrong = { ...two!, token: "other" };
  const other = await post("ack", { deliveries: [one, wrong] });
  equal(other.status, 409);
  deepEqual(
    [again.json.type, again.json.positions],
    ["urn:holdfast:problem:fenced", "1,1"],
  );
  const flat = await next("?form=flat");
  deepEqual(flat.map(({ event }) => event["setup_id"]), ["1", "3"]);
  const after = await send("GET", G);
  deepEqual([after.json.in_flight, after.json.lag], [2, 2]);
});

Deno.test("what fails comes again, and then is a dead letter to redrive or discard", async () => {
  const { send, make, publish, next, post } = client();
  await make({ max_attempts: 2, on_poison: "park-key" });
  await publish("k", "k", "z");
  for (const attempt of [1, 2]) {
    const [first] = await next("?limit=1");
    equal(first!.attempt, attempt);
    const body = {
      deliveries: [1, 2].map(() => ({
        ...refs([first!])[0],
        error: "no",
        retry_ms: 0,
      })),
    };
    const { status, json } = await post("nack", body);
    deepEqual([status, json.settled], [200, 1]);
  }
  const [other, ...none] = await next();
  deepEqual([other!.position, none], [3, []]);
  const { json } = await send("GET", `${LETTERS}?group=g`);
  deepEqual(
    json.dead_letters.map((
      one: { position: number; status: string; error: string; key: string },
    ) => [one.position, one.status, one.error, one.key]),
    [
      [1, "dead", "no", "k"],
      [
        2,
        "behind",
        "waits behind the event at position 1 of the same key",
        "k",
      ],
    ],
  );
  equal(json.next_after, "g:2");
  const page = await send("GET", `${LETTERS}?after=g:1&limit=1`);
  equal(page.json.dead_letters[0].position, 2);
  const one = await send("GET", `${LETTERS}/g/1`);
  deepEqual([one.json.attempts, one.json.event.data], [2, { setup_id: "k" }]);
  equal((await send("GET", `${LETTERS}/g/9`)).status, 404);

  const behind = await send("POST", `${LETTERS}/redrive`, {
    body: { group: "g", positions: [2] },
  });
  equal(behind.status, 409);
  const redriven = await send("POST", `${LETTERS}/redrive`, {
    body: { group: "g", key: "k" },
  });
  deepEqual(redriven.json, {
    redriven: [1, 2],
    refused: [],
    more: false,
  });
  deepEqual((await next()).map(({ position }) => position), [1]);
  const discarded = await send("POST", `${LETTERS}/discard`, {
    body: { group: "g", positions: [1, 1], reason: "a test" },
  });
  deepEqual(discarded.json, { discarded: 1 });
  const [second] = await next();
  const acked = await post("ack", {
    deliveries: refs([second!, second!, second!]),
  });
  deepEqual([acked.status, acked.json.settled], [200, 1]);
  deepEqual((await send("GET", LETTERS)).json, {
    dead_letters: [],
    next_after: null,
  });
});

Deno.test("a group is paused, resumed and sent elsewhere", async () => {
  const { make, publish, next, post } = client();
  await make();
  await publish("1", "2");
  equal((await post("pause")).json.state, "paused");
  deepEqual(await next(), []);
  equal((await post("resume")).json.state, "running");
  const out = await next();
  equal((await post("seek", { to: "1" })).json.checkpoint, 1);
  equal((await post("ack", { deliveries: refs(out) })).status, 409);
  deepEqual((await next()).map(({ position }) => position), [2]);
  for (const to of ["9", "-1", "1.5", "2026-01-02T03:04:05"]) {
    equal((await post("seek", { to })).status, 400, to);
  }
  const formerLife = `${crypto.randomUUID()}:1`;
  equal((await post("seek", { to: formerLife })).status, 409);
  for (
    const [to, checkpoint] of [
      ["earliest", 0],
      ["head", 2],
      ["2026-01-02T03:04:05Z", 0],
      ["1", 1],
      ["2026-01-02T03:04:06Z", 2],
    ] as const
  ) {
    equal((await post("seek", { to })).json.checkpoint, checkpoint, to);
  }
});

Deno.test("a lease is extended, and lost when it is not", async () => {
  const harness = createHarness();
  const { make, publish, next, post } = client(harness);
  await make({ lease_ms: 1000 });
  await publish("1");
  const out = refs(await next());
  await harness.clock.advance(900);
  const { json } = await post("extend", { deliveries: out });
  equal(json.lease_until, "2026-01-02T03:04:06.900Z");
  await harness.clock.advance(999);
  deepEqual(await next(), []);
  await harness.clock.advance(1);
  equal((await next())[0]!.attempt, 2);
  equal((await post("extend", { deliveries: out })).status, 409);
});

Deno.test("next waits for an event, and answers when there is one or the time is over", async () => {
  const harness = createHarness();
  const { make, publish, next } = client(harness);
  await make();
  const waiting = next("?wait=30");
  await settle();
  await publish("1");
  deepEqual((await waiting).map(({ position }) => position), [1]);
  const leaving = new AbortController();
  const asked = harness.app.request(`${G}/next?wait=60`, {
    signal: leaving.signal,
  });
  await settle();
  leaving.abort();
  const response = await Promise.resolve(asked).catch(() => undefined);
  ok(response === undefined || response.status === 499);
  await response?.body?.cancel();
});

Deno.test("who would not get events takes none: HEAD, and pages of other sites", async () => {
  const { send, make, publish, next } = client();
  await make({ max_attempts: 1 });
  await publish("1");
  equal((await send("HEAD", `${G}/next`)).status, 200);
  for (const name of ["sec-fetch-site", "origin"]) {
    const headers = { [name]: "https://evil.example" };
    const { status, json } = await send("GET", `${G}/next`, { headers });
    equal(status, 403);
    match(json.detail, /^Cannot take from a group as it was asked for by a /);
  }
  deepEqual((await next()).map(({ attempt }) => attempt), [1]);
});

Deno.test("an event that is no JSON object reaches no member: it is a dead letter, told as a text", async () => {
  const world = createGroupWorld();
  const { groups } = world;
  const { next, send } = client(createHarness({ services: { groups } }));
  await world.make();
  await world.bus.publish([anEvent({}, { json: "{not json" })]);
  deepEqual(await next(), []);
  const { json } = await send("GET", `${LETTERS}/g/1`);
  deepEqual([json.error, json.attempts], ["its data is no JSON object", 0]);
  deepEqual(json.event.data, { malformed_data: "{not json" });
  equal("epoch" in json.event.metadata, false, "nobody knows its epoch");
});

Deno.test("who waits is answered when the service shuts down", async () => {
  const harness = createHarness();
  await client(harness).make();
  const stop = new AbortController();
  const asked = harness.app.fetch(
    new Request(`http://localhost${G}/next?wait=60`),
    { shutdown: stop.signal },
  );
  await settle();
  stop.abort();
  const response = await asked;
  equal(response.status, 503);
  match((await response.json()).detail, /shutting down/);
});

Deno.test("bad requests are refused, each with its place", async () => {
  const { send, make } = client();
  await make();
  const delivery = { position: 1, token: "x" };
  const cases: [method: string, path: string, body: unknown, where: string][] =
    [
      ["PUT", `${GROUPS}/A`, {}, "path.name"],
      ["PUT", G, { lease_ms: 1 }, "body.lease_ms"],
      ["PUT", G, { max_in_flight: 0 }, "body.max_in_flight"],
      ["PUT", G, { on_poison: "drop" }, "body.on_poison"],
      ["PUT", G, { channels: [] }, "body.channels"],
      ["PUT", G, { start: "yesterday" }, "body.start"],
      ["PUT", G, { strat: "head" }, "body.strat"],
      ["GET", `${G}/next?limit=0`, undefined, "query.limit"],
      ["GET", `${G}/next?wait=61`, undefined, "query.wait"],
      ["GET", `${G}/next?limit=-1`, undefined, "query.limit"],
      ["GET", `${G}/next?member=a%20b`, undefined, "query.member"],
      ["POST", `${G}/ack`, { deliveries: [] }, "body.deliveries"],
      ["POST", `${G}/ack`, {
        deliveries: [{ ...delivery, position: 0 }],
      }, "body.deliveries[0].position"],
      ["POST", `${G}/ack`, {
        deliveries: [delivery],
        effects: [{ event_type: "no.such", data: {} }],
      }, "body.effects[0].event_type"],
      ["POST", `${G}/ack`, {
        deliveries: [delivery],
        effects: [{
          event_type: "market.price_update",
          data: { ticker: "SPY", price: "1" },
        }],
      }, "body.effects[0].event_type"],
      ["POST", `${G}/nack`, {
        deliveries: [delivery],
      }, "body.deliveries[0].error"],
      ["GET", `${LETTERS}?limit=0`, undefined, "query.limit"],
      ["GET", `${LETTERS}?key=%00`, undefined, "query.key"],
      ["GET", `${LETTERS}?key=`, undefined, "query.key"],
      ["POST", `${LETTERS}/redrive`, { group: "g", key: "a\n" }, "body.key"],
      ["GET", `${LETTERS}?after=7`, undefined, "query.after"],
      ["GET", `${LETTERS}/g/x`, undefined, "path.position"],
      ["POST", `${LETTERS}/redrive`, { group: "g" }, "body"],
      ["POST", `${LETTERS}/discard`, {
        group: "g",
        positions: [1],
      }, "body.reason"],
    ];
  for (const [method, path, body, where] of cases) {
    const reply = await send(method, path, body === undefined ? {} : { body });
    equal(reply.status, 400, `${path} ${reply.text}`);
    equal(reply.json.errors?.[0].path, where, reply.text);
  }
  const odd = await send("PUT", G, { body: { channels: ["a..b"] } });
  equal(odd.status, 400);
  for (const path of [`${GROUPS}/h/next`, `${GROUPS}/h`]) {
    equal((await send("GET", path)).status, 404);
  }
  const body = { deliveries: [delivery] };
  equal((await send("POST", `${GROUPS}/h/ack`, { body })).status, 404);
});

Deno.test("groups and dead letters are the operator's: a user is shown nothing and changes nothing", async () => {
  const { send, make, publish, next } = client();
  await make();
  await publish("1");
  const [delivery] = await next();
  const deliveries = refs([delivery!]);
  const ask: [method: string, path: string, body?: unknown][] = [
    ["GET", GROUPS],
    ["GET", G],
    ["PUT", G, {}],
    ["DELETE", G],
    ["GET", `${G}/next`],
    ["POST", `${G}/ack`, { deliveries }],
    ["POST", `${G}/nack`, { deliveries: [{ ...deliveries[0], error: "no" }] }],
    ["POST", `${G}/extend`, { deliveries }],
    ["POST", `${G}/pause`],
    ["POST", `${G}/resume`],
    ["POST", `${G}/seek`, { to: "head" }],
    ["GET", LETTERS],
    ["GET", `${LETTERS}/g/1`],
    ["POST", `${LETTERS}/redrive`, { group: "g", all: true }],
    ["POST", `${LETTERS}/discard`, { group: "g", positions: [1], reason: "x" }],
  ];
  const headers = { "X-User-Id": "42" };
  for (const [method, path, body] of ask) {
    const more = body === undefined ? {} : { body };
    const { status, json } = await send(method, path, { headers, ...more });
    deepEqual([path, status], [path, 403]);
    match(json.detail, /for the operator/);
  }
  const { json } = await send("GET", G);
  deepEqual([json.in_flight, json.state, json.lag], [1, "running", 1]);
});

Deno.test("an effect names a user where an operator says so", async () => {
  const { send, make, publish, next, post } = client();
  await make();
  await publish("1");
  const { status, text } = await post("ack", {
    deliveries: refs(await next()),
    effects: [{ ...setup("2"), metadata: { user: "42" } }],
  });
  equal(status, 200, text);
  const { json } = await send("GET", "/api/v1/events?after=1");
  equal(json.events[0].metadata.user, "42");
});
