/**
 * The OpenAPI 3.1 document of a route table.
 *
 * @module
 */
import type { z } from "zod";
import {
  createDocument,
  type ZodOpenApiOperationObject,
  type ZodOpenApiPathsObject,
  type ZodOpenApiResponseObject,
} from "zod-openapi";
import { USER_ID_PATTERN } from "../../domain/user_id.ts";
import { type ProblemCode, PROBLEMS, problemType } from "./errors.ts";
import { PROBLEM_EXAMPLES } from "./problem_examples.ts";
import { isBodyOptional } from "./request_reader.ts";
import type { ProblemStatus, ResponseSpec, Route } from "./route.ts";
import { type RouteScope, scopeOf } from "./scopes.ts";
import { Problem } from "./schemas.ts";

/** An OpenAPI document. */
export type OpenApiDocument = ReturnType<typeof createDocument>;

/** Writes the document of `routes`, the hidden ones left out. */
export function openApiDocument(
  routes: readonly Route[],
  version: string,
): OpenApiDocument {
  const shown = routes.filter((route) => !route.hidden);
  const problems = problemResponses();
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {};
  for (const route of shown) {
    const operations = paths[route.path] ??= {};
    operations[route.method.toLowerCase()] = operationOf(route, problems);
  }
  return createDocument({
    openapi: "3.1.1",
    info: {
      title: "Holdfast",
      version,
      description:
        "The state layer of a trading platform: signals, features, settings, " +
        "order numbers and events that outlive the loss of Redis. Bodies are " +
        "read as JSON in UTF-8 whatever `Content-Type` says, `text/plain` too.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/" }],
    tags: [...new Set(shown.flatMap((route) => route.tags))]
      .map((name) => ({ name })),
    paths: paths as ZodOpenApiPathsObject,
    components: {
      securitySchemes: {
        Bearer: {
          type: "http",
          scheme: "bearer",
          bearerFormat: "hf_<id>_<secret>",
          description:
            "An API key. What each operation asks for is one of the " +
            "scopes read, write, trade and admin, which holds the others. With " +
            "AUTH=off, on a loopback address, no key is needed.",
        },
        ApiKey: {
          type: "apiKey",
          in: "header",
          name: "X-Api-Key",
          description: "The same key, where Authorization cannot be set.",
        },
      },
      parameters: {
        UserId: {
          in: "header",
          name: "X-User-Id",
          description: "For whom a key with the scope admin acts; whose the " +
            "key is when absent. With AUTH=off who asks: `default` when absent.",
          schema: { type: "string", pattern: USER_ID_PATTERN },
        },
      },
    },
  });
}

type ProblemResponses = ReadonlyMap<ProblemStatus, ZodOpenApiResponseObject>;

/** One shared response a status, described by the problems that have it. */
function problemResponses(): ProblemResponses {
  const codes = Object.keys(PROBLEMS) as ProblemCode[];
  const byStatus = Map.groupBy(codes, (code) => PROBLEMS[code].status);
  return new Map(
    [...byStatus].map(([status, codes]) => [status, {
      id: `Problem${status}`,
      description: `${codes.map((c) => PROBLEMS[c].title).join("; ")}.`,
      content: {
        "application/problem+json": {
          schema: Problem,
          examples: Object.fromEntries(
            codes.map((code) => [code, { value: exampleOf(code) }]),
          ),
        },
      },
    }]),
  );
}

/** A problem of the kind, as a client may get it. */
function exampleOf(code: ProblemCode): Record<string, unknown> {
  const { detail, instance, ...more } = PROBLEM_EXAMPLES[code];
  return {
    type: problemType(code),
    ...PROBLEMS[code],
    detail,
    instance,
    request_id: "5f2c8a91d7e3b046-1c",
    ...more,
  };
}

function operationOf(
  route: Route,
  problems: ProblemResponses,
): ZodOpenApiOperationObject {
  const { params, query, headers, body } = route.request ?? {};
  const scope = scopeOf(route);
  const isGuarded = scope !== "open";
  const statuses = new Set<ProblemStatus>([
    ...(route.request ? [400 as const] : []),
    ...(isGuarded ? [400 as const, 401 as const, 429 as const] : []),
    ...(isGuarded ? [403 as const, 503 as const] : []),
    ...(route.method === "GET" ? [] : [403 as const]),
    ...(body ? [408 as const, 413 as const] : []),
    ...route.errors,
    500,
  ]);
  const responses: Record<string, ZodOpenApiResponseObject> = {};
  for (const [status, spec] of Object.entries(route.responses)) {
    responses[status] = responseOf(spec);
  }
  for (const status of [...statuses].sort()) {
    responses[status] ??= problems.get(status)!;
  }
  return {
    operationId: route.id,
    summary: route.summary,
    ...(route.description === undefined
      ? {}
      : { description: route.description }),
    tags: [...route.tags],
    security: securityOf(scope),
    requestParams: {
      ...(params ? { path: params } : {}),
      ...(query ? { query } : {}),
      ...(headers ? { header: headers } : {}),
    },
    ...(isGuarded
      ? { parameters: [{ $ref: "#/components/parameters/UserId" }] }
      : {}),
    ...(body
      ? {
        requestBody: {
          required: !isBodyOptional(body),
          content: Object.fromEntries(
            ["application/json", ...route.bodyTypes ?? []]
              .map((type) => [type, { schema: body as z.ZodType }]),
          ),
        },
      }
      : {}),
    responses,
  };
}

/** Either way of showing a key with `scope`; nothing where it is open. */
function securityOf(scope: RouteScope): Record<string, string[]>[] {
  return scope === "open" ? [] : [{ Bearer: [scope] }, { ApiKey: [scope] }];
}

function responseOf(spec: ResponseSpec): ZodOpenApiResponseObject {
  const { description, schema, headers, also } = spec;
  const contentType = spec.contentType ?? "application/json";
  const content = { ...schema && { [contentType]: schema }, ...also };
  return {
    description,
    ...(headers ? { headers } : {}),
    ...(schema
      ? {
        content: Object.fromEntries(
          Object.entries(content).map(([type, schema]) => [type, { schema }]),
        ),
      }
      : {}),
  };
}
