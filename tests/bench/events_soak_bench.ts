/**
 * Whether memory stays bounded: a service under a steady flow of events, with
 * quick and slow subscribers, a group that works and one that nobody serves.
 *
 * @module
 */
import { sleep } from "../../scripts/server_process.ts";
import { makeSchema } from "../support/postgres_world.ts";
import { createRedis } from "../support/redis_server.ts";
import { startService } from "../support/service_process.ts";
import { openStreamClient, type StreamClient } from "./events_stream_client.ts";
import type { Figure } from "./figure.ts";

/** Events a second, and how many are published together. */
const RATE = 400;
const BATCH = 20;
const QUICK = 10;
const SLOW = 20;
/** A slow subscriber reads this seldom: far less than comes in. */
const SLOW_MS = 2000;
/** Left alone, V8 takes far more before it looks for what it can free. */
const HEAP_MB = 96;
/** From here on the slope tells of leaks. */
const LONG_S = 240;
const SAMPLE_MS = 250;
const API = "/api/v1/events";

/** Measures for `seconds` on the server at `url` and a Redis of its own, from `bin`. */
export async function benchSoak(
  url: string,
  bin: string,
  seconds: number,
): Promise<Figure[]> {
  await using stack = new AsyncDisposableStack();
  const redis = stack.use(await createRedis(bin, { appendfsync: "everysec" }));
  await redis.start();
  const folder = await Deno.makeTempDir({ prefix: "holdfast-bench-" });
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  const service = stack.use(
    await startService({
      DATABASE_URL: stack.use(await makeSchema(url)).url,
      REDIS_URL: redis.url,
      DATA_DIR: folder,
      DENO_V8_FLAGS: `--max-old-space-size=${HEAP_MB}`,
    }),
  );
  const ask = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(`${service.url}${API}${path}`, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(text);
    return JSON.parse(text);
  };
  for (const name of ["served", "idle"]) {
    await ask("PUT", `/groups/${name}`, {});
  }
  const stop = new AbortController();
  const ended: string[] = [];
  const follow = (pause?: () => Promise<void>) =>
    openStreamClient({
      port: Number(new URL(service.url).port),
      onEnd: (reason) => ended.push(reason),
      ...(pause && { pause }),
    });
  const quick: StreamClient[] = [];
  const slow: StreamClient[] = [];
  for (let i = 0; i < QUICK; i++) quick.push(await follow());
  for (let i = 0; i < SLOW; i++) slow.push(await follow(() => sleep(SLOW_MS)));

  let published = 0;
  let handled = 0;
  async function publish(): Promise<void> {
    const began = performance.now();
    while (!stop.signal.aborted) {
      const events = Array.from({ length: BATCH }, (_, i) => anEvent(i));
      await ask("POST", "", { events });
      published += BATCH;
      const due = began + published * 1000 / RATE;
      await sleep(Math.max(0, due - performance.now()));
    }
  }
  async function serve(): Promise<void> {
    while (!stop.signal.aborted) {
      const { deliveries } = await ask(
        "GET",
        "/groups/served/next?wait=1&limit=100",
      );
      if (deliveries.length === 0) continue;
      const refs = deliveries.map(
        ({ position, token }: { position: number; token: string }) => ({
          position,
          token,
        }),
      );
      await ask("POST", "/groups/served/ack", { deliveries: refs });
      handled += refs.length;
    }
  }
  const work = Promise.all([publish(), serve()]);
  work.catch(() => stop.abort());
  const samples: { readonly s: number; readonly mb: number }[] = [];
  const began = performance.now();
  for (let s = 0; s < seconds && !stop.signal.aborted;) {
    await sleep(SAMPLE_MS);
    s = (performance.now() - began) / 1000;
    samples.push({ s, mb: await residentMb(service.pid) });
  }
  stop.abort();
  await work;
  const head = Math.max(...quick.map(({ position }) => position));
  const behind = Math.min(...slow.map(({ position }) => head - position));
  const faults = [...quick, ...slow].reduce(
    (sum, { lost, repeated }) => sum + lost + repeated,
    ended.length,
  );
  for (const client of [...quick, ...slow]) client.close();

  const mean = (from: number, to: number) => {
    const part = samples.filter(({ s }) =>
      s >= from * seconds && s <= to * seconds
    );
    return part.reduce((sum, { mb }) => sum + mb, 0) / part.length;
  };
  const half = samples.filter(({ s }) => s >= seconds / 2);
  return [
    {
      name:
        `events: soak of ${seconds} s, memory at most, heap ≤ ${HEAP_MB} MB`,
      value: Math.max(...samples.map(({ mb }) => mb)),
      unit: "MB",
      limit: 300,
      beside: `${mean(0, 0.1).toFixed(0)} MB at the start, ${
        mean(0.45, 0.55).toFixed(0)
      } in the middle, ${mean(0.9, 1).toFixed(0)} at the end`,
    },
    {
      name: `events: soak of ${seconds} s, memory's slope in its second half`,
      value: slopeOf(half) * 60,
      unit: "MB/min",
      // Caches that fill up look like a leak until they are full.
      ...(seconds >= LONG_S && { limit: 5 }),
      beside:
        `${published} events of ${
          RATE * seconds
        } due, ${handled} of them handled by a group; ` +
        `${SLOW} slow streams at least ${behind} behind`,
    },
    {
      name: `events: soak of ${seconds} s, lost, repeated or streams cut`,
      value: faults,
      unit: "times",
      limit: 0,
      ...(ended[0] !== undefined && { beside: ended[0] }),
    },
  ];
}

function anEvent(i: number): Record<string, unknown> {
  return {
    event_type: "setup.received",
    timestamp: new Date().toISOString(),
    setup_id: `soak-${i}`,
    note: "x".repeat(300),
  };
}

/** Resident memory of a process. */
async function residentMb(pid: number): Promise<number> {
  const { stdout } = await new Deno.Command("ps", {
    args: ["-o", "rss=", "-p", `${pid}`],
  }).output();
  return Number(new TextDecoder().decode(stdout)) * 1024 / 1e6;
}

/** The slope of the line that fits best, in megabytes a second. */
function slopeOf(
  samples: readonly { readonly s: number; readonly mb: number }[],
): number {
  const count = samples.length;
  const meanS = samples.reduce((sum, { s }) => sum + s, 0) / count;
  const meanMb = samples.reduce((sum, { mb }) => sum + mb, 0) / count;
  const over = samples.reduce(
    (sum, { s, mb }) => sum + (s - meanS) * (mb - meanMb),
    0,
  );
  const under = samples.reduce((sum, { s }) => sum + (s - meanS) ** 2, 0);
  return over / under;
}
