/**
 * The AsyncAPI document: sound by the standard's own schema, and true.
 *
 * @module
 */
import asyncApiSchema from "@asyncapi/specs/schemas/3.0.0.json" with {
  type: "json",
};
import { Ajv, type AnySchemaObject } from "ajv";
import { parseChannels } from "../../domain/event/channel_file.ts";
import { CHANNELS, publishable } from "../../domain/event/registry.ts";
import { createEventService } from "../../src/services/events.ts";
import { asyncApiDocument } from "../../src/http/routes/asyncapi.ts";
import { deepEqual, equal, fail, ok } from "../support/assert.ts";
import { createMemoryWorld } from "../support/memory_world.ts";
import { createSeededEntropy } from "../support/seeded_entropy.ts";
import { createHarness, createRecordingTelemetry } from "./harness.ts";

/** The document as a reader of JSON sees it. */
// deno-lint-ignore no-explicit-any
type Json = any;

// The schema of the standard brings draft 7 of JSON Schema along.
const ajv = new Ajv({
  meta: false,
  validateSchema: false,
  strict: false,
  validateFormats: false,
  allErrors: true,
});
const validate = ajv.compile(asyncApiSchema as AnySchemaObject);

function faultsOf(document: Json): string[] {
  validate(document);
  return (validate.errors ?? []).map((e) => `${e.instancePath} ${e.message}`);
}

const document = (registry = CHANNELS): Json =>
  JSON.parse(
    JSON.stringify(asyncApiDocument(registry, "1.2.3", "a.example:1")),
  );

/** What `$ref` means in `whole`. */
function follow(whole: Json, { $ref }: { $ref: string }): Json {
  let at = whole;
  for (const name of $ref.replace(/^#\//, "").split("/")) {
    at = at?.[name] ?? fail(`${$ref} leads nowhere`);
  }
  return at;
}

function* refsIn(value: Json): Generator<{ $ref: string }> {
  if (typeof value !== "object" || value === null) return;
  if (typeof value.$ref === "string") yield value;
  for (const item of Object.values(value)) yield* refsIn(item);
}

const EXTRA = parseChannels([{
  name: "fills.booked",
  summary: "A venue has booked a fill.",
  key: "fill_id",
  schema: {
    type: "object",
    required: ["fill_id"],
    properties: { fill_id: { type: "string" }, qty: { type: "integer" } },
  },
  example: { fill_id: "f-1" },
}], CHANNELS);

/** Channels with the names that the document itself could use. */
const ALIKE = parseChannels(
  [
    "stream",
    "request",
    "socket",
    "request.asked",
    "socket.subscribe",
    "http.stream",
    "http.request",
    "ws.subscribe",
    "follow",
    "constructor",
    "__proto__",
  ].map((name) => ({
    name,
    summary: `About ${name}.`,
    key: "id",
    schema: {
      type: "object",
      required: ["id"],
      properties: { id: { type: "string" } },
    },
    example: { id: name },
  })),
  CHANNELS,
);

for (
  const [what, registry] of [
    ["built in", CHANNELS],
    ["added", EXTRA],
    ["named like parts of it", ALIKE],
  ] as const
) {
  Deno.test(`the document is AsyncAPI 3.0.0: channels ${what}`, () => {
    const whole = document(registry);
    deepEqual(faultsOf(whole), []);
    const refs = [...refsIn(whole)];
    ok(refs.length > 50);
    for (const ref of refs) follow(whole, ref);
  });
}

Deno.test("the standard's schema finds what is wrong", () => {
  const broken: ((whole: Json) => void)[] = [
    (whole) => delete whole.info.version,
    (whole) => whole.channels["HTTP.stream"].adress = "/",
    (whole) => whole.operations.follow.action = "publish",
    (whole) => delete whole.operations.follow.channel,
    (whole) => whole.servers.http.port = 1,
    (whole) => whole.channels["WS.socket"].bindings.ws.method = "PUT",
    (whole) => whole.components.messages["setup.received"].examples[0].x = 1,
  ];
  for (const damage of broken) {
    const whole = document();
    damage(whole);
    ok(faultsOf(whole).length > 0, String(damage));
  }
});

Deno.test("every channel is published and delivered, its own ones only delivered", () => {
  const { operations, channels } = document(EXTRA);
  for (const { name, summary } of EXTRA.all) {
    equal(channels[name].address, name);
    equal(channels[name].summary, summary);
    equal(operations[`deliver.${name}`].action, "send");
  }
  deepEqual(
    Object.keys(operations).filter((id) => id.startsWith("publish.")).sort(),
    publishable(EXTRA).map(({ name }) => `publish.${name}`).sort(),
  );
});

Deno.test("an operation's messages are among those of its channel", () => {
  for (const whole of [document(), document(ALIKE)]) {
    for (
      const { channel, messages, reply } of Object.values<Json>(
        whole.operations,
      )
    ) {
      for (const ref of [...messages, ...reply?.messages ?? []]) {
        ok(ref.$ref.startsWith(`${channel.$ref}/messages/`), ref.$ref);
      }
    }
  }
});

Deno.test("channels named like parts of the document take nothing away from it", () => {
  const [plain, whole] = [document(), document(ALIKE)];
  for (const part of ["channels", "operations"]) {
    for (const id of Object.keys(plain[part])) ok(whole[part][id], id);
  }
  for (const [id, message] of Object.entries(plain.components.messages)) {
    deepEqual(whole.components.messages[id], message);
  }
  for (const [id, { address }] of Object.entries<Json>(plain.channels)) {
    equal(whole.channels[id].address, address);
  }
  for (const { name, summary } of ALIKE.all) {
    ok(Object.hasOwn(whole.channels, name), name);
    equal(whole.channels[name].address, name);
    equal(whole.channels[name].summary, summary);
    equal(whole.components.messages[name].summary, summary);
    const { channel, messages } = whole.operations[`deliver.${name}`];
    equal(channel.$ref, `#/channels/${name}`);
    deepEqual(messages.map((ref: Json) => follow(whole, follow(whole, ref))), [
      whole.components.messages[name],
    ]);
  }
});

Deno.test("examples are acceptable to their schemas, and bad data is not", () => {
  const whole = document(EXTRA);
  const payloads = new Ajv({ strict: false, validateFormats: false });
  payloads.addSchema({ $id: "whole", components: whole.components });
  for (const name of [...EXTRA.all.map(({ name }) => name), "HTTP.request"]) {
    const { payload, examples } = whole.components.messages[name];
    const check = payloads.compile(
      JSON.parse(JSON.stringify(payload).replaceAll('"#/', '"whole#/')),
    );
    const [example] = examples;
    equal(check(example.payload), true, JSON.stringify(check.errors));
    equal(check({ ...example.payload, data: [] }), false);
    equal(check({ ...example.payload, event_type: null }), false);
  }
});

Deno.test("the route answers for the channels of the service and its own address", async () => {
  const { clock, bus } = createMemoryWorld();
  const events = createEventService({
    bus: bus(),
    clock,
    entropy: createSeededEntropy(),
    telemetry: createRecordingTelemetry(),
    channels: EXTRA,
  });
  const { send } = createHarness({ services: { events } });
  const { status, json } = await send("GET", "/asyncapi.json");
  equal(status, 200);
  equal(json.info.version, "1.2.3");
  equal(json.servers.ws.host, "localhost");
  ok(json.channels["fills.booked"]);
  const landing = await send("GET", "/");
  equal(landing.json.asyncapi, "/asyncapi.json");
});
