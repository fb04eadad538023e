/**
 * Conditions of settings requests: ETags, If-Match and If-None-Match.
 *
 * @module
 */
import { deepEqual, equal, match } from "../support/assert.ts";
import { defaultDocument } from "../support/default_documents.ts";
import { openSettings, PATHS, PLACES } from "./settings_client.ts";

const SETTINGS = PATHS["settings:all"];
const BREAKER = PATHS.circuit_breaker;
const DEFAULTS = "/api/admin/defaults";

/** Everything that has a version, with a body that it takes. */
const VERSIONED: readonly [path: string, patch: unknown][] = [
  ...PLACES.map(([, path]): [string, unknown] => [path, {}]),
  [`${SETTINGS}/trading`, {}],
  [`${SETTINGS}/notifications`, {}],
  ["/api/futures/modes/allocations", {}],
];

Deno.test("a reader that has the version is answered 304", async () => {
  const { get } = openSettings();
  const bundle = `${SETTINGS}?include=modes,circuit_breaker`;
  const read = [...VERSIONED.map(([path]) => path), bundle, DEFAULTS];
  for (const path of read) {
    const tag = (await get(path)).headers.get("etag")!;
    for (const known of [tag, `W/${tag}`, `"7777", ${tag}`, "*"]) {
      const reply = await get(path, { "if-none-match": known });
      equal(reply.status, 304, `${path} ${known}`);
      equal(reply.headers.get("etag"), tag);
      equal(reply.headers.get("content-type"), null);
      equal(reply.text, "");
    }
    const bare = tag.slice(1, -1);
    for (const other of ['"7777"', bare, `"${bare}1"`, "nonsense"]) {
      const { status } = await get(path, { "if-none-match": other });
      equal(status, 200, `${path} ${other}`);
    }
  }
});

Deno.test("a write on an older version is 412, tells the newer one and changes nothing", async () => {
  for (const [path, change] of VERSIONED) {
    const { get, put, patch } = openSettings();
    const read = await get(path);
    const stale = { "if-match": read.headers.get("etag")! };
    equal((await put(path, read.text, stale)).status, 200, path);
    const { headers, text } = await get(path);
    for (
      const late of [
        await put(path, read.text, stale),
        await patch(path, change, stale),
      ]
    ) {
      equal(late.status, 412, path);
      equal(`"${late.json.version}"`, headers.get("etag"));
      match(late.json.key, /^user:default:/);
      match(late.json.detail, /its version is \d+: read it again/);
    }
    equal((await get(path)).text, text);
    equal((await get(path)).headers.get("etag"), headers.get("etag"));
    const now = { "if-match": headers.get("etag")! };
    equal((await patch(path, change, now)).status, 200);
  }
});

Deno.test("a condition counts before what the document says", async () => {
  const { put } = openSettings();
  equal((await put(BREAKER, defaultDocument("circuit_breaker"))).status, 200);
  const { status } = await put(BREAKER, { wrong: 1 }, { "if-match": '"9"' });
  equal(status, 412);
});

Deno.test("a first write can be made sure to be the first", async () => {
  const { put } = openSettings();
  const document = defaultDocument("circuit_breaker");
  const first = { "if-none-match": "*" };
  equal((await put(BREAKER, document, first)).status, 200);
  const second = await put(BREAKER, document, first);
  equal(second.status, 412);
  equal(second.json.version, 1);
});

Deno.test("a write can be made sure not to be the first", async () => {
  const { put, get } = openSettings();
  const document = defaultDocument("circuit_breaker");
  for (const tag of ["*", '"7"']) {
    const { status, json } = await put(BREAKER, document, { "if-match": tag });
    equal(status, 412, tag);
    equal(json.version, 0);
    match(json.detail, /^Cannot write user:\S+ as nothing is stored/);
  }
  await get(BREAKER);
  equal((await put(BREAKER, document, { "if-match": "*" })).status, 200);
});

Deno.test("a malformed condition is refused, not ignored", async () => {
  const { put, patch, harness } = openSettings();
  const document = defaultDocument("circuit_breaker");
  for (
    const headers of [
      { "if-match": "7" },
      { "if-match": '"0"' },
      { "if-match": '"x"' },
      { "if-match": '"1.2"' },
      { "if-match": 'W/"7"' },
      { "if-match": '"7", "8"' },
      { "if-match": '"99999999999999999999"' },
      { "if-none-match": '"7"' },
      { "if-match": '"7"', "if-none-match": "*" },
    ]
  ) {
    for (
      const { status, json } of [
        await put(BREAKER, document, headers),
        await patch(BREAKER, {}, headers),
      ]
    ) {
      equal(status, 400, JSON.stringify(headers));
      match(json.detail, /^Cannot use If-/);
      match(json.errors[0].path, /^header\.If-/);
    }
  }
  const { json } = await harness.send("GET", "/api/v1/events?after=0");
  deepEqual(json.events, []);
});

Deno.test("the defaults are replaced on condition, too", async () => {
  const { get, put } = openSettings();
  const before = await get(DEFAULTS);
  const tag = before.headers.get("etag")!;
  const tree = { ...before.json };
  tree.notifications = { ...tree.notifications, enabled: false };
  const stale = await put(DEFAULTS, tree, { "if-match": '"77"' });
  equal(stale.status, 412);
  equal(`"${stale.json.version}"`, tag);
  equal((await get(DEFAULTS)).headers.get("etag"), tag);
  equal((await put(DEFAULTS, tree, { "if-match": tag })).status, 200);
  equal((await put(DEFAULTS, tree, { "if-match": tag })).status, 412);
  equal((await put(DEFAULTS, tree, { "if-match": "*" })).status, 200);
});
