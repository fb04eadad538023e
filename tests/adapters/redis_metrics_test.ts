/**
 * What Redis's adapters measure: calls, the breaker, and the server itself.
 *
 * @module
 */
import { createScript } from "../../adapters/redis/script.ts";
import { watchRedisServer } from "../../adapters/redis/server_watch.ts";
import { deepEqual, equal, ok, rejects } from "../support/assert.ts";
import { createFakeClock } from "../support/fake_clock.ts";
import { quietPort } from "../support/quiet_port.ts";
import { createRecordingTelemetry } from "../support/recording_telemetry.ts";
import {
  canStartRedis,
  openConnection,
  startRedis,
  until,
} from "../support/redis_world.ts";
import { openWatchedRedis } from "../support/watched_redis.ts";

const CALLS = "holdfast_redis_call_seconds";
const ERRORS = "holdfast_redis_errors_total";
const TRIPS = "holdfast_redis_breaker_trips_total";

/** Calls that a busy machine does not make late. */
const PATIENT = { callMs: 2000 };

if (await canStartRedis(import.meta.url)) {
  Deno.test("redis metrics: a call that was answered took its time, by kind", async () => {
    await using world = await openWatchedRedis(PATIENT);
    const { connection, telemetry } = world;
    const script = createScript("sum", "return ARGV[1] + 1");
    await connection.send(["GET", "a"]);
    await connection.send(["GET", "b"]);
    await connection.run({ script, keys: [], args: ["1"] });
    await connection.transact([["GET", "a"]]);
    const counts = ["get", "sum", "transaction"].map((kind) =>
      telemetry.observed(CALLS, { kind }).length
    );
    deepEqual(counts, [2, 1, 1]);
    const [seconds] = telemetry.observed(CALLS, { kind: "get" });
    ok(seconds! > 0 && seconds! < 2, `${seconds}`);
  });

  Deno.test("redis metrics: a call that failed is counted, by kind and code, and took no time", async () => {
    await using world = await openWatchedRedis(PATIENT);
    const { server, connection, telemetry } = world;
    await server.cli("LPUSH", "list", "x");
    await rejects(connection.send(["GET", "list"]));
    equal(telemetry.counted(ERRORS, { kind: "get", code: "unavailable" }), 1);
    equal(telemetry.observed(CALLS, { kind: "get" }).length, 0);
    equal(telemetry.counted(TRIPS, { reason: "lost" }), 0);
  });

  Deno.test("redis metrics: three late calls trip the breaker, and it is open", async () => {
    await using world = await openWatchedRedis();
    const { server, connection, telemetry } = world;
    equal(telemetry.gauged("holdfast_redis_up"), 1);
    equal(telemetry.gauged("holdfast_redis_breaker_open"), 0);
    server.signal("SIGSTOP");
    const lost = until(connection, () => !connection.isUp);
    const calls = [1, 2, 3].map(() => connection.send(["GET", "a"]));
    for (const call of calls) await rejects(call);
    await lost;
    equal(telemetry.gauged("holdfast_redis_up"), 0);
    equal(telemetry.gauged("holdfast_redis_breaker_open"), 1);
    equal(telemetry.counted(TRIPS, { reason: "late" }), 1);
    await rejects(connection.send(["GET", "a"]));
    ok(telemetry.counted(ERRORS, { kind: "get", code: "timeout" }) > 0);
    ok(telemetry.counted(ERRORS, { kind: "get", code: "unavailable" }) > 0);
    server.signal("SIGCONT");
    await until(connection, () => connection.isUp);
    equal(telemetry.gauged("holdfast_redis_breaker_open"), 0);
  });

  Deno.test("redis metrics: a connection that is lost trips it for that reason", async () => {
    await using world = await openWatchedRedis(PATIENT);
    const { server, connection, telemetry } = world;
    const lost = until(connection, () => !connection.isUp);
    await server.cli("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
    await lost;
    equal(telemetry.counted(TRIPS, { reason: "lost" }), 1);
    equal(telemetry.counted(TRIPS, { reason: "late" }), 0);
  });

  Deno.test("redis metrics: a server that somebody has to set up otherwise says so", async () => {
    await using server = await startRedis([
      "--maxmemory-policy",
      "allkeys-lru",
    ]);
    const telemetry = createRecordingTelemetry();
    await using connection = openConnection({ url: server.url, telemetry });
    const needs = () => telemetry.gauged("holdfast_redis_needs_setup");
    await until(connection, () => needs() === 1);
    equal(telemetry.gauged("holdfast_redis_up"), 0);
  });

  Deno.test("redis metrics: once a connection is closed nothing more is told of it", async () => {
    const telemetry = createRecordingTelemetry();
    const port = quietPort();
    const connection = openConnection({ port, telemetry });
    equal(telemetry.gauged("holdfast_redis_up"), 0);
    telemetry.gauge("holdfast_redis_up", 7);
    await connection[Symbol.asyncDispose]();
    telemetry.gauge("holdfast_redis_up", 7);
    equal(telemetry.gauged("holdfast_redis_up"), 7);
  });

  Deno.test("redis metrics: memory, clients and policy are as INFO tells, every ten seconds", async () => {
    await using world = await openWatchedRedis({
      ...PATIENT,
      config: ["--maxmemory", "64mb"],
    });
    const { server, connection, telemetry } = world;
    const clock = createFakeClock();
    await using _ = watchRedisServer(connection, { clock, telemetry });
    const max = () => telemetry.gauged("holdfast_redis_memory_max_bytes");
    const looked = async (bytes: number) => {
      while (max() !== bytes) await new Promise((done) => setTimeout(done, 2));
    };
    await looked(64 * 1024 * 1024);
    ok(telemetry.gauged("holdfast_redis_memory_used_bytes")! > 100_000);
    equal(telemetry.gauged("holdfast_redis_connected_clients"), 2);
    const policy = (name: string) =>
      telemetry.gauged("holdfast_redis_policy_info", { policy: name });
    equal(policy("noeviction"), 1);
    equal(telemetry.counted("holdfast_redis_keyspace_hits_total"), 0);

    await server.cli("CONFIG", "SET", "maxmemory", "32mb");
    await server.cli("CONFIG", "SET", "maxmemory-policy", "volatile-lru");
    await server.cli("SET", "a", "1");
    await connection.send(["MGET", "a", "b", "c"]);
    await clock.advance(9_999);
    const infos = telemetry.observed(CALLS, { kind: "info" }).length;
    equal(infos, 3);
    await clock.advance(1);
    await looked(32 * 1024 * 1024);
    equal(policy("noeviction"), undefined);
    equal(policy("volatile-lru"), 1);
    equal(telemetry.counted("holdfast_redis_keyspace_hits_total"), 1);
    equal(telemetry.counted("holdfast_redis_keyspace_misses_total"), 2);
    equal(telemetry.counted("holdfast_redis_error_replies_total"), 0);
  });

  Deno.test("redis metrics: a server that starts its counters anew is counted on from 0", async () => {
    await using world = await openWatchedRedis(PATIENT);
    const { server, connection, telemetry } = world;
    const clock = createFakeClock();
    await connection.send(["MGET", "a", "b", "c"]);
    await using _ = watchRedisServer(connection, { clock, telemetry });
    const misses = () =>
      telemetry.counted("holdfast_redis_keyspace_misses_total");
    const looks = () => telemetry.observed(CALLS, { kind: "info" }).length;
    const looked = async (times: number) => {
      while (looks() < 3 * times) {
        await new Promise((done) => setTimeout(done, 2));
      }
    };
    await looked(1);
    await server.cli("CONFIG", "RESETSTAT");
    await connection.send(["MGET", "a", "b"]);
    await clock.advance(10_000);
    await looked(2);
    equal(misses(), 2);
  });

  Deno.test("redis metrics: nothing is known of the memory of a server that is away", async () => {
    await using world = await openWatchedRedis(PATIENT);
    const { server, connection, telemetry } = world;
    const clock = createFakeClock();
    await using _ = watchRedisServer(connection, { clock, telemetry });
    const used = () => telemetry.gauged("holdfast_redis_memory_used_bytes");
    while (!(used()! > 0)) await new Promise((done) => setTimeout(done, 2));
    const lost = until(connection, () => !connection.isUp);
    server.signal("SIGKILL");
    await lost;
    while (!Number.isNaN(used())) {
      await new Promise((done) => setTimeout(done, 2));
    }
    const labels = { policy: "noeviction" };
    equal(telemetry.gauged("holdfast_redis_policy_info", labels), undefined);
  });
}
