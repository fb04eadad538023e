/**
 * Watching the server: memory, clients and what becomes of its keys.
 *
 * @module
 */
import type { Clock } from "../../ports/clock.ts";
import type { MetricName } from "../../ports/metrics.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import type { RedisConnection } from "./connection.ts";
import { PATIENT } from "./patience.ts";

/** Between two looks. */
const LOOK_MS = 10_000;

/** Sections of INFO that are looked at. */
const SECTIONS = ["memory", "clients", "stats"];

/** Facts that are measured as they are. */
const GAUGES = {
  used_memory: "holdfast_redis_memory_used_bytes",
  maxmemory: "holdfast_redis_memory_max_bytes",
  connected_clients: "holdfast_redis_connected_clients",
} as const satisfies Record<string, MetricName<"gauge">>;

/** Facts that count since the server has started. */
const COUNTERS = {
  evicted_keys: "holdfast_redis_evicted_keys_total",
  expired_keys: "holdfast_redis_expired_keys_total",
  keyspace_hits: "holdfast_redis_keyspace_hits_total",
  keyspace_misses: "holdfast_redis_keyspace_misses_total",
  total_error_replies: "holdfast_redis_error_replies_total",
} as const satisfies Record<string, MetricName<"counter">>;

/**
 * Looks at the server of `connection` every ten seconds, and whenever it has
 * come or gone, until it is closed.
 */
export function watchRedisServer(
  connection: RedisConnection,
  { clock, telemetry }: {
    readonly clock: Clock;
    readonly telemetry: Telemetry;
  },
): AsyncDisposable {
  /** What the counters of the server stood at. */
  const before = new Map<string, number>();
  let isClosed = false;
  let pause = new AbortController();
  const wake = () => pause.abort();
  const deafen = connection.listen(wake);

  async function look(): Promise<void> {
    const said = await Promise.all(
      SECTIONS.map((name) => connection.send(["INFO", name], PATIENT)),
    );
    const info = said.join("\n");
    tell((name) =>
      new RegExp(`^${name}:(.*?)\\s*$`, "m").exec(info)?.[1] ?? "NaN"
    );
  }

  function tell(fact: (name: string) => string): void {
    for (const [name, metric] of Object.entries(GAUGES)) {
      telemetry.gauge(metric, Number(fact(name)));
    }
    for (const [name, metric] of Object.entries(COUNTERS)) {
      const now = Number(fact(name));
      if (Number.isNaN(now)) continue;
      const then = before.get(name) ?? now;
      // One that has started anew counts from 0.
      telemetry.count(metric, {}, now < then ? now : now - then);
      before.set(name, now);
    }
    const policy = fact("maxmemory_policy");
    const isKnown = policy !== "NaN";
    telemetry.retain("policy", new Set(isKnown ? [policy] : []));
    if (isKnown) telemetry.gauge("holdfast_redis_policy_info", 1, { policy });
  }

  /** Nobody knows how a server is that is away. */
  const tellNothing = () => tell(() => "NaN");

  async function run(): Promise<void> {
    while (!isClosed) {
      pause = new AbortController();
      // Calls that fail are counted by the connection.
      if (connection.isUp) await look().catch(tellNothing);
      else tellNothing();
      await clock.sleep(LOOK_MS, pause.signal).catch(() => {});
    }
  }
  const running = run();

  return {
    async [Symbol.asyncDispose]() {
      isClosed = true;
      deafen();
      wake();
      await running;
    },
  };
}
