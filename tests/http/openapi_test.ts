/**
 * The OpenAPI document: sound, up to date, and its examples true.
 *
 * @module
 */
import { z } from "zod";
import golden from "../golden/openapi.json" with { type: "json" };
import { SETTINGS } from "../../domain/settings/catalogue.ts";
import { findOpenApiFaults, printOpenApi } from "../../scripts/openapi.ts";
import { scopeOf } from "../../src/http/scopes.ts";
import { Problem } from "../../src/http/schemas.ts";
import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { createHarness } from "./harness.ts";

const { routes } = createHarness();
/** A part of a JSON schema. */
interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly description?: string;
  readonly type?: unknown;
}

const shown = routes.filter((route) => !route.hidden);

Deno.test("the kept document is what the routes say", () => {
  deepEqual(JSON.parse(printOpenApi()), golden);
});

Deno.test("the document is sound", () => {
  deepEqual(findOpenApiFaults(golden), []);
});

Deno.test("every route is in the document, and nothing else", () => {
  const written = Object.entries(golden.paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`)
  );
  const declared = shown.map(({ method, path }) => `${method} ${path}`);
  deepEqual(written.sort(), declared.sort());
});

Deno.test("what a route may answer is written", () => {
  const paths: Record<
    string,
    Record<string, { responses: Record<string, unknown> }>
  > = golden.paths;
  for (const route of shown) {
    const { method, path, errors, responses, request } = route;
    const written = paths[path]![method.toLowerCase()]!.responses;
    const expected = [...Object.keys(responses), ...errors, 500];
    if (scopeOf(route) !== "open") expected.push(400, 401, 403, 429, 503);
    if (request) expected.push(400);
    if (request?.body) expected.push(408, 413);
    deepEqual(
      Object.keys(written).sort(),
      [...new Set(expected.map(String))].sort(),
      `${method} ${path}`,
    );
  }
});

Deno.test("every operation of settings is described, each of its fields with type and meaning", () => {
  const paths: Record<string, Record<string, { description?: unknown }>> = JSON
    .parse(JSON.stringify(golden.paths));
  let count = 0;
  for (const { method, path, tags } of shown) {
    if (!tags.includes("Settings")) continue;
    const { description } = paths[path]![method.toLowerCase()]!;
    match(String(description), /^[A-Z].*\.$/s, `${method} ${path}`);
    count++;
  }
  ok(count >= 30, String(count));

  const leaves = (node: Schema): Schema[] =>
    node.properties ? Object.values(node.properties).flatMap(leaves) : [node];
  const all = leaves(golden.components.schemas.DefaultSettings as Schema);
  equal(all.length, SETTINGS.length);
  for (const { description = "", type, ...rest } of all) {
    match(description, /^[A-Z].*\.$/);
    ok(type, description);
    ok("default" in rest && "x-risk" in rest, description);
  }
});

Deno.test("examples are accepted by their own schemas", () => {
  let checked = 0;
  const check = (schema: z.ZodType | undefined, id: string) => {
    const example = schema && z.globalRegistry.get(schema)?.example;
    if (example === undefined) return;
    checked++;
    const read = schema!.safeParse(example);
    ok(read.success, `${id}: ${read.error?.message}`);
  };
  for (const { id, request, responses } of shown) {
    check(request?.body, id);
    for (const { schema } of Object.values(responses)) check(schema, id);
  }
  ok(checked >= 5, `${checked} examples`);
});

Deno.test("every body has an example, none of which was made up by a page", () => {
  const without = [
    "getOpenApi",
    "getAsyncApi",
    "getDocs",
    "getLanding",
    "getLiveness",
  ];
  for (const { id, request, responses } of shown) {
    if (without.includes(id)) continue;
    const bodies = Object.values(responses)
      .filter(({ contentType }) => contentType === undefined)
      .map(({ schema }) => schema);
    for (const schema of [request?.body, ...bodies]) {
      if (schema === undefined) continue;
      ok(z.globalRegistry.get(schema as z.ZodType)?.example, id);
    }
  }
});

Deno.test("every problem has an example of its own status", () => {
  const responses: Record<string, unknown> = golden.components.responses;
  let kinds = 0;
  for (const [name, response] of Object.entries(responses)) {
    const { content } = response as {
      content: Record<string, { examples: Record<string, { value: unknown }> }>;
    };
    const { examples } = content["application/problem+json"]!;
    for (const { value } of Object.values(examples)) {
      const problem = Problem.parse(value);
      equal(`Problem${problem.status}`, name);
      ok(problem.detail.startsWith("Cannot "));
      kinds++;
    }
  }
  ok(kinds >= 15, String(kinds));
});

Deno.test("faults are found", () => {
  const faultsOf = (spoil: (document: typeof golden) => void) => {
    const document = structuredClone(golden);
    spoil(document);
    return findOpenApiFaults(document);
  };
  // deno-lint-ignore no-explicit-any
  const get = (d: any, path: string) => d.paths[path].get;
  const live = "/health/live";
  const vector = "/api/v1/features/{symbol}/{date}";

  const missing = faultsOf((d) => {
    delete (d.components.schemas as Record<string, unknown>).Problem;
  });
  ok(missing.includes("#/components/schemas/Problem is missing"));
  deepEqual(faultsOf((d) => get(d, live).operationId = "getHealth"), [
    "GET /health/live shares its operationId getHealth",
  ]);
  deepEqual(faultsOf((d) => get(d, live).operationId = ""), [
    "GET /health/live has no operationId",
  ]);
  equal(faultsOf((d) => get(d, vector).parameters.shift()).length, 1);
  deepEqual(faultsOf((d) => delete get(d, live).responses[200]), [
    "GET /health/live never succeeds",
  ]);
  equal(
    faultsOf((d) => get(d, live).responses[404] = { description: "x" }).length,
    1,
  );
  equal(faultsOf((d) => d.openapi = "3.0.0").length, 1);
});
