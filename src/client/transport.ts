/**
 * How calls are made: with a deadline, and again where that does no harm.
 *
 * @module
 */
import { HoldfastError, lateAnswer, noAnswer, refusalOf } from "./errors.ts";
import { pauseMs, type Surroundings } from "./surroundings.ts";

/** Where Holdfast is, who asks, and how long he waits. */
export interface HoldfastOptions {
  /** Where the service is; `http://127.0.0.1:8080` when absent. */
  readonly url?: string | undefined;
  /** A key `hf_…`: sent as `Authorization: Bearer`. */
  readonly apiKey?: string | undefined;
  /**
   * The user. A key belongs to one, so that only a key with the scope `admin`
   * may name another, and whoever asks a service that wants no keys.
   */
  readonly user?: string | undefined;
  /** Milliseconds that a call may take, repeats included; 10000 when absent. */
  readonly timeoutMs?: number | undefined;
  /** Times that a safe call is made, at most; 8 when absent, 1 for never again. */
  readonly attempts?: number | undefined;
}

/** What every call takes. */
export interface CallOptions {
  /** Ends the call; it throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds that this call may take, instead of the client's. */
  readonly timeoutMs?: number | undefined;
}

/** A value of a query: several for a list, none for an absent one. */
export type QueryValue =
  | string
  | number
  | boolean
  | readonly string[]
  | undefined;

/** A call. */
export interface Question extends CallOptions {
  /** What follows `?`. */
  readonly query?: Readonly<Record<string, QueryValue>> | undefined;
  /** Headers, besides those that say who asks; absent ones are left out. */
  readonly headers?: Readonly<Record<string, string | undefined>> | undefined;
  /** What is sent, as JSON. */
  readonly body?: unknown;
  /** Whether asking twice is asking once; true for GET when absent. */
  readonly isRepeatable?: boolean | undefined;
  /** Statuses, besides the successes, that are an answer and no failure. */
  readonly alsoAnswers?: readonly number[];
}

/** What was answered. */
export interface Reply {
  /** The status. */
  readonly status: number;
  /** The headers. */
  readonly headers: Headers;
  /** The body, parsed; `undefined` when there is none. */
  readonly json: unknown;
}

/** A way to Holdfast. */
export interface Transport {
  /** The world that it works in. */
  readonly surroundings: Surroundings;

  /**
   * Asks, and waits for the whole answer.
   *
   * @throws {HoldfastError} When there is none, or no success.
   * @throws The reason of `signal`.
   */
  call(method: string, path: string, question?: Question): Promise<Reply>;

  /**
   * Opens a stream that ends when `signal` aborts.
   *
   * @throws {HoldfastError} When it cannot be opened within the deadline.
   */
  open(
    path: string,
    question: Question & { readonly signal: AbortSignal },
  ): Promise<ReadableStream<Uint8Array>>;

  /** What is meant by an error that reading a stream throws. */
  failureOf(error: unknown): HoldfastError;
}

const DEFAULT_URL = "http://127.0.0.1:8080";
const DEFAULT_TIMEOUT_MS = 10_000;
const DEFAULT_ATTEMPTS = 8;

/** The longest pause between two attempts of a call. */
const PAUSE_CAP_MS = 2_000;

/**
 * Creates the way to Holdfast that `options` name.
 *
 * @throws {TypeError} When they cannot be used.
 */
