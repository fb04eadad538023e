/**
 * The proxy does to real connections what it says.
 *
 * @module
 */
import { sleep, within } from "../../scripts/server_process.ts";
import { deepEqual, equal, ok, rejects } from "./assert.ts";
import { needs } from "./needs.ts";
import { openTcpProxy, type TcpAddress } from "./tcp_proxy.ts";

/** A server that says everything back in capitals and knows what it heard. */
interface Shouter extends TcpAddress, AsyncDisposable {
  readonly heard: readonly string[];
  /** How connections ended, seen from the server. */
  readonly ends: readonly ("end" | "reset")[];
  /** Waits until `holds` is true. */
  until(holds: () => boolean): Promise<void>;
}

function openShouter(prefix = ""): Shouter {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  const heard: string[] = [];
  const ends: ("end" | "reset")[] = [];
  const conversations: Promise<void>[] = [];
  let news = Promise.withResolvers<void>();

  async function converse(connection: Deno.Conn): Promise<void> {
    try {
      for (;;) {
        const said = await hear(connection);
        if (said === "") break;
        heard.push(said);
        tell();
        await say(connection, prefix + said.toUpperCase());
      }
      ends.push("end");
    } catch {
      ends.push("reset");
    }
    connection.close();
    tell();
  }

  function tell(): void {
    news.resolve();
    news = Promise.withResolvers();
  }

  const serving = (async () => {
    for await (const connection of listener) {
      conversations.push(converse(connection));
    }
  })();
  return {
    hostname: "127.0.0.1",
    port,
    heard,
    ends,
    async until(holds) {
      while (!holds()) await news.promise;
    },
    async [Symbol.asyncDispose]() {
      listener.close();
      await serving;
      await Promise.all(conversations);
    },
  };
}

async function say(connection: Deno.Conn, text: string): Promise<void> {
  let bytes = new TextEncoder().encode(text);
  while (bytes.length > 0) {
    bytes = bytes.subarray(await connection.write(bytes));
  }
}

/** What is there to be read, or nothing at the end. */
async function hear(connection: Deno.Conn): Promise<string> {
  const bytes = new Uint8Array(65_536);
  const count = await connection.read(bytes) ?? 0;
  return new TextDecoder().decode(bytes.subarray(0, count));
}

async function hearAll(connection: Deno.Conn, length: number): Promise<string> {
  let all = "";
  while (all.length < length) all += await hear(connection);
  return all;
}

async function ask(connection: Deno.Conn, text: string): Promise<string> {
  await say(connection, text);
  return await hearAll(connection, text.length);
}

const RESET = Deno.errors.ConnectionReset;
const REFUSED = Deno.errors.ConnectionRefused;

