/**
 * The HTTP application: the route table, mounted on Hono.
 *
 * A request passes, in this order: a name for it, the host guard, the identity
 * of the caller, the schemas of its route, the handler. All that goes wrong
 * anywhere becomes a problem, a log line and a count in one place. The steps
 * are plain calls in one function and not chained middleware, as the chain
 * would take longer than all of them together.
 *
 * @module
 */
import { isTransient } from "../../ports/port_error.ts";
import { type Context, Hono } from "hono";
import type { Clock } from "../../ports/clock.ts";
import type { Entropy } from "../../ports/entropy.ts";
import type { Labels, Telemetry } from "../../ports/telemetry.ts";
import { errorFields } from "../services/error_fields.ts";
import type { AdminAudit, NoteAnswer } from "../services/admin_audit.ts";
import type { RateLimit } from "../services/rate_limit.ts";
import { admitTo } from "./allowance.ts";
import { auditedCall, isAudited } from "./audited.ts";
import { DEFAULT_BODY_LIMIT } from "./body.ts";
import {
  errorText,
  type Problem,
  problemOf,
  RequestRefused,
} from "./errors.ts";
import type { HostGuard } from "./host_guard.ts";
import { type Caller, type Identity, requireScope } from "./identity.ts";
import { LiveCall } from "./live_call.ts";
import { createRequestIds } from "./request_id.ts";
import { createRequestReader, type RequestReader } from "./request_reader.ts";
import { respond, respondProblem } from "./respond.ts";
import type { AnswerHeaders, Route } from "./route.ts";
import { type RouteScope, scopeOf } from "./scopes.ts";
import { createRefusals } from "./refusals.ts";
import type { BodyPatience } from "./slow_bodies.ts";
import { createTableRouter } from "./table_router.ts";

/** What the server hands to the application with each request. */
export interface ServerBindings {
  /** Aborts when the server shuts down; never when absent. */
  readonly shutdown?: AbortSignal;
  /** Waits for bodies; as long as they take when absent. */
  readonly bodies?: BodyPatience;
  /** Takes the answers that are streams. */
  readonly streams?: WeakSet<Response>;
}

/** The application as the server and the tests see it. */
export type App = Hono<{ Bindings: ServerBindings }>;

/** What an application is made of. */
export interface AppOptions {
  /** The route table. */
  readonly routes: readonly Route[];
  /** Tells who asks. */
  readonly identity: Identity;
  /** How often each caller may ask; any number of times when absent. */
  readonly rateLimit?: RateLimit | undefined;
  /** Notes what administrators change; nobody does when absent. */
  readonly audit?: Pick<AdminAudit, "begin">;
  /** Keeps the pages of other web sites away. */
  readonly guard: HostGuard;
  /** Takes log lines and measurements. */
  readonly telemetry: Telemetry;
  /** Measures how long answers take. */
  readonly clock: Clock;
  /** Makes request ids. */
  readonly entropy: Entropy;
  /** Most bytes of a body where the route says nothing; 2 MiB when absent. */
  readonly bodyLimit?: number;
}

/** A route with all that can be prepared before a request comes. */
interface Mounted {
  readonly route: Route;
  readonly reader: RequestReader;
  /** What the caller must be allowed to do; who he is does not matter when open. */
  readonly scope: RouteScope;
  /** Whether calls are noted before they take effect. */
  readonly isAudited: boolean;
  /** Whether the path, the query or a header is read. */
  readonly readsHead: boolean;
  readonly logLevel: "debug" | "info";
  /** What its requests are called in traces. */
  readonly spanName: string;
  /** Labels of its durations. */
  readonly labels: { readonly method: string; readonly route: string };
  /** Labels of its counts, by status. */
  readonly counts: Map<number, Labels>;
}

