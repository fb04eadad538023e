/**
 * One reading of the newest stretch of the log for all who follow it.
 *
 * @module
 */
import { parseChannelPatterns } from "../../domain/event/channel_pattern.ts";
import type { EventBus } from "../../ports/event_bus.ts";
import { PortError } from "../../ports/port_error.ts";
import {
  createSharedTail,
  MAX_HELD_EVENTS,
} from "../../src/services/shared_tail.ts";
import { createCountedAbort } from "../support/abort_listeners.ts";
import { deepEqual, equal, ok, rejects } from "../support/assert.ts";
import { guardedBus } from "../support/event_buses.ts";
import { createLogWorld, positionsOf, upTo } from "../support/log_world.ts";
import { settle } from "../support/turns.ts";

const FOLLOWERS = 100;

/** A log whose calls are counted, followed through a shared tail. */
function createTailWorld(
  before: (call: string) => void | Promise<void> = () => {},
) {
  const world = createLogWorld();
  const calls: Record<string, number> = {};
  const counted = guardedBus(world.bus, async (call) => {
    calls[call] = (calls[call] ?? 0) + 1;
    await before(call);
  });
  const tail: EventBus = { ...counted, ...createSharedTail(counted) };
  return {
    ...world,
    calls,
    tail,
    epochNow: async () => (await world.bus.head()).epoch,
  };
}

Deno.test("a hundred who stand at the head take one read and one wait an event", async () => {
  const { tail, calls, publish, follow, stop, epochNow } = createTailWorld();
  const epoch = await epochNow();
  const all = Array.from(
    { length: FOLLOWERS },
    () => follow(tail, { epoch }),
  );
  await settle(500);
  for (const name of ["read", "wait"]) calls[name] = 0;
  for (let i = 0; i < 10; i++) {
    await publish(1);
    await settle(500);
  }
  for (const { pages } of all) deepEqual(positionsOf(pages), upTo(10));
  ok(calls["read"]! <= 10, `${calls["read"]} reads of ten events`);
  ok(calls["wait"]! <= 10, `${calls["wait"]} waits for ten events`);
  stop();
  await Promise.allSettled(all.map(({ ended }) => ended));
});

Deno.test("who comes a little later takes what is held, through channels of his own", async () => {
  const { tail, calls, publish, follow, stop, epochNow } = createTailWorld();
  const epoch = await epochNow();
  const first = follow(tail, { epoch });
  await settle();
  await publish(3);
  await publish(2, "orders.executed");
  await settle();
  calls["read"] = 0;
  const channels = parseChannelPatterns(["orders.*"]);
  const late = follow(tail, { epoch, after: 1, channels, pageSize: 1 });
  await settle();
  deepEqual(positionsOf(late.pages), [4, 5]);
  deepEqual(late.pages.map(({ scannedTo }) => scannedTo), [4, 5]);
  equal(calls["read"], 0);
  deepEqual(positionsOf(first.pages), upTo(5));
  stop();
  await Promise.all([first.ended, late.ended]);
});

Deno.test("a reader far behind catches up by himself, without a gap to what is held", async () => {
  const { tail, publish, follow, stop, epochNow } = createTailWorld();
  const epoch = await epochNow();
  const quick = follow(tail, { epoch });
  const count = 3 * MAX_HELD_EVENTS;
  for (let i = 0; i < count / 16; i++) {
    await publish(16);
    await settle();
  }
  const late = follow(tail, { epoch });
  await settle(500);
  await publish(1);
  await settle(500);
  deepEqual(positionsOf(quick.pages), upTo(count + 1));
  deepEqual(positionsOf(late.pages), upTo(count + 1));
  stop();
  await Promise.all([quick.ended, late.ended]);
});

