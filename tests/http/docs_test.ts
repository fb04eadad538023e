/**
 * The reference page and its document.
 *
 * @module
 */
import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { createHarness } from "./harness.ts";

Deno.test("the document names this program and its routes", async () => {
  const { json } = await createHarness().send("GET", "/openapi.json");
  match(json.openapi, /^3\.1\./);
  equal(json.info.version, "1.2.3");
  ok(json.paths["/api/v1/signals/generate"].post);
});

Deno.test("the page and all it loads come from this host", async () => {
  const { send } = createHarness();
  const { text, headers } = await send("GET", "/docs");
  const loaded = Array.from(
    text.matchAll(/(?:src|href)="([^"]+)"/g),
    (m) => m[1],
  );
  deepEqual(loaded, [
    "data:,",
    "/docs/swagger-ui.css",
    "/docs/swagger-ui-bundle.js",
    "/docs/start.js",
  ]);
  ok(!/<script>|<style|\son\w+=/.test(text), "nothing inline");
  const policy = headers.get("content-security-policy") ?? "";
  ok(!policy.includes("unsafe"), policy);
  match(policy, /default-src 'none'/);
  match(policy, /frame-ancestors 'none'/);
});

Deno.test("the first page shows the way", async () => {
  const { json } = await createHarness().send("GET", "/");
  equal(json.documentation, "/docs");
});

Deno.test("the parts of the page are served and may be kept", async () => {
  const { send } = createHarness();
  for (
    const [name, type, least] of [
      ["start.js", "text/javascript", 100],
      ["swagger-ui.css", "text/css", 100_000],
      ["swagger-ui-bundle.js", "text/javascript", 1_000_000],
    ] as const
  ) {
    const { text, headers } = await send("GET", `/docs/${name}`);
    ok(text.length > least, name);
    equal(headers.get("content-type"), `${type}; charset=utf-8`);
    equal(headers.get("cache-control"), "max-age=3600");
  }
});
