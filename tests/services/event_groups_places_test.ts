/**
 * Where groups begin, stop and go on.
 *
 * @module
 */
import { DEFAULT_POLICY } from "../../domain/event_group/policy.ts";
import { MAX_WAITING } from "../../domain/event_group/group.ts";
import { PortError } from "../../ports/port_error.ts";
import { deepEqual, equal, ok, rejects } from "../support/assert.ts";
import { anEvent } from "../support/events.ts";
import {
  createGroupWorld,
  positionsOf,
  refOf,
} from "../support/group_world.ts";

Deno.test("groups: a group begins where it is told", async () => {
  const world = createGroupWorld();
  await world.publish("a");
  await world.clock.advance(1000);
  const fromTimeMs = world.clock.now();
  await world.publish("a", "a");
  const begin = async (start: Parameters<typeof world.make>[1]) => {
    await world.store.remove("g");
    equal(await world.make({}, start), true);
    return (await world.groups.get("g")).group.checkpoint;
  };
  equal(await begin("earliest"), 0);
  equal(await begin("head"), 3);
  equal(await begin({ after: 2 }), 2);
  equal(await begin({ fromTimeMs }), 1);
  await world.store.remove("g");
  await rejects(world.make({}, { after: 4 }), {
    code: "invalid",
    facts: { head: 3 },
  });
  await rejects(world.make({}, { after: 1, epoch: "0-0" }), {
    code: "epoch_changed",
  });
});

Deno.test("groups: names and policies that are none are refused", async () => {
  const { groups } = createGroupWorld();
  for (const name of ["", "A", "a b", "-a", "a".repeat(65), "../a"]) {
    const put = groups.put(name, { policy: DEFAULT_POLICY, start: "head" });
    await rejects(put, { name: "InvalidInput" });
  }
  const odd = [
    { maxAttempts: 0 },
    { leaseMs: 1 },
    { maxInFlight: 1.5 },
    { channels: [] },
    { channels: ["a..b"] },
    { backoff: { firstMs: -1, factor: 2, maxMs: 1 } },
    { backoff: { firstMs: 1, factor: NaN, maxMs: 1 } },
  ];
  for (const one of odd) {
    const policy = { ...DEFAULT_POLICY, ...one };
    const put = groups.put("g", { policy, start: "head" });
    await rejects(put, { name: "InvalidInput" });
  }
  await rejects(groups.get("g"), { code: "not_found" });
  await rejects(groups.pause("g"), { code: "not_found" });
  await rejects(groups.remove("g"), { code: "not_found" });
});

Deno.test("groups: another policy keeps the place", async () => {
  const world = createGroupWorld();
  await world.publish("a", "b");
  await world.make();
  const [first] = await world.take(world.groups, 1);
  equal(await world.make({ maxInFlight: 1 }, "head"), false);
  deepEqual(await world.take(), []);
  await world.groups.settle("g", { acks: [refOf(first!)] });
  deepEqual(positionsOf(await world.take()), [2]);
});

Deno.test("groups: a pause lets what is out be settled, and gives out nothing more", async () => {
  const world = createGroupWorld();
  await world.make();
  await world.publish("a", "a");
  const [first] = await world.take();
  await world.groups.pause("g");
  await world.groups.settle("g", { acks: [refOf(first!)] });
  deepEqual(await world.take(world.instance()), []);
  await world.groups.resume("g");
  deepEqual(positionsOf(await world.take()), [2]);
});

Deno.test("groups: a seek goes anywhere the log has, and fences what is out", async () => {
  const world = createGroupWorld();
  await world.make();
  await world.publish("a", "b", "c");
  const out = await world.take();
  equal(await world.groups.seek("g", { after: 1 }), 1);
  await rejects(world.groups.settle("g", { acks: [refOf(out[0]!)] }), {
    code: "fenced",
  });
  deepEqual(positionsOf(await world.take()), [2, 3]);
  await rejects(world.groups.seek("g", { after: 9 }), {
    code: "invalid",
    facts: { head: 3 },
  });
  equal(await world.groups.seek("g", "head"), 3);
  deepEqual(await world.take(), []);
});

Deno.test("groups: a seek over events that nobody has taken holds for every instance", async () => {
  const world = createGroupWorld();
  await world.make();
  await world.publish("a", "b", "c", "d");
  for (const position of [2, 1, 3, 0, 4]) {
    await world.groups.seek("g", { after: position });
    const { group } = await world.groups.get("g");
    deepEqual([group.cursor, group.checkpoint], [position, position]);
  }
  await world.groups.seek("g", { after: 1 });
  await world.groups.seek("g", { after: 3 });
  deepEqual(positionsOf(await world.take(world.instance())), [4]);
});

