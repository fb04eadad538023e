/**
 * Request and reply over HTTP.
 *
 * @module
 */
import { deepEqual, equal, match } from "../support/assert.ts";
import { pass, settle } from "../support/turns.ts";
import { MAX_PENDING } from "../../src/services/request_reply.ts";
import { createEventWorld } from "./event_client.ts";

const PATH = "/api/v1/events/request";
const ID = "019b7e5d-8c0e-7cc4-9b0a-6f2d1c3e4a5b";

const question = (more: object = {}) => ({
  event_type: "setup.received",
  id: ID,
  data: { setup_id: "s-1" },
  ...more,
});
const reply = (ticker: string) => ({
  event_type: "signal.triggered",
  data: { ticker, setup_id: "s-1" },
  metadata: { correlation_id: ID },
});

Deno.test("the reply comes as an envelope", async () => {
  const { send } = createEventWorld();
  const asked = send("POST", PATH, { body: question() });
  await settle();
  await send("POST", "/api/v1/events", { body: reply("SPY") });
  const { status, json } = await asked;
  equal(status, 200);
  const { reply: { event_type, data, metadata }, ...rest } = json;
  deepEqual(rest, { id: ID, position: 1, duplicate: false });
  equal(event_type, "signal.triggered");
  deepEqual(data, { ticker: "SPY", setup_id: "s-1" });
  equal(metadata.position, 2);
  equal(metadata.correlation_id, ID);
});

Deno.test("504 when none comes in time; asking again gives the late one", async () => {
  const { send, clock } = createEventWorld();
  const asked = send("POST", PATH, { body: question() });
  await pass(clock, 5000);
  const { status, json } = await asked;
  equal(status, 504);
  deepEqual([json.id, json.position], [ID, 1]);
  match(json.detail, /within 5000 ms: ask again with this id/);
  await send("POST", "/api/v1/events", { body: reply("SPY") });
  await send("POST", "/api/v1/events", { body: reply("QQQ") });
  for (let i = 0; i < 2; i++) {
    const again = await send("POST", PATH, { body: question() });
    equal(again.status, 200);
    equal(again.json.reply.data.ticker, "SPY");
  }
});

Deno.test("an answer finds its request by an id in capitals", async () => {
  const { send } = createEventWorld();
  const id = ID.toUpperCase();
  const asked = send("POST", PATH, { body: question({ id }) });
  await settle();
  const body = { ...reply("SPY"), metadata: { correlation_id: id } };
  await send("POST", "/api/v1/events", { body });
  const { status, json } = await asked;
  equal(status, 200);
  equal(json.reply.metadata.correlation_id, ID);
});

Deno.test("503 when too many wait", async () => {
  const { send, clock } = createEventWorld();
  const ask = () =>
    send("POST", PATH, { body: question({ id: undefined, timeout_ms: 50 }) });
  const asked = Array.from({ length: MAX_PENDING }, ask);
  await settle(2000);
  const { status, json, headers } = await ask();
  equal(status, 503);
  match(json.detail, /questions wait for an answer already/);
  match(headers.get("retry-after")!, /^[1-9]\d*$/);
  await pass(clock, 50);
  for (const { status } of await Promise.all(asked)) equal(status, 504);
});

Deno.test("what is wrong with a request is told by its path", async () => {
  const { send } = createEventWorld();
  const cases: [object, string][] = [
    [question({ timeout_ms: 0 }), "body.timeout_ms"],
    [question({ timeout_ms: 60_001 }), "body.timeout_ms"],
    [question({ timeout_ms: 1.5 }), "body.timeout_ms"],
    [question({ id: "x" }), "body.id"],
    [question({ event_type: "nope" }), "body.event_type"],
    [question({ event_type: "market.price_update" }), "body.event_type"],
    [question({ data: {} }), "body.data.setup_id"],
    [question({ reply_to: "." }), "body.reply_to"],
  ];
  for (const [body, path] of cases) {
    const { status, json } = await send("POST", PATH, { body });
    equal(status, 400, path);
    equal(json.errors[0].path, path);
  }
  const { status } = await send("POST", PATH, {
    body: { ...question(), correlation_id: "x" },
  });
  equal(status, 400);
});
