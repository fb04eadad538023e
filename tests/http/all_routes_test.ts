/**
 * What holds for every route of the table, whichever it is.
 *
 * @module
 */
import fc from "fast-check";
import { z } from "zod";
import { isBodyOptional } from "../../src/http/request_reader.ts";
import { DEFAULT_BODY_LIMIT } from "../../src/http/body.ts";
import { type Route, shapeOf } from "../../src/http/route.ts";
import { equal, match, ok } from "../support/assert.ts";
import { createHarness } from "./harness.ts";

const METHODS = ["GET", "PUT", "POST", "PATCH", "DELETE"];
const { send, routes } = createHarness();
const withBody = routes.filter((route) => route.request?.body);

const concrete = (path: string) =>
  path.replace("{symbol}", "SYNA").replace("{date}", "2025-06-30")
    .replace("{port}", "settings_store").replace("{mode}", "scalp")
    .replace("{id}", "abcdefghij09").replaceAll(/\{\w+\}/g, "x");

const isStream = (route: Route) =>
  Object.values(route.responses).some((r) => r.contentType?.includes("event-"));

Deno.test("every route is named and described once", () => {
  const ids = routes.map(({ id }) => id);
  equal(new Set(ids).size, ids.length);
  const places = routes.map(({ method, path }) => `${method} ${path}`);
  equal(new Set(places).size, places.length);
  for (const { id, summary, hidden, tags } of routes) {
    match(id, hidden ? /./ : /^[a-z][A-Za-z]+$/);
    match(summary, /^[A-Z].*[^.]$/);
    ok(tags.length > 0, id);
  }
});

Deno.test("every route refuses another method", async () => {
  for (const { path } of routes) {
    const at = concrete(path);
    const taken = routes.filter((route) => shapeOf(route.path).test(at)).map((
      { method },
    ) => method as string);
    const method = METHODS.find((method) => !taken.includes(method))!;
    const { status, headers } = await send(method, at);
    equal(status, 405, `${method} ${at}`);
    for (const one of taken) ok(headers.get("allow")?.includes(one));
  }
});

Deno.test("every body has a limit, and is JSON", async () => {
  ok(withBody.length >= 5);
  for (const route of withBody) {
    const { method, path, bodyLimit = DEFAULT_BODY_LIMIT } = route;
    const at = concrete(path);
    const large = new Uint8Array(bodyLimit + 1).fill(0x20);
    equal((await send(method, at, { body: large })).status, 413, path);
    const chunks = ReadableStream.from([large]);
    equal((await send(method, at, { body: chunks })).status, 413, path);
    const isOptional = isBodyOptional(route.request!.body!);
    for (
      const body of [
        isOptional ? "{" : "",
        "{",
        "nope",
        '{"a":}',
        "a=1&b=2",
        "\0",
      ]
    ) {
      const { status, json } = await send(method, at, { body });
      equal(status, 400, `${path} ${body}`);
      match(json.detail, /^Cannot read the body as/);
    }
    for (const body of ["[]", "null", "7", '"x"', "true"]) {
      // Of settings every fault is told alike: this is one of a document.
      const { status, json } = await send(method, at, { body });
      ok(status === 400 || status === 422, `${path} ${status}`);
      match(json.detail, /must be an object|must be a list of 1/);
    }
  }
});

Deno.test("no body makes any route fail", async () => {
  const names = withBody.flatMap(({ request }) =>
    request?.body instanceof z.ZodObject ? Object.keys(request.body.shape) : []
  );
  const body = fc.oneof(
    fc.jsonValue({ maxDepth: 3 }),
    fc.dictionary(fc.constantFrom(...names), fc.jsonValue({ maxDepth: 2 })),
    fc.record({
      symbols: fc.array(fc.string({ maxLength: 40 }), { maxLength: 5 }),
      top_n: fc.oneof(fc.integer(), fc.double()),
      date: fc.string(),
    }, { requiredKeys: ["symbols"] }),
  );
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...withBody), body, async (to, body) => {
      const { status, text } = await send(to.method, to.path, {
        body: JSON.stringify(body),
      });
      ok(status < 500, `${to.id} ${text}`);
    }),
    { numRuns: 500 },
  );
});

Deno.test("no path, query or header makes any route fail", async () => {
  const others = routes.filter((route) => !isStream(route));
  const segment = fc.string({ minLength: 1, maxLength: 40 })
    .filter((text) => !/^\.\.?$/.test(text)).map(encodeURIComponent);
  const query = fc.dictionary(
    fc.oneof(fc.string(), fc.constantFrom("after", "limit", "channel")),
    fc.string(),
  ).map((pairs) => new URLSearchParams(pairs).toString());
  const tag = fc.constantFrom(
    '"1"',
    "1",
    "*",
    "W/",
    '"',
    ",",
    "\t",
    "x".repeat(9999),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...others),
      segment,
      query,
      tag,
      async ({ method, path, request, id }, segment, query, tag) => {
        const at = path.replaceAll(/\{\w+\}/g, () => segment);
        const headers = { "if-match": tag, "if-none-match": tag };
        const body = request?.body ? { body: {} } : {};
        const { status, text } = await send(method, `${at}?${query}`, {
          headers,
          ...body,
        });
        ok(status < 500, `${id} ${text}`);
      },
    ),
    { numRuns: 1000 },
  );
});
