/**
 * Many clients at once on a real service with a real Redis and Postgres.
 *
 * @module
 */
import {
  openStreamClient,
  type StreamClient,
} from "../bench/events_stream_client.ts";
import { createSeededEntropy } from "../support/seeded_entropy.ts";
import { startService } from "../support/service_process.ts";
import { runClient, settle } from "./client.ts";
import { type Growth, growthOf, residentMib, type Sample } from "./memory.ts";

/** How long answers took, in milliseconds. */
export interface Latency {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** What came of a run. */
export interface LoadRun {
  readonly clients: number;
  readonly seconds: number;
  readonly latencies: ReadonlyMap<string, Latency>;
  readonly requestsPerSecond: number;
  /** What went wrong, each kind once with how often it came. */
  readonly errors: ReadonlyMap<string, number>;
  /** What the service has logged: warnings, and worse. */
  readonly notes: readonly string[];
  readonly streams: { readonly count: number; readonly events: number };
  readonly memory: Growth;
}

/** One client in so many listens to the event stream besides. */
const LISTENS = 20;

/** Loads a service for `seconds`. */
export async function runLoad(options: {
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly clients: number;
  readonly seconds: number;
  readonly seed?: number;
}): Promise<LoadRun> {
  const { clients, seconds, seed = 1 } = options;
  await using service = await startService({
    DATABASE_URL: options.databaseUrl,
    REDIS_URL: options.redisUrl,
  });
  const entropy = createSeededEntropy(seed);
  const errors = new Map<string, number>();
  const times = new Map<string, number[]>();
  const tally = {
    done(operation: string, ms: number) {
      const so = times.get(operation);
      if (so) so.push(ms);
      else times.set(operation, [ms]);
    },
    failed(operation: string, why: string) {
      const kind = `${operation}: ${why}`;
      errors.set(kind, (errors.get(kind) ?? 0) + 1);
    },
  };

  const users = Array.from({ length: clients }, (_, i) => `user-${i}`);
  await Promise.all(users.map((user) => settle(service.url, user)));
  const port = Number(new URL(service.url).port);
  const streams: StreamClient[] = await Promise.all(
    Array.from(
      { length: Math.ceil(clients / LISTENS) },
      () =>
        openStreamClient({
          port,
          query: "channel=setup.*",
          onEnd: (reason) => tally.failed("stream", reason),
        }),
    ),
  );
  const stop = new AbortController();
  const work = users.map((user) =>
    runClient({
      url: service.url,
      user,
      draw: () => entropy.fraction(),
      tally,
      signal: stop.signal,
    })
  );
  const began = performance.now();
  const samples = await sampleMemory(service.pid, seconds).finally(() =>
    stop.abort()
  );
  await Promise.all(work);
  const tookS = (performance.now() - began) / 1000;
  await judgeStreams(service.url, streams, tally.failed);
  for (const stream of streams) stream.close();

  const count = times.values().reduce((sum, all) => sum + all.length, 0);
  return {
    clients,
    seconds,
    latencies: new Map(
      [...times].sort(([a], [b]) => a < b ? -1 : 1)
        .map(([operation, ms]) => [operation, latencyOf(ms)]),
    ),
    requestsPerSecond: count / tookS,
    errors,
    notes: service.log,
    streams: {
      count: streams.length,
      events: streams.reduce((sum, { events }) => sum + events, 0),
    },
    memory: growthOf(samples),
  };
}

async function sampleMemory(pid: number, seconds: number): Promise<Sample[]> {
  const samples: Sample[] = [];
  const began = performance.now();
  const everyMs = Math.max(100, seconds * 1000 / 200);
  for (;;) {
    const atS = (performance.now() - began) / 1000;
    if (atS >= seconds) return samples;
    samples.push({ atS, mib: await residentMib(pid) });
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

/** How long streams may take to tell of the last event. */
const LAST_EVENT_MS = 5_000;

/** Each stream has told of each event, in order. */
async function judgeStreams(
  url: string,
  streams: readonly StreamClient[],
  failed: (operation: string, why: string) => void,
): Promise<void> {
  const last = await fetch(`${url}/api/v1/events`, {
    method: "POST",
    body: JSON.stringify({
      event_type: "setup.received",
      data: { setup_id: "the last", tickers: [] },
    }),
  });
  const { position } = await last.json();
  const deadline = performance.now() + LAST_EVENT_MS;
  const isBehind = () => streams.some((one) => one.position < position);
  while (isBehind() && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const heard = new Set(streams.map(({ events }) => events));
  if (isBehind()) failed("stream", "has not told of the last event");
  else if (heard.size > 1) {
    failed("stream", `told of ${[...heard].join(" and ")} events`);
  }
  for (const { repeated } of streams) {
    if (repeated > 0) failed("stream", "told of an event twice");
  }
}

function latencyOf(ms: number[]): Latency {
  ms.sort((a, b) => a - b);
  const at = (share: number) => ms[Math.floor(ms.length * share)] ?? 0;
  return { count: ms.length, p50: at(0.5), p99: at(0.99), max: ms.at(-1) ?? 0 };
}
