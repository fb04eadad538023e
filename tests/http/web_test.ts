/**
 * The dashboard's files: what is served, under which policy, and that it is
 * what its sources make.
 *
 * @module
 */
import {
  bundleWeb,
  findStale,
  gzippedBytes,
  MAX_GZIPPED_BYTES,
} from "../../scripts/bundle_web.ts";
import { SETTINGS } from "../../domain/settings/catalogue.ts";
import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { needs } from "../support/needs.ts";
import { createHarness } from "./harness.ts";

Deno.test("web: browsers get the dashboard, programs the way", async () => {
  const { send } = createHarness();
  const page = await send("GET", "/", {
    headers: { accept: "text/html,application/xhtml+xml,*/*;q=0.8" },
  });
  equal(page.headers.get("content-type"), "text/html; charset=utf-8");
  equal(page.headers.get("vary"), "Accept");
  match(page.text, /^<!doctype html>/);
  const way = await send("GET", "/", { headers: { accept: "*/*" } });
  equal(way.json.documentation, "/docs");
  equal(way.headers.get("vary"), "Accept");
});

Deno.test("web: nothing is inline, and nothing comes from elsewhere", async () => {
  const { send } = createHarness();
  const { text, headers } = await send("GET", "/", {
    headers: { accept: "text/html" },
  });
  const loaded = Array.from(
    text.matchAll(/(?:src|href)="([^"]+)"/g),
    (m) => m[1]!,
  );
  deepEqual(loaded, [
    "/web/icon.svg",
    "/web/dashboard.css",
    "/web/dashboard.js",
    "/docs",
  ]);
  ok(!/<script>|<style|\son\w+=|\sstyle=/.test(text), "nothing inline");
  const policy = headers.get("content-security-policy") ?? "";
  match(policy, /^default-src 'none'; script-src 'self'; style-src 'self'/);
  ok(!policy.includes("unsafe"), policy);
  for (const path of loaded) equal((await send("GET", path)).status, 200);
});

Deno.test("web: the files have their types and are asked for again", async () => {
  const { send } = createHarness();
  for (
    const [name, type] of [
      ["dashboard.js", "text/javascript"],
      ["dashboard.css", "text/css"],
      ["icon.svg", "image/svg+xml"],
      ["settings.json", "application/json"],
    ] as const
  ) {
    const { headers } = await send("GET", `/web/${name}`);
    equal(headers.get("content-type"), `${type}; charset=utf-8`);
    equal(headers.get("cache-control"), "no-cache");
    equal(headers.get("x-content-type-options"), "nosniff");
  }
});

Deno.test("web: the files are sent compressed to who takes that", async () => {
  const { app, send } = createHarness();
  for (const name of ["dashboard.js", "settings.json"]) {
    const response = await app.request(`/web/${name}`, {
      headers: { "accept-encoding": "br, gzip" },
    });
    equal(response.headers.get("content-encoding"), "gzip");
    equal(response.headers.get("vary"), "Accept-Encoding");
    const unpacked = response.body!.pipeThrough(
      new DecompressionStream("gzip"),
    );
    const { text } = await send("GET", `/web/${name}`);
    equal(await new Response(unpacked).text(), text);
  }
});

Deno.test("web: the form knows every setting", async () => {
  const { json } = await createHarness().send("GET", "/web/settings.json");
  deepEqual(
    json.settings.map((one: { path: string }) => one.path),
    SETTINGS.map(({ path }) => path),
  );
  const [field] = SETTINGS;
  const [told] = json.settings;
  deepEqual([told.document, told.at], [field!.document, field!.at]);
  deepEqual(told.type, field!.field.type);
});

if (await needs(import.meta.url, ["read", "write", "run", "env"])) {
  Deno.test("web: what is committed is what the sources make, and small", async () => {
    const files = await bundleWeb();
    deepEqual(await findStale(files), [], "run `deno task web`");
    const bytes = gzippedBytes(files);
    ok(bytes <= MAX_GZIPPED_BYTES, `${bytes} bytes compressed`);
    deepEqual(
      await findStale(new Map([["dashboard.js", "another"]])),
      ["dashboard.js"],
    );
  });
}
