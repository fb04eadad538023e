/**
 * What every request passes: names, guards, routing, errors, logs.
 *
 * @module
 */
import { z } from "zod";
import { InvalidInput } from "../../domain/invalid_input.ts";
import { PortError } from "../../ports/port_error.ts";
import { route } from "../../src/http/route.ts";
import { queryInteger } from "../../src/http/schemas.ts";
import { deepEqual, equal, match, ok, throws } from "../support/assert.ts";
import { createHarness } from "./harness.ts";

const LIVE = "/health/live";
const SEQUENCE = "/api/orders/sequence";

/** A route whose handler fails with `error`. */
function failing(error: unknown) {
  return route({
    method: "GET",
    path: "/api/failing",
    id: "fail",
    summary: "Fails",
    tags: [],
    responses: {},
    errors: [],
    handle: () => {
      throw error;
    },
  });
}

Deno.test("a well-formed request id is echoed, another is replaced", async () => {
  const { send } = createHarness();
  const echo = async (id?: string) => {
    const headers = id === undefined ? {} : { "x-request-id": id };
    return (await send("GET", LIVE, { headers })).headers.get("x-request-id");
  };
  equal(await echo("Trace_1.2-3"), "Trace_1.2-3");
  equal(await echo("x".repeat(64)), "x".repeat(64));
  match(await echo("x".repeat(65)) ?? "", /^[0-9a-f]{16}-1$/);
  match(await echo("a b") ?? "", /^[0-9a-f]{16}-2$/);
  match(await echo() ?? "", /^[0-9a-f]{16}-3$/);
});

Deno.test("every answer says how it may be used", async () => {
  const { send } = createHarness();
  for (const path of [LIVE, "/nowhere", "/api/v1/model/info"]) {
    const { headers } = await send("GET", path);
    equal(headers.get("x-content-type-options"), "nosniff");
    equal(headers.get("cache-control"), "no-store");
  }
});

Deno.test("an unknown path is 404", async () => {
  const { send } = createHarness();
  for (
    const path of [
      "/nowhere",
      "/api/v1/signals",
      "/api/v1/features/A/B/C",
      "/health/live/",
      "/openapi_json",
      "/%zz",
    ]
  ) {
    const { status, json } = await send("GET", path);
    equal(status, 404, path);
    equal(json.type, "urn:holdfast:problem:no-route");
  }
});

Deno.test("a known path with another method is 405 with Allow", async () => {
  const { send } = createHarness();
  const allow = async (method: string, path: string) => {
    const { status, headers } = await send(method, path);
    equal(status, 405);
    return headers.get("allow");
  };
  equal(await allow("GET", SEQUENCE), "POST");
  equal(await allow("DELETE", "/api/user/settings"), "GET, HEAD, PATCH, PUT");
  equal(await allow("POST", LIVE), "GET, HEAD");
  equal(await allow("OPTIONS", LIVE), "GET, HEAD");
  equal(await allow("PATCH", "/api/v1/features/SYNA"), "DELETE");
  equal(await allow("PURGE", "/api/v1/features/stats"), "DELETE, GET, HEAD");
});

Deno.test("HEAD answers as GET does, without a body", async () => {
  const { send } = createHarness();
  const { status, text, headers } = await send("HEAD", LIVE);
  equal(status, 200);
  equal(text, "");
  equal(headers.get("content-type"), "application/json");
});

Deno.test("HEAD of a stream ends the stream", async () => {
  let cancelled = false;
  const stream = route({
    method: "GET",
    path: "/stream",
    id: "stream",
    summary: "Streams",
    tags: [],
    responses: {
      200: { description: "A stream.", contentType: "text/event-stream" },
    },
    errors: [],
    handle: () => ({
      status: 200,
      stream: new ReadableStream({ cancel: () => void (cancelled = true) }),
    }),
  });
  const { send } = createHarness({ extra: [stream] });
  equal((await send("HEAD", "/stream")).status, 200);
  ok(cancelled);
});

