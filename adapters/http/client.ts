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
  type PortErrorFacts,
} from "../../ports/port_error.ts";

/** How long an answer may take, in milliseconds. */
export const ANSWER_TIMEOUT_MS = 30_000;

/** Most bytes of an answer that are read. */
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

/** What every kind of problem begins with. */
const PROBLEM_TYPE = "urn:holdfast:problem:";

/** What is asked. */
export interface Question {
  /** Of which kind. */
  readonly method: "GET" | "POST" | "DELETE";
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
  /** Whether it is that of a request before, as `Idempotency-Replayed` says. */
  readonly isReplayed: boolean;
}

/** A service that answers over HTTP. */
export interface HttpClient {
  /**
   * Asks once.
   *
   * @throws {PortError} What the service said, with its code; `unavailable`
   * when nobody listens there; `timeout` when it was asked and nothing came
   * back; `unreadable` when the answer is not one of this program, or is
   * longer than any of them.
   */
  ask(question: Question, signal?: AbortSignal): Promise<Answer>;
}

/**
 * Creates a client of the service at `url`.
 *
 * @param at.name What people call the service, such as `signal service`.
 * @param at.apiKey What the service knows this process by; absent where it
 * believes everybody. It acts for the users of its questions.
 * @param at.maxBytes Most bytes of an answer that are read.
 */
export function createHttpClient(
  at: {
    readonly name: string;
    readonly url: string;
    readonly clock: Pick<Clock, "sleep">;
    readonly apiKey?: string | undefined;
    readonly timeoutMs?: number;
    readonly maxBytes?: number;
  },
): HttpClient {
  const { name, url, clock, timeoutMs = ANSWER_TIMEOUT_MS } = at;
  const { maxBytes = MAX_ANSWER_BYTES, apiKey } = at;
  const base = url.replace(/\/+$/, "");

  async function send(
    { method, path, user, body }: Question,
    signal: AbortSignal | undefined,
  ): Promise<Answer> {
    const headers: Record<string, string> = { accept: "application/json" };
    if (user !== undefined) headers["x-user-id"] = user;
    if (apiKey !== undefined) headers["authorization"] = `Bearer ${apiKey}`;
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
      const { status, headers: said } = response;
      const json = parse(await readUpTo(maxBytes, response));
      const isReplayed = said.get("idempotency-replayed") === "true";
      return { status, json, isReplayed };
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
      const answer = await send(question, signal);
      const { status, json } = answer;
      if (status >= 200 && status < 300 && json !== undefined) return answer;
      throw problemOf(name, status, json, question.unreadable ?? "corrupt");
    },
  };
}

/** What is said, up to `maxBytes`; nothing where it is more, and none of that is kept. */
async function readUpTo(maxBytes: number, { body }: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let left = maxBytes;
  for await (const bytes of body ?? []) {
    left -= bytes.length;
    // Leaving the loop closes the connection.
    if (left < 0) return "";
    text += decoder.decode(bytes, { stream: true });
  }
  return text + decoder.decode();
}

function parse(text: string): unknown {
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
    const facts = factsOf(json);
    // The service has been closed, and none of our ports has: it comes back.
    if (code === "closed") {
      return new PortError("unavailable", detail, { facts });
    }
    return new PortError(code, detail, { facts });
  }
  // It has done nothing, and will as soon as it is let: it may be asked again.
  if (status === 401 || code === "forbidden") {
    return new PortError(
      "unavailable",
      `Cannot ask the ${name} as it does not let this process in: set SERVICE_KEY to an API key of it with the scope admin`,
    );
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

/** What every problem has; all else are facts. */
const PROBLEM_MEMBERS: ReadonlySet<string> = new Set([
  "type",
  "title",
  "status",
  "detail",
  "instance",
  "request_id",
  "errors",
]);

/** The facts of a problem: numbers, texts and lists of texts. */
function factsOf(json: unknown): PortErrorFacts {
  const facts: Record<string, string | number | readonly string[]> = {};
  for (const [name, value] of Object.entries(Object(json))) {
    if (PROBLEM_MEMBERS.has(name) || name === "__proto__") continue;
    const isTexts = Array.isArray(value) &&
      value.every((one) => typeof one === "string");
    if (typeof value === "string" || typeof value === "number" || isTexts) {
      facts[name] = value;
    }
  }
  return facts;
}

function isPortErrorCode(text: string): text is PortErrorCode {
  return (PORT_ERROR_CODES as readonly string[]).includes(text);
}
