/**
 * What goes wrong between a program and Holdfast: one error for all of it.
 *
 * @module
 */
import type { Problem } from "./contract/health.ts";

/** What is known of a call that failed. */
export interface FailureFacts {
  /**
   * The kind of problem as the service names it, such as `not-found` or
   * `version-conflict`; else `no-answer` (the network failed), `timeout` (the
   * deadline of the call was over) or `not-holdfast` (something else answers).
   */
  readonly code: string;
  /** The status of the answer; absent where there was none. */
  readonly status?: number | undefined;
  /** The whole problem (RFC 9457) that the service told. */
  readonly problem?: Problem | undefined;
  /** Milliseconds after which the service asks to be asked again. */
  readonly retryAfterMs?: number | undefined;
  /** Whether the same call may succeed later. */
  readonly isTransient: boolean;
  /** Whether the service may have done all the same what it was asked for. */
  readonly isInDoubt: boolean;
}

/** Says why a call failed; `message` is one sentence for people. */
export class HoldfastError extends Error implements FailureFacts {
  /** Tells this error from others. */
  override readonly name = "HoldfastError";
  readonly code: string;
  readonly status: number | undefined;
  readonly problem: Problem | undefined;
  readonly retryAfterMs: number | undefined;
  readonly isTransient: boolean;
  readonly isInDoubt: boolean;

  /** Builds the error; the cause is that of the runtime, where it has one. */
  constructor(message: string, facts: FailureFacts, options?: ErrorOptions) {
    super(message, options);
    this.code = facts.code;
    this.status = facts.status;
    this.problem = facts.problem;
    this.retryAfterMs = facts.retryAfterMs;
    this.isTransient = facts.isTransient;
    this.isInDoubt = facts.isInDoubt;
  }
}

/** Statuses after which the same call may succeed. */
const TRANSIENT: readonly number[] = [429, 502, 503, 504];

/** Statuses of an error that is told before anything is done. */
const UNDONE: readonly number[] = [501, 507];

/** Reads an answer that is no success. */
export function refusalOf(
  status: number,
  headers: Headers,
  text: string,
): HoldfastError {
  const problem = problemIn(text);
  const code = problem
    ? problem.type.replace(/^urn:holdfast:problem:/, "")
    : "not-holdfast";
  const message = problem?.detail ??
    `Cannot use an answer with status ${status} as it is no word of Holdfast's: is the url right?`;
  return new HoldfastError(message, {
    code,
    status,
    problem,
    retryAfterMs: retryAfterOf(headers),
    isTransient: TRANSIENT.includes(status),
    isInDoubt: status >= 500 && !UNDONE.includes(status),
  });
}

/** Says that `url` did not answer. */
export function noAnswer(url: string, cause: unknown): HoldfastError {
  return new HoldfastError(
    `Cannot reach Holdfast at ${url}: ${reasonOf(cause)}`,
    { code: "no-answer", isTransient: true, isInDoubt: true },
    { cause },
  );
}

/** Says that a call took longer than it may, and what it last failed with. */
export function lateAnswer(timeoutMs: number, cause: unknown): HoldfastError {
  const last = cause instanceof HoldfastError ? ` (${cause.message})` : "";
  return new HoldfastError(
    `Cannot wait longer than ${timeoutMs} ms for an answer${last}`,
    { code: "timeout", isTransient: true, isInDoubt: true },
    { cause },
  );
}

function problemIn(text: string): Problem | undefined {
  try {
    const problem = JSON.parse(text);
    return typeof problem?.detail === "string" &&
        typeof problem.type === "string"
      ? problem
      : undefined;
  } catch {
    return undefined;
  }
}

/** Reads `Retry-After` in seconds; what else it may hold Holdfast never sends. */
function retryAfterOf(headers: Headers): number | undefined {
  const text = headers.get("retry-after") ?? "";
  return /^\d{1,6}$/.test(text) ? Number(text) * 1000 : undefined;
}

/** What the runtime says: of a chain of causes the innermost knows best. */
function reasonOf(error: unknown): string {
  let innermost = error;
  while (innermost instanceof Error && innermost.cause instanceof Error) {
    innermost = innermost.cause;
  }
  return innermost instanceof Error ? innermost.message : String(innermost);
}
