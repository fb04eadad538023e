/**
 * Members within this process.
 *
 * @module
 */
import type { LoggedEvent } from "../../domain/event/event.ts";
import type { GroupStore } from "../../ports/event_groups.ts";
import { PortError } from "../../ports/port_error.ts";
import type { EventHandler } from "../../src/services/event_groups/handling.ts";
import { deepEqual, equal, ok, rejects } from "../support/assert.ts";
import { anEvent } from "../support/events.ts";
import { createGroupWorld } from "../support/group_world.ts";
import { createSeededEntropy } from "../support/seeded_entropy.ts";
import { pass, settle } from "../support/turns.ts";

const BACKOFF = { firstMs: 100, factor: 2, maxMs: 1000 };

/** Consumers that are stopped at the end. */
function openConsumers(world: ReturnType<typeof createGroupWorld>) {
  const stop = new AbortController();
  const running: Promise<void>[] = [];
  return {
    start(handler: EventHandler, groups = world.groups, concurrency?: number) {
      const member = `m${running.length}`;
      running.push(groups.consume("g", {
        member,
        handler,
        ...(concurrency === undefined ? {} : { concurrency }),
      }, stop.signal));
    },
    async end() {
      stop.abort();
      await pass(world.clock, 200);
      await Promise.all(running);
    },
  };
}

Deno.test("consume: every event is handled, in the order of its key, with its effects once", async () => {
  const world = createGroupWorld();
  await world.make({
    channels: ["orders.*"],
    maxAttempts: 50,
    backoff: BACKOFF,
    leaseMs: 3000,
  });
  const entropy = createSeededEntropy(5);
  const handled = new Map<string, number[]>();
  const flaky: EventHandler = async ({ position, key = "" }) => {
    await world.clock.sleep(entropy.fraction() * 50);
    if (entropy.fraction() < 0.3) throw new Error("flaky");
    handled.set(key, [...handled.get(key) ?? [], position]);
    return [anEvent({ position }, { channel: "done" })];
  };
  const consumers = openConsumers(world);
  consumers.start(flaky);
  consumers.start(flaky, world.instance(), 3);
  const count = 120;
  for (let i = 0; i < count; i++) {
    const key = `k${i % 5}`;
    await world.bus.publish([anEvent({}, { channel: "orders.executed", key })]);
  }
  for (let i = 0; i < 60; i++) await pass(world.clock, 1000);
  await consumers.end();
  equal([...handled.values()].flat().length, count);
  for (const positions of handled.values()) {
    deepEqual(positions, positions.toSorted((a, b) => a - b));
  }
  const { events } = await world.bus.read({ after: 0, limit: 1000 });
  const effects = events.filter(({ channel }) => channel === "done")
    .map(({ json }) => JSON.parse(json).position);
  equal(effects.length, count);
  equal(new Set(effects).size, count);
});

Deno.test("consume: a member that dies loses nothing: another goes on", async () => {
  const world = createGroupWorld();
  await world.make({ leaseMs: 2000, maxInFlight: 4 });
  let isDead = false;
  const refuse = () =>
    Promise.reject(new PortError("unavailable", "Cannot reach it"));
  const cut: GroupStore = {
    ...world.store,
    load: (name) => isDead ? refuse() : world.store.load(name),
    save: (...args) => isDead ? refuse() : world.store.save(...args),
  };
  const consumers = openConsumers(world);
  const seen: number[] = [];
  const lost: AbortSignal[] = [];
  consumers.start((_event, { signal }) => {
    lost.push(signal);
    return new Promise((_, reject) =>
      signal.addEventListener("abort", () => reject(signal.reason))
    );
  }, world.instance(cut));
  await world.publish("a", "a", "b", undefined);
  await settle();
  equal(lost.length, 3);
  isDead = true;
  const handler = async ({ position }: LoggedEvent) => void seen.push(position);
  consumers.start(handler);
  await pass(world.clock, 1000);
  deepEqual(seen, []);
  await pass(world.clock, 4000);
  deepEqual(seen.toSorted(), [1, 2, 3, 4]);
  isDead = false;
  await pass(world.clock, 2000);
  ok(lost.every(({ aborted }) => aborted), "who is fenced is told to stop");
  await consumers.end();
});

Deno.test("consume: a long handler keeps its lease", async () => {
  const world = createGroupWorld();
  await world.make({ leaseMs: 900 });
  let handled = 0;
  const consumers = openConsumers(world);
  const slow = async () => {
    await world.clock.sleep(10_000);
    handled++;
  };
  consumers.start(slow);
  consumers.start(slow, world.instance());
  await world.publish("a");
  await pass(world.clock, 15_000);
  equal(handled, 1);
  equal((await world.groups.get("g")).lag, 0);
  await consumers.end();
});

Deno.test("consume: no more are taken than there are hands", async () => {
  const world = createGroupWorld();
  await world.make({ maxInFlight: 5 });
  const out = [0, 0];
  const most = [0, 0];
  const consumers = openConsumers(world);
  const handlerOf = (i: 0 | 1) => async () => {
    out[i]!++;
    most[0] = Math.max(most[0]!, out[0]!);
    most[1] = Math.max(most[1]!, out[0]! + out[1]!);
    await world.clock.sleep(100);
    out[i]!--;
  };
  consumers.start(handlerOf(0), world.instance(), 2);
  consumers.start(handlerOf(1));
  await world.publish(...Array(50).fill(undefined));
  await pass(world.clock, 5000);
  deepEqual(most, [2, 5], "of the first, and of both");
  equal((await world.groups.get("g")).lag, 0);
  await consumers.end();
});

Deno.test("consume: a poison event ends among the dead letters, and stops nobody", async () => {
  const world = createGroupWorld();
  await world.make({ maxAttempts: 3, backoff: BACKOFF });
  const good = anEvent({ n: 1 });
  await world.bus.publish([anEvent({ n: 0 }), good]);
  const handled: unknown[] = [];
  const consumers = openConsumers(world);
  consumers.start(async ({ json }) => {
    const data = JSON.parse(json);
    if (data.n === 0) throw new TypeError("it has no price");
    handled.push(data);
  });
  await pass(world.clock, 2000);
  deepEqual(handled, [{ n: 1 }]);
  const letter = await world.groups.letter("g", 1);
  deepEqual([letter.attempts, letter.status], [3, "dead"]);
  ok(/no price/.test(letter.error), letter.error);
  equal(letter.event!.json, '{"n":0}');
  await consumers.end();
});

Deno.test("consume: effects that the log refuses fail the delivery", async () => {
  const world = createGroupWorld();
  await world.make({ maxAttempts: 1 });
  await world.publish("a");
  const consumers = openConsumers(world);
  consumers.start(async () => [anEvent({}, { id: "no" })]);
  await pass(world.clock, 500);
  ok((await world.groups.letter("g", 1)).error.includes("UUID"));
  await consumers.end();
});

Deno.test("consume: an effect with the id of another event fails the delivery", async () => {
  const world = createGroupWorld();
  const event = anEvent({ n: 1 });
  await world.bus.publish([event]);
  await world.make({ maxAttempts: 1 });
  const consumers = openConsumers(world);
  consumers.start(async () => [{ ...event, json: "{}" }]);
  await pass(world.clock, 500);
  ok((await world.groups.letter("g", 1)).error.includes("another event"));
  await consumers.end();
});

Deno.test("consume: ends where there is no such group", async () => {
  const world = createGroupWorld();
  const { signal } = new AbortController();
  const handler = async () => {};
  const consuming = world.groups.consume("g", { member: "m", handler }, signal);
  await rejects(consuming, { code: "not_found" });
});