Deno.test("a page of another site cannot change anything", async () => {
  const { send } = createHarness();
  const post = async (headers: Record<string, string>) =>
    (await send("POST", SEQUENCE, { headers, body: {} })).status;
  equal(await post({ origin: "https://evil.example" }), 403);
  equal(await post({ origin: "null" }), 403);
  equal(await post({ origin: "http://localhost:3000" }), 403);
  equal(await post({ "sec-fetch-site": "cross-site" }), 403);
  equal(await post({ "sec-fetch-site": "same-site" }), 403);
  equal(
    await post({ "sec-fetch-site": "none", origin: "http://localhost" }),
    200,
  );
  equal(await post({ "sec-fetch-site": "same-origin" }), 200);
  equal(
    await post({ host: "127.0.0.1:8080", origin: "http://127.0.0.1:8080" }),
    200,
  );
  equal(await post({}), 200);
});

Deno.test("a page of another site may be sent to a page here", async () => {
  const { send } = createHarness();
  const headers = { "sec-fetch-site": "cross-site" };
  equal((await send("GET", "/docs", { headers })).status, 200);
});

Deno.test("on loopback, only names of this machine are answered", async () => {
  const { send } = createHarness();
  const get = async (host: string) =>
    (await send("GET", LIVE, { headers: { host } })).status;
  for (
    const own of [
      "localhost",
      "LOCALHOST:8080",
      "127.0.0.1",
      "127.1.2.3:80",
      "[::1]:8080",
    ]
  ) equal(await get(own), 200, own);
  for (
    const other of [
      "evil.example",
      "localhost.evil.example",
      "127.0.0.1.evil.example:8080",
      "192.168.0.1",
      "",
    ]
  ) equal(await get(other), 421, other);
});

Deno.test("off loopback, any name is answered", async () => {
  const { send } = createHarness({ loopback: false });
  const headers = { host: "trade.example" };
  equal((await send("GET", LIVE, { headers })).status, 200);
});

Deno.test("X-User-Id names the caller; a malformed one is refused", async () => {
  const { send } = createHarness();
  const take = (id: string) =>
    send("POST", SEQUENCE, { headers: { "x-user-id": id }, body: {} });
  equal((await take("ann@example.com")).json.user_id, "ann@example.com");
  equal((await send("POST", SEQUENCE, { body: {} })).json.user_id, "default");
  for (const id of ["", "a b", "a/b", "a:b", "x".repeat(129)]) {
    const { status, json } = await take(id);
    equal(status, 400, id);
    match(json.detail, /X-User-Id/);
  }
  const headers = { "x-user-id": "a b" };
  equal((await send("GET", LIVE, { headers })).status, 200);
});

Deno.test("a request is logged once, without its query", async () => {
  const { send, telemetry } = createHarness();
  await send("GET", "/api/v1/features/SYNA/2025-06-30?secret=1", {
    headers: { "x-request-id": "r-1", "x-user-id": "ann" },
  });
  deepEqual(telemetry.lines, [{
    level: "info",
    message: "request",
    fields: {
      method: "GET",
      route: "/api/v1/features/{symbol}/{date}",
      status: 200,
      ms: 0,
      request_id: "r-1",
      user_id: "ann",
    },
  }]);
});

Deno.test("probes are logged for debugging only", async () => {
  const { send, telemetry } = createHarness();
  for (const path of ["/health", LIVE, "/health/ready", "/metrics"]) {
    await send("GET", path);
  }
  deepEqual(telemetry.lines.map(({ level }) => level), Array(4).fill("debug"));
});

Deno.test("requests are measured by route, never by path", async () => {
  const { send, telemetry } = createHarness();
  await send("DELETE", "/api/v1/features/SYNA");
  await send("BREW", "/nowhere/42");
  deepEqual(telemetry.measured, [
    'holdfast_http_requests_total{"method":"DELETE","route":"/api/v1/features/{symbol}","status":"200"}',
    'holdfast_http_request_duration_seconds{"method":"DELETE","route":"/api/v1/features/{symbol}"}',
    'holdfast_http_requests_total{"method":"ANY","route":"unmatched","status":"404"}',
    'holdfast_http_request_duration_seconds{"method":"ANY","route":"unmatched"}',
  ]);
});

Deno.test("an error nobody foresaw is logged whole and told to nobody", async () => {
  const cause = new Error("the password is hunter2");
  const error = new TypeError("x is not a function", { cause });
  const { send, telemetry } = createHarness({ extra: [failing(error)] });
  const { status, json, text } = await send("GET", "/api/failing");
  equal(status, 500);
  equal(json.type, "urn:holdfast:problem:internal");
  ok(!/hunter2|not a function/.test(text));
  const [line] = telemetry.lines;
  equal(line?.level, "error");
  match(String(line?.fields.error), /x is not a function[^]*at /);
  match(String(line?.fields.error), /caused by: Error: the password/);
  equal(line?.fields.request_id, json.request_id);
});

