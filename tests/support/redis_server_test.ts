/**
 * What can be done to a private Redis really happens to it.
 *
 * @module
 */
import { resolve } from "node:path";
import { sleep, within } from "../../scripts/server_process.ts";
import { deepEqual, equal, notEqual, ok, rejects } from "./assert.ts";
import { needs, skip } from "./needs.ts";
import {
  createRedis,
  findRedis,
  type PrivateRedis,
  type RedisOptions,
} from "./redis_server.ts";
import { sendRedis } from "./resp.ts";
import { openTcpProxy } from "./tcp_proxy.ts";

const refused = (code: string) => ({
  name: "RedisError",
  message: new RegExp(`^${code}`),
});

function testServers(bin: string): void {
  /** A server that is up. */
  async function openRedis(options?: RedisOptions): Promise<PrivateRedis> {
    await using stack = new AsyncDisposableStack();
    const redis = stack.use(await createRedis(bin, options));
    await redis.start();
    stack.move();
    return redis;
  }

  for (const appendfsync of ["always", "everysec"] as const) {
    Deno.test(`private redis: kill -9 alone loses nothing (${appendfsync})`, async () => {
      await using redis = await openRedis({ appendfsync });
      equal(await redis.info("aof_enabled"), "1");
      const { url } = redis;
      const history = await redis.info("master_replid");
      await Promise.all(
        Array.from({ length: 50 }, (_, i) => redis.command("SET", `k${i}`, i)),
      );
      await redis.untilInfo("aof_buffer_length", (is) => is === "0");
      await redis.stop();
      await rejects(redis.command("PING"), Deno.errors.ConnectionRefused);
      await redis.start();
      equal(redis.url, url);
      equal(await redis.command("DBSIZE"), 50);
      notEqual(await redis.info("master_replid"), history);
    });
  }

  Deno.test("private redis: it is the program that was asked for", async () => {
    await using redis = await openRedis();
    equal(await redis.info("executable"), bin);
    const wanted = Deno.env.get("TEST_REDIS_SERVER");
    if (wanted) equal(bin, resolve(wanted));
  });

  Deno.test("private redis: a byte less in its file, and an acknowledged write is gone", async () => {
    await using redis = await openRedis();
    equal(await redis.command("SET", "a", 1), "OK");
    equal(await redis.command("SET", "b", 1), "OK");
    await redis.stop();
    await redis.truncateAppendOnlyFile({ bytes: 1 });
    await redis.start();
    deepEqual(await redis.command("MGET", "a", "b"), ["1", null]);
    equal(await redis.command("SET", "c", 1), "OK");
    await redis.stop();
    await redis.start();
    deepEqual(await redis.command("MGET", "a", "b", "c"), ["1", null, "1"]);
  });

  Deno.test("private redis: whole commands are lost from its end, a script as one", async () => {
    await using redis = await openRedis();
    const script =
      "redis.call('SET','a',ARGV[1]) redis.call('SET','b',ARGV[1])";
    for (const value of [1, 2, 3]) {
      await redis.command("EVAL", script, 0, value);
    }
    await redis.command("SET", "c", 3);
    const held: unknown[] = [];
    for (const commands of [1, 1, 1]) {
      await redis.stop();
      await redis.truncateAppendOnlyFile({ commands });
      await redis.start();
      held.push(await redis.command("MGET", "a", "b", "c"));
    }
    deepEqual(held, [["3", "3", null], ["2", "2", null], ["1", "1", null]]);
    await rejects(redis.truncateAppendOnlyFile({ bytes: 1 }), /server is up/);
    await redis.stop();
    await redis.truncateAppendOnlyFile({ bytes: 5 });
    await redis.start();
    deepEqual(await redis.command("MGET", "a", "b"), [null, null]);
    await redis.stop();
    const tooMuch = redis.truncateAppendOnlyFile({ bytes: 1e6 });
    await rejects(tooMuch, RangeError);
  });

  Deno.test("private redis: a shutdown keeps all, even what was to be flushed", async () => {
    await using redis = await openRedis({ appendfsync: "everysec" });
    await redis.command("SET", "a", 1);
    await redis.shutdown();
    await rejects(redis.command("PING"), Deno.errors.ConnectionRefused);
    await redis.start();
    equal(await redis.command("GET", "a"), "1");
  });

  Deno.test("private redis: frozen it takes commands and answers when it goes on", async () => {
    await using redis = await openRedis();
    redis.freeze();
    const set = redis.command("SET", "a", 1);
    equal(await within(100, set), undefined);
    redis.thaw();
    equal(await set, "OK");
    redis.freeze();
    await redis.stop();
    await redis.start();
    equal(await redis.command("GET", "a"), "1");
  });

  Deno.test("private redis: an older snapshot takes it back, as often as wanted", async () => {
    await using redis = await openRedis();
    await redis.command("SET", "a", "old");
    const whileUp = await redis.snapshot();
    await redis.command("SET", "a", "new");
    await redis.command("SET", "b", 1);
    await redis.stop();
    const whileDown = await redis.snapshot();
    for (const round of [1, 2]) {
      await redis.restore(whileUp);
      await redis.start();
      deepEqual(await redis.command("MGET", "a", "b"), ["old", null]);
      await redis.command("SET", "b", round);
      await redis.stop();
    }
    await redis.restore(whileDown);
    await redis.start();
    deepEqual(await redis.command("MGET", "a", "b"), ["new", "1"]);
    await rejects(redis.restore(whileUp), /server is up/);
  });

  Deno.test("private redis: after a promotion the old master still answers, on another history", async () => {
    await using old = await openRedis();
    await using redis = await openRedis();
    await old.command("SET", "a", 1);
    await redis.replicaOf(old);
    equal(await redis.command("GET", "a"), "1");
    const history = await old.info("master_replid");
    equal(await redis.info("master_replid"), history);
    await rejects(redis.command("SET", "a", 2), refused("READONLY"));
    await old.command("SET", "a", 2);
    await redis.caughtUp(old);
    equal(await redis.command("GET", "a"), "2");
    await redis.stop();
    await redis.start();
    equal(await redis.command("GET", "a"), "2");

    await redis.replicaOf(old);
    await redis.promote();
    equal(await old.command("SET", "a", "old"), "OK");
    equal(await redis.command("SET", "a", "new"), "OK");
    equal(await old.command("GET", "a"), "old");
    equal(await redis.command("GET", "a"), "new");
    for (const server of [old, redis]) {
      equal(await server.info("role"), "master");
    }
    equal(await old.info("master_replid"), history);
    notEqual(await redis.info("master_replid"), history);
    equal(await redis.info("master_replid2"), history);
  });

  Deno.test("private redis: a promoted replica that lagged lacks an acknowledged write", async () => {
    await using old = await openRedis();
    await using redis = await openRedis();
    await using link = await openTcpProxy(old);
    await old.command("SET", "a", 1);
    await redis.replicaOf(link);
    link.toClient.hold();
    equal(await old.command("SET", "a", 2), "OK");
    equal(await redis.command("GET", "a"), "1");
    await redis.promote();
    await link.mend();
    equal(await redis.command("GET", "a"), "1");
    equal(await old.command("GET", "a"), "2");
  });

  Deno.test("private redis: a lost reply is to a write that happened", async () => {
    await using redis = await openRedis();
    await using proxy = await openTcpProxy(redis);
    proxy.loseReplies(1, (request) => request.includes("SET"));
    await sendRedis(proxy, ["PING"]);
    const { ConnectionReset } = Deno.errors;
    await rejects(sendRedis(proxy, ["SET", "a", 1]), ConnectionReset);
    equal(await sendRedis(proxy, ["GET", "a"]), "1");
  });

  Deno.test("private redis: a held command arrives late and is obeyed", async () => {
    await using redis = await openRedis();
    await using proxy = await openTcpProxy(redis);
    proxy.toServer.hold();
    const late = sendRedis(proxy, ["SET", "a", "late"]);
    late.catch(() => {});
    equal(await within(50, late), undefined);
    equal(await redis.command("SET", "a", "newer"), "OK");
    await proxy.mend();
    equal(await late, "OK");
    equal(await redis.command("GET", "a"), "late");
  });

  Deno.test("private redis: refuses writes without memory or disk, loses and evicts keys", async () => {
    await using redis = await openRedis();
    await redis.command("SET", "a", 1);
    await redis.command("CONFIG", "SET", "maxmemory", 1);
    await rejects(redis.command("SET", "b", 1), refused("OOM"));
    equal(await redis.command("GET", "a"), "1");
    await redis.command("CONFIG", "SET", "maxmemory", 0);

    await redis.breakSaving();
    await rejects(redis.command("SET", "b", 1), refused("MISCONF"));
    equal(await redis.command("GET", "a"), "1");
    await redis.mendSaving();
    equal(await redis.command("SET", "b", 1), "OK");

    await redis.command("FLUSHALL");
    equal(await redis.command("DBSIZE"), 0);

    await redis.command("CONFIG", "SET", "maxmemory-policy", "allkeys-lru");
    await redis.command("MSET", ...Array.from({ length: 200 }, (_, i) => i));
    await redis.command("CONFIG", "SET", "maxmemory", 1);
    await redis.command("GET", "a");
    // A server takes its time over it.
    await redis.untilInfo("evicted_keys", (is) => is === "100");
    equal(await redis.command("DBSIZE"), 0);
  });

  Deno.test("private redis: asleep it keeps everybody waiting", async () => {
    await using redis = await openRedis();
    const began = performance.now();
    const asleep = redis.command("DEBUG", "SLEEP", "0.2");
    await sleep(50);
    equal(await redis.command("PING"), "PONG");
    ok(performance.now() - began >= 190);
    equal(await asleep, "OK");
  });
}

const FILE = import.meta.url;
if (await needs(FILE, ["read", "write", "net", "env", "run", "sys"])) {
  const bin = await findRedis();
  if (bin) testServers(bin);
  else skip(FILE, "there is no redis-server on this machine");
}
