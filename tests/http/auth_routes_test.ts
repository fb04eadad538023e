/**
 * Every route of the service under keys: who gets in, and who does not.
 *
 * @module
 */
import type { ApiKeyScope } from "../../domain/api_key.ts";
import { parseUserId } from "../../domain/user_id.ts";
import { openApiDocument } from "../../src/http/openapi.ts";
import type { Route } from "../../src/http/route.ts";
import { scopeOf } from "../../src/http/scopes.ts";
import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { createHarness, type SendOptions } from "./harness.ts";

const harness = createHarness({ asksForKeys: true });
const { routes, apiKeys } = harness;
const ANN = parseUserId("ann");

async function keyWith(...scopes: ApiKeyScope[]): Promise<string> {
  const user = scopes.includes("admin") ? undefined : ANN;
  const wanted = { name: scopes.join(), scopes, user };
  return (await apiKeys.create(wanted, "test")).text;
}

const PLACES: Readonly<Record<string, string>> = {
  symbol: "SYNA",
  date: "2025-06-30",
  port: "settings_store",
  mode: "scalp",
  user: "bob",
  id: "abcdefghijkl",
};

const concrete = ({ path }: Route) =>
  path.replaceAll(/\{(\w+)\}/g, (_, name) => PLACES[name] ?? "x");

/** Asks `route` of the application itself: what is declared is not looked at. */
async function ask(
  route: Route,
  headers: Record<string, string>,
  query = "",
): Promise<{ status: number; headers: Headers; json: Problem | undefined }> {
  const body = route.request?.body ? "{}" : undefined;
  const given: SendOptions = { headers, ...(body ? { body } : {}) };
  const response = await harness.app.request(concrete(route) + query, {
    method: route.method,
    ...given as RequestInit,
  });
  const { status } = response;
  const isProblem = status >= 400;
  const json = isProblem ? await response.json() : undefined;
  if (!isProblem) await response.body?.cancel();
  return { status, headers: response.headers, json };
}

interface Problem {
  readonly detail: string;
  readonly type: string;
}

const name = ({ method, path }: Route) => `${method} ${path}`;
const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
const guarded = routes.filter((route) => scopeOf(route) !== "open");

Deno.test("open to everybody are exactly the routes of this list", () => {
  const open = routes.filter((route) => scopeOf(route) === "open")
    .filter(({ hidden }) => !hidden).map(name);
  deepEqual(open.toSorted(), [
    "GET /",
    "GET /asyncapi.json",
    "GET /docs",
    "GET /docs/settings",
    "GET /health",
    "GET /health/live",
    "GET /health/ready",
    "GET /openapi.json",
  ]);
  // What is hidden is files: of the reference page and of the dashboard.
  for (const route of routes.filter(({ hidden }) => hidden)) {
    match(name(route), /^GET \/(docs|web)\/[\w.-]+$/);
    equal(scopeOf(route), "open");
  }
});

Deno.test("the document says of every operation which scope it asks for", () => {
  const { paths } = openApiDocument(routes, "1.0.0");
  for (const route of routes.filter(({ hidden }) => !hidden)) {
    const scope = scopeOf(route);
    const operations = paths![route.path] as Record<string, Operation>;
    const { security, responses } = operations[route.method.toLowerCase()]!;
    const either = [{ Bearer: [scope] }, { ApiKey: [scope] }];
    deepEqual(security, scope === "open" ? [] : either, name(route));
    for (const status of ["401", "403", "429"]) {
      if (scope !== "open") ok(responses[status], `${name(route)} ${status}`);
    }
  }
});

interface Operation {
  readonly security: unknown;
  readonly responses: Readonly<Record<string, unknown>>;
}

Deno.test("without credentials every route but the open ones is 401", async () => {
  for (const route of routes) {
    const { status, headers, json } = await ask(route, {});
    const isOpen = scopeOf(route) === "open";
    equal(status === 401, !isOpen, `${name(route)} ${status}`);
    if (isOpen) continue;
    equal(headers.get("www-authenticate"), "Bearer");
    equal(json?.type, "urn:holdfast:problem:unidentified");
    match(json?.detail ?? "", /: send the header Authorization: Bearer hf_…$/);
  }
});

Deno.test("with a bad key every route but the open ones is 401", async () => {
  const good = await keyWith("admin");
  const bad = good.slice(0, -2) + (good.at(-2) === "A" ? "B" : "A") + "A";
  for (
    const headers of [
      bearer(bad),
      { "x-api-key": bad },
      bearer("x"),
      // The wrong one of two counts: nobody is let in by chance.
      { ...bearer(bad), "x-api-key": good },
    ]
  ) {
    for (const route of guarded) {
      const { status, headers: said } = await ask(route, headers);
      equal(status, 401, name(route));
      equal(said.get("www-authenticate"), 'Bearer error="invalid_token"');
    }
  }
  for (const authorization of [`Basic ${btoa("a:b")}`, good, "Bearer"]) {
    equal((await ask(guarded[0]!, { authorization })).status, 401);
  }
});

