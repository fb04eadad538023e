/**
 * The listener: takes requests in and shuts down without losing one.
 *
 * @module
 */
import type { Clock } from "../../ports/clock.ts";
import { PortError } from "../../ports/port_error.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import type { App, ServerBindings } from "./app.ts";
import { errorText } from "./errors.ts";

/** Time that requests under way have to end. */
export const SHUTDOWN_DEADLINE_MS = 10_000;

/** A server that takes requests. */
export interface RunningServer {
  /** Where it is found, such as `http://127.0.0.1:8080`. */
  readonly url: string;
  /** The address it is bound to. */
  readonly hostname: string;
  /** The port it is bound to. */
  readonly port: number;
  /**
   * Resolves once the port is free and nothing is left to wait for: every
   * connection is closed, or a shutdown has left behind those whose clients do
   * not read their answers.
   */
  readonly closed: Promise<void>;
  /**
   * Ends the streams, refuses new requests, waits for those under way and cuts
   * off what takes too long. Safe to call twice.
   */
  close(): Promise<void>;
}

/** What a server needs. */
export interface ServerOptions {
  /** Answers the requests. */
  readonly app: App;
  /** The address to bind to. */
  readonly hostname: string;
  /** The port to bind to; 0 picks a free one. */
  readonly port: number;
  /** Closes the server when it aborts. */
  readonly signal?: AbortSignal;
  /** Takes log lines. */
  readonly telemetry: Telemetry;
  /** Measures the deadline of a shutdown. */
  readonly clock: Clock;
  /** Milliseconds; `SHUTDOWN_DEADLINE_MS` when absent. */
  readonly shutdownDeadlineMs?: number;
}

/**
 * Starts to serve.
 *
 * @throws {PortError} `unavailable` when the address cannot be bound to, naming
 * the variable to change.
 */
export async function startServer(
  options: ServerOptions,
): Promise<RunningServer> {
  const { app, telemetry, clock, signal } = options;
  const { shutdownDeadlineMs = SHUTDOWN_DEADLINE_MS } = options;
  const shutdown = new AbortController();
  const connections = new AbortController();
  const streams = new WeakSet<Response>();
  const bindings: ServerBindings = { shutdown: shutdown.signal, streams };
  /** Requests being answered, and answers being streamed. */
  let underWay = 0;
  let drained: (() => void) | undefined;

  function leave(): void {
    if (--underWay === 0) drained?.();
  }

  async function fetch(request: Request): Promise<Response> {
    const response = await app.fetch(request, bindings);
    return request.method === "HEAD" ? withoutFalseSize(response) : response;
  }

  function handle(
    request: Request,
    info: Deno.ServeHandlerInfo,
  ): Response | Promise<Response> {
    underWay++;
    const answer = fetch(request);
    // Beside the answer and not in its way.
    answer.then((response) => {
      if (streams.has(response)) info.completed.then(leave, leave);
      else leave();
    }, leave);
    return answer;
  }

  const server = listen(options, {
    signal: connections.signal,
    handler: handle,
    onError: (error) => {
      telemetry.log("error", "request failed outside the application", {
        error: errorText(error),
      });
      return new Response(null, { status: 500 });
    },
  });
  const { hostname, port } = server.addr;
  let closing: Promise<void> | undefined;

  async function shutDown(): Promise<void> {
    shutdown.abort(
      new PortError("closed", "Cannot go on as the service shuts down"),
    );
    const done = new AbortController();
    const late = clock.sleep(shutdownDeadlineMs, done.signal)
      .then(() => "late", () => "done");
    const quiet = underWay === 0
      ? Promise.resolve()
      : new Promise<void>((resolve) => drained = resolve);
    if (await Promise.race([quiet, late]) === "late") {
      // Deno cannot be told to after `shutdown()`, so this comes before it.
      connections.abort();
      telemetry.log("warn", "shutdown cut off requests", { count: underWay });
      await server.finished;
      return;
    }
    // What is left is answers on their way to slow readers.
    if (await Promise.race([server.shutdown(), late]) === "late") {
      telemetry.log("warn", "shutdown leaves answers to slow readers behind");
    }
    done.abort();
  }

  const ended = Promise.withResolvers<void>();
  server.finished.then(ended.resolve, ended.reject);
  const close = () => closing ??= shutDown().finally(ended.resolve);
  const onAbort = () => void close();
  signal?.addEventListener("abort", onAbort, { once: true });
  if (signal?.aborted) onAbort();

  return {
    url: urlOf(hostname, port),
    hostname,
    port,
    closed: ended.promise.finally(() =>
      signal?.removeEventListener("abort", onAbort)
    ),
    close,
  };
}

/**
 * Keeps Deno from saying that an answer without a known size has none: it says
 * `content-length: 0` of an absent body, and nothing of one that is streamed.
 */
function withoutFalseSize(response: Response): Response {
  const { headers, status, body } = response;
  const isUnknown = status === 200 && body === null &&
    !headers.has("content-length");
  return isUnknown ? new Response(ReadableStream.from([]), response) : response;
}

function urlOf(hostname: string, port: number): string {
  return `http://${
    hostname.includes(":") ? `[${hostname}]` : hostname
  }:${port}`;
}

function listen(
  { hostname, port }: ServerOptions,
  options: {
    readonly signal: AbortSignal;
    readonly handler: Deno.ServeHandler<Deno.NetAddr>;
    readonly onError: (error: unknown) => Response;
  },
): Deno.HttpServer<Deno.NetAddr> {
  const { handler, ...more } = options;
  try {
    return Deno.serve({ ...more, hostname, port, onListen() {} }, handler);
  } catch (cause) {
    const { name, message } = cause instanceof Error
      ? cause
      : new Error(String(cause));
    const hint = HINTS[name] ??
      `there is no such address (${message}): set HOST to one that this machine has, such as 127.0.0.1`;
    throw new PortError(
      "unavailable",
      `Cannot listen on ${hostname}:${port} as ${hint}`,
      { cause },
    );
  }
}

/** Why an address cannot be bound to, by the name of Deno's error. */
const HINTS: Readonly<Record<string, string>> = {
  AddrInUse:
    "the port is in use: set PORT to another one, or PORT=0 for any free one",
  AddrNotAvailable:
    "this machine has no such address: set HOST to one it has, such as 127.0.0.1",
  PermissionDenied:
    "the port may not be used by this account: set PORT to one above 1023",
};
