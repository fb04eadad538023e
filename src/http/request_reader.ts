/**
 * Makes a request trusted: path, query, headers and body through the schemas
 * of its route.
 *
 * @module
 */
import type { z } from "zod";
import { readJson } from "./body.ts";
import type { FieldError } from "./errors.ts";
import type { Route } from "./route.ts";
import type { BodyPatience } from "./slow_bodies.ts";
import { readWith, refuseIfWrong } from "./validation.ts";

/** What a request says. */
export interface RequestValues {
  /** What the path says, or `undefined` where the route asks for nothing. */
  readonly params: unknown;
  /** What the query says. */
  readonly query: unknown;
  /** What the headers say. */
  readonly headers: unknown;
}

/** Reads the requests of one route. */
export interface RequestReader {
  /** Whether there is a body to read, which takes time. */
  readonly hasBody: boolean;
  /**
   * Reads path, query and headers.
   *
   * @throws {RequestRefused} `invalid`, with every error of the three.
   */
  readHead(
    request: Request,
    params: Readonly<Record<string, string>>,
  ): RequestValues;
  /**
   * Reads the body.
   *
   * @throws {RequestRefused} `invalid`, `too_large`, `too_slow`, `cancelled`.
   */
  readBody(request: Request, patience?: BodyPatience): Promise<unknown>;
}

/** Creates the reader of `route`; `limit` is for bodies of routes without one. */
export function createRequestReader(
  route: Route,
  limit: number,
): RequestReader {
  const { params, query, headers, body } = route.request ?? {};
  const bodyLimit = route.bodyLimit ?? limit;
  const isOptional = body !== undefined && isBodyOptional(body);
  const lists = new Set(query === undefined ? [] : listNames(query));
  const headerNames = Object.keys(headers?.shape ?? {});

  return {
    hasBody: body !== undefined,

    readHead(request, given) {
      const errors: FieldError[] = [];
      const values = {
        params: params && readWith(params, given, "path", errors),
        query: query &&
          readWith(query, queryOf(request.url, lists, errors), "query", errors),
        headers: headers &&
          readWith(
            headers,
            headersOf(request.headers, headerNames),
            "header",
            errors,
          ),
      };
      refuseIfWrong(errors);
      return values;
    },

    async readBody(request, patience) {
      const value = await readJson(request, bodyLimit, isOptional, patience);
      if (body === undefined) return undefined;
      const errors: FieldError[] = [];
      const read = readWith(body, value, "body", errors);
      refuseIfWrong(errors);
      return read;
    },
  };
}

/** Whether a route whose body has `schema` does without one. */
export function isBodyOptional(schema: z.ZodType): boolean {
  return schema.def.type === "optional";
}

function queryOf(
  url: string,
  lists: ReadonlySet<string>,
  errors: FieldError[],
): Record<string, string | string[]> {
  const query: Record<string, string | string[]> = Object.create(null);
  const start = url.indexOf("?");
  if (start < 0) return query;
  for (const [name, value] of new URLSearchParams(url.slice(start + 1))) {
    const before = query[name];
    if (Array.isArray(before)) before.push(value);
    else if (before === undefined) {
      query[name] = lists.has(name) ? [value] : value;
    } else {
      errors.push({
        path: `query.${name}`.slice(0, 200),
        message: "must not be given more than once",
      });
    }
  }
  return query;
}

function headersOf(
  headers: Headers,
  names: readonly string[],
): Record<string, string | undefined> {
  const values: Record<string, string | undefined> = {};
  for (const name of names) values[name] = headers.get(name) ?? undefined;
  return values;
}

/** The names of `query` that may be given several times. */
function listNames(query: z.ZodObject): string[] {
  return Object.entries(query.shape)
    .filter(([_, schema]) => isList(schema))
    .map(([name]) => name);
}

function isList(schema: z.core.$ZodType): boolean {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case "array":
      return true;
    case "optional":
    case "nullable":
    case "default":
    case "prefault":
      return isList(def.innerType);
    case "pipe":
      return isList(def.in);
    default:
      return false;
  }
}
