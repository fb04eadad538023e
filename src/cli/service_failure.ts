/**
 * What the service answers when it does not do what it was asked.
 *
 * @module
 */
import { CommandFailed } from "./failures.ts";
import { harmless } from "./print.ts";

/** What is wrong with one part of a request. */
export interface Fault {
  /** Where, such as `body.events[3].data.ticker`. */
  readonly path: string;
  /** What. */
  readonly message: string;
}

/** What came of a request that failed. */
export interface FailureFacts {
  /** Whether the same request may succeed later. */
  readonly isTransient: boolean;
  /** Whether it may have been carried out all the same. */
  readonly isInDoubt: boolean;
  /** The status of the answer, where there was one. */
  readonly status?: number;
  /** The kind of problem, such as `conflict`, where the service names one. */
  readonly code?: string;
  /** What is wrong with its parts. */
  readonly faults?: readonly Fault[];
}

/** Says that nothing came for so long that it is not waited for any more. */
export class NoAnswerInTime extends Error {
  /** Tells this error from others. */
  override readonly name = "NoAnswerInTime";

  /** Builds the error; `what` is told with the milliseconds it took. */
  constructor(what: string, ms: number) {
    super(`${what} for ${ms / 1000} s`);
  }
}

/** Says what the service said, or that it said nothing. */
export class ServiceFailure extends CommandFailed {
  /** Tells this error from others. */
  override readonly name = "ServiceFailure";
  /** More about it, for programs. */
  readonly facts: FailureFacts;

  /** Builds the error; `message` is shown as it is. */
  constructor(message: string, facts: FailureFacts, options?: ErrorOptions) {
    super(message, options);
    this.facts = facts;
  }
}

/** Whether the same request may succeed later. */
export function isTransient(error: unknown): error is ServiceFailure {
  return error instanceof ServiceFailure && error.facts.isTransient;
}

/** Reads an answer that is no success, by its status and body. */
export function refusalOf(status: number, text: string): ServiceFailure {
  const problem = problemIn(text);
  const isTransient = status === 429 || status >= 502 && status <= 504;
  const isInDoubt = status >= 500 && status !== 507 && status !== 501;
  const hint = status === 401 ? "; the one in HOLDFAST_KEY is sent" : "";
  const message = harmless(
    problem === undefined
      ? `Cannot use the answer as it is no word of Holdfast's: its status is ${status}; is --url right?`
      : `${problem.detail}${hint}`,
  );
  const code = /^urn:holdfast:problem:(.+)$/.exec(`${problem?.type}`)?.[1];
  const faults = problem?.errors;
  return new ServiceFailure(message, {
    isTransient,
    isInDoubt,
    status,
    ...(code !== undefined && { code }),
    ...(faults && { faults }),
  });
}

/** Says why there was no answer, and whether there may be one later. */
export function noAnswer(error: unknown, url: string): ServiceFailure {
  const reason = reasonOf(error);
  // Nothing was sent where no connection came about.
  const isUnreached = reason.includes("client error (Connect)");
  const isInDoubt = !isUnreached && !isRefusedHere(error);
  const distrust = /invalid peer certificate: (.+)/s.exec(reason)?.[1];
  const isOtherProtocol = /version parsed|corrupt message/.test(reason);
  const message = distrust !== undefined
    ? `Cannot trust ${url} as its certificate is not good (${
      harmless(distrust)
    }): name the file of its authority in DENO_CERT, and the host as the certificate has it`
    : isUnreached
    ? `Cannot reach Holdfast at ${url}: start it with "holdfast", or say where it is with --url or HOLDFAST_URL`
    : isInDoubt
    ? `Cannot tell what became of the request as ${url} did not answer: ${
      harmless(reason)
    }${isOtherProtocol ? ": is --url right, http or https?" : ""}`
    : `Cannot ask ${url} as ${harmless(reason)}: is --url right?`;
  const facts = { isTransient: isOfTheNetwork(error), isInDoubt };
  return new ServiceFailure(message, facts, { cause: error });
}

/** Whether the runtime did not send it, or follow it where it was sent on to. */
function isRefusedHere(error: unknown): boolean {
  return error instanceof Error &&
    (error.name === "NotCapable" || /^Fetch failed: /.test(error.message));
}

/**
 * Whether it is the network or the other side that failed, which passes. What
 * is not known to be that lasts: a wrong protocol, a certificate, a defect.
 */
function isOfTheNetwork(error: unknown): boolean {
  if (error instanceof NoAnswerInTime) return true;
  if (!(error instanceof TypeError)) return false;
  if (!(error.cause instanceof Error)) {
    return /reading a body|unexpected end of file/.test(error.message);
  }
  return !/parsed|corrupt message|certificate/.test(error.cause.message);
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error
    ? cause.message
    : error.message.replace(/^Fetch failed: /, "");
}

function problemIn(
  text: string,
): {
  readonly detail: string;
  readonly type?: unknown;
  readonly errors?: readonly Fault[];
} | undefined {
  try {
    const problem = JSON.parse(text);
    return typeof problem.detail === "string" ? problem : undefined;
  } catch {
    return undefined;
  }
}