Deno.test("whatever is thrown, the answer is a problem", async () => {
  for (const thrown of [undefined, null, "text", { code: "invalid" }]) {
    const { send } = createHarness({ extra: [failing(thrown)] });
    equal((await send("GET", "/api/failing")).status, 500);
  }
});

Deno.test("a port error becomes its status, with its facts", async () => {
  const error = new PortError(
    "version_conflict",
    "Cannot write as it changed",
    {
      facts: { key: "k", version: 7, status: 999 },
    },
  );
  const { send } = createHarness({ extra: [failing(error)] });
  const { status, json } = await send("GET", "/api/failing");
  equal(status, 412);
  equal(json.version, 7);
  equal(json.key, "k");
  equal(json.detail, "Cannot write as it changed");
});

Deno.test("what is not available now says when to try again", async () => {
  const error = new PortError("unavailable", "Cannot reach it", {
    cause: new Error("ECONNREFUSED"),
  });
  const { send, telemetry } = createHarness({ extra: [failing(error)] });
  const { status, headers, text } = await send("GET", "/api/failing");
  equal(status, 503);
  equal(headers.get("retry-after"), "1");
  ok(!text.includes("ECONNREFUSED"));
  equal(telemetry.lines[0]?.level, "warn");
  match(String(telemetry.lines[0]?.fields.cause), /ECONNREFUSED/);
});

Deno.test("invalid input of a service is the client's mistake", async () => {
  const error = new InvalidInput("Cannot use it as it is odd");
  const { send } = createHarness({ extra: [failing(error)] });
  const { status, json } = await send("GET", "/api/failing");
  equal(status, 400);
  equal(json.detail, "Cannot use it as it is odd");
});

Deno.test("a handler whose client has gone is no failure", async () => {
  const { app, telemetry } = createHarness({
    extra: [route({
      method: "GET",
      path: "/slow",
      id: "slow",
      summary: "Waits for ever",
      tags: [],
      responses: {},
      errors: [],
      handle: ({ signal }) =>
        new Promise((_, reject) =>
          signal.addEventListener("abort", () => reject(signal.reason))
        ),
    })],
  });
  const client = new AbortController();
  const answer = app.request("/slow", { signal: client.signal });
  client.abort();
  equal((await answer).status, 499);
  deepEqual(telemetry.lines.map(({ message }) => message), ["request"]);
});

Deno.test("a query is read by its schema, unknown names refused", async () => {
  const search = route({
    method: "GET",
    path: "/api/search",
    id: "search",
    summary: "Searches",
    tags: [],
    request: {
      query: z.strictObject({
        limit: queryInteger(1, 100).optional(),
        channel: z.array(z.string()).optional(),
      }),
    },
    responses: { 200: { description: "It.", schema: z.unknown() } },
    errors: [],
    handle: ({ query }) => ({ status: 200, json: query }),
  });
  const { send } = createHarness({ extra: [search] });
  const get = (query: string) => send("GET", `/api/search${query}`);

  deepEqual((await get("")).json, {});
  deepEqual((await get("?limit=5&channel=a&channel=b%2Ec")).json, {
    limit: 5,
    channel: ["a", "b.c"],
  });
  for (
    const [query, path] of [
      ["?limit=0", "query.limit"],
      ["?limit=101", "query.limit"],
      ["?limit=-1", "query.limit"],
      ["?limit=1e2", "query.limit"],
      ["?limit=", "query.limit"],
      ["?limit=1&limit=2", "query.limit"],
      ["?limti=1", "query.limti"],
      ["?__proto__=1", "query.__proto__"],
    ]
  ) {
    const { status, json } = await get(query!);
    equal(status, 400, query);
    equal(json.errors[0].path, path);
  }
  equal((await get(`?${"a=1&".repeat(5000)}`)).status, 400);
});

Deno.test("a route whose params do not match its path cannot be declared", () => {
  throws(() =>
    route({
      method: "GET",
      path: "/api/{symbol}",
      id: "x",
      summary: "",
      tags: [],
      request: { params: z.strictObject({ date: z.string() }) },
      responses: {},
      errors: [],
      handle: () => ({ response: new Response() }),
    }), /params do not match: current value is date/);
});