Deno.test("with too little scope every route is 403, whatever else it holds", async () => {
  const without: Readonly<Record<ApiKeyScope, string>> = {
    read: await keyWith("write", "trade"),
    write: await keyWith("read", "trade"),
    trade: await keyWith("read", "write"),
    admin: await keyWith("read", "write", "trade"),
  };
  const asked = new Set<string>();
  for (const route of guarded) {
    const scope = scopeOf(route) as ApiKeyScope;
    asked.add(scope);
    const { status, json } = await ask(route, bearer(without[scope]));
    equal(status, 403, name(route));
    match(
      json?.detail ?? "",
      new RegExp(`lacks the scope ${scope}: use a key that has it$`),
    );
  }
  deepEqual([...asked].sort(), ["admin", "read", "trade", "write"]);
});

Deno.test("with the scope that it asks for no route is 401 or 403, shown either way", async () => {
  const keys = {
    read: await keyWith("read"),
    write: await keyWith("write"),
    trade: await keyWith("trade"),
    admin: await keyWith("admin"),
  };
  for (const route of guarded.filter(({ id }) => id !== "openEventSocket")) {
    const key = keys[scopeOf(route) as ApiKeyScope];
    for (const headers of [bearer(key), { "x-api-key": key }]) {
      const { status, json } = await ask(route, headers);
      ok(status !== 401 && status !== 403, `${name(route)} ${json?.detail}`);
    }
  }
});

Deno.test("another user's key is 403 wherever a user is named", async () => {
  const key = await keyWith("read", "write", "trade");
  let named = 0;
  for (const route of guarded) {
    // In the header, on every route.
    const other = { ...bearer(key), "x-user-id": "bob" };
    const { status, json } = await ask(route, other);
    equal(status, 403, name(route));
    match(json?.detail ?? "", /^Cannot act for another user|lacks the scope/);
    if (!("user" in (route.request?.query?.shape ?? {}))) continue;
    named++;
    // In the query, with a body that is good, the user is what stands in the way.
    if (route.method !== "GET") continue;
    const asked = await ask(route, bearer(key), "?user=bob");
    ok([400, 403].includes(asked.status), `${name(route)} ${asked.status}`);
    if (asked.status === 400) continue;
    match(asked.json?.detail ?? "", /^Cannot show ann what belongs to bob/);
  }
  ok(named >= 15, `${named}`);
});

Deno.test("one's own name may be said, and it changes nothing", async () => {
  const key = await keyWith("read");
  const sent = await harness.send("GET", "/api/user/settings?user=ann", {
    headers: { ...bearer(key), "x-user-id": "ann" },
  });
  equal(sent.status, 200);
});

Deno.test("what all users share only administrators change, and that is audited", async () => {
  const user = bearer(await keyWith("read", "write", "trade"));
  const admin = bearer(await keyWith("admin"));
  const shared = [
    ["DELETE", "/api/v1/features/SYNA/2025-06-30", "forgetFeatures"],
    ["DELETE", "/api/v1/features/SYNA", "forgetFeaturesOfSymbol"],
    ["DELETE", "/api/v1/features", "forgetAllFeatures"],
    ["POST", "/api/v1/model/reload", "reloadModel"],
  ] as const;
  for (const [method, path] of shared) {
    const refused = await harness.send(method, path, { headers: user });
    equal(refused.status, 403, path);
    match(refused.json.detail, /lacks the scope admin: use a key that has it$/);
    const { status } = await harness.send(method, path, { headers: admin });
    equal(status, 200, path);
  }
  const { json } = await harness.send("GET", "/api/admin/audit?limit=500", {
    headers: admin,
  });
  const audited = json.calls.filter(({ path }: { path: string }) =>
    shared.some(([, one]) => one === path)
  );
  deepEqual(
    audited.slice(-shared.length).map((call: Record<string, unknown>) => [
      call["method"],
      call["path"],
      call["operation"],
    ]),
    shared.map((call) => [...call]),
  );
});

Deno.test("POSTs that ask for read change nothing; all else that is no GET asks for more", () => {
  const asking = routes.filter((route) =>
    route.method !== "GET" && scopeOf(route) === "read"
  );
  deepEqual(asking.map(name), ["POST /api/v1/features/batch"]);
  const trading = routes.filter((route) => scopeOf(route) === "trade");
  deepEqual(trading.map(name).toSorted(), [
    "DELETE /api/v1/orders/{client_order_id}",
    "POST /api/orders/client-order-id",
    "POST /api/orders/sequence",
    "POST /api/v1/orchestration/run",
    "POST /api/v1/orders",
  ]);
});
