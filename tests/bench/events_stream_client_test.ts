/**
 * The client of the benchmarks sees what a stream does wrong.
 *
 * @module
 */
import { deepEqual } from "../support/assert.ts";
import { openStreamClient } from "./events_stream_client.ts";

const EPOCH = "0a1b";

/** What a client counts of a stream that begins at 10 and then has `positions`. */
async function countsOf(
  positions: readonly number[],
): Promise<{ events: number; lost: number; repeated: number }> {
  const frames = positions.map((at) => `id: ${EPOCH}:${at}\ndata: {}\n\n`);
  const text = [
    `retry: 2000\nevent: position\nid: ${EPOCH}:10\ndata:\n\n`,
    'event: heartbeat\ndata: {"timestamp":""}\n\n',
    ...frames,
  ].join("");
  const bytes = new TextEncoder().encode(text);
  await using server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    () => {
      // In parts that end within a line.
      const parts = Array.from(
        { length: Math.ceil(bytes.length / 7) },
        (_, i) => bytes.slice(i * 7, i * 7 + 7),
      );
      return new Response(ReadableStream.from(parts));
    },
  );
  const left = Promise.withResolvers<void>();
  const client = await openStreamClient({
    port: server.addr.port,
    onEvent: (() => {
      let heard = 0;
      return () => void (++heard === positions.length && left.resolve());
    })(),
    onEnd: (reason) => left.reject(new Error(reason)),
  });
  await left.promise;
  client.close();
  const { events, lost, repeated } = client;
  return { events, lost, repeated };
}

Deno.test("a stream without a fault has none", async () => {
  const counts = await countsOf([11, 12, 13]);
  deepEqual(counts, { events: 3, lost: 0, repeated: 0 });
});

Deno.test("events that are left out are counted", async () => {
  const counts = await countsOf([12, 13, 16]);
  deepEqual(counts, { events: 3, lost: 3, repeated: 0 });
});

Deno.test("events that come again, or late, are counted", async () => {
  const counts = await countsOf([11, 12, 12, 11, 13]);
  deepEqual(counts, { events: 5, lost: 0, repeated: 2 });
});
