/**
 * Volatile events from one instance to the others, through a Redis that may
 * hang, die, refuse, or carry garbage.
 *
 * @module
 */
import { formatRelayedEvent } from "../../domain/event/relayed_event.ts";
import { deepEqual, equal, match, ok, rejects } from "../support/assert.ts";
import { quietPort } from "../support/quiet_port.ts";
import {
  canStartRedis,
  type RedisServer,
  startRedis,
  until,
} from "../support/redis_world.ts";
import { openTcpProxy } from "../support/tcp_proxy.ts";
import {
  aPrice,
  openRelay,
  seen,
  subscribePlain,
  untilSubscribed,
} from "../support/volatile_relay_world.ts";

const STRANGER = "019b7e5d-0000-7000-8000-00000000abcd";

/** Gives a user of `server` rights, and the address by which that user logs in. */
async function loggedIn(server: RedisServer, ...rights: string[]) {
  await server.cli("ACL", "SETUSER", "ann", "on", "nopass", "~*", ...rights);
  return server.url.replace("//", "//ann:x@");
}

if (await canStartRedis(import.meta.url)) {
  Deno.test("what one sends the others hear whole, and nobody hears himself", async () => {
    await using server = await startRedis();
    await using ann = await openRelay(server.url);
    await using bob = await openRelay(server.url);
    await untilSubscribed(server.cli, 2);
    const event = {
      ...aPrice("SPY", 478.12),
      meta: {
        timestamp: "2026-01-02T16:04:05.123+01:00",
        source: "feed",
        user: "ann",
        traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        correlation_id: STRANGER,
      },
    };
    ann.relay.send(event);
    deepEqual(await bob.heard.next(), event);
    // By the time at which hers has come, her own echo has come too.
    bob.relay.send(aPrice("QQQ", 1));
    equal((await ann.heard.next()).key, "QQQ");
    equal(ann.counted("received"), 1);
    equal(ann.counted("refused"), 0);
    await seen("sent", () => ann.counted("sent") === 1);
    deepEqual(ann.telemetry.logged(), []);
  });

  Deno.test("plain subscribers get the flat form on the event's own channel", async () => {
    await using server = await startRedis();
    await using plain = await subscribePlain(server.url, "market.price_update");
    await using ann = await openRelay(server.url);
    ann.relay.send(aPrice("SPY", 7));
    equal(
      await plain.next(),
      '{"event_type":"market.price_update","timestamp":"2026-01-02T03:04:05.000Z","ticker":"SPY","price":"7"}',
    );
  });

  Deno.test("what is published together goes in order, of each key the newest", async () => {
    await using server = await startRedis();
    await using ann = await openRelay(server.url);
    await using bob = await openRelay(server.url);
    await untilSubscribed(server.cli, 2);
    for (let n = 0; n < 300; n++) ann.relay.send(aPrice(`K${n % 3}`, n));
    ann.relay.send(aPrice("last", 1));
    for (const key of ["K0", "K1", "K2", "last"]) {
      equal((await bob.heard.next()).key, key);
    }
    deepEqual(
      bob.heard.all.map(({ json }) => JSON.parse(json).price),
      ["297", "298", "299", "1"],
    );
    equal(ann.counted("dropped"), 0);
  });

  Deno.test("what waits is bounded, and what is dropped is counted", async () => {
    await using server = await startRedis();
    await using ann = await openRelay(server.url);
    for (let n = 0; n < 1100; n++) ann.relay.send(aPrice(`K${n}`, n));
    equal(ann.counted("dropped"), 1100 - 1024);
    await seen("sent", () => ann.counted("sent") === 1024);
  });

  Deno.test("deployments on other databases of the server are not heard", async () => {
    await using server = await startRedis();
    await using ann = await openRelay(`${server.url}/1`);
    await using bob = await openRelay(`${server.url}/2`);
    await using eve = await openRelay(`${server.url}/1`);
    await untilSubscribed(server.cli, 2, "hf:volatile:1");
    await untilSubscribed(server.cli, 1, "hf:volatile:2");
    bob.relay.send(aPrice("theirs", 1));
    await seen("sent", () => bob.counted("sent") === 1);
    ann.relay.send(aPrice("ours", 1));
    equal((await eve.heard.next()).key, "ours");
    equal(eve.heard.all.length, 1);
  });

  Deno.test("garbage on the channel is refused, counted, and told once", async () => {
    await using server = await startRedis();
    await using ann = await openRelay(server.url);
    await untilSubscribed(server.cli, 1);
    const garbage = [
      "",
      " ",
      "{}",
      `${STRANGER} `,
      `${STRANGER} null`,
      `${STRANGER} {"id":`,
      `${STRANGER} ${"[".repeat(60_000)}`,
      "x".repeat(200_000),
      formatRelayedEvent({ ...aPrice("SPY", 1), json: "[]" }, STRANGER),
      formatRelayedEvent(aPrice("SPY", 1), "nobody"),
    ];
    for (const text of garbage) {
      await server.cli("PUBLISH", "hf:volatile:0", text);
    }
    const good = aPrice("SPY", 1);
    const text = formatRelayedEvent(good, STRANGER);
    await server.cli("PUBLISH", "hf:volatile:0", text);
    deepEqual(await ann.heard.next(), good);
    equal(ann.heard.all.length, 1);
    equal(ann.counted("refused"), garbage.length);
    equal(ann.counted("received"), 1);
    deepEqual(
      ann.telemetry.logged().map(({ level, message }) => [level, message]),
      [["warn", "what came as a volatile event is none"]],
    );
  });

  Deno.test("after a restart of the server all hear each other again", async () => {
    const port = quietPort();
    const url = `redis://127.0.0.1:${port}`;
    const server = await startRedis([], port);
    await using ann = await openRelay(url);
    await using bob = await openRelay(url);
    await untilSubscribed(server.cli, 2);
    server.signal("SIGKILL");
    await until(ann.connection, () => !ann.connection.isUp);
    for (let n = 0; n < 10; n++) ann.relay.send(aPrice(`lost ${n}`, n));
    equal(ann.counted("dropped"), 10);
    await server[Symbol.asyncDispose]();
    await using again = await startRedis([], port);
    await untilSubscribed(again.cli, 2);
    await until(ann.connection, () => ann.connection.isUp);
    ann.relay.send(aPrice("SPY", 1));
    equal((await bob.heard.next()).key, "SPY");
    deepEqual(ann.telemetry.logged().map(({ message }) => message), [
      "Redis cannot be used",
      "Redis is used again",
    ]);
  });

  Deno.test("a subscription that is cut comes back while the rest goes on", async () => {
    await using server = await startRedis();
    await using ann = await openRelay(server.url);
    await using bob = await openRelay(server.url);
    await untilSubscribed(server.cli, 2);
    await server.cli("CLIENT", "KILL", "TYPE", "pubsub");
    await untilSubscribed(server.cli, 2);
    ann.relay.send(aPrice("SPY", 1));
    equal((await bob.heard.next()).key, "SPY");
    deepEqual(bob.telemetry.logged(), []);
  });

  Deno.test("a server that is not to be used is not listened to either", async () => {
    await using server = await startRedis();
    await using ann = await openRelay(server.url);
    await untilSubscribed(server.cli, 1);
    await server.cli("REPLICAOF", "127.0.0.1", "1");
    await ann.connection.send(["SET", "a", "1"]).catch(() => {});
    equal(ann.connection.isUp, false);
    await untilSubscribed(server.cli, 0);
    await server.cli("REPLICAOF", "NO", "ONE");
    await untilSubscribed(server.cli, 1);
  });

  Deno.test("events that are late take nobody's connection away", async () => {
    await using server = await startRedis();
    await using ann = await openRelay(server.url, 20);
    await using bob = await openRelay(server.url);
    await untilSubscribed(server.cli, 2);
    let changes = 0;
    ann.connection.listen(() => changes++);
    server.signal("SIGSTOP");
    const patient = { deadlineMs: 60, strikes: false };
    for (const key of ["A", "B", "C", "D", "E"]) {
      ann.relay.send(aPrice(key, 1));
      // Longer than three calls of others would be given.
      const late = ann.connection.send(["GET", "a"], patient);
      await rejects(late, { code: "timeout" });
    }
    server.signal("SIGCONT");
    for (const key of ["A", "B", "C", "D", "E"]) {
      equal((await bob.heard.next()).key, key);
    }
    deepEqual([changes, ann.counted("dropped")], [0, 0]);
  });

  Deno.test("a network that swallows everything delays nobody and loses no count", async () => {
    await using server = await startRedis();
    await using proxy = await openTcpProxy({
      hostname: "127.0.0.1",
      port: server.port,
    });
    await using ann = await openRelay(`redis://127.0.0.1:${proxy.port}`);
    await using bob = await openRelay(server.url);
    await untilSubscribed(server.cli, 2);
    proxy.toServer.blackhole();
    proxy.toClient.blackhole();
    const beganAt = performance.now();
    for (let n = 0; n < 3000; n++) ann.relay.send(aPrice(`K${n}`, n));
    const tookMs = performance.now() - beganAt;
    ok(tookMs < 2000, `took ${tookMs} ms`);
    await until(ann.connection, () => !ann.connection.isUp);
    await seen("all counted", () => ann.counted("dropped") === 3000);
    equal(ann.counted("sent"), 0);
    await proxy.mend();
    await until(ann.connection, () => ann.connection.isUp);
    await untilSubscribed(server.cli, 2);
    ann.relay.send(aPrice("SPY", 1));
    equal((await bob.heard.next()).key, "SPY");
    bob.relay.send(aPrice("QQQ", 1));
    equal((await ann.heard.next()).key, "QQQ");
  });

  Deno.test("who may not subscribe still sends, is told once, and hears when it is mended", async () => {
    await using server = await startRedis();
    const url = await loggedIn(server, "&*", "+@all", "-subscribe");
    await using ann = await openRelay(url);
    await using bob = await openRelay(server.url);
    await untilSubscribed(server.cli, 1);
    await seen("told", () => ann.telemetry.logged().length > 0);
    const [line] = ann.telemetry.logged();
    equal(line!.message, "volatile events of other instances are not heard");
    match(String(line!.fields["reason"]), /hf:volatile:0 .*lacks a permission/);
    equal(ann.connection.isUp, true);
    ann.relay.send(aPrice("SPY", 1));
    equal((await bob.heard.next()).key, "SPY");
    await server.cli("ACL", "SETUSER", "ann", "+subscribe");
    await untilSubscribed(server.cli, 2);
    bob.relay.send(aPrice("QQQ", 1));
    equal((await ann.heard.next()).key, "QQQ");
    deepEqual(ann.telemetry.logged().map(({ level }) => level), [
      "warn",
      "info",
    ]);
  });

  Deno.test("who may not publish for plain subscribers still reaches the instances", async () => {
    await using server = await startRedis();
    const url = await loggedIn(server, "resetchannels", "&hf:*", "+@all");
    await using ann = await openRelay(url);
    await using bob = await openRelay(server.url);
    await untilSubscribed(server.cli, 2);
    for (const key of ["SPY", "QQQ"]) {
      ann.relay.send(aPrice(key, 1));
      equal((await bob.heard.next()).key, key);
    }
    await seen("sent", () => ann.counted("sent") === 2);
    equal(ann.connection.isUp, true);
    deepEqual(ann.telemetry.logged().map(({ message }) => message), [
      "Redis does not publish every volatile event",
    ]);
  });
}
