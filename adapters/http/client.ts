/**
 * Another process of this program, asked over HTTP: one attempt, one deadline,
 * and its problems as errors of a port.
 *
 * @module
 */
import type { UserId } from "../../domain/user_id.ts";
import type { Clock } from "../../ports/clock.ts";
import {
  PORT_ERROR_CODES,
  PortError,
  type PortErrorCode,
} from "../../ports/port_error.ts";

/** How long an answer may take, in milliseconds. */
export const ANSWER_TIMEOUT_MS = 30_000;

/** Most characters of an answer. */
const MAX_ANSWER_CHARS = 32 * 1024 * 1024;

/** What every kind of problem begins with. */
const PROBLEM_TYPE = "urn:holdfast:problem:";

/** What is asked. */
export interface Question {
  /** Of which kind. */
  readonly method: "GET" | "POST";
  /** Where, from the root of the service. */
  readonly path: string;
  /** On whose behalf; the operator's when absent. */
  readonly user?: UserId | undefined;
  /** What is sent: what JSON can say. */
  readonly body?: unknown;
  /** The error where the answer is not one of this program; `corrupt` when absent. */
  readonly unreadable?: PortErrorCode;
}

/** An answer that is a success. */
export interface Answer {
  /** From 200 to 299. */
  readonly status: number;
  /** What it says. */
  readonly json: unknown;
}

/** A service that answers over HTTP. */
export interface HttpClient {
  /**
   * Asks once.
   *
   * @throws {PortError} What the service said, with its code; `unavailable`
   * when nobody listens there; `timeout` when it was asked and nothing came
   * back; `unreadable` when the answer is not one of this program.
   */
  ask(question: Question, signal?: AbortSignal): Promise<Answer>;
}

/**
 * Creates a client of the service at `url`.
 *
 * @param name What people call the service, such as `signal service`.
 */
export function createHttpClient(
  { name, url, clock, timeoutMs = ANSWER_TIMEOUT_MS }: {
    readonly name: string;
    readonly url: string;
    readonly clock: Pick<Clock, "sleep">;
    readonly timeoutMs?: number;
  },
): HttpClient {
  const base = url.replace(/\/+$/, "");

  async function send(
    { method, path, user, body }: Question,
    signal: AbortSignal | undefined,
  ): Promise<{ status: number; text: string }> {
    const headers: Record<string, string> = { accept: "application/json" };
    if (user !== undefined) headers["x-user-id"] = user;
    if (body !== undefined) headers["content-type"] = "application/json";
    const over = new AbortController();
    const stops = signal ? [signal, over.signal] : [over.signal];
    const done = new AbortController();
    void clock.sleep(timeoutMs, done.signal)
      .then(() => over.abort(new Error("late")), () => {});
    try {
      const response = await fetch(`${base}${path}`, {
        method,
        headers,
        body: body === undefined ? null : JSON.stringify(body),
        redirect: "error",
        signal: AbortSignal.any(stops),
      });
      return { status: response.status, text: await response.text() };
    } catch (cause) {
      signal?.throwIfAborted();
      throw noAnswer(cause);
    } finally {
      done.abort();
    }
  }

  function noAnswer(cause: unknown): PortError {
    // A connection that was never made has carried nothing.
    const isUnsent = String(Object(cause).cause).includes("(Connect)");
    return isUnsent
      ? new PortError(
        "unavailable",
        `Cannot ask the ${name} as nobody answers at ${base}: start it there`,
        { cause },
      )
      : new PortError(
        "timeout",
        `Cannot tell what the ${name} did as its answer is missing: ask again`,
        { cause },
      );
  }

  return {
    async ask(question, signal) {
      const { status, text } = await send(question, signal);
      const json = parse(text);
      if (status >= 200 && status < 300 && json !== undefined) {
        return { status, json };
      }
      throw problemOf(name, status, json, question.unreadable ?? "corrupt");
    },
  };
}

function parse(text: string): unknown {
  if (text.length > MAX_ANSWER_CHARS) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function problemOf(
  name: string,
  status: number,
  json: unknown,
  unreadable: PortErrorCode,
): PortError {
  const { type, detail } = Object(json) as { type?: unknown; detail?: unknown };
  const code = typeof type === "string" && type.startsWith(PROBLEM_TYPE)
    ? type.slice(PROBLEM_TYPE.length).replaceAll("-", "_")
    : "";
  if (typeof detail === "string" && isPortErrorCode(code)) {
    return new PortError(code, detail);
  }
  // Gateways in between answer in their own words.
  const isAway = status === 429 || status === 502 || status === 503;
  const isInDoubt = status === 500 || status === 504;
  return new PortError(
    isAway ? "unavailable" : isInDoubt ? "timeout" : unreadable,
    `Cannot understand the ${name} as it answered ${status}${
      typeof detail === "string" ? `: ${detail}` : " and nothing of ours"
    }`,
  );
}

function isPortErrorCode(text: string): text is PortErrorCode {
  return (PORT_ERROR_CODES as readonly string[]).includes(text);
}
