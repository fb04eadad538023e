/**
 * The listener: takes requests in and shuts down without losing one.
 *
 * @module
 */
import type { Clock } from "../../ports/clock.ts";
import { PortError } from "../../ports/port_error.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import { type Address, bound } from "./address.ts";
import type { App, ServerBindings } from "./app.ts";
import { errorText } from "./errors.ts";
import { isLoopback } from "./host_guard.ts";
import { SECURE_HEADERS } from "./respond.ts";
import { BODY_DEADLINE_MS, createBodyPatience } from "./slow_bodies.ts";

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
export interface ServerOptions extends Address {
  /** Answers the requests. */
  readonly app: App;
  /** Closes the server when it aborts. */
  readonly signal?: AbortSignal;
  /** Takes log lines. */
  readonly telemetry: Telemetry;
  /** Measures the deadline of a shutdown. */
  readonly clock: Clock;
  /** Milliseconds; `SHUTDOWN_DEADLINE_MS` when absent. */
  readonly shutdownDeadlineMs?: number;
  /** Milliseconds that a body may take; `BODY_DEADLINE_MS` when absent. */
  readonly bodyDeadlineMs?: number;
}

/**
 * Starts to serve.
 *
 * @throws {PortError} `unavailable` when the address cannot be bound to, naming
 * the variable to change; `invalid` when the certificate cannot be used.
 */
export async function startServer(
  options: ServerOptions,
): Promise<RunningServer> {
  const { app, telemetry, clock, signal, certificate } = options;
  const {
    shutdownDeadlineMs = SHUTDOWN_DEADLINE_MS,
    bodyDeadlineMs = BODY_DEADLINE_MS,
  } = options;
  const shutdown = new AbortController();
  const connections = new AbortController();
  const streams = new WeakSet<Response>();
  const isStrict = certificate !== undefined && !isLoopback(options.hostname);
  const gone = new AbortController();
  const bodies = createBodyPatience(clock, gone.signal, bodyDeadlineMs);
  const bindings: ServerBindings = {
    shutdown: shutdown.signal,
    streams,
    bodies,
  };
  /** Requests being answered, and answers being streamed. */
  let underWay = 0;
  let drained: (() => void) | undefined;

  function leave(): void {
    if (--underWay === 0) drained?.();
  }

  async function handle(
    request: Request,
    info: Deno.ServeHandlerInfo,
  ): Promise<Response> {
    underWay++;
    let isStream = false;
    try {
      const response = await app.fetch(request, bindings);
      isStream = streams.has(response);
      if (isStrict) tellStrict(response);
      return request.method === "HEAD" ? withoutFalseSize(response) : response;
    } finally {
      if (isStream) info.completed.then(leave, leave);
      else leave();
    }
  }

  const server = listen(options, {
    signal: connections.signal,
    handler: handle,
    onError: (error) => {
      telemetry.log("error", "request failed outside the application", {
        error: errorText(error),
      });
      return new Response(null, { status: 500, headers: SECURE_HEADERS });
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
  const end = () => gone.abort();
  ended.promise.then(end, end);
  const onAbort = () => void close();
  signal?.addEventListener("abort", onAbort, { once: true });
  if (signal?.aborted) onAbort();

  return {
    url: urlOf(certificate ? "https" : "http", hostname, port),
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

/**
 * Tells browsers to come by TLS only from now on. Not for this machine's own
 * names, which other programs share.
 */
function tellStrict({ status, headers }: Response): void {
  // The headers of an upgrade cannot be changed.
  if (status !== 101) {
    headers.append("strict-transport-security", "max-age=31536000");
  }
}

function urlOf(scheme: string, hostname: string, port: number): string {
  return `${scheme}://${
    hostname.includes(":") ? `[${hostname}]` : hostname
  }:${port}`;
}

function listen(
  address: Address,
  options: {
    readonly signal: AbortSignal;
    readonly handler: Deno.ServeHandler<Deno.NetAddr>;
    readonly onError: (error: unknown) => Response;
  },
): Deno.HttpServer<Deno.NetAddr> {
  const { hostname, port, certificate } = address;
  const { handler, ...more } = options;
  const all = { ...more, hostname, port, ...certificate, onListen() {} };
  return bound(address, () => Deno.serve(all, handler));
}
