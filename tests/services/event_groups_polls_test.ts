/**
 * Many members that wait: one look a group for all of them, served in turn.
 *
 * @module
 */
import { PortError } from "../../ports/port_error.ts";
import { deepEqual, equal, ok, rejects } from "../support/assert.ts";
import { anEvent } from "../support/events.ts";
import {
  createGroupWorld,
  nackOf,
  positionsOf,
  refOf,
} from "../support/group_world.ts";
import { pass, settle } from "../support/turns.ts";

const POLLERS = 200;

/** A world whose log counts how often it is read and waited for. */
function createCountedWorld() {
  const counts = { reads: 0, waits: 0, loads: 0, saves: 0 };
  const world = createGroupWorld({
    bus: (bus) => ({
      ...bus,
      read(...args) {
        counts.reads++;
        return bus.read(...args);
      },
      async wait(...args) {
        counts.waits++;
        try {
          await bus.wait(...args);
        } finally {
          counts.waits--;
        }
      },
    }),
    store: (store) => ({
      ...store,
      load(...args) {
        counts.loads++;
        return store.load(...args);
      },
      save(...args) {
        counts.saves++;
        return store.save(...args);
      },
    }),
  });
  return { ...world, counts };
}

/** Starts `count` polls, in order; what each has got, once it has. */
function startPolls(
  { groups }: Pick<ReturnType<typeof createGroupWorld>, "groups">,
  count: number,
  { limit = 1, waitMs = 30_000, signal }: {
    limit?: number;
    waitMs?: number;
    signal?: AbortSignal;
  } = {},
) {
  const got: (number[] | undefined)[] = Array(count).fill(undefined);
  const polls = got.map(async (_, i) => {
    const polling = { member: `m${i}`, limit, waitMs };
    const { deliveries } = await groups.take("g", polling, signal);
    got[i] = positionsOf(deliveries);
    return deliveries;
  });
  return { got, polls };
}

Deno.test("groups: an event costs one look, however many members wait", async () => {
  const world = createCountedWorld();
  const { counts } = world;
  await world.make();
  const { got, polls } = startPolls(world, POLLERS);
  await settle();
  equal(counts.waits, 1, "waits for the log");
  counts.reads = counts.saves = 0;
  await world.publish("a");
  await settle(1000);
  ok(counts.reads <= 3, `${counts.reads} reads`);
  equal(counts.saves, 1);
  deepEqual(got.filter((one) => one !== undefined), [[1]]);
  await world.groups.settle("g", { acks: (await polls[0]!).map(refOf) });
  await pass(world.clock, 31_000);
  await Promise.all(polls);
  equal(got.filter((one) => one?.length === 0).length, POLLERS - 1);
  equal(counts.waits, 0);
});

Deno.test("groups: who waits longest is served first, and a batch serves many at once", async () => {
  const world = createCountedWorld();
  const { counts } = world;
  await world.make({ maxInFlight: 1000 });
  const { got } = startPolls(world, POLLERS, { limit: 2, waitMs: 1000 });
  await settle();
  counts.reads = counts.saves = 0;
  const events = Array.from({ length: 300 }, () => undefined);
  await world.publish(events[0]);
  await settle(500);
  deepEqual(got[0], [1]);
  equal(got[1], undefined);
  const { bus } = world;

  await bus.publish(events.slice(1).map(() => anEvent()));
  await settle(1000);
  const served = got.filter((one) => one !== undefined);
  equal(served.length, 151, "the first, and 150 more");
  deepEqual(got.slice(0, 151).flat(), events.map((_, i) => i + 1));
  ok(counts.saves <= 3, `${counts.saves} writes`);
  ok(counts.reads <= 20, `${counts.reads} reads`);
  await pass(world.clock, 1100);
  deepEqual(got.slice(151), Array(POLLERS - 151).fill([]));
});

Deno.test("groups: who waits behind others is told in time that there is nothing", async () => {
  const world = createCountedWorld();
  await world.make();
  const waiting = startPolls(world, POLLERS * 2);
  await settle();
  const now = startPolls(world, 1, { waitMs: 0 });
  await settle(500);
  deepEqual(now.got, [[]]);
  const soon = startPolls(world, 1, { waitMs: 100 });
  await pass(world.clock, 99);
  deepEqual(soon.got, [undefined]);
  await pass(world.clock, 2);
  deepEqual(soon.got, [[]]);
  await pass(world.clock, 31_000);
  await Promise.all(waiting.polls);
});

Deno.test("groups: a log that cannot be waited for is looked at now and then, and not without end", async () => {
  let reads = 0;
  const world = createGroupWorld({
    bus: (bus) => ({
      ...bus,
      read(...args) {
        reads++;
        return bus.read(...args);
      },
      wait() {
        throw new PortError("unavailable", "Cannot listen");
      },
    }),
  });
  await world.make();
  const { got, polls } = startPolls(world, 10);
  await pass(world.clock, 5000);
  ok(reads <= 30, `${reads} reads`);
  await world.publish("a");
  await pass(world.clock, 600);
  deepEqual(got.filter((one) => one !== undefined), [[1]]);
  await pass(world.clock, 30_000);
  await Promise.all(polls);
});

Deno.test("groups: who leaves gives way, and who comes back waits anew", async () => {
  const world = createCountedWorld();
  await world.make();
  const leaving = new AbortController();
  const gone = startPolls(world, 10, { signal: leaving.signal });
  const left = Promise.allSettled(gone.polls);
  const stay = startPolls(world, 1);
  await settle();
  leaving.abort();
  for (const { status } of await left) equal(status, "rejected");
  await world.publish("a");
  await settle(500);
  deepEqual(stay.got, [[1]]);
  equal((await world.groups.get("g")).taken, 1);
  equal(world.counts.waits, 0, "nobody is left who waits");
});

Deno.test("groups: an ack and a retry wake one of those who wait, and only one", async () => {
  const world = createCountedWorld();
  await world.make({ backoff: { firstMs: 1000, factor: 2, maxMs: 4000 } });
  await world.publish("a", "a");
  const [first] = await world.take();
  const { got, polls } = startPolls(world, 50);
  await settle(500);
  await world.groups.settle("g", { nacks: [nackOf(first!)] });
  await pass(world.clock, 1100);
  deepEqual(got.filter((one) => one !== undefined), [[1]]);
  const [again] = await polls[0]!;
  world.counts.reads = 0;
  await world.groups.settle("g", { acks: [refOf(again!)] });
  await settle(500);
  deepEqual(got.filter((one) => one !== undefined), [[1], [2]]);
  ok(world.counts.reads <= 3, `${world.counts.reads} reads`);
  await pass(world.clock, 31_000);
  await Promise.all(polls);
});

Deno.test("groups: all who wait hear that the group has lost its place, and later ones too", async () => {
  const world = createCountedWorld();
  await world.make();
  const { polls } = startPolls(world, 20);
  const ended = Promise.allSettled(polls);
  await settle();
  world.log.renewEpoch();
  await pass(world.clock, 6000);
  for (const one of await ended) {
    ok(one.status === "rejected");
    equal(one.reason.code, "epoch_changed");
  }
  await rejects(world.take(), { code: "epoch_changed" });
  await rejects(startPolls(world, 1).polls[0]!, { code: "epoch_changed" });
});