if (await needs(import.meta.url, ["net"])) {
  Deno.test("proxy: forwards both ways, and the end of a connection", async () => {
    await using shouter = openShouter();
    await using proxy = await openTcpProxy(shouter);
    const client = await Deno.connect(proxy);
    equal(await ask(client, "a"), "A");
    equal(await ask(client, "b"), "B");
    await client.closeWrite();
    equal(await hear(client), "");
    client.close();
    deepEqual(shouter.heard, ["a", "b"]);
    deepEqual(shouter.ends, ["end"]);
    deepEqual({ ...proxy.counts, open: 0 }, {
      accepted: 1,
      open: 0,
      reset: 0,
      lost: 0,
    });
  });

  Deno.test("proxy: a server that is down resets the connection", async () => {
    const shouter = openShouter();
    await shouter[Symbol.asyncDispose]();
    await using proxy = await openTcpProxy(shouter);
    using client = await Deno.connect(proxy);
    await rejects(hear(client), RESET);
  });

  Deno.test("proxy: cut() resets both ends, and new connections work", async () => {
    await using shouter = openShouter();
    await using proxy = await openTcpProxy(shouter);
    using old = await Deno.connect(proxy);
    await ask(old, "a");
    proxy.cut();
    await rejects(hear(old), RESET);
    await shouter.until(() => shouter.ends.length === 1);
    deepEqual(shouter.ends, ["reset"]);
    using fresh = await Deno.connect(proxy);
    equal(await ask(fresh, "b"), "B");
    equal(proxy.counts.accepted, 2);
    equal(proxy.counts.reset, 1);
  });

  Deno.test("proxy: refuse() refuses until it is mended", async () => {
    await using shouter = openShouter();
    await using proxy = await openTcpProxy(shouter);
    using old = await Deno.connect(proxy);
    await ask(old, "a");
    for (let round = 0; round < 3; round++) {
      await proxy.refuse();
      equal(proxy.counts.open, 0);
      await rejects(Deno.connect(proxy), REFUSED);
      await proxy.mend();
      using fresh = await Deno.connect(proxy);
      equal(await ask(fresh, "b"), "B");
    }
    await rejects(hear(old), RESET);
  });

  for (const name of ["toServer", "toClient"] as const) {
    Deno.test(`proxy: ${name}.delay() delays, keeps the order and does not add up`, async () => {
      await using shouter = openShouter();
      await using proxy = await openTcpProxy(shouter);
      using client = await Deno.connect(proxy);
      await ask(client, "x");
      proxy[name].delay(150);
      const began = performance.now();
      for (const letter of "abcdefgh") {
        await say(client, letter);
        await sleep(10);
      }
      equal(await hearAll(client, 8), "ABCDEFGH");
      const took = performance.now() - began;
      ok(took >= 220 && took < 8 * 150, `it took ${took} ms`);
      proxy[name].mend();
      equal(await ask(client, "y"), "Y");
    });

    Deno.test(`proxy: ${name}.hold() keeps everything until it is mended`, async () => {
      await using shouter = openShouter();
      await using proxy = await openTcpProxy(shouter);
      using client = await Deno.connect(proxy);
      await ask(client, "x");
      proxy[name].hold();
      await say(client, "ab");
      const heard = hear(client);
      equal(await within(60, heard), undefined);
      equal(shouter.heard.length, name === "toServer" ? 1 : 2);
      await proxy.mend();
      equal(await heard, "AB");
    });

    Deno.test(`proxy: ${name}.blackhole() swallows, and a mended connection that lost something is reset`, async () => {
      await using shouter = openShouter();
      await using proxy = await openTcpProxy(shouter);
      using poor = await Deno.connect(proxy);
      using lucky = await Deno.connect(proxy);
      await ask(poor, "x");
      await ask(lucky, "y");
      proxy[name].blackhole();
      await say(poor, "ab");
      const heard = hear(poor);
      heard.catch(() => {});
      equal(await within(60, heard), undefined);
      equal(shouter.heard.includes("ab"), name === "toClient");
      deepEqual(shouter.ends, []);
      await proxy.mend();
      await rejects(heard, RESET);
      equal(await ask(lucky, "z"), "Z");
      equal(shouter.heard.includes("ab"), name === "toClient");
      equal(proxy.counts.reset, 1);
    });

    Deno.test(`proxy: ${name}.limit() lets bytes trickle`, async () => {
      await using shouter = openShouter();
      await using proxy = await openTcpProxy(shouter);
      using client = await Deno.connect(proxy);
      await ask(client, "x");
      proxy[name].limit(1000);
      const began = performance.now();
      const text = "abcd".repeat(75);
      equal(await ask(client, text), text.toUpperCase());
      const took = performance.now() - began;
      ok(took >= 250 && took < 900, `it took ${took} ms`);
    });
  }

  Deno.test("proxy: more than fits under way arrives unchanged", async () => {
    await using shouter = openShouter();
    await using proxy = await openTcpProxy(shouter);
    using client = await Deno.connect(proxy);
    await ask(client, "x");
    proxy.toServer.hold();
    const sent = Array.from({ length: 2 << 20 }, (_, i) => `${i % 9999} `)
      .join("");
    const saying = say(client, sent);
    const hearing = hearAll(client, sent.length);
    equal(await within(60, hearing), undefined);
    proxy.toServer.mend();
    await saying;
    ok(await hearing === sent);
  });

  Deno.test("proxy: a blackhole hides from the server that the client has gone", async () => {
    await using shouter = openShouter();
    await using proxy = await openTcpProxy(shouter);
    const client = await Deno.connect(proxy);
    await ask(client, "a");
    proxy.toServer.blackhole();
    client.close();
    await sleep(60);
    deepEqual(shouter.ends, []);
    await proxy.mend();
    await shouter.until(() => shouter.ends.length === 1);
    deepEqual(shouter.ends, ["reset"]);
  });

  Deno.test("proxy: what a client sent arrives late even if it has gone away", async () => {
    await using shouter = openShouter();
    await using proxy = await openTcpProxy(shouter);
    const client = await Deno.connect(proxy);
    await ask(client, "a");
    proxy.toServer.hold();
    await say(client, "late");
    client.close();
    await sleep(60);
    deepEqual(shouter.heard, ["a"]);
    await proxy.mend();
    await shouter.until(() => shouter.ends.length === 1);
    deepEqual(shouter.heard, ["a", "late"]);
  });

  Deno.test("proxy: a lost reply is to a request that has arrived", async () => {
    await using shouter = openShouter();
    await using proxy = await openTcpProxy(shouter);
    proxy.loseReplies(2, (request) => request.startsWith("w"));
    for (const request of ["w1", "w2"]) {
      using client = await Deno.connect(proxy);
      equal(await ask(client, "read"), "READ");
      await rejects(ask(client, request), RESET);
      equal(shouter.heard.at(-1), request);
    }
    equal(proxy.counts.lost, 2);
    using client = await Deno.connect(proxy);
    equal(await ask(client, "w3"), "W3");
    deepEqual(shouter.ends, ["end", "end"]);
  });

  Deno.test("proxy: mend() forgets about replies that are still to be lost", async () => {
    await using shouter = openShouter();
    await using proxy = await openTcpProxy(shouter);
    proxy.loseReplies(1);
    await proxy.mend();
    using client = await Deno.connect(proxy);
    equal(await ask(client, "a"), "A");
  });

  Deno.test("proxy: retarget() leaves the connections to the old server", async () => {
    await using first = openShouter("1");
    await using second = openShouter("2");
    await using proxy = await openTcpProxy(first);
    using old = await Deno.connect(proxy);
    await say(old, "a");
    equal(await hearAll(old, 2), "1A");
    proxy.retarget({ port: second.port });
    using fresh = await Deno.connect(proxy);
    await say(fresh, "b");
    equal(await hearAll(fresh, 2), "2B");
    await say(old, "c");
    equal(await hearAll(old, 2), "1C");
  });

  Deno.test("proxy: disposing of it ends connections under every fault", async () => {
    await using shouter = openShouter();
    const proxy = await openTcpProxy(shouter);
    const clients: Deno.Conn[] = [];
    for (const fault of ["hold", "blackhole"] as const) {
      const client = await Deno.connect(proxy);
      clients.push(client);
      await ask(client, "a");
      proxy.toServer[fault]();
      await say(client, "b");
      if (fault === "hold") proxy.toServer.mend();
    }
    proxy.toClient.limit(1);
    await proxy[Symbol.asyncDispose]();
    equal(proxy.counts.open, 0);
    for (const client of clients) client.close();
    await proxy[Symbol.asyncDispose]();
  });
}
