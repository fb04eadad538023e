/**
 * The typed route table: what a route accepts, answers and does.
 *
 * The zod schemas of a route validate its requests, type its handler and write
 * its part of `/openapi.json`; nothing else says what a route is.
 *
 * @module
 */
import type { z } from "zod";
import type { Caller } from "./identity.ts";
import type { RouteScope } from "./scopes.ts";

/** Methods that routes may have; HEAD is answered by GET. */
export type Method = "GET" | "PUT" | "POST" | "PATCH" | "DELETE";

/**
 * What a route reads from a request.
 *
 * Texts come from the outside as they are: schemas turn them into what the
 * handler wants. Use strict objects for `query` and `body`, so that a misspelt
 * name is refused and not ignored.
 */
export interface RequestSchemas {
  /** The `{names}` of the path, percent-decoded. */
  readonly params?: z.ZodObject;
  /** The query; a name whose schema is an array may be given several times. */
  readonly query?: z.ZodObject;
  /** Headers by their usual names, found in any case; others are not read. */
  readonly headers?: z.ZodObject;
  /** The body, parsed as JSON whatever its Content-Type. */
  readonly body?: z.ZodType;
}

/** One way in which a route answers. */
export interface ResponseSpec {
  /** One sentence for the reference page. */
  readonly description: string;
  /** What the body is; absent when there is none. */
  readonly schema?: z.ZodType;
  /** Names of the headers that matter to clients. */
  readonly headers?: z.ZodObject;
  /** `application/json` when absent. */
  readonly contentType?: string;
  /** What the body is in other media types, which the handler names. */
  readonly also?: Readonly<Record<string, z.ZodType>>;
}

/** The successful answers of a route, by status. */
export type ResponseSpecs = { readonly [status: number]: ResponseSpec };

/** Statuses of problems that a route may answer with. */
export type ProblemStatus =
  | 400
  | 401
  | 403
  | 404
  | 405
  | 408
  | 409
  | 410
  | 412
  | 413
  | 421
  | 422
  | 429
  | 499
  | 500
  | 501
  | 503
  | 504
  | 507;

/** Headers of an answer; names and values are trusted. */
export type AnswerHeaders = Readonly<Record<string, string>>;

/** The body of an answer: to be printed, printed already, streamed or absent. */
export type AnswerBody<Json> =
  | { readonly json: Json }
  | { readonly text: string }
  | { readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly stream: ReadableStream<Uint8Array> }
  | { readonly empty: true };

/**
 * What a handler answers: a declared status with `json` (printed here), `text`
 * (printed already, for speed), `bytes`, a `stream`, or `empty: true`. The
 * Content-Type is the declared one. A `response` is passed on untouched, as an
 * upgrade to a WebSocket needs it.
 */
export type Answer<Out extends ResponseSpecs = ResponseSpecs> =
  | { readonly response: Response }
  | {
    [Status in keyof Out & number]:
      & { readonly status: Status; readonly headers?: AnswerHeaders }
      & AnswerBody<Read<Out[Status]["schema"], unknown>>;
  }[keyof Out & number];

/** What a schema gives, or `Otherwise` when there is none. */
export type Read<Schema, Otherwise> = Schema extends z.ZodType
  ? z.output<Schema>
  : Otherwise;

/** What stands around a call. */
export interface CallContext {
  /** Names the request in logs, answers and problems. */
  readonly requestId: string;
  /** The request itself; its body has been read where the route has one. */
  readonly request: Request;
  /** Aborts when the server shuts down: streams end themselves on it. */
  readonly shutdown: AbortSignal;
}

/** A request that has been found acceptable. */
export interface Call<In extends RequestSchemas = RequestSchemas> {
  /** The names in the path. */
  readonly params: Read<In["params"], undefined>;
  /** The query. */
  readonly query: Read<In["query"], undefined>;
  /** The headers that the route declares. */
  readonly headers: Read<In["headers"], undefined>;
  /** The body. */
  readonly body: Read<In["body"], undefined>;
  /** Who asks. Where the route is open nobody is asked who he is: always the default. */
  readonly caller: Caller;
  /** Aborts when the client has gone. */
  readonly signal: AbortSignal;
  /** What stands around the call. */
  readonly context: CallContext;
}

/** A route before its types are forgotten. */
export interface RouteSpec<
  In extends RequestSchemas,
  Out extends ResponseSpecs,
> {
  /** The method. */
  readonly method: Method;
  /** The path, with names in braces: `/api/v1/features/{symbol}/{date}`. */
  readonly path: `/${string}`;
  /** The operation id: unique, in camel case, never changed. */
  readonly id: string;
  /** One line for the reference page. */
  readonly summary: string;
  /** More for the reference page. */
  readonly description?: string;
  /** Groups of the reference page. */
  readonly tags: readonly string[];
  /** What is read from the request. */
  readonly request?: In;
  /** How the route answers when all is well. */
  readonly responses: Out;
  /** How it answers otherwise; what every route may answer is added. */
  readonly errors: readonly ProblemStatus[];
  /** Media types that a body may have beside `application/json`. */
  readonly bodyTypes?: readonly string[];
  /** Most bytes of a body; the limit of the app when absent. */
  readonly bodyLimit?: number;
  /** What the caller must be allowed to do; as `scopes.ts` says when absent. */
  readonly scope?: RouteScope;
  /** Whether the reference page leaves the route out. */
  readonly hidden?: boolean;
  /** `debug` for what probes ask every few seconds; `info` when absent. */
  readonly logLevel?: "debug" | "info";
  /**
   * Answers a call. What it throws becomes a problem as `errors.ts` says, so
   * that a handler catches nothing it cannot mend.
   */
  handle(
    call: Call<NoInfer<In>>,
  ): Answer<NoInfer<Out>> | Promise<Answer<NoInfer<Out>>>;
}

/** A route of the table. */
export type Route = RouteSpec<RequestSchemas, ResponseSpecs>;

/**
 * Declares a route.
 *
 * @example
 * ```ts
 * export function greetingRoutes(greetings: Greetings): readonly Route[] {
 *   return [route({
 *     method: "GET",
 *     path: "/api/v1/greetings/{name}",
 *     id: "getGreeting",
 *     summary: "One greeting",
 *     tags: ["Greetings"],
 *     request: { params: z.strictObject({ name: z.string() }) },
 *     responses: { 200: { description: "The greeting.", schema: Greeting } },
 *     errors: [404],
 *     handle: async ({ params, signal }) => ({
 *       status: 200,
 *       json: await greetings.get(params.name, signal),
 *     }),
 *   })];
 * }
 * ```
 */
export function route<
  const In extends RequestSchemas,
  const Out extends ResponseSpecs,
>(spec: RouteSpec<In, Out>): Route {
  const named = paramNames(spec.path).join();
  const declared = Object.keys(spec.request?.params?.shape ?? {}).join();
  if (named !== declared) {
    throw new TypeError(
      `Cannot declare ${spec.method} ${spec.path} as its params do not match: ` +
        `current value is ${declared || "none"}`,
    );
  }
  // The table holds routes of all types; each is called with what its own
  // schemas have read, which `app.ts` sees to.
  return spec as unknown as Route;
}

/** What a path matches; each name in braces is a group that takes no slash. */
export function shapeOf(path: string): RegExp {
  const words = path.split(/\{\w+\}/).map(RegExp.escape);
  return new RegExp(`^${words.join("([^/]+)")}$`);
}

/** The names in braces of a path, in order. */
export function paramNames(path: string): readonly string[] {
  return Array.from(path.matchAll(/\{(\w+)\}/g), (match) => match[1]!);
}