Deno.test("groups: another epoch stops the group, which says so until it is sent on", async () => {
  const world = createGroupWorld();
  await world.make();
  await world.publish("a", "b");
  await world.take(world.groups, 1);
  world.log.renewEpoch();
  const { epoch } = world.log.head();
  const changed = { code: "epoch_changed", facts: { epoch, earliest: 1 } };
  for (const from of [world.groups, world.instance()]) {
    await rejects(world.take(from), changed);
    await rejects(from.resume("g"), changed);
  }
  const { group, lag } = await world.groups.get("g");
  deepEqual([group.halted!.code, lag], ["epoch_changed", undefined]);
  await world.groups.seek("g", "earliest");
  deepEqual(positionsOf(await world.take()), [1, 2]);
});

Deno.test("groups: events that the log has dropped stop the group, and are never passed over in silence", async () => {
  const world = createGroupWorld({ capacity: 10 });
  await world.make();
  await world.publish(...Array(40).fill("a"));
  const { earliest } = world.log.head();
  ok(earliest > 1);
  const expired = { code: "expired", facts: { earliest } };
  await rejects(world.take(), expired);
  await rejects(world.groups.resume("g"), expired);
  await world.groups.seek("g", "earliest");
  deepEqual(positionsOf(await world.take()), [earliest]);
});

Deno.test("groups: what waits is bounded, and nothing of it is lost", async () => {
  const world = createGroupWorld();
  await world.make({ maxInFlight: 3 });
  const count = MAX_WAITING + 100;
  const events = Array.from({ length: count }, () => anEvent({}, { key: "a" }));
  await world.bus.publish([...events, anEvent()]);
  let [out] = await world.take();
  // No room is left for the last event, which has no key.
  for (let i = 0; i < 20; i++) deepEqual(await world.take(), []);
  const { outstanding, group } = await world.groups.get("g");
  ok(outstanding <= MAX_WAITING + 1, `${outstanding}`);
  ok(group.cursor < count);
  const handled: number[] = [];
  while (out && handled.length < count + 1) {
    const all = [out];
    for (const one of all) handled.push(one.event.position);
    await world.groups.settle("g", { acks: all.map(refOf) });
    const [next, ...more] = await world.take();
    out = next;
    for (const one of more) {
      handled.push(one.event.position);
      await world.groups.settle("g", { acks: [refOf(one)] });
    }
  }
  equal(new Set(handled).size, count + 1);
  equal((await world.groups.get("g")).lag, 0);
});

Deno.test("groups: many acks at one time are one write", async () => {
  let saves = 0;
  const world = createGroupWorld({
    store: (store) => ({
      ...store,
      save(...args) {
        saves++;
        return store.save(...args);
      },
    }),
  });
  await world.make({ maxInFlight: 200 });
  await world.publish(...Array(200).fill(undefined));
  const out = await world.take(world.groups, 200);
  equal(out.length, 200);
  saves = 0;
  await Promise.all(
    out.map((one) => world.groups.settle("g", { acks: [refOf(one)] })),
  );
  ok(saves <= 2, `${saves} writes`);
  equal((await world.groups.get("g")).lag, 0);
});

Deno.test("groups: one bad effect fails its own settlement and no other", async () => {
  const world = createGroupWorld();
  await world.make();
  await world.publish(undefined, undefined);
  const [one, two] = await world.take();
  const results = await Promise.allSettled([
    world.groups.settle("g", { acks: [refOf(one!)] }, [
      anEvent({}, { id: "no" }),
    ]),
    world.groups.settle("g", { acks: [refOf(two!)] }, [anEvent()]),
    world.groups.settle("g", { acks: [{ position: 9, token: "x" }] }),
  ]);
  deepEqual(results.map(({ status }) => status), [
    "rejected",
    "fulfilled",
    "rejected",
  ]);
  equal((await world.groups.get("g")).outstanding, 1);
});

Deno.test("groups: an effect that only the database refuses fails no other settlement", async () => {
  const bad = anEvent();
  const world = createGroupWorld({
    store: (store) => ({
      ...store,
      async save(change, effects = [], signal) {
        if (effects.some(({ id }) => id === bad.id)) {
          throw new PortError("invalid", "Cannot hold the text");
        }
        return await store.save(change, effects, signal);
      },
    }),
  });
  await world.make();
  await world.publish(undefined, undefined);
  const [one, two] = await world.take();
  const results = await Promise.allSettled([
    world.groups.settle("g", { acks: [refOf(one!)] }, [bad]),
    world.groups.settle("g", { acks: [refOf(two!)] }, [anEvent()]),
  ]);
  deepEqual(results.map(({ status }) => status), ["rejected", "fulfilled"]);
});

Deno.test("groups: an effect with the id of another one fails its settlement and no other", async () => {
  const world = createGroupWorld();
  await world.make();
  await world.publish(undefined, undefined, undefined);
  const [one, two, three] = await world.take();
  const effect = anEvent({ n: 1 });
  const other = { ...effect, json: "{}" };
  const { groups } = world;
  const results = await Promise.allSettled([
    groups.settle("g", { acks: [refOf(one!)] }, [effect]),
    groups.settle("g", { acks: [refOf(two!)] }, [other]),
    groups.settle("g", { acks: [refOf(three!)] }, [effect]),
  ]);
  deepEqual(results.map(({ status }) => status), [
    "fulfilled",
    "rejected",
    "fulfilled",
  ]);
  equal((await groups.get("g")).outstanding, 1);
  equal((await world.bus.head()).position, 4);
});

