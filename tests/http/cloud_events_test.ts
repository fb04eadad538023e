/**
 * CloudEvents over HTTP.
 *
 * @module
 */
import { deepEqual, equal } from "../support/assert.ts";
import { createEventWorld, follow } from "./event_client.ts";

const PATH = "/api/v1/events";
const ID = "019b7e5d-8c0e-7cc4-9b0a-6f2d1c3e4a5b";
const TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

Deno.test("a CloudEvent is published, read and followed as one", async () => {
  const { app, send } = createEventWorld();
  const event = {
    specversion: "1.0",
    id: ID,
    source: "/slices/setup",
    type: "setup.received",
    time: "2026-01-02T03:04:05+01:00",
    datacontenttype: "application/json",
    partitionkey: "s-1",
    traceparent: TRACE,
    correlationid: "c-1",
    data: { setup_id: "s-1" },
  };
  const published = await send("POST", PATH, {
    body: event,
    headers: { "content-type": "application/cloudevents+json" },
  });
  deepEqual(published.json, {
    id: ID,
    lane: "durable",
    position: 1,
    duplicate: false,
  });
  const { json } = await send("GET", `${PATH}?form=cloudevents`);
  const delivered = {
    ...event,
    position: "1",
    epoch: json.epoch,
    committedat: "2026-01-02T03:04:05.000Z",
  };
  deepEqual(json.events, [delivered]);
  const client = await follow(app, "?after=0&form=cloudevents");
  const [, frame] = await client.take(2);
  deepEqual(JSON.parse(frame!.data!), delivered);
  await client.leave();

  const again = await send("POST", PATH, { body: delivered });
  deepEqual(again.json, { ...published.json, duplicate: true });
  const refused = await send("POST", PATH, {
    body: { ...event, specversion: "0.3" },
  });
  equal(refused.status, 400);
  equal(refused.json.errors[0].path, "body.specversion");
});

const BATCH = "application/cloudevents-batch+json";

const cloudEvent = (id: string, setup: string, more: object = {}) => ({
  specversion: "1.0",
  id: `019b7e5d-8c0e-7cc4-9b0a-6f2d1c3e4a${id}`,
  source: "/slices/setup",
  type: "setup.received",
  data: { setup_id: setup },
  ...more,
});

Deno.test("a batch of CloudEvents is published together, and read as one", async () => {
  const { send } = createEventWorld();
  const events = [cloudEvent("01", "s-1"), cloudEvent("02", "s-2")];
  const headers = { "content-type": BATCH };
  const published = await send("POST", PATH, { body: events, headers });
  equal(published.status, 201, published.text);
  deepEqual(
    published.json.results.map(({ position }: { position: number }) =>
      position
    ),
    [1, 2],
  );
  const get = async (path: string) => {
    const reply = await send("GET", path, { headers: { accept: BATCH } });
    equal(reply.status, 200, reply.text);
    equal(reply.headers.get("content-type"), BATCH);
    const link = /^<([^>]+)>; rel="next"$/.exec(reply.headers.get("link")!)!;
    const ids = reply.json.map(({ specversion, id }: typeof events[0]) => {
      equal(specversion, "1.0");
      return id;
    });
    return { ids, next: link[1]! };
  };
  const first = await get(
    `${PATH}?limit=1&channel=setup.*&from_time=2020-01-01T00:00:00Z`,
  );
  deepEqual(first.ids, [events[0]!.id]);
  const second = await get(first.next);
  deepEqual(second.ids, [events[1]!.id]);
  const third = await get(second.next);
  deepEqual([third.ids, third.next], [[], second.next]);
  const plain = await send("GET", `${PATH}?form=flat`, {
    headers: { accept: BATCH },
  });
  equal(plain.headers.get("content-type"), "application/json");
  equal(plain.json.events.length, 2);
});

Deno.test("a batch of CloudEvents is refused with the place of what is wrong, and as a whole", async () => {
  const { send } = createEventWorld();
  const cases: [body: unknown, path: string][] = [
    [[], "body"],
    [
      Array(501).fill(0).map((_, i) => ({
        ...cloudEvent("01", `${i}`),
        id: undefined,
      })),
      "body",
    ],
    [[cloudEvent("01", "a"), 7], "body[1]"],
    [[cloudEvent("01", "a"), cloudEvent("01", "b")], "body[1].id"],
    [
      [cloudEvent("01", "a"), cloudEvent("02", "b", { type: "no" })],
      "body[1].type",
    ],
    [[cloudEvent("01", "a", { id: "order-1" })], "body[0].id"],
    [[cloudEvent("01", "a", { source: undefined })], "body[0].source"],
  ];
  for (const [body, path] of cases) {
    const { status, json } = await send("POST", PATH, { body });
    deepEqual([status, json.errors?.[0].path], [400, path]);
  }
  equal((await send("GET", PATH)).json.head, 0);
});

Deno.test("what is said of the ids of CloudEvents is so", async () => {
  const { send } = createEventWorld();
  const { json } = await send("GET", "/openapi.json");
  const { anyOf } = json.components.schemas.Publication;
  const said = anyOf.find(({ title }: { title: string }) =>
    title === "cloudevents"
  );
  equal(said.properties.id.format, "uuid");
  for (const name of ["specversion", "id", "source", "type", "data"]) {
    const body = { ...cloudEvent("01", name), [name]: undefined };
    const { status } = await send("POST", PATH, { body });
    equal(status === 400, said.required.includes(name), name);
  }
});
