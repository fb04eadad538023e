/**
 * Clients that take their time, and heads that are too large.
 *
 * @module
 */
import { createSystemClock } from "../../adapters/system/clock.ts";
import type { Clock } from "../../ports/clock.ts";
import { route } from "../../src/http/route.ts";
import { AnyObject } from "../../src/http/schemas.ts";
import { type RunningServer, startServer } from "../../src/http/server.ts";
import { createBodyPatience } from "../../src/http/slow_bodies.ts";
import { deepEqual, equal, match, rejects } from "../support/assert.ts";
import { createFakeClock } from "../support/fake_clock.ts";
import { needs } from "../support/needs.ts";
import { createHarness, createRecordingTelemetry } from "./harness.ts";

const echo = route({
  method: "POST",
  path: "/echo",
  id: "echo",
  summary: "For tests",
  tags: [],
  errors: [],
  request: { body: AnyObject },
  responses: { 200: { description: "The body." } },
  handle: ({ body }) => ({ status: 200, json: body }),
});

async function serve(
  options: { bodyDeadlineMs?: number; clock?: Clock } = {},
): Promise<RunningServer & AsyncDisposable> {
  const server = await startServer({
    app: createHarness({ extra: [echo] }).app,
    hostname: "127.0.0.1",
    port: 0,
    telemetry: createRecordingTelemetry(),
    clock: createSystemClock(),
    shutdownDeadlineMs: 100,
    ...options,
  });
  return { ...server, [Symbol.asyncDispose]: () => server.close() };
}

/** A connection on which texts are sent as they are. */
async function connect(port: number) {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const decoder = new TextDecoder();
  return {
    async send(text: string): Promise<void> {
      await connection.write(new TextEncoder().encode(text));
    },
    /** Reads until `whole` is in it, or the server has no more to say. */
    async read(whole: RegExp): Promise<string> {
      const chunk = new Uint8Array(65_536);
      for (let said = "";;) {
        const count = await connection.read(chunk);
        if (count === null) return said;
        said += decoder.decode(chunk.subarray(0, count), { stream: true });
        if (whole.test(said)) return said;
      }
    },
    [Symbol.dispose]: () => connection.close(),
  };
}

const HEAD = "POST /echo HTTP/1.1\r\nHost: localhost\r\n";
const WHOLE = /\r\n\r\n[^]+\}$/;

if (await needs(import.meta.url, ["net"])) {
  for (
    const [how, begin] of [
      ["of a known length", `${HEAD}Content-Length: 100\r\n\r\n{"a":`],
      ["in chunks", `${HEAD}Transfer-Encoding: chunked\r\n\r\n5\r\n{"a":\r\n`],
    ] as const
  ) {
    Deno.test(`a body ${how} that does not come whole is refused in time`, async () => {
      await using server = await serve({ bodyDeadlineMs: 60 });
      using client = await connect(server.port);
      await client.send(begin);
      const answer = await client.read(WHOLE);
      match(answer, /^HTTP\/1\.1 408 /);
      match(answer, /\r\nconnection: close\r\n/i);
      match(answer, /"type":"urn:holdfast:problem:too-slow"/);
      match(answer, /has not come whole within 0\.06 s: send it again/);
      const next = await fetch(`${server.url}/health/live`);
      deepEqual(await next.json(), { status: "alive" });
    });
  }

  Deno.test("a body that comes in pieces, in time, is taken", async () => {
    await using server = await serve();
    using client = await connect(server.port);
    await client.send(`${HEAD}Content-Length: 7\r\n\r\n`);
    for (const piece of ['{"', "a", '":1}']) await client.send(piece);
    match(await client.read(WHOLE), /^HTTP\/1\.1 200[^]*\{"a":1\}$/);
  });

  Deno.test("clients that send half a head, or half a body, hold up neither others nor a shutdown", async () => {
    const server = await serve({ bodyDeadlineMs: 60 });
    using stack = new DisposableStack();
    const halves = [
      "GET /health/live HT",
      "GET /health/live HTTP/1.1\r\nHost: localhost\r\nX-A: ",
      `${HEAD}Content-Length: 100\r\n\r\n{"a":`,
    ];
    for (let i = 0; i < 60; i++) {
      const client = stack.use(await connect(server.port));
      await client.send(halves[i % 3]!);
      if (i % 3 === 2) await client.read(WHOLE);
    }
    equal(
      (await (await fetch(`${server.url}/health/live`)).json()).status,
      "alive",
    );
    await server.close();
    await server.closed;
  });

  Deno.test("a head that is too large is refused, and the next request is not", async () => {
    await using server = await serve();
    const ask = async (path: string, headers: string) => {
      using client = await connect(server.port);
      await client.send(
        `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`,
      ).catch(() => {});
      return await client.read(/\r\n\r\n/);
    };
    const lines = (count: number) =>
      Array.from({ length: count }, (_, i) => `X-${i}: 1\r\n`).join("");
    const live = "/health/live";
    match(await ask(live, lines(90)), /^HTTP\/1\.1 200/);
    match(await ask(live, lines(200)), /^HTTP\/1\.1 4\d\d/);
    match(await ask(live, `X: ${"a".repeat(30_000)}\r\n`), /^HTTP\/1\.1 200/);
    match(
      await ask(live, `X: ${"a".repeat(999_999)}\r\n`),
      /^HTTP\/1\.1 4\d\d/,
    );
    match(await ask(`${live}?${"a".repeat(30_000)}`, ""), /^HTTP\/1\.1 [24]/);
    match(await ask(`/${"a".repeat(99_999)}`, ""), /^HTTP\/1\.1 4\d\d/);
    match(await ask(live, ""), /^HTTP\/1\.1 200/);
  });
}

Deno.test("bodies are waited for each for itself, until the deadline", async () => {
  const clock = createFakeClock();
  const end = new AbortController();
  const { within } = createBodyPatience(clock, end.signal, 30_000);
  const never = new Promise<void>(() => {});
  equal(await within(Promise.resolve(1)), 1);
  await rejects(within(Promise.reject(new Error("torn"))), /torn/);

  let refused = 0;
  const count = () => refused++;
  const first = within(never).catch(count);
  await clock.advance(20_000);
  const second = within(never).catch(count);
  const last = Promise.withResolvers<string>();
  const third = within(last.promise);
  await clock.advance(9_000);
  equal(refused, 0);
  await clock.advance(2_000);
  equal(refused, 1);
  await first;
  last.resolve("in time");
  equal(await third, "in time");
  await clock.advance(20_000);
  equal(refused, 2);
  await second;
  end.abort();
});
