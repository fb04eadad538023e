/**
 * Rates and durations, from two looks at `/metrics`.
 *
 * @module
 */
import { signal } from "@preact/signals";
import { call } from "./api.ts";

/** How often the metrics are looked at. */
const LOOK_MS = 2000;

/** How soon there is a first figure. */
const FIRST_LOOK_MS = 400;

/** Points that a chart holds: five minutes. */
const MAX_POINTS = 150;

/** How long something took, in milliseconds; null where it did not happen. */
export interface Quantiles {
  /** Half of it took no longer. */
  readonly p50: number | null;
  /** 99 of 100 did not. */
  readonly p99: number | null;
}

/**
 * Where a read is found; the near cache is this process, where Redis is asked
 * for nothing but whether that is current.
 */
export type ReadSource = "near" | "redis" | "postgres";

/** What happened between two looks. */
export interface Measure {
  /** Unix seconds. */
  readonly at: number;
  /** Requests a second, without those of this page. */
  readonly rate: number;
  /** How long they took. */
  readonly answers: Quantiles;
  /** How long one read of settings or features took, by where it was found. */
  readonly reads: Readonly<Record<ReadSource, Quantiles>>;
  /** Part of reads that a cache answered, 0 to 100. */
  readonly hitPercent: number | null;
  /** Settings documents read a second, by where they came from. */
  readonly readsBySource: Readonly<Record<string, number>>;
  /** Requests a second by the port that they use most. */
  readonly rateByPort: Readonly<Record<string, number>>;
}

/** The measures so far, the oldest first. */
export const measures = signal<readonly Measure[]>([]);

/** What is drawn. */
const SHOWN =
  /^holdfast_(?:http_request_d|feature_reads|settings_reads|near_cache_reads|redis_call_s.*"(?:settings_confirm|(?:settings|feature)_read)"|postgres_statement_s.*"(?:settings|features)\.read")/;

const NEAR_HITS = 'holdfast_near_cache_reads_total{result="hit"}';

/** The values of a look, by series. */
export type Look = ReadonlyMap<string, number>;

const OWN_ROUTES =
  /^(?:\/|\/web\/.*|\/metrics|\/health.*|\/api\/v1\/status.*|unmatched)$/;

/** Which routes use which port most, the first that matches. */
const PORT_ROUTES: readonly (readonly [string, RegExp])[] = [
  ["event_bus", /^\/api\/v1\/events/],
  [
    "settings_store",
    /^\/api\/(?:user|futures\/(?:ginie|modes)|admin\/(?:defaults|sync))/,
  ],
  ["sequence", /^\/api\/orders|^\/api\/v1\/orders/],
  ["feature_store", /^\/api\/v1\/(?:features|signals|orchestration)/],
];

/** Looks at the metrics until `signal` aborts. */
export async function watchMeasures(signal: AbortSignal): Promise<void> {
  let before: { at: number; look: Look } | undefined;
  while (!signal.aborted) {
    try {
      const look = await readMetrics(SHOWN, signal);
      const now = { at: Date.now() / 1000, look };
      if (before) {
        const next = measureOf(
          before.look,
          now.look,
          now.at - before.at,
          now.at,
        );
        measures.value = [...measures.value, next].slice(-MAX_POINTS);
      }
      before = now;
    } catch {
      // The stream of statuses tells that the service is away.
      before = undefined;
    }
    const pauseMs = measures.value.length === 0 ? FIRST_LOOK_MS : LOOK_MS;
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

/** The values of the series whose names match `wanted`, at this moment. */
export async function readMetrics(
  wanted: RegExp,
  signal: AbortSignal,
): Promise<Look> {
  const { body } = await call<string>("GET", "/metrics", { signal });
  const look = new Map<string, number>();
  for (const line of body.split("\n")) {
    if (!wanted.test(line)) continue;
    const space = line.lastIndexOf(" ");
    look.set(line.slice(0, space), Number(line.slice(space + 1)));
  }
  return look;
}

function measureOf(
  before: Look,
  now: Look,
  seconds: number,
  at: number,
): Measure {
  const http: Buckets = new Map();
  const near: Buckets = new Map();
  const redis: Buckets = new Map();
  const postgres: Buckets = new Map();
  const byPort: Record<string, number> = {};
  const bySource: Record<string, number> = {};
  let total = 0;
  let hits = 0;
  let misses = 0;
  for (const [series, value] of now) {
    // A service that has started anew counts from 0.
    const grown = Math.max(0, value - (before.get(series) ?? 0));
    if (grown === 0 && !series.includes("_bucket{")) continue;
    const result = /\bresult="(hit|miss)"/.exec(series)?.[1];
    if (result === "hit") hits += grown;
    if (result === "miss") misses += grown;
    const source = /\bsource="(\w+)"/.exec(series)?.[1];
    if (source) bySource[source] = (bySource[source] ?? 0) + grown / seconds;
    if (series === NEAR_HITS) bySource["near"] = grown / seconds;
    if (series.startsWith("holdfast_redis")) {
      fill(series.includes("confirm") ? near : redis, series, grown);
    }
    if (series.startsWith("holdfast_postgres")) fill(postgres, series, grown);
    if (!series.startsWith("holdfast_http_request_duration_seconds_")) continue;
    const route = /\broute="([^"]*)"/.exec(series)?.[1] ?? "";
    if (OWN_ROUTES.test(route) || route.endsWith("/stream")) continue;
    if (series.includes("_seconds_count")) {
      total += grown;
      const port = PORT_ROUTES.find(([, routes]) => routes.test(route))?.[0];
      if (port) byPort[port] = (byPort[port] ?? 0) + grown / seconds;
    }
    fill(http, series, grown);
  }
  // Redis has confirmed those, and is counted as their source.
  bySource["redis"] = Math.max(
    0,
    (bySource["redis"] ?? 0) - (bySource["near"] ?? 0),
  );
  const reads = hits + misses;
  return {
    at,
    rate: total / seconds,
    answers: quantilesOf(http),
    reads: {
      near: quantilesOf(near),
      redis: quantilesOf(redis),
      postgres: quantilesOf(postgres),
    },
    hitPercent: reads === 0 ? null : 100 * hits / reads,
    readsBySource: bySource,
    rateByPort: byPort,
  };
}

/** How often something took no longer than so many seconds. */
type Buckets = Map<number, number>;

/** Adds what one series of a histogram has grown by, if it is of a bucket. */
function fill(buckets: Buckets, series: string, grown: number): void {
  const end = /\ble="([^"]+)"/.exec(series)?.[1];
  if (!end) return;
  const s = end === "+Inf" ? Infinity : Number(end);
  buckets.set(s, (buckets.get(s) ?? 0) + grown);
}

function quantilesOf(buckets: Buckets): Quantiles {
  return { p50: quantile(buckets, 0.5), p99: quantile(buckets, 0.99) };
}

/** The quantile in milliseconds, drawn evenly through its bucket. */
function quantile(
  buckets: Buckets,
  part: number,
): number | null {
  const ends = [...buckets.keys()].sort((a, b) => a - b);
  const wanted = part * (buckets.get(Infinity) ?? 0);
  if (wanted === 0) return null;
  let from = 0;
  let below = 0;
  for (const end of ends) {
    const upTo = buckets.get(end)!;
    if (upTo >= wanted) {
      if (end === Infinity) return from * 1000;
      return 1000 * (from + (end - from) * (wanted - below) / (upTo - below));
    }
    from = end;
    below = upTo;
  }
  return null;
}
