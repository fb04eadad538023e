/**
 * How event streams live and end: slow readers, failures, shutdown, leaks.
 *
 * @module
 */
import { PortError } from "../../ports/port_error.ts";
import { deepEqual, equal, ok } from "../support/assert.ts";
import { type BusCall, guardedBus } from "../support/event_buses.ts";
import { pass, settle } from "../support/turns.ts";
import { createEventWorld, follow, positionOf } from "./event_client.ts";

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

Deno.test("a slow reader holds up nobody, and misses nothing", async () => {
  const { app, append, clock } = createEventWorld();
  const slow = await follow(app, "?after=0");
  const fast = await follow(app, "?after=0");
  await fast.next();
  for (let i = 0; i < 40; i++) {
    await append(50);
    deepEqual(
      (await fast.take(50)).map(positionOf),
      upTo(50).map((n) => n + i * 50),
    );
  }
  await pass(clock, 20_000);
  await slow.next();
  const frames = await slow.take(2000);
  deepEqual(frames.map(positionOf), upTo(2000));
  await slow.leave();
  await fast.leave();
});

Deno.test("little is read ahead of a slow reader", async () => {
  let read = 0;
  const { app, append } = createEventWorld({
    wrap: (bus) => ({
      ...bus,
      async read(query, signal) {
        const page = await bus.read(query, signal);
        read += page.events.length;
        return page;
      },
    }),
  });
  await append(10_000);
  const slow = await follow(app, "?after=0");
  await slow.next();
  await settle(1000);
  ok(read <= 2 * 128, String(read));
  await slow.leave();
});

Deno.test("a reader that takes nothing is dropped, and that is logged", async () => {
  const { app, append, clock, streams, telemetry } = createEventWorld();
  await append(1000);
  const dead = await follow(app, "?after=0");
  await settle();
  equal(streams(), 1);
  await pass(clock, 36_000);
  equal(streams(), 0);
  const line = telemetry.lines.find(({ message }) =>
    message === "event stream ended"
  )!;
  equal(line.fields["code"], "timeout");
  deepEqual(await dead.rest(), []);
});

Deno.test("nothing is left of a stream whose client leaves", async () => {
  let waiting = 0;
  const { app, streams, telemetry } = createEventWorld({
    wrap: (bus) => ({
      ...bus,
      async wait(after, signal) {
        waiting++;
        try {
          await bus.wait(after, signal);
        } finally {
          waiting--;
        }
      },
    }),
  });
  const clients = await Promise.all(upTo(10).map(() => follow(app)));
  for (const client of clients) await client.next();
  await settle();
  deepEqual([streams(), waiting], [10, 1], "they wait together");
  for (const client of clients) await client.leave();
  await settle();
  deepEqual([streams(), waiting], [0, 0]);
  deepEqual(
    telemetry.lines.filter(({ message }) => message !== "request"),
    [],
  );
});

Deno.test("shutdown ends every stream at once, read or not", async () => {
  const { app, append, streams } = createEventWorld();
  await append(1000);
  const stop = new AbortController();
  const shutdown = stop.signal;
  const idle = await follow(app, "", { shutdown });
  const stuck = await follow(app, "?after=0", { shutdown });
  equal((await idle.next()).event, "position");
  await settle();
  equal(streams(), 2);
  stop.abort();
  await settle();
  equal(streams(), 0);
  deepEqual(await idle.rest(), []);
  deepEqual(await stuck.rest(), []);
});

Deno.test("a bus that is away for a while is waited for", async () => {
  const down = new Set<BusCall>();
  const { app, append, clock } = createEventWorld({
    wrap: (bus) =>
      guardedBus(bus, (call) => {
        if (!down.has(call)) return;
        throw new PortError("unavailable", "Cannot reach the bus");
      }),
  });
  const client = await follow(app);
  await client.next();
  await append(1);
  equal(positionOf(await client.next()), 1);
  down.add("read").add("wait").add("head");
  await append(3);
  await pass(clock, 4_000);
  down.clear();
  await pass(clock, 2_000);
  deepEqual((await client.take(3)).map(positionOf), [2, 3, 4]);
  await client.leave();
});

Deno.test("a gap is told although the bus is away when it is found", async () => {
  const down = new Set<BusCall>();
  const world = createEventWorld({
    wrap: (bus) =>
      guardedBus(bus, (call) => {
        if (!down.has(call)) return;
        throw new PortError("timeout", "Cannot reach the bus");
      }),
  });
  const { app, append, clock, beginAnew } = world;
  const client = await follow(app);
  await client.next();
  await append(2);
  await client.take(2);
  down.add("head");
  await beginAnew();
  await append(1);
  await pass(clock, 6_000);
  down.clear();
  await pass(clock, 2_000);
  equal((await client.next()).event, "gap");
  equal(positionOf(await client.next()), 1);
  await client.leave();
});

Deno.test("a bus that closes or breaks ends the stream, in silence outside", async () => {
  for (const error of [new PortError("closed", "Cannot"), new TypeError("!")]) {
    let isBroken = false;
    const { app, append, streams, telemetry } = createEventWorld({
      wrap: (bus) =>
        guardedBus(bus, (call) => {
          if (isBroken && call === "read") throw error;
        }),
    });
    const client = await follow(app);
    await client.next();
    await settle();
    isBroken = true;
    await append(1);
    deepEqual(await client.rest(), []);
    equal(streams(), 0);
    const line = telemetry.lines.find(({ level }) => level === "warn")!;
    equal(line.message, "event stream ended");
    equal(line.fields["error"], error.message);
    ok(line.fields["request_id"]);
  }
});

Deno.test("HEAD leaves nothing open", async () => {
  const { send, streams } = createEventWorld();
  const { status, text } = await send("HEAD", "/api/v1/events/stream");
  deepEqual([status, text], [200, ""]);
  await settle();
  equal(streams(), 0);
});

Deno.test("a token from beyond the head is a gap, and the stream goes on", async () => {
  const { app, append, bus } = createEventWorld();
  await append(3);
  const { epoch } = await bus.head();
  const client = await follow(app, "", { lastEventId: `${epoch}:9` });
  const gap = await client.next();
  deepEqual({ ...gap, data: JSON.parse(gap.data!) }, {
    retry: "2000",
    event: "gap",
    id: `${epoch}:3`,
    data: {
      requested: 9,
      requested_epoch: epoch,
      earliest: 1,
      head: 3,
      epoch,
    },
  });
  await append(2);
  deepEqual((await client.take(2)).map(positionOf), [4, 5]);
  await client.leave();
});
