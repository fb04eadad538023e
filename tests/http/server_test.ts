/**
 * The listener, on a real port.
 *
 * @module
 */
import { createSystemClock } from "../../adapters/system/clock.ts";
import { PortError } from "../../ports/port_error.ts";
import { type Route, route } from "../../src/http/route.ts";
import { AnyObject } from "../../src/http/schemas.ts";
import { type RunningServer, startServer } from "../../src/http/server.ts";
import { deepEqual, equal, match, ok, rejects } from "../support/assert.ts";
import { needs } from "../support/needs.ts";
import {
  createHarness,
  createRecordingTelemetry,
  type RecordingTelemetry,
} from "./harness.ts";

/** A server with routes for these tests. */
interface Served extends RunningServer {
  readonly telemetry: RecordingTelemetry;
  /** Lets one call of `/slow` end. */
  readonly release: () => void;
  /** Resolves when `/slow` has been called. */
  readonly entered: Promise<void>;
}

async function serve(
  options: { signal?: AbortSignal; deadlineMs?: number } = {},
): Promise<Served> {
  const gate = Promise.withResolvers<void>();
  const entered = Promise.withResolvers<void>();
  const telemetry = createRecordingTelemetry();
  const { app } = createHarness({
    extra: testRoutes(gate.promise, entered.resolve),
  });
  const server = await startServer({
    app,
    hostname: "127.0.0.1",
    port: 0,
    telemetry,
    clock: createSystemClock(),
    shutdownDeadlineMs: options.deadlineMs ?? 5000,
    ...(options.signal ? { signal: options.signal } : {}),
  });
  return {
    ...server,
    telemetry,
    release: gate.resolve,
    entered: entered.promise,
  };
}

function testRoutes(gate: Promise<void>, enter: () => void): Route[] {
  const common = { summary: "For tests", tags: [], errors: [] } as const;
  return [
    route({
      ...common,
      method: "GET",
      path: "/slow",
      id: "slow",
      responses: { 200: { description: "At last." } },
      handle: async () => {
        enter();
        await gate;
        return { status: 200, text: "{}" };
      },
    }),
    route({
      ...common,
      method: "GET",
      path: "/stream",
      id: "stream",
      responses: {
        200: { description: "A stream.", contentType: "text/event-stream" },
      },
      handle: ({ context: { shutdown } }) => {
        const stream = new ReadableStream<Uint8Array>({
          start(controller) {
            controller.enqueue(new TextEncoder().encode("data: 1\n\n"));
            shutdown.addEventListener("abort", () => controller.close());
          },
        });
        return { status: 200, stream };
      },
    }),
    route({
      ...common,
      method: "GET",
      path: "/stuck",
      id: "stuck",
      responses: {
        200: { description: "A stream.", contentType: "text/event-stream" },
      },
      handle: () => ({
        status: 200,
        stream: new ReadableStream<Uint8Array>({
          start: (it) => it.enqueue(new TextEncoder().encode("data: 1\n\n")),
        }),
      }),
    }),
    route({
      ...common,
      method: "GET",
      path: "/large",
      id: "large",
      responses: { 200: { description: "More than any buffer holds." } },
      handle: () => ({ status: 200, text: "x".repeat(32 * 1024 * 1024) }),
    }),
    route({
      ...common,
      method: "POST",
      path: "/echo",
      id: "echo",
      request: { body: AnyObject },
      responses: { 200: { description: "The body." } },
      handle: ({ body }) => ({ status: 200, json: body }),
    }),
  ];
}

/** Sends `text` as it is and reads until the server has no more to say. */
async function raw(port: number, text: string): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(new TextEncoder().encode(text));
  let answer = "";
  const decoder = new TextDecoder();
  for await (const chunk of connection.readable) {
    answer += decoder.decode(chunk, { stream: true });
    if (/\r\n\r\n[^]/.test(answer)) break;
  }
  return answer;
}

