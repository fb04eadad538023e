/**
 * What callers notice when Redis hangs, dies or gets into a bad state, and that
 * it is used again by itself.
 *
 * @module
 */
import type { RedisConnection } from "../../adapters/redis/connection.ts";
import type { CallOptions } from "../../adapters/redis/patience.ts";
import { createScript } from "../../adapters/redis/script.ts";
import { PortError } from "../../ports/port_error.ts";
import { deepEqual, equal, match, ok, rejects } from "../support/assert.ts";
import { quietPort } from "../support/quiet_port.ts";
import { createRecordingTelemetry } from "../support/recording_telemetry.ts";
import {
  canStartRedis,
  openConnection,
  startRedis,
  until,
} from "../support/redis_world.ts";
import {
  openWatchedRedis,
  type WatchedRedis,
} from "../support/watched_redis.ts";

/** The code that a call fails with, and how long that took. */
async function failure(
  connection: RedisConnection,
  options?: CallOptions,
): Promise<{ readonly code: string; readonly ms: number }> {
  const startedAt = performance.now();
  try {
    await connection.send(["GET", "a"], options);
    return { code: "none", ms: performance.now() - startedAt };
  } catch (error) {
    ok(error instanceof PortError, String(error));
    return { code: error.code, ms: performance.now() - startedAt };
  }
}

/** How long `promise` takes, in milliseconds. */
async function timed(promise: Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await promise;
  return performance.now() - startedAt;
}

/** What comes of `work`, and how long a timer of `ms` took at the same time. */
function besideTimer<T>(ms: number, work: Promise<T>): Promise<[T, number]> {
  const timer = new Promise<void>((resolve) => setTimeout(resolve, ms));
  return Promise.all([work, timed(timer)]);
}

/** Holds that a call is refused before a timer fires that is set with it. */
async function failsAtOnce(connection: RedisConnection): Promise<void> {
  const [{ code, ms }, timerMs] = await besideTimer(20, failure(connection));
  equal(code, "unavailable");
  ok(ms < timerMs, `took ${ms} ms, and a timer ${timerMs} ms`);
}

const levels = ({ telemetry }: Pick<WatchedRedis, "telemetry">) =>
  telemetry.logged().map(({ level }) => level);