/** Builds the application. */
export function createApp(options: AppOptions): App {
  const { routes, identity, guard, telemetry, clock, rateLimit, audit } =
    options;
  const { bodyLimit = DEFAULT_BODY_LIMIT } = options;
  const ids = createRequestIds(options.entropy);
  const app: App = new Hono({ router: createTableRouter() });

  for (const route of routes) {
    const mounted = mount(route, bodyLimit);
    app.on(route.method, route.path, (c) => answer(mounted, c));
  }
  const nowhere = {
    ...mount(unmatched(routes), bodyLimit),
    spanName: "unmatched",
    labels: Object.freeze({ method: "ANY", route: "unmatched" }),
  };
  app.notFound((c) => answer(nowhere, c));
  app.onError((error) => {
    // Only a defect of this very file gets here; the server logs it.
    throw error;
  });
  return app;

  async function answer(
    to: Mounted,
    c: Context<{ Bindings: ServerBindings }>,
  ): Promise<Response> {
    const began = clock.monotonic();
    const request = c.req.raw;
    const { headers } = request;
    const requestId = ids.of(headers);
    const call = new LiveCall(request, requestId, c.env?.shutdown);
    telemetry.trace?.describe(to.spanName, { "http.route": to.labels.route });
    let response: Response;
    let isStream = false;
    let allowed: AnswerHeaders | undefined;
    let noteAnswer: NoteAnswer | undefined;
    try {
      if (call.shutdown.aborted) throw SHUTTING_DOWN;
      guard.admit(request, headers);
      if (to.scope !== "open") {
        const caller = identity.identify(headers);
        call.caller = caller instanceof Promise ? await caller : caller;
        if (rateLimit) allowed = admitTo(rateLimit, call.caller.actor);
        requireScope(call.caller, to.scope);
      }
      if (to.readsHead) {
        const head = to.reader.readHead(request, c.req.param());
        call.params = head.params;
        call.query = head.query;
        call.headers = head.headers;
      }
      if (to.reader.hasBody) {
        call.body = await to.reader.readBody(request, c.env?.bodies);
      }
      if (to.isAudited) {
        const noted = auditedCall(to.route, call, pathOf(request.url));
        noteAnswer = await audit?.begin(noted);
      }
      const given = await to.route.handle(call.asRead());
      if (!("response" in given)) call.refuseIfOver();
      response = respond(given, to.route, requestId);
      if (allowed && !("response" in given)) addHeaders(response, allowed);
      isStream = "stream" in given;
      if (isStream) c.env?.streams?.add(response);
    } catch (error) {
      const problem = problemOf(call.isAbandoned ? GONE : error);
      response = respondProblem(problem, pathOf(request.url), requestId);
      if (allowed) addHeaders(response, allowed);
      if (problem.status >= 500 && error !== SHUTTING_DOWN) {
        report(error, problem, to, requestId);
      }
    }
    await noteAnswer?.(response.status);
    if (request.method === "HEAD") await tellSize(response, isStream);
    measure(to, call, response.status, clock.monotonic() - began);
    return response;
  }

  function measure(
    to: Mounted,
    call: LiveCall,
    status: number,
    ms: number,
  ): void {
    telemetry.count("holdfast_http_requests_total", countLabels(to, status));
    telemetry.observe(
      "holdfast_http_request_duration_seconds",
      ms / 1000,
      to.labels,
    );
    telemetry.log(to.logLevel, "request", {
      method: call.request.method,
      route: to.labels.route,
      status,
      ms: Math.round(ms * 1000) / 1000,
      request_id: call.requestId,
      ...to.scope === "open" ? {} : whoOf(call.caller),
    });
  }

  /** Tells the log what the client is not told. */
  function report(
    error: unknown,
    problem: Problem,
    to: Mounted,
    requestId: string,
  ): void {
    const level = problem.code === "internal" ? "error" : "warn";
    telemetry.log(level, "request failed", {
      route: to.labels.route,
      problem: problem.code,
      // A stack tells nothing of a server that is away, thousands of times over.
      ...(isTransient(error)
        ? errorFields(error)
        : { error: errorText(error) }),
      request_id: requestId,
    });
  }
}

/** Most characters of a path that a problem repeats. */
const MAX_SHOWN_PATH = 512;

const GONE = new RequestRefused(
  "cancelled",
  "Cannot answer as the client has gone",
);

const SHUTTING_DOWN = new RequestRefused(
  "closed",
  "Cannot take the request as the service shuts down: send it again",
  { headers: { Connection: "close" } },
);

function mount(route: Route, bodyLimit: number): Mounted {
  const { params, query, headers } = route.request ?? {};
  return {
    route,
    reader: createRequestReader(route, bodyLimit),
    scope: scopeOf(route),
    isAudited: isAudited(route),
    readsHead: (params ?? query ?? headers) !== undefined,
    logLevel: route.logLevel ?? "info",
    spanName: `${route.method} ${route.path}`,
    labels: Object.freeze({ method: route.method, route: route.path }),
    counts: new Map(),
  };
}

function addHeaders(response: Response, more: AnswerHeaders): void {
  for (const name in more) response.headers.set(name, more[name]!);
}

/** Who asked, and by which key, for the log. */
function whoOf({ user, actor }: Caller): Record<string, string> {
  return actor === user ? { user_id: user } : { user_id: user, actor };
}

/** The route of requests that have none. */
function unmatched(routes: readonly Route[]): Route {
  const refusalOf = createRefusals(routes);
  return {
    method: "GET",
    path: "/*",
    scope: "open",
    id: "unmatched",
    summary: "",
    tags: [],
    responses: {},
    errors: [],
    handle({ context: { request } }) {
      throw refusalOf(request.method, pathOf(request.url));
    },
  };
}

/**
 * Has the answer to a HEAD say how long GET's body is, where that is known;
 * Hono leaves the body out.
 */
async function tellSize(response: Response, isStream: boolean): Promise<void> {
  if (isStream) return await response.body?.cancel();
  if (response.body === null) return;
  const { length } = await response.bytes();
  response.headers.set("content-length", String(length));
}

/** The path of `url` as it was sent, or its beginning; never fails. */
function pathOf(url: string): string {
  const start = url.indexOf("/", url.indexOf("://") + 3);
  if (start < 0) return "/";
  return url.slice(start, start + MAX_SHOWN_PATH).replace(/[?#].*$/, "");
}

function countLabels(to: Mounted, status: number): Labels {
  let labels = to.counts.get(status);
  if (labels === undefined) {
    labels = Object.freeze({ ...to.labels, status: String(status) });
    to.counts.set(status, labels);
  }
  return labels;
}
