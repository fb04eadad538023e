/**
 * The routes of settings.
 *
 * @module
 */
import { PortError } from "../../ports/port_error.ts";
import type { SettingsStore } from "../../ports/settings_store.ts";
import { deepEqual, equal, match } from "../support/assert.ts";
import { createMemoryWorld } from "../support/memory_world.ts";
import { createHarness } from "./harness.ts";

const PATH = "/api/user/settings";

function harness() {
  const { send } = createHarness();
  return {
    get: (headers = {}) => send("GET", PATH, { headers }),
    put: (body: unknown, headers = {}) => send("PUT", PATH, { body, headers }),
  };
}

Deno.test("what was put is got, with its version", async () => {
  const { get, put } = harness();
  const document = '{"trading":{"max":4,"note":"ä \\u2028"},"a":[1,null]}';
  const written = await put(document);
  equal(written.status, 200);
  equal(written.headers.get("etag"), '"1"');
  equal(written.headers.get("x-holdfast-source"), "memory");
  equal(written.headers.get("x-holdfast-verified"), "true");

  const read = await get();
  deepEqual(read.json, JSON.parse(document));
  equal(read.text, JSON.stringify(JSON.parse(document)));
  equal(read.headers.get("etag"), '"1"');
  equal(read.headers.get("x-holdfast-source"), "memory");
  equal(read.headers.get("x-holdfast-verified"), "true");
  equal(read.headers.get("cache-control"), "private, no-cache");
});

Deno.test("each user has settings of his own", async () => {
  const { get, put } = harness();
  await put({ a: 1 }, { "x-user-id": "ann" });
  equal((await get()).status, 404);
  equal((await get({ "x-user-id": "ann" })).status, 200);
});

Deno.test("settings that are not stored are 404", async () => {
  const { status, json } = await harness().get();
  equal(status, 404);
  match(json.detail, /PUT them first/);
});

Deno.test("a reader that has the version is answered 304", async () => {
  const { get, put } = harness();
  await put({});
  for (const known of ['"1"', 'W/"1"', '"7", "1"', "*"]) {
    const { status, headers } = await get({ "if-none-match": known });
    equal(status, 304, known);
    equal(headers.get("etag"), '"1"');
    equal(headers.get("content-type"), null);
  }
  for (const other of ['"2"', "1", '"11"', "nonsense"]) {
    equal((await get({ "if-none-match": other })).status, 200, other);
  }
});

Deno.test("a write on an older version is 412 and changes nothing", async () => {
  const { get, put } = harness();
  await put({ n: 1 });
  equal((await put({ n: 2 }, { "if-match": '"1"' })).status, 200);
  const late = await put({ n: 3 }, { "if-match": '"1"' });
  equal(late.status, 412);
  equal(late.json.version, 2);
  deepEqual((await get()).json, { n: 2 });
});

Deno.test("a first write can be made sure to be the first", async () => {
  const { put } = harness();
  equal((await put({}, { "if-none-match": "*" })).status, 200);
  equal((await put({}, { "if-none-match": "*" })).status, 412);
});

Deno.test("a write can be made sure not to be the first", async () => {
  const { put, get } = harness();
  for (const tag of ["*", '"7"']) {
    const { status, json } = await put({ n: 1 }, { "if-match": tag });
    equal(status, 412, tag);
    equal(json.version, 0);
    match(json.detail, /^Cannot write user:\S+ as nothing is stored/);
  }
  equal((await get()).status, 404);
  await put({ n: 1 });
  equal((await put({ n: 2 }, { "if-match": "*" })).status, 200);
  deepEqual((await get()).json, { n: 2 });
});

Deno.test("a number that would lose digits is refused", async () => {
  const { put, get } = harness();
  for (
    const number of [
      "9007199254740993",
      "123456789012345678901234567890",
      "1e22",
    ]
  ) {
    const { status, json } = await put(`{"a":[{"n":${number}}]}`);
    equal(status, 400, number);
    match(json.detail, /body\.a\[0\]\.n must not be .* give it as a text$/);
  }
  equal((await get()).status, 404);
  equal((await put('{"n":9007199254740991,"x":"1e22"}')).status, 200);
});

Deno.test("a malformed condition is refused, not ignored", async () => {
  const { put, get } = harness();
  for (
    const headers of [
      { "if-match": "7" },
      { "if-match": '"0"' },
      { "if-match": '"x"' },
      { "if-match": 'W/"7"' },
      { "if-match": '"7", "8"' },
      { "if-match": '"99999999999999999999"' },
      { "if-none-match": '"7"' },
      { "if-match": '"7"', "if-none-match": "*" },
    ]
  ) {
    const { status, json } = await put({}, headers);
    equal(status, 400, JSON.stringify(headers));
    match(json.detail, /^Cannot use If-/);
  }
  equal((await get()).status, 404);
});

Deno.test("settings are an object of at most 6 MiB", async () => {
  const { put } = harness();
  for (const body of ["[]", "null", '"x"', "1"]) {
    equal((await put(body)).status, 400, body);
  }
  const large = (mib: number) => ({ a: "x".repeat(mib * 1024 * 1024) });
  equal((await put(large(5.9))).status, 200);
  equal((await put(large(6))).status, 413);
});

Deno.test("an answer that could not be verified says so", async () => {
  const settings: SettingsStore = {
    ...createMemoryWorld().settings(),
    read: async ([key]) => ({
      documents: [{ key: key!, version: 3, json: "{}" }],
      source: "redis",
      verified: false,
    }),
  };
  const { send } = createHarness({ services: { settings } });
  const { headers } = await send("GET", PATH);
  equal(headers.get("x-holdfast-source"), "redis");
  equal(headers.get("x-holdfast-verified"), "false");
});

Deno.test("a database that is away, slow or full has its status", async () => {
  for (
    const [code, expected] of [
      ["unavailable", 503],
      ["timeout", 504],
      ["full", 507],
      ["closed", 503],
    ] as const
  ) {
    const fail = () => Promise.reject(new PortError(code, "Cannot do it"));
    const settings: SettingsStore = {
      ...createMemoryWorld().settings(),
      read: fail,
      write: fail,
    };
    const { send } = createHarness({ services: { settings } });
    equal((await send("PUT", PATH, { body: {} })).status, expected);
  }
});