export function createTransport(
  options: HoldfastOptions,
  surroundings: Surroundings,
): Transport {
  const base = parseUrl(options.url ?? DEFAULT_URL);
  const { attempts = DEFAULT_ATTEMPTS } = options;
  const caller = callerHeaders(options);

  function send(
    method: string,
    path: string,
    { query = {}, headers = {}, body }: Question,
    signal: AbortSignal,
  ): Promise<Response> {
    const url = new URL(path.slice(1), base);
    for (const [name, value] of Object.entries(query)) {
      const values = Array.isArray(value) ? value : [value];
      for (const one of values) {
        if (one !== undefined) url.searchParams.append(name, `${one}`);
      }
    }
    const sent = new Headers(caller);
    for (const [name, value] of Object.entries(headers)) {
      if (value !== undefined) sent.set(name, value);
    }
    if (body !== undefined) sent.set("Content-Type", "application/json");
    return surroundings.fetch(url, {
      method,
      headers: sent,
      body: body === undefined ? null : JSON.stringify(body),
      signal,
      // A key is not for whom it was sent on to.
      redirect: "error",
    });
  }

  function failureOf(error: unknown): HoldfastError {
    return error instanceof HoldfastError
      ? error
      : noAnswer(base.origin, error);
  }

  async function attempt(
    method: string,
    path: string,
    question: Question,
    signal: AbortSignal,
  ): Promise<Reply> {
    try {
      const response = await send(method, path, question, signal);
      const { status, headers } = response;
      const text = await response.text();
      const isProblem = headers.get("content-type")?.includes("problem");
      const isAnswer = response.ok || status === 304 ||
        !isProblem && question.alsoAnswers?.includes(status);
      if (!isAnswer) throw refusalOf(status, headers, text);
      const json = text === "" ? undefined : parseAnswer(status, text);
      return { status, headers, json };
    } catch (error) {
      throw failureOf(error);
    }
  }

  /** Repeats `ask` until it succeeds, may not be repeated, or is late. */
  async function persist<T>(
    ask: (signal: AbortSignal) => Promise<T>,
    question: Question,
    isRepeatable: boolean,
  ): Promise<T> {
    const { timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS } = question;
    question.signal?.throwIfAborted();
    const over = new AbortController();
    const leave = () => over.abort();
    question.signal?.addEventListener("abort", leave);
    const done = new AbortController();
    surroundings.sleep(timeoutMs, done.signal).then(leave, () => {});
    const began = surroundings.monotonic();
    let last: unknown;
    try {
      for (let failures = 1;; failures++) {
        try {
          return await ask(over.signal);
        } catch (error) {
          if (over.signal.aborted) throw error;
          last = error;
          if (!isRepeatable || failures >= attempts) throw error;
          if (!(error instanceof HoldfastError && error.isTransient)) {
            throw error;
          }
          const pause = Math.max(
            pauseMs(failures, PAUSE_CAP_MS, surroundings.fraction()),
            error.retryAfterMs ?? 0,
          );
          const spentMs = surroundings.monotonic() - began;
          if (spentMs + pause >= timeoutMs) throw error;
          await surroundings.sleep(pause, over.signal);
        }
      }
    } catch (error) {
      question.signal?.throwIfAborted();
      if (over.signal.aborted) throw lateAnswer(timeoutMs, last);
      throw error;
    } finally {
      done.abort();
      question.signal?.removeEventListener("abort", leave);
    }
  }

  return {
    surroundings,
    failureOf,

    call(method, path, question = {}) {
      const { isRepeatable = method === "GET" } = question;
      const ask = (signal: AbortSignal) =>
        attempt(method, path, question, signal);
      return persist(ask, question, isRepeatable);
    },

    open(path, question) {
      return persist(
        async (signal) => {
          // The deadline is for the answer to begin; the stream has none.
          const end = new AbortController();
          const stop = () => end.abort();
          question.signal.addEventListener("abort", stop);
          signal.addEventListener("abort", stop);
          try {
            const response = await send("GET", path, question, end.signal);
            if (response.ok && response.body) return response.body;
            const { status, headers } = response;
            throw refusalOf(status, headers, await response.text());
          } catch (error) {
            question.signal.removeEventListener("abort", stop);
            throw failureOf(error);
          } finally {
            signal.removeEventListener("abort", stop);
          }
        },
        question,
        true,
      );
    },
  };
}

function parseAnswer(status: number, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new HoldfastError(
      `Cannot use an answer with status ${status} as it is no word of Holdfast's: is the url right?`,
      { code: "not-holdfast", status, isTransient: false, isInDoubt: true },
      { cause },
    );
  }
}

function parseUrl(text: string): URL {
  const url = URL.canParse(text)
    ? new URL(text.endsWith("/") ? text : `${text}/`)
    : undefined;
  const isPlain = url && /^https?:$/.test(url.protocol) &&
    url.username + url.password + url.search + url.hash === "";
  if (isPlain) return url;
  throw new TypeError(
    `Cannot use the url as it must be such as ${DEFAULT_URL}, without a password or a query`,
  );
}

function callerHeaders({ apiKey, user }: HoldfastOptions): [string, string][] {
  const headers: [string, string][] = [["Accept", "application/json"]];
  if (apiKey !== undefined) {
    if (!/^[\x21-\x7e]{1,4096}$/.test(apiKey)) {
      throw new TypeError(
        "Cannot use the API key as it has characters that no header can hold",
      );
    }
    headers.push(["Authorization", `Bearer ${apiKey}`]);
  }
  if (user !== undefined) {
    if (!/^[A-Za-z0-9_.@-]{1,128}$/.test(user)) {
      throw new TypeError(
        "Cannot use the user as it must be 1 to 128 letters, digits or _ . @ -",
      );
    }
    headers.push(["X-User-Id", user]);
  }
  return headers;
}
