/**
 * Server-sent events as such: frames, ends and writes that do not get through.
 *
 * @module
 */
import {
  formatFrame,
  openSse,
  type SendFrames,
  type SseOptions,
} from "../../src/http/sse.ts";
import { createCountedAbort } from "../support/abort_listeners.ts";
import { deepEqual, equal, ok, rejects } from "../support/assert.ts";
import { createFakeClock } from "../support/fake_clock.ts";
import { pass, settle } from "../support/turns.ts";

const forever = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve());
  });

/** Opens a stream whose feed the test drives. */
function open(options: Partial<SseOptions> = {}) {
  const clock = createFakeClock();
  const failures: unknown[] = [];
  let ends = 0;
  let send!: SendFrames;
  let signal!: AbortSignal;
  let fail!: (error: unknown) => void;
  const stream = openSse(
    (given, stop) => {
      send = given;
      signal = stop;
      return Promise.race([
        forever(stop),
        new Promise<void>((_, reject) => fail = reject),
      ]);
    },
    {
      clock,
      ends: [],
      heartbeat: () => "beat\n\n",
      failed: (error) => failures.push(error),
      ended: () => void ends++,
      ...options,
    },
  );
  const bytes = stream.getReader();
  const reader = {
    async read(): Promise<string | undefined> {
      const { done, value } = await bytes.read();
      return done ? undefined : new TextDecoder().decode(value);
    },
    cancel: () => bytes.cancel(),
  };
  return {
    clock,
    failures,
    /** How often it was told that the stream has ended. */
    ends: () => ends,
    reader,
    send: (frames: string) => send(frames),
    fail: (error: unknown) => fail(error),
    signal,
  };
}

Deno.test("a frame has each field on its line", () => {
  equal(formatFrame({ data: "x" }), "data: x\n\n");
  equal(
    formatFrame({ event: "gap", id: "e:1", data: "{}" }),
    "event: gap\nid: e:1\ndata: {}\n\n",
  );
  equal(formatFrame({ id: "e:1", data: "" }), "id: e:1\ndata:\n\n");
});

Deno.test("line breaks of JSON do not end the frame", () => {
  equal(
    formatFrame({ data: '{\r\n "a": 1,\n\n"b":\r2}' }),
    'data: {  "a": 1, "b": 2}\n\n',
  );
});

Deno.test("frames wait until they are asked for, and go out together", async () => {
  const { send, reader } = open();
  let taken = 0;
  const sent = ["a", "b", "c"].map((text) => send(text).then(() => taken++));
  await settle();
  equal(taken, 0);
  equal(await reader.read(), "abc");
  await Promise.all(sent);
  equal(taken, 3);
  const next = reader.read();
  await settle();
  await send("d");
  equal(await next, "d");
  await reader.cancel();
});

Deno.test("the feed hears at once that the client has gone", async () => {
  const { reader, signal, send, failures, ends } = open();
  await settle();
  equal(ends(), 0);
  await reader.cancel();
  await settle();
  ok(signal.aborted);
  await rejects(send("late"));
  deepEqual(failures, []);
  equal(ends(), 1);
});

Deno.test("a write under way fails when the client goes", async () => {
  const { reader, send, failures } = open();
  const writes = ["a", "b", "c", "d"].map((text) => send(text));
  const results = Promise.allSettled(writes);
  await settle();
  await reader.cancel();
  equal((await results).at(-1)!.status, "rejected");
  deepEqual(failures, []);
});

Deno.test("any of the ends ends it, whether idle or stuck", async () => {
  for (const isStuck of [false, true]) {
    const [one, other] = [new AbortController(), new AbortController()];
    const { reader, signal, send, failures, ends } = open({
      ends: [one.signal, other.signal],
    });
    const writes = isStuck ? ["a", "b", "c", "d"].map((t) => send(t)) : [];
    const settled = Promise.allSettled(writes);
    await settle();
    other.abort();
    ok(signal.aborted);
    await settled;
    equal(await readAll(reader), "");
    deepEqual(failures, []);
    equal(ends(), 1);
  }
});

Deno.test("nobody listens to the ends of a stream that has ended", async () => {
  const shutdown = createCountedAbort();
  const { reader } = open({ ends: [shutdown.signal] });
  equal(shutdown.listeners, 1);
  await reader.cancel();
  equal(shutdown.listeners, 0);
});

Deno.test("a stream that may not begin ends at once", async () => {
  const { reader, signal, ends } = open({ ends: [AbortSignal.abort()] });
  ok(signal.aborted);
  equal(await readAll(reader), "");
  equal(ends(), 1);
});

Deno.test("a feed that fails ends the stream, and nothing of it gets out", async () => {
  const { reader, fail, failures, ends } = open();
  const text = readAll(reader);
  const error = new Error("secret");
  fail(error);
  equal(await text, "");
  deepEqual(failures, [error]);
  equal(ends(), 1);
});

Deno.test("a client that takes nothing is given up after 30 seconds", async () => {
  const { clock, send, signal, failures } = open();
  const writes = Promise.allSettled(["a", "b", "c", "d"].map((t) => send(t)));
  await pass(clock, 29_000);
  ok(!signal.aborted);
  await pass(clock, 10_000);
  ok(signal.aborted);
  await writes;
  equal((failures[0] as { code: string }).code, "timeout");
  equal(failures.length, 1);
});

Deno.test("a client is given as long later as in the beginning", async () => {
  const { clock, send, signal, reader } = open();
  for (let i = 0; i < 3; i++) {
    const heartbeat = reader.read();
    await pass(clock, 15_000);
    await heartbeat;
  }
  const sent = send("a");
  await pass(clock, 29_000);
  ok(!signal.aborted);
  await reader.read();
  await sent;
  await reader.cancel();
});

Deno.test("a client that takes a little is not given up", async () => {
  const { clock, send, signal, reader } = open();
  for (let i = 0; i < 8; i++) send(`data: ${i}\n\n`).catch(() => {});
  for (let i = 0; i < 5; i++) {
    await pass(clock, 20_000);
    ok(!signal.aborted);
    await reader.read();
  }
  await reader.cancel();
});

Deno.test("a heartbeat does not queue up behind frames that wait", async () => {
  const { clock, send, reader } = open();
  const sent = send("a");
  await pass(clock, 16_000);
  equal(await reader.read(), "a");
  await sent;
  await pass(clock, 13_000);
  const next = reader.read();
  await settle();
  await pass(clock, 1_500);
  equal(await next, "beat\n\n");
  await reader.cancel();
});

async function readAll(
  reader: { read(): Promise<string | undefined> },
): Promise<string> {
  let text = "";
  for (;;) {
    const more = await reader.read();
    if (more === undefined) return text;
    text += more;
  }
}
