/**
 * The service, as the command line asks it.
 *
 * @module
 */
import { InvalidInput } from "../../domain/invalid_input.ts";
import { parseUserId } from "../../domain/user_id.ts";
import { pauseMs } from "../services/retry.ts";
import { chunksOf, textOf } from "./body.ts";
import { CommandFailed, UsageError } from "./failures.ts";
import {
  isTransient,
  noAnswer,
  NoAnswerInTime,
  refusalOf,
} from "./service_failure.ts";
import type { Terminal } from "./terminal.ts";
import { createWatchdog } from "./watchdog.ts";

/** How long an answer may take. */
export const ANSWER_TIMEOUT_MS = 30_000;

/** How long a request is sent again that failed for a while. */
export const PATIENCE_MS = 60_000;

/** How long it fails before that is told. */
const QUIET_MS = 2_000;

/** Where the service is when nothing is said. */
export const DEFAULT_URL = "http://127.0.0.1:8080";

/** A question to the service. */
export interface Question {
  /** The query; names may stand several times. */
  readonly query?: readonly (readonly [name: string, value: string])[];
  /** The body, printed. */
  readonly body?: string;
  /** Headers besides those of every request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Statuses besides the successes whose answers are wanted as they are. */
  readonly accepts?: readonly number[];
  /** Whether asking twice is asking once: it is sent again while it fails for a while. */
  readonly isRepeatable?: boolean;
}

/** What the service answered. */
export interface Reply {
  /** The status, a success or one that was accepted. */
  readonly status: number;
  /** The body. */
  readonly text: string;
  /** Whether an attempt before may have been carried out too. */
  readonly wasInDoubt: boolean;
}

/** A running service. */
export interface Service {
  /**
   * Asks, and waits for the whole answer.
   *
   * @throws {ServiceFailure} When there is none, or no success.
   * @throws The reason of the terminal's `stop`.
   */
  ask(method: string, path: string, question?: Question): Promise<Reply>;

  /**
   * Opens a stream until the terminal's `stop` or `over` aborts, and yields
   * what comes; `failureOf` says what is meant by what it throws.
   */
  open(
    path: string,
    query: readonly (readonly [name: string, value: string])[],
    headers: Readonly<Record<string, string>>,
    over: AbortSignal,
  ): AsyncGenerator<Uint8Array, void>;

  /** What is told of a stream that broke. */
  failureOf(error: unknown): Error;
}

/** Who asks, and whom. */
export interface Address {
  /** Where the service is. */
  readonly url?: string | undefined;
  /** Whom the caller is. */
  readonly user?: string | undefined;
  /** The key of the caller. */
  readonly apiKey?: string | undefined;
}

/**
 * Creates the service at `address`.
 *
 * @throws {UsageError} When the address is none.
 */
export function createService(address: Address, terminal: Terminal): Service {
  const { clock, entropy, stop } = terminal;
  const base = parseBase(address.url ?? DEFAULT_URL);
  const caller = callerHeaders(address);
  /** Whether it has ever answered: it is there, and comes back. */
  let isKnown = false;

  function urlOf(path: string, query: Question["query"] = []): URL {
    const url = new URL(path.slice(1), base);
    for (const [name, value] of query) url.searchParams.append(name, value);
    return url;
  }

  const send = async (
    method: string,
    url: URL,
    init: { headers?: Readonly<Record<string, string>>; body?: string },
    stops: readonly AbortSignal[],
    accepts: readonly number[] = [],
  ): Promise<Response> => {
    const headers = { ...caller, ...init.headers };
    const { body = null } = init;
    const signal = AbortSignal.any([...stops]);
    const response = await terminal.fetch(url, {
      ...{ method, headers, body, signal, redirect: "error" },
    });
    isKnown = true;
    const { status } = response;
    if (response.ok || accepts.includes(status)) return response;
    throw refusalOf(status, await textOf(response.body, stops));
  };

  async function askOnce(
    method: string,
    path: string,
    { query, body, headers = {}, accepts }: Question,
  ): Promise<{ status: number; text: string }> {
    stop.throwIfAborted();
    const late = new AbortController();
    using _watchdog = createWatchdog(
      clock,
      ANSWER_TIMEOUT_MS,
      () => late.abort(new NoAnswerInTime("no answer", ANSWER_TIMEOUT_MS)),
    );
    const init = body === undefined ? { headers } : {
      body,
      headers: { "Content-Type": "application/json", ...headers },
    };
    try {
      const stops = [stop, late.signal];
      const url = urlOf(path, query);
      const response = await send(method, url, init, stops, accepts);
      const { status, body: answer } = response;
      return { status, text: await textOf(answer, stops) };
    } catch (error) {
      throw failureOf(error);
    }
  }

  function failureOf(error: unknown): Error {
    stop.throwIfAborted();
    return error instanceof CommandFailed
      ? error
      : noAnswer(error, base.origin);
  }

  return {
    failureOf,

    async ask(method, path, question = {}) {
      const began = clock.monotonic();
      let wasInDoubt = false;
      let isTold = false;
      for (let failures = 1;; failures++) {
        try {
          const answer = await askOnce(method, path, question);
          if (isTold) terminal.tell("Connected again");
          return { ...answer, wasInDoubt };
        } catch (error) {
          if (!question.isRepeatable || !isTransient(error)) throw error;
          wasInDoubt ||= error.facts.isInDoubt;
          const waitedMs = clock.monotonic() - began;
          const isOver = waitedMs > PATIENCE_MS;
          if (isOver || !isKnown && !error.facts.isInDoubt) throw error;
          if (!isTold && waitedMs > QUIET_MS) {
            isTold = true;
            terminal.tell(
              `${error.message}; trying again for up to ${
                PATIENCE_MS / 1000
              } s`,
            );
          }
          await clock.sleep(pauseMs(failures, entropy), stop);
        }
      }
    },

    async *open(path, query, headers, over) {
      const accept = { Accept: "text/event-stream", ...headers };
      const stops = [stop, over];
      const init = { headers: accept };
      const { body } = await send("GET", urlOf(path, query), init, stops);
      yield* chunksOf(body, stops);
    },
  };
}

function parseBase(text: string): URL {
  const url = URL.parse(text.endsWith("/") ? text : `${text}/`);
  if (url && /^https?:$/.test(url.protocol) && url.password === "") return url;
  throw new UsageError(
    `Cannot use --url or HOLDFAST_URL as it must be such as ${DEFAULT_URL}, without a password`,
  );
}

function callerHeaders({ user, apiKey }: Address): Record<string, string> {
  const headers: Record<string, string> = {};
  if (user !== undefined) headers["X-User-Id"] = parseUser(user);
  if (apiKey !== undefined) {
    if (!/^[\x21-\x7e]{1,4096}$/.test(apiKey)) {
      throw new UsageError(
        "Cannot use the API key as it has characters that no header can hold",
      );
    }
    headers["Authorization"] = `Bearer ${apiKey}`;
  }
  return headers;
}

function parseUser(text: string): string {
  try {
    return parseUserId(text);
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    throw new UsageError(error.message);
  }
}
