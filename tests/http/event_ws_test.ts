/**
 * Events over WebSockets, on a real listener: credits, starts and resumption.
 *
 * @module
 */
import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { guardedBus } from "../support/event_buses.ts";
import { needs } from "../support/needs.ts";
import { createSeededEntropy } from "../support/seeded_entropy.ts";
import { pass } from "../support/turns.ts";
import {
  heard,
  listenForSockets,
  positionOf,
  positionsOf,
  range,
  type ServerFrame,
  SOCKET,
} from "./socket_client.ts";

const price = (ticker: string, price: string) => ({
  event_type: "market.price_update",
  ticker,
  price,
});

if (await needs(import.meta.url, ["net"])) {
  Deno.test("a socket tells its position at once, and events as they come", async () => {
    await using listener = listenForSockets();
    const { world } = listener;
    await world.append(3);
    const client = await listener.connect({ credits: 10 });
    const { epoch } = await world.bus.head();
    deepEqual(await client.next(), { type: "position", id: `${epoch}:3` });
    await world.append(2);
    const events = await client.take(2);
    deepEqual(positionsOf(events), [4, 5]);
    const { id, event } = events[0]!;
    equal(id, `${epoch}:4`);
    equal(event.event_type, "setup.received");
    deepEqual(event.data, { setup_id: 0 });
    equal(event.metadata.position, 4);
    await client.leave();
    await world.untilStreams(0);
  });

  Deno.test("no event is sent without a credit, and nothing is read", async () => {
    let reads = 0;
    await using listener = listenForSockets({
      wrap: (bus) =>
        guardedBus(bus, (call) => {
          if (call === "read") reads++;
        }),
    });
    const { world } = listener;
    await world.append(300);
    const client = await listener.connect({ after: 0 });
    equal((await client.next()).type, "position");
    deepEqual(await heard(client), []);
    equal(reads, 0);
    client.send({ type: "credit", n: 2 });
    deepEqual(positionsOf(await client.take(2)), [1, 2]);
    deepEqual(await heard(client), []);
    // One page is held, and no more of the log.
    equal(reads, 1);
    client.send({ type: "credit", n: 1 });
    client.send({ type: "credit", n: 200 });
    deepEqual(positionsOf(await client.take(201)), range(3, 203));
    deepEqual(await heard(client), []);
    equal(reads, 2);
    client.send({ type: "credit", n: 1000 });
    deepEqual(positionsOf(await client.take(97)), range(204, 300));
    await client.leave();
  });

  Deno.test("a client that comes back misses nothing and gets nothing twice", async () => {
    await using listener = listenForSockets();
    const { world } = listener;
    const entropy = createSeededEntropy(4);
    const some = (most: number) => 1 + Math.floor(entropy.fraction() * most);
    const seen: number[] = [];
    let after: string | number = 0;
    for (let round = 0; round < 40; round++) {
      await world.append(some(20), entropy.fraction() < 0.5 ? "a.x" : "b.y");
      const credits = some(15);
      const client = await listener.connect({ after, credits });
      const { position: head } = await world.bus.head();
      equal((await client.next()).type, "position");
      const due = Math.min(credits, head - seen.length);
      for (const frame of await client.take(some(due + 1) - 1)) {
        seen.push(positionOf(frame));
        after = frame.id!;
      }
      await client.leave();
    }
    deepEqual(seen, range(1, seen.length));
    ok(seen.length > 50, String(seen.length));
  });

  Deno.test("a socket begins where it is asked to", async () => {
    await using listener = listenForSockets();
    const { world } = listener;
    await world.append(3);
    await world.clock.advance(1000);
    const from_time = new Date(world.clock.now()).toISOString();
    await world.append(3);
    const { epoch } = await world.bus.head();
    const cases = [
      [{}, 6],
      [{ from_time }, 3],
      [{ from_time: "1970-01-01T00:00:00Z" }, 0],
      [{ after: "head" }, 6],
      [{ after: "earliest" }, 0],
      [{ after: 4 }, 4],
      [{ after: "4" }, 4],
      [{ after: `${epoch}:5` }, 5],
    ] as const;
    for (const [asked, expected] of cases) {
      const client = await listener.connect(asked);
      equal(positionOf(await client.next()), expected);
      await client.leave();
    }
  });

  Deno.test("patterns choose, forms shape, and a heartbeat takes the position along", async () => {
    await using listener = listenForSockets();
    const { world } = listener;
    const client = await listener.connect({
      channels: ["signal.*", "b.y"],
      form: "cloudevents",
      credits: 9,
    });
    equal((await client.next()).type, "position");
    await world.append(1, "b.y");
    const { event } = await client.next();
    equal(event.specversion, "1.0");
    equal(event.type, "b.y");
    equal(event.position, "1");
    await world.append(3, "a.x");
    // Until the three have been passed over, a heartbeat comes alone.
    let passed: ServerFrame | undefined;
    while (!passed) [passed] = await heard(client);
    deepEqual([passed.type, positionOf(passed)], ["position", 4]);
    deepEqual(await heard(client), []);
    await client.leave();
  });

  Deno.test("a volatile event costs a credit; of each key the newest waits", async () => {
    await using listener = listenForSockets();
    const { world, connect } = listener;
    const client = await connect({ channels: ["market.*"] });
    await client.next();
    for (let i = 1; i <= 5; i++) {
      const body = price("SPY", `${i}`);
      const { json } = await world.send("POST", "/api/v1/events", { body });
      equal(json.receivers, 1);
    }
    deepEqual(await heard(client), []);
    client.send({ type: "credit", n: 1 });
    // The first is taken by whoever waits for a credit, the newest stays.
    const first = await client.next();
    equal(first.id, undefined);
    equal(first.event.data.price, "1");
    deepEqual(await heard(client), []);
    client.send({ type: "credit", n: 5 });
    equal((await client.next()).event.data.price, "5");
    deepEqual(await heard(client), []);
    await client.leave();
  });

  Deno.test("nothing is sent before the position", async () => {
    const held = Promise.withResolvers<void>();
    await using listener = listenForSockets({
      wrap: (bus) =>
        guardedBus(bus, (call) => call === "head" ? held.promise : undefined),
    });
    const { world, connect } = listener;
    const client = await connect({ credits: 5 });
    deepEqual(await heard(client), []);
    const publish = () =>
      world.send("POST", "/api/v1/events", { body: price("SPY", "1") });
    await publish();
    deepEqual(await heard(client), []);
    held.resolve();
    equal((await client.next()).type, "position");
    equal((await publish()).json.receivers, 1);
    equal((await client.next()).type, "event");
    await client.leave();
  });

  Deno.test("what is no longer held is a gap, at the start and later", async () => {
    await using listener = listenForSockets({ capacity: 10 });
    const { world, connect } = listener;
    await world.append(30);
    const client = await connect({ after: 2, credits: 3 });
    const gap = await client.next();
    const { epoch } = await world.bus.head();
    deepEqual(gap, {
      type: "gap",
      id: `${epoch}:20`,
      requested: 2,
      earliest: 21,
      head: 30,
      epoch,
    });
    deepEqual(positionsOf(await client.take(3)), [21, 22, 23]);
    await world.append(30);
    client.send({ type: "credit", n: 100 });
    // The page in hand goes on; what the log has dropped after it is a gap.
    deepEqual(positionsOf(await client.take(7)), range(24, 30));
    const later = await client.next();
    deepEqual([later.type, later.requested, later.earliest], ["gap", 30, 51]);
    equal(later.requested_epoch, epoch);
    deepEqual(positionsOf(await client.take(10)), range(51, 60));
    await client.leave();
  });

  Deno.test("a socket shows that it is alive, and answers a ping", async () => {
    await using listener = listenForSockets();
    const { world, connect } = listener;
    const client = await connect({});
    await client.next();
    await pass(world.clock, 15_000);
    deepEqual(await client.next(), {
      type: "heartbeat",
      timestamp: "2026-01-02T03:04:20.000Z",
    });
    client.send({ type: "ping" });
    equal((await client.next()).type, "heartbeat");
    await client.leave();
  });

  Deno.test("many sockets get every event", async () => {
    await using listener = listenForSockets();
    const { world, connect } = listener;
    const clients = await Promise.all(
      Array.from(
        { length: 64 },
        () => connect({ after: 0, credits: 1000 }),
      ),
    );
    for (let i = 0; i < 20; i++) await world.append(10);
    for (const client of clients) {
      equal((await client.next()).type, "position");
      deepEqual(positionsOf(await client.take(200)), range(1, 200));
    }
    await Promise.all(clients.map((client) => client.leave()));
    await world.untilStreams(0);
  });

  Deno.test("only a handshake of this site's pages, or of no page, is taken", async () => {
    await using listener = listenForSockets();
    const url = `http://127.0.0.1:${listener.port}${SOCKET}`;
    const ask = async (headers: Record<string, string>) => {
      const response = await fetch(url, { headers });
      return [response.status, (await response.json()).detail];
    };
    const [plain, why] = await ask({});
    equal(plain, 400);
    match(why, /asks for none/);
    const { send } = listener.world;
    const upgrade = { upgrade: "websocket", connection: "Upgrade" };
    for (
      const headers of [
        { origin: "https://evil.example" },
        { origin: "null" },
        { "sec-fetch-site": "cross-site" },
      ]
    ) {
      const { status, json } = await send("GET", SOCKET, {
        headers: { ...upgrade, ...headers },
      });
      equal(status, 403);
      match(json.detail, /^Cannot open a WebSocket as it was asked for by a/);
    }
    const malformed = await send("GET", SOCKET, { headers: upgrade });
    equal(malformed.status, 400);
    match(malformed.json.detail, /handshake is malformed/);
  });
}