Deno.test("a read that had begun before the event came is not taken for the newest", async () => {
  let hold: Promise<void> | undefined;
  const { bus, publish, epochNow, ...world } = createTailWorld();
  const epoch = await epochNow();
  const slow = guardedBus(bus, () => {});
  const tail = createSharedTail({
    ...slow,
    async read(query, signal) {
      const page = await bus.read(query, signal);
      await hold;
      return page;
    },
  });
  await tail.read({ after: 0, limit: 10, epoch });
  const released = Promise.withResolvers<void>();
  hold = released.promise;
  const early = tail.read({ after: 0, limit: 10, epoch });
  await settle();
  await publish(1);
  const late = tail.read({ after: 0, limit: 10, epoch });
  await settle();
  hold = undefined;
  released.resolve();
  deepEqual((await early).events, []);
  deepEqual((await late).events.map(({ position }) => position), [1]);
  world.stop();
});

Deno.test("a log that begins another life ends those who followed the former", async () => {
  const { tail, log, publish, follow, stop, epochNow } = createTailWorld();
  const former = follow(tail, { epoch: await epochNow() });
  await publish(5);
  await settle();
  log.renewEpoch(3);
  await publish(4);
  const next = follow(tail, { epoch: await epochNow() });
  await settle(500);
  await rejects(former.ended, { code: "epoch_changed" });
  deepEqual(positionsOf(former.pages), upTo(5));
  deepEqual(positionsOf(next.pages), upTo(7));
  stop();
  await next.ended;
});

Deno.test("a read that fails fails for all who share it, and the next one is made anew", async () => {
  let isDown = false;
  const { tail, publish, epochNow } = createTailWorld((call) => {
    if (isDown && call === "read") throw new PortError("unavailable", "away");
  });
  const epoch = await epochNow();
  const query = { after: 0, limit: 10, epoch };
  await tail.read(query);
  await publish(2);
  isDown = true;
  const results = await Promise.allSettled([
    tail.read(query),
    tail.read(query),
  ]);
  deepEqual(results.map(({ status }) => status), ["rejected", "rejected"]);
  isDown = false;
  equal((await tail.read(query)).events.length, 2);
});

Deno.test("whoever leaves leaves nothing behind, and the others go on", async () => {
  const { tail, bus, publish, calls, epochNow } = createTailWorld();
  const epoch = await epochNow();
  const gone = createCountedAbort();
  const stays = tail.wait(0);
  const left = tail.wait(0, gone.signal);
  gone.abort();
  await rejects(left, { name: "AbortError" });
  await publish(1);
  await stays;
  equal(gone.listeners, 0);
  equal(calls["wait"], 1);
  const { position } = await bus.head();
  const stop = new AbortController();
  const last = tail.wait(position, stop.signal);
  stop.abort(new Error("enough"));
  await rejects(last, { message: "enough" });
  await rejects(
    tail.read({ after: position, limit: 1, epoch }, stop.signal),
    { message: "enough" },
  );
});

Deno.test("who has left already asks for nothing", async () => {
  let isDown = false;
  const { tail, calls, epochNow } = createTailWorld((call) => {
    if (isDown && call === "read") throw new PortError("unavailable", "away");
  });
  const query = { after: 0, limit: 1, epoch: await epochNow() };
  await tail.read(query);
  isDown = true;
  const gone = AbortSignal.abort(new Error("enough"));
  // A shared read that failed for nobody would end the process.
  await rejects(tail.read(query, gone), { message: "enough" });
  await settle();
  equal(calls["read"], 1);
});

Deno.test("what is out of range is refused although the events are held", async () => {
  const { tail, publish, epochNow } = createTailWorld();
  const epoch = await epochNow();
  await publish(3);
  for (let i = 0; i < 3; i++) await tail.read({ after: i, limit: 10, epoch });
  for (
    const bad of [{ limit: 0 }, { limit: 1001 }, { after: 0.5 }, { after: -1 }]
  ) {
    await rejects(tail.read({ after: 0, limit: 1, epoch, ...bad }), {
      code: "invalid",
    });
  }
});
