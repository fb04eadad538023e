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