if (await canStartRedis(import.meta.url)) {
  Deno.test("a hung server costs three deadlines, then nothing", async () => {
    await using outage = await openWatchedRedis();
    const { server, connection } = outage;
    server.signal("SIGSTOP");
    const codes: string[] = [];
    let ms = 0;
    let timersMs = 0;
    while (connection.isUp) {
      const [failed, timerMs] = await besideTimer(50, failure(connection));
      codes.push(failed.code);
      ms += failed.ms;
      timersMs += timerMs;
    }
    deepEqual(codes, ["timeout", "timeout", "timeout"]);
    ok(ms < timersMs + 50, `took ${ms} ms, and timers ${timersMs} ms`);
    for (let i = 0; i < 20; i++) await failsAtOnce(connection);
    match(connection.fault!, /does not answer/);
    server.signal("SIGCONT");
    const back = await timed(until(connection, () => connection.isUp));
    ok(back < 2000, `took ${back} ms`);
    equal(await connection.send(["GET", "a"]), null);
    deepEqual(levels(outage), ["debug", "debug"]);
  });

  Deno.test("many callers of a hung server wait one deadline", async () => {
    await using outage = await openWatchedRedis();
    const { server, connection } = outage;
    server.signal("SIGSTOP");
    const [failed, timerMs] = await besideTimer(
      50,
      Promise.all(Array.from({ length: 64 }, () => failure(connection))),
    );
    server.signal("SIGCONT");
    ok(
      failed.every(({ code }) => code === "timeout" || code === "unavailable"),
    );
    ok(failed.filter(({ code }) => code === "timeout").length >= 3);
    // Two deadlines would be as long as that timer and another one.
    ok(failed.every(({ ms }) => ms < timerMs + 50));
    await until(connection, () => connection.isUp);
  });

  Deno.test("a server that hangs while nobody asks is noticed", async () => {
    await using outage = await openWatchedRedis();
    const { server, connection } = outage;
    server.signal("SIGSTOP");
    await until(connection, () => !connection.isUp);
    match(connection.fault!, /does not answer/);
    server.signal("SIGCONT");
    await until(connection, () => connection.isUp);
  });

  Deno.test("patient calls wait longer and do not count", async () => {
    await using outage = await openWatchedRedis();
    const { server, connection } = outage;
    server.signal("SIGSTOP");
    const patient = { deadlineMs: 120, strikes: false };
    for (let i = 0; i < 4; i++) {
      const { code, ms } = await failure(connection, patient);
      equal(code, "timeout");
      ok(ms > 100, `took ${ms} ms`);
    }
    equal(connection.isUp, true);
    server.signal("SIGCONT");
    const answered = { deadlineMs: 5000 };
    equal((await failure(connection, answered)).code, "none");
    deepEqual(levels(outage), []);
  });

  Deno.test("failures count when they come in a row", async () => {
    await using outage = await openWatchedRedis();
    const { server, connection } = outage;
    for (let i = 0; i < 3; i++) {
      server.signal("SIGSTOP");
      equal((await failure(connection)).code, "timeout");
      equal((await failure(connection)).code, "timeout");
      server.signal("SIGCONT");
      equal((await failure(connection, { deadlineMs: 5000 })).code, "none");
    }
    equal(connection.isUp, true);
  });

  Deno.test("answers are read before a process that stood still gives up", async () => {
    await using outage = await openWatchedRedis();
    const { connection } = outage;
    for (let i = 0; i < 5; i++) {
      const call = failure(connection);
      // The command is sent at the end of this turn of the event loop.
      await new Promise((resolve) => setTimeout(resolve, 1));
      const end = performance.now() + 150;
      while (performance.now() < end);
      equal((await call).code, "none");
    }
  });

  Deno.test("a server that is killed is noticed at once, and used again", async () => {
    const port = quietPort();
    const telemetry = createRecordingTelemetry();
    await using connection = openConnection({ port, telemetry });
    let heard = 0;
    connection.listen(() => heard++);
    for (let i = 0; i < 3; i++) {
      await using server = await startRedis([], port);
      await until(connection, () => connection.isUp);
      const calls = Array.from({ length: 10 }, () => failure(connection));
      server.signal("SIGKILL");
      const gone = until(connection, () => !connection.isUp);
      for (const { code } of await Promise.all(calls)) {
        ok(code === "none" || code === "unavailable", code);
      }
      await gone;
      await failsAtOnce(connection);
    }
    ok(heard >= 6);
    await using _server = await startRedis([], port);
    const back = await timed(until(connection, () => connection.isUp));
    ok(back < 2000, `took ${back} ms`);
    ok(telemetry.logged().length <= 8, JSON.stringify(telemetry.logged()));
  });

  Deno.test("a master that becomes a replica is given up until it is one again", async () => {
    await using outage = await openWatchedRedis({ callMs: 2000 });
    const { server, connection } = outage;
    await server.cli("REPLICAOF", "127.0.0.1", "1");
    await rejects(connection.send(["SET", "a", "1"]), {
      code: "unavailable",
      message: /as it is a replica; name the master, or promote it/,
    });
    equal(connection.isUp, false);
    await server.cli("REPLICAOF", "NO", "ONE");
    await until(connection, () => connection.isUp);
    deepEqual(levels(outage), ["debug", "debug"]);
  });

  Deno.test("a server that refuses writes is given up until it takes them", async () => {
    const dir = await Deno.makeTempDir({ prefix: "holdfast-redis-" });
    const config = ["--save", "3600 1", "--dir", dir];
    await using outage = await openWatchedRedis({ config, callMs: 2000 });
    const { server, connection } = outage;
    await Deno.remove(dir, { recursive: true });
    await server.cli("SET", "a", "1");
    await server.cli("BGSAVE");
    await until(connection, () => !connection.isUp);
    match(connection.fault!, /cannot save its data/);
    equal((await failure(connection)).code, "unavailable");
    await server.cli("CONFIG", "SET", "stop-writes-on-bgsave-error", "no");
    await until(connection, () => connection.isUp);
    deepEqual(levels(outage), ["debug", "debug"]);
  });

  Deno.test("a server that is busy with a script is given up until it is not", async () => {
    const config = ["--lua-time-limit", "20"];
    await using outage = await openWatchedRedis({ config, callMs: 500 });
    const { server, connection } = outage;
    const endless = server.cli("EVAL", "while true do end", "0").catch(
      () => {},
    );
    await until(connection, () => !connection.isUp);
    match(connection.fault!, /script of somebody else is running/);
    await using other = await server.connect();
    await other("SCRIPT", "KILL");
    await endless;
    await until(connection, () => connection.isUp);
  });

  Deno.test("a server that is loading is waited for", async () => {
    const dir = await Deno.makeTempDir({ prefix: "holdfast-redis-" });
    const port = quietPort();
    {
      await using server = await startRedis(["--dir", dir], port);
      const fill = "for i = 1, 4000 do redis.call('SET', 'k' .. i, i) end";
      await server.cli("EVAL", fill, "0");
      await server.cli("SAVE");
    }
    const telemetry = createRecordingTelemetry();
    await using connection = openConnection({ port, telemetry });
    const seen = until(
      connection,
      () => /loading/.test(connection.fault ?? ""),
    );
    const slowly = ["--key-load-delay", "200"];
    const often = ["--loading-process-events-interval-bytes", "1024"];
    const config = ["--dir", dir, ...slowly, ...often];
    const starting = startRedis(config, port);
    await seen;
    await rejects(connection.send(["GET", "k1"]), { code: "unavailable" });
    await until(connection, () => connection.isUp);
    equal(await connection.send(["GET", "k1"]), "1");
    await (await starting)[Symbol.asyncDispose]();
    await Deno.remove(dir, { recursive: true });
  });

  Deno.test("scripts that the server has forgotten are made known again", async () => {
    await using outage = await openWatchedRedis({ callMs: 2000 });
    const { server, connection } = outage;
    const script = createScript("joined", "return KEYS[1] .. ARGV[1]");
    const call = { script, keys: ["a"], args: ["b"] };
    for (let i = 0; i < 3; i++) {
      equal(await connection.run(call), "ab");
      await server.cli("SCRIPT", "FLUSH");
      const replies = await connection.transact([["PING"], call, call]);
      deepEqual(replies, ["PONG", "ab", "ab"]);
      await server.cli("SCRIPT", "FLUSH");
    }
    const many = await Promise.all(
      Array.from({ length: 20 }, () => connection.run(call)),
    );
    deepEqual(new Set(many), new Set(["ab"]));
  });

  Deno.test("what one call did wrong leaves the connection up", async () => {
    await using outage = await openWatchedRedis({ callMs: 2000 });
    const { server, connection } = outage;
    await connection.send(["HSET", "hash", "a", "1"]);
    const wrong = { code: "unavailable", message: /it says: WRONGTYPE/ };
    for (let i = 0; i < 4; i++) {
      await rejects(connection.send(["GET", "hash"]), wrong);
      await rejects(connection.transact([["PING"], ["GET", "hash"]]), wrong);
    }
    await server.cli("CONFIG", "SET", "maxmemory", "1");
    const full = { code: "full", message: /no memory left/ };
    await rejects(connection.send(["SET", "a", "1"]), full);
    await rejects(connection.transact([["SET", "a", "1"], ["PING"]]), full);
    equal(connection.isUp, true);
    deepEqual(levels(outage), []);
  });

  Deno.test("calls under way end when a connection is closed", async () => {
    await using outage = await openWatchedRedis();
    const { server, connection } = outage;
    server.signal("SIGSTOP");
    const call = failure(connection, { deadlineMs: 60_000 });
    await connection[Symbol.asyncDispose]();
    server.signal("SIGCONT");
    equal((await call).code, "closed");
  });
}
