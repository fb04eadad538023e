/**
 * How errors become problems (RFC 9457): one table for all of them.
 *
 * @module
 */
import { InvalidInput } from "../../domain/invalid_input.ts";
import { InvalidSettings } from "../../domain/settings/check.ts";
import {
  PortError,
  type PortErrorCode,
  type PortErrorFacts,
} from "../../ports/port_error.ts";
import { Forbidden, Unidentified } from "./identity.ts";
import type { AnswerHeaders, ProblemStatus } from "./route.ts";

/** What can go wrong before a port is asked, and what nobody foresaw. */
export type HttpErrorCode =
  | "unidentified"
  | "rate_limited"
  | "forbidden"
  | "unacceptable"
  | "cross_site"
  | "misdirected"
  | "no_route"
  | "wrong_method"
  | "too_large"
  | "too_slow"
  | "cancelled"
  | "internal";

/** What kind of problem it is. */
export type ProblemCode = PortErrorCode | HttpErrorCode;

/** Status and title of every kind of problem. */
export const PROBLEMS: Readonly<
  Record<
    ProblemCode,
    { readonly status: ProblemStatus; readonly title: string }
  >
> = {
  closed: { status: 503, title: "Shutting down" },
  invalid: { status: 400, title: "Not acceptable input" },
  not_found: { status: 404, title: "Not found" },
  version_conflict: { status: 412, title: "Changed meanwhile" },
  fenced: { status: 409, title: "Not yours any more" },
  epoch_changed: { status: 409, title: "Another life of the log" },
  expired: { status: 410, title: "No longer held" },
  corrupt: { status: 422, title: "Damaged source" },
  quarantined: { status: 422, title: "Source in quarantine" },
  full: { status: 507, title: "No room left" },
  timeout: { status: 504, title: "No answer in time" },
  unavailable: { status: 503, title: "Not available now" },
  unsupported: { status: 501, title: "Not supported here" },
  conflict: { status: 409, title: "In conflict" },
  unidentified: { status: 401, title: "Caller not known" },
  forbidden: { status: 403, title: "Not allowed" },
  rate_limited: { status: 429, title: "Too many requests" },
  unacceptable: { status: 422, title: "Not acceptable settings" },
  cross_site: { status: 403, title: "Request from another site" },
  misdirected: { status: 421, title: "Not this host" },
  no_route: { status: 404, title: "No such route" },
  wrong_method: { status: 405, title: "No such method here" },
  too_slow: { status: 408, title: "Body too slow" },
  too_large: { status: 413, title: "Body too large" },
  cancelled: { status: 499, title: "Client has gone" },
  internal: { status: 500, title: "Internal error" },
};

/** What is wrong with one part of a request. */
export interface FieldError {
  /** Where: `body.symbols[1]`, `query.limit`, `path.date`, `header.If-Match`. */
  readonly path: string;
  /** What is wrong there. */
  readonly message: string;
}

/** A request that is refused before a port is asked. */
export class RequestRefused extends Error {
  /** Tells this error from others. */
  override readonly name = "RequestRefused";
  /** The kind of problem. */
  readonly code: ProblemCode;
  /** What is wrong with its parts. */
  readonly errors: readonly FieldError[] | undefined;
  /** More members, for programs. */
  readonly facts: PortErrorFacts | undefined;
  /** Headers that belong to the answer, such as `Allow`. */
  readonly headers: AnswerHeaders;

  /** Builds the refusal; `message` is shown to the client. */
  constructor(
    code: ProblemCode,
    message: string,
    options: {
      readonly errors?: readonly FieldError[];
      readonly facts?: PortErrorFacts;
      readonly headers?: AnswerHeaders;
    } = {},
  ) {
    super(message);
    this.code = code;
    this.errors = options.errors;
    this.facts = options.facts;
    this.headers = options.headers ?? {};
  }
}

/** What a client is told of an error. */
export interface Problem {
  /** The kind of problem. */
  readonly code: ProblemCode;
  /** The status of the answer. */
  readonly status: ProblemStatus;
  /** One sentence on what went wrong and how to go on. */
  readonly detail: string;
  /** What is wrong with the parts of the request. */
  readonly errors?: readonly FieldError[] | undefined;
  /** More members, for programs. */
  readonly facts?: PortErrorFacts;
  /** Headers that belong to the answer. */
  readonly headers: AnswerHeaders;
}

/** Seconds after which a client may try again what was not available. */
const RETRY_AFTER_S = "1";

/** What a client is told of `error`; nothing of an error nobody foresaw. */
export function problemOf(error: unknown): Problem {
  if (error instanceof RequestRefused) {
    const { code, message, errors, facts = {} } = error;
    const problem = base(code, message);
    const headers = { ...problem.headers, ...error.headers };
    return { ...problem, errors, facts, headers };
  }
  if (error instanceof PortError) {
    return { ...base(error.code, error.message), facts: error.facts };
  }
  if (error instanceof InvalidInput) {
    const { message, errors } = error;
    return {
      ...base(
        error instanceof InvalidSettings ? "unacceptable" : "invalid",
        message,
      ),
      ...(errors.length > 0 ? { errors } : {}),
    };
  }
  if (error instanceof Unidentified) {
    const headers = { "WWW-Authenticate": error.challenge };
    return { ...base("unidentified", error.message), headers };
  }
  if (error instanceof Forbidden) return base("forbidden", error.message);
  return base(
    "internal",
    "Cannot answer as something went wrong here: please report it with the request id",
  );
}

/** Prints `problem` as `application/problem+json`. */
export function printProblem(
  problem: Problem,
  request: { readonly instance: string; readonly id: string },
): string {
  const text = JSON.stringify({
    ...problem.facts,
    type: problemType(problem.code),
    title: PROBLEMS[problem.code].title,
    status: problem.status,
    detail: problem.detail,
    instance: request.instance,
    request_id: request.id,
    errors: problem.errors,
  });
  return withoutKeys(text);
}

/** `text` with the secrets of API keys cut out of it. */
export function withoutKeys(text: string): string {
  return text.replace(API_KEY, "hf_$1_[redacted]");
}

/** An API key where none belongs, such as in a path; also a part of one. */
const API_KEY = /hf_([a-z0-9]{1,32})_[\w-]+/gi;

/** The `type` of a kind of problem: a stable name, not a page. */
export function problemType(code: ProblemCode): string {
  return `urn:holdfast:problem:${code.replaceAll("_", "-")}`;
}

/** All that is known of `error`, its causes included; for the log only. */
export function errorText(error: unknown): string {
  const parts: string[] = [];
  for (let at = error; at !== undefined && parts.length < 5;) {
    if (at instanceof Error) {
      parts.push(at.stack ?? String(at));
      at = at.cause;
    } else {
      parts.push(String(at));
      at = undefined;
    }
  }
  return parts.join("\ncaused by: ");
}

function base(code: ProblemCode, detail: string): Problem {
  const { status } = PROBLEMS[code];
  const headers: AnswerHeaders = status === 503
    ? { "Retry-After": RETRY_AFTER_S }
    : {};
  return { code, status, detail, headers };
}