Deno.test("groups: a delivery that is named twice is counted once", async () => {
  const world = createGroupWorld();
  const counts: Record<string, number> = {};
  world.telemetry.count = (_, labels, by = 1) => {
    const result = labels?.["result"] ?? "";
    counts[result] = (counts[result] ?? 0) + by;
  };
  await world.make();
  await world.publish("a", "b");
  const [one, two] = (await world.take()).map(refOf);
  const no = { ...two!, error: "no" };
  const nacks = [no, no, { ...one!, error: "no" }];
  await world.groups.settle("g", { acks: [one!, one!], nacks });
  deepEqual(counts, { ack: 1, nack: 1 });
});

Deno.test("groups: who has left takes nothing, and no attempt is counted", async () => {
  let leave: AbortController | undefined;
  let saves = 0;
  const world = createGroupWorld({
    store: (store) => ({
      ...store,
      async save(change, effects, signal) {
        saves++;
        const receipts = await store.save(change, effects, signal);
        leave?.abort();
        leave = undefined;
        return receipts;
      },
    }),
  });
  await world.make({ maxAttempts: 1 });
  await world.publish("a", "b");
  const polling = { member: "m", limit: 9, waitMs: 1000 };
  const early = new AbortController();
  const before = saves;
  const gone = world.groups.take("g", polling, early.signal);
  early.abort();
  await rejects(gone, { name: "AbortError" });
  equal(saves, before);
  const late = leave = new AbortController();
  const left = world.groups.take("g", polling, late.signal);
  await rejects(left, { name: "AbortError" });
  const deliveries = await world.take();
  deepEqual(positionsOf(deliveries), [1, 2]);
  deepEqual(deliveries.map(({ attempt }) => attempt), [1, 1]);
});

Deno.test("groups: a seek back reads again what was given up behind a dead letter", async () => {
  const world = createGroupWorld();
  await world.make({ maxAttempts: 1, onPoison: "park-key" });
  await world.publish("a", "a", "a", "a");
  const [first] = await world.take();
  const nack = { ...refOf(first!), error: "no" };
  await world.groups.settle("g", { nacks: [nack] });
  deepEqual(await world.take(), []);
  await world.groups.discard("g", [2], "a test", "u");
  for (const start of ["earliest", { after: 3 }] as const) {
    await world.groups.seek("g", start);
    deepEqual(await world.take(), []);
    const letters = await world.groups.letters({ group: "g", limit: 9 });
    deepEqual(letters.map(({ position }) => position), [1, 2, 3, 4]);
    const { entries } = (await world.store.load("g"))!;
    deepEqual(entries.map(({ behind }) => behind), [3]);
  }
});

Deno.test("groups: an instance that knew an older state asks again before it refuses", async () => {
  const world = createGroupWorld();
  await world.make();
  const [one, two] = [world.groups, world.instance()];
  deepEqual(await world.take(two), []);
  await world.publish("a", "a");
  const [first] = await world.take(one);
  await two.settle("g", { acks: [refOf(first!)] });
  deepEqual(positionsOf(await world.take(one)), [2]);
});

Deno.test("groups: a redrive of all takes no key apart", async () => {
  const world = createGroupWorld();
  await world.make({
    maxAttempts: 1,
    onPoison: "park-key",
    maxInFlight: 1000,
  });
  const publish = (count: number, more = {}) =>
    world.bus.publish(Array.from({ length: count }, () => anEvent({}, more)));
  const failAll = async () => {
    const nacks = (await world.take(world.groups, 1000))
      .map((one) => ({ ...refOf(one), error: "no" }));
    await world.groups.settle("g", { nacks });
  };
  for (const count of [1000, 500]) {
    await publish(count);
    await failAll();
  }
  await publish(1, { key: "k" });
  await failAll();
  await publish(900, { key: "k" });
  for (let i = 0; i < 2; i++) await world.take();
  equal((await world.groups.get("g")).deadLetters, 2401);
  const { positions, isMore } = await world.groups.redrive("g", { all: true });
  deepEqual([positions.length, isMore], [1500, true]);
  await rejects(world.groups.redrive("g", { positions: [2000] }), {
    code: "conflict",
    facts: { position: 1501 },
  });
});

Deno.test("groups: a group with few events in a long log finds them without a pause", async () => {
  const world = createGroupWorld({ capacity: 400_000 });
  await world.make({ channels: ["rare"] });
  const others = Array.from({ length: 200_000 }, () => anEvent());
  await world.bus.publish(others);
  await world.bus.publish([anEvent({}, { channel: "rare" })]);
  const polling = { member: "m", limit: 10, waitMs: 10_000 };
  const { deliveries } = await world.groups.take("g", polling);
  deepEqual(positionsOf(deliveries), [200_001]);
});