if (await needs(import.meta.url, ["net"])) {
  Deno.test("a free port is picked and told", async () => {
    const server = await serve();
    equal(server.url, `http://127.0.0.1:${server.port}`);
    const response = await fetch(`${server.url}/health/live`);
    deepEqual(await response.json(), { status: "alive" });
    await server.close();
    await server.closed;
    await rejects(fetch(server.url));
  });

  Deno.test("a port in use is told of, naming the variable", async () => {
    const server = await serve();
    const { app } = createHarness();
    await rejects(
      startServer({
        app,
        hostname: "127.0.0.1",
        port: server.port,
        telemetry: createRecordingTelemetry(),
        clock: createSystemClock(),
      }),
      (error) => {
        ok(error instanceof PortError);
        equal(error.code, "unavailable");
        match(
          error.message,
          /^Cannot listen on 127\.0\.0\.1:\d+ as .* set PORT/,
        );
        return true;
      },
    );
    await server.close();
  });

  Deno.test("an address of another machine is told of", async () => {
    const { app } = createHarness();
    await rejects(
      startServer({
        app,
        hostname: "192.0.2.1",
        port: 0,
        telemetry: createRecordingTelemetry(),
        clock: createSystemClock(),
      }),
      { name: "PortError", message: /set HOST/ },
    );
  });

  for (const hostname of ["nosuch.host.invalid", "http://x", "a b", ""]) {
    Deno.test(`an address such as ${JSON.stringify(hostname)} is told of`, async () => {
      const { app } = createHarness();
      await rejects(
        startServer({
          app,
          hostname,
          port: 0,
          telemetry: createRecordingTelemetry(),
          clock: createSystemClock(),
        }),
        {
          name: "PortError",
          code: "unavailable",
          message:
            /^Cannot listen on .* as there is no such address .*set HOST/,
        },
      );
    });
  }

  Deno.test("a shutdown ends streams and finishes requests", async () => {
    const server = await serve();
    const stream = await fetch(`${server.url}/stream`);
    const slow = fetch(`${server.url}/slow`);
    await server.entered;

    const closing = server.close();
    equal(await stream.text(), "data: 1\n\n");
    const late = await fetch(`${server.url}/health/live`);
    equal(late.status, 503);
    equal(late.headers.get("retry-after"), "1");
    match((await late.json()).detail, /shuts down: send it again/);

    server.release();
    equal((await slow).status, 200);
    await (await slow).body?.cancel();
    await closing;
    await server.closed;
    deepEqual(server.telemetry.lines, []);
  });

  Deno.test("a request that does not end is cut off", async () => {
    const server = await serve({ deadlineMs: 50 });
    const slow = rejects(fetch(`${server.url}/slow`));
    await server.entered;
    await server.close();
    await slow;
    deepEqual(server.telemetry.lines.map(({ level }) => level), ["warn"]);
    server.release();
  });

  Deno.test("a stream that does not end is cut off", async () => {
    const server = await serve({ deadlineMs: 50 });
    const stream = await fetch(`${server.url}/stuck`);
    const text = rejects(stream.text());
    await server.close();
    await text;
    await server.closed;
    deepEqual(server.telemetry.lines.map(({ level }) => level), ["warn"]);
  });

  Deno.test("a client that never reads its answer keeps nothing waiting", async () => {
    const life = new AbortController();
    const server = await serve({ signal: life.signal, deadlineMs: 50 });
    const { port } = server;
    const client = await Deno.connect({ hostname: "127.0.0.1", port });
    await client.write(
      new TextEncoder().encode(
        "GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n",
      ),
    );
    await client.read(new Uint8Array(1));
    life.abort();
    await server.closed;
    deepEqual(server.telemetry.lines.map(({ message }) => message), [
      "shutdown leaves answers to slow readers behind",
    ]);
    client.close();
  });

  Deno.test("HEAD tells the size of what GET answers, if that is known", async () => {
    const server = await serve();
    const headOf = async (path: string) =>
      await raw(
        server.port,
        `HEAD ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
      );
    match(await headOf("/health/live"), /\r\ncontent-length: 18\r\n/);
    const { length } = await (await fetch(`${server.url}/nowhere`)).text();
    match(
      await headOf("/nowhere"),
      new RegExp(`content-length: ${length}`),
    );
    for (const path of ["/stuck", "/api/v1/events/stream"]) {
      const answer = await headOf(path);
      match(answer, /^HTTP\/1\.1 200/);
      ok(!answer.includes("content-length"), answer);
    }
    await server.close();
  });

  Deno.test("a stream whose client has gone is not waited for", async () => {
    const server = await serve();
    for (let i = 0; i < 3; i++) {
      const stream = await fetch(`${server.url}/stuck`);
      await stream.body?.cancel();
    }
    await server.close();
    deepEqual(server.telemetry.lines, []);
  });

  Deno.test("the signal shuts down; closing twice is safe", async () => {
    const life = new AbortController();
    const server = await serve({ signal: life.signal });
    life.abort();
    await server.closed;
    await server.close();
  });

  Deno.test("a signal that has aborted already shuts down at once", async () => {
    const server = await serve({ signal: AbortSignal.abort() });
    await server.closed;
  });

  Deno.test("a large body is refused while it is still coming", async () => {
    const server = await serve();
    const chunk = new Uint8Array(256 * 1024).fill(0x20);
    for (
      const body of [
        new Uint8Array(20 * 1024 * 1024),
        ReadableStream.from((function* () {
          for (let i = 0; i < 80; i++) yield chunk;
        })()),
      ]
    ) {
      const answer = await fetch(`${server.url}/echo`, {
        method: "POST",
        body,
      });
      equal(answer.status, 413);
      equal((await answer.json()).status, 413);
    }
    const next = await fetch(`${server.url}/health/live`);
    deepEqual(await next.json(), { status: "alive" });
    await server.close();
  });

  Deno.test("odd requests are answered, and the next one too", async () => {
    const server = await serve();
    const { port } = server;
    const get = (host: string, path = "/health/live") =>
      raw(port, `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    match(await get("localhost"), /^HTTP\/1\.1 200/);
    match(await get("evil.example"), /^HTTP\/1\.1 421/);
    match(await get("a b<script>"), /^HTTP\/1\.1 4/);
    match(await get("localhost", "/%zz%"), /^HTTP\/1\.1 404/);
    match(await get("localhost", "//evil.example/x"), /^HTTP\/1\.1 404/);
    match(await get("localhost", "*"), /^HTTP\/1\.1 4/);
    match(
      await get("localhost", `/?${"x".repeat(60_000)}`),
      /^HTTP\/1\.1 [24]/,
    );
    match(
      await get("localhost", "http://evil.example/health/live"),
      /^HTTP\/1\.1 [24]/,
    );
    match(
      await raw(
        port,
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 7\r\n\r\n" +
          '{"a":1}',
      ),
      /^HTTP\/1\.1 200[^]*\{"a":1\}$/,
    );
    match(await get("localhost"), /^HTTP\/1\.1 200/);
    await server.close();
  });
}
