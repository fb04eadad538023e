/**
 * What every answer carries to keep browsers in their place.
 *
 * @module
 */
import { equal, match, ok } from "../support/assert.ts";
import { createHarness } from "./harness.ts";

const STRICT = "default-src 'none'; frame-ancestors 'none'";
const FOR_PROGRAMS = /^\/(?:api|health|metrics|openapi|asyncapi|nowhere)/;
const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/** An answer of the application to every method on every path, and on none. */
async function* everyAnswer() {
  const { app, routes } = createHarness();
  const paths = new Set(
    routes.map(({ path }) => path.replace(/\{\w+\}/g, "SYNA")),
  );
  for (const path of [...paths, "/nowhere"]) {
    for (const method of METHODS) {
      const hasBody = /^P/.test(method);
      const response = await app.request(path, {
        method,
        ...hasBody && { body: "{}" },
      });
      await response.body?.cancel();
      const what = `${method} ${path}: ${response.status}`;
      yield { what, path, method, response };
    }
  }
}

Deno.test("every answer keeps browsers from guessing, framing, telling and sharing", async () => {
  const statuses = new Set<number>();
  for await (const { what, path, response } of everyAnswer()) {
    const { headers, status } = response;
    statuses.add(status);
    equal(headers.get("x-content-type-options"), "nosniff", what);
    equal(headers.get("referrer-policy"), "no-referrer", what);
    equal(headers.get("cross-origin-resource-policy"), "same-origin", what);
    const policy = headers.get("content-security-policy") ?? "";
    match(policy, /^default-src 'none';.*frame-ancestors 'none'$/, what);
    ok(!/unsafe|\*/.test(policy), what);
    // Only pages, and what belongs to them, may load anything.
    if (FOR_PROGRAMS.test(path)) equal(policy, STRICT, what);
  }
  for (const status of [200, 400, 404, 405]) ok(statuses.has(status));
});

Deno.test("no answer lets another site read it", async () => {
  for await (const { what, response } of everyAnswer()) {
    for (const name of response.headers.keys()) {
      ok(!name.startsWith("access-control-"), `${what} has ${name}`);
    }
  }
});

Deno.test("a preflight of another site is refused", async () => {
  const { app, routes } = createHarness();
  for (const path of new Set(routes.map(({ path }) => path))) {
    const response = await app.request(path, {
      method: "OPTIONS",
      headers: {
        Origin: "https://elsewhere.example",
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "authorization",
      },
    });
    equal(response.status, 403, path);
    ok(![...response.headers.keys()].some((name) => /^access-/.test(name)));
    equal((await response.json()).type, "urn:holdfast:problem:cross-site");
  }
});

Deno.test("every 405 names the methods that there are", async () => {
  let count = 0;
  for await (const { what, method, response } of everyAnswer()) {
    if (response.status !== 405) continue;
    count++;
    const allow = response.headers.get("allow") ?? "";
    match(allow, /^[A-Z]+(, [A-Z]+)*$/, what);
    ok(!allow.split(", ").includes(method), what);
  }
  ok(count > 100);
});
