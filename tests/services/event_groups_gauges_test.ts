/**
 * What is measured of groups, and what that costs.
 *
 * @module
 */
import { DEFAULT_POLICY } from "../../domain/event_group/policy.ts";
import type { MetricName } from "../../ports/telemetry.ts";
import { createSystemTelemetry } from "../../adapters/system/telemetry.ts";
import { deepEqual, equal, ok } from "../support/assert.ts";
import { anEvent } from "../support/events.ts";
import { createGroupWorld, refOf } from "../support/group_world.ts";
import { pass, settle } from "../support/turns.ts";

const GAUGES: readonly MetricName<"gauge">[] = [
  "holdfast_group_lag",
  "holdfast_group_oldest_age_seconds",
  "holdfast_group_outstanding",
  "holdfast_group_dead_letters",
];

Deno.test("gauges: a group is measured, and nothing is left of one that is gone", async () => {
  const world = createGroupWorld();
  const { telemetry } = world;
  const measured = () =>
    GAUGES.map((name) => telemetry.gauged(name, { group: "g" }));
  const settled = () =>
    telemetry.counted("holdfast_group_settled_total", {
      group: "g",
      result: "ack",
    });
  telemetry.gauge("holdfast_event_streams", 7);
  await world.make();
  await world.publish("a", "b", "c");
  const [first] = await world.take(world.groups, 2);
  await world.groups.settle("g", { acks: [refOf(first!)] });
  await world.clock.advance(1500);
  const stop = new AbortController();
  const running = world.groups.run(stop.signal);
  await settle();
  deepEqual([...measured(), settled()], [2, 1.5, 1, 0, 1]);
  world.log.renewEpoch();
  await pass(world.clock, 5000);
  deepEqual(measured(), [NaN, NaN, 1, 0]);
  await world.groups.remove("g");
  await pass(world.clock, 5000);
  deepEqual(measured(), [undefined, undefined, undefined, undefined]);
  equal(settled(), 0);
  equal(telemetry.gauged("holdfast_event_streams"), 7);
  stop.abort();
  await running;
});

Deno.test("gauges: what is scraped has no series of a group that is gone", async () => {
  const world = createGroupWorld();
  const write = () => {};
  const telemetry = createSystemTelemetry({
    clock: world.clock,
    level: "error",
    format: "json",
    write,
  });
  Object.assign(world.telemetry, telemetry);
  await world.make();
  await world.publish("a");
  const stop = new AbortController();
  const running = world.groups.run(stop.signal);
  await settle();
  const lag = () => /holdfast_group_lag\{.*/.exec(telemetry.exposition())?.[0];
  equal(lag(), 'holdfast_group_lag{group="g"} 1');
  world.log.renewEpoch();
  await pass(world.clock, 5000);
  equal(lag(), 'holdfast_group_lag{group="g"} NaN');
  await world.groups.remove("g");
  await pass(world.clock, 5000);
  equal(lag(), undefined);
  ok(!telemetry.exposition().includes('group="g"'));
  stop.abort();
  await running;
});

Deno.test("gauges: the log is read once for a thousand groups, not once for each", async () => {
  let reads = 0;
  let lists = 0;
  const world = createGroupWorld({
    bus: (bus) => ({
      ...bus,
      read(...args) {
        reads++;
        return bus.read(...args);
      },
    }),
    store: (store) => ({
      ...store,
      list(...args) {
        lists++;
        return store.list(...args);
      },
    }),
  });
  const { groups, bus, clock } = world;
  // Of two hundred channels and from two hundred places, some from the very end.
  const channels = Array.from({ length: 200 }, (_, i) => `c.x${i}`);
  const times: number[] = [];
  for (const channel of channels) {
    await bus.publish([anEvent({}, { channel })]);
    times.push(clock.now());
    await clock.advance(10);
  }
  const expected = new Map<string, number>();
  for (let i = 0; i < 1000; i++) {
    const name = `g${i}`;
    const wanted = (i * 7) % 200;
    const after = (i * 3) % 201;
    const policy = { ...DEFAULT_POLICY, channels: [channels[wanted]!] };
    await groups.put(name, { policy, start: { after } });
    expected.set(name, wanted >= after ? clock.now() - times[wanted]! : 0);
  }
  reads = lists = 0;
  for (const { group, oldestAgeMs, lag, head } of await groups.list()) {
    equal(oldestAgeMs, expected.get(group.name), group.name);
    equal(lag, head.position - group.checkpoint);
  }
  equal(lists, 1);
  ok(reads <= 4, `${reads} reads`);
});

Deno.test("gauges: groups that are far apart cost a bounded number of reads, those furthest behind first", async () => {
  let reads = 0;
  const world = createGroupWorld({
    capacity: 100_000,
    bus: (bus) => ({
      ...bus,
      read(...args) {
        reads++;
        return bus.read(...args);
      },
    }),
  });
  const { groups, bus, clock } = world;
  await bus.publish(Array.from({ length: 60_000 }, () => anEvent()));
  await clock.advance(1000);
  for (let i = 0; i < 60; i++) {
    const start = { after: 1000 * i };
    await groups.put(`g${1000 + i}`, { policy: DEFAULT_POLICY, start });
  }
  reads = 0;
  const ages = (await groups.list()).map(({ oldestAgeMs }) => oldestAgeMs);
  ok(reads <= 16, `${reads} reads`);
  deepEqual(ages.slice(0, 16), Array(16).fill(1000));
  ok(ages.every((age) => age === 1000 || age === undefined));
});

Deno.test("gauges: a group that wants nothing of what follows has no oldest event", async () => {
  const world = createGroupWorld();
  await world.make({ channels: ["rare"] });
  await world.bus.publish(Array.from({ length: 20_000 }, () => anEvent()));
  await world.clock.advance(500);
  const { lag, oldestAgeMs } = await world.groups.get("g");
  ok(lag! > 0);
  ok(oldestAgeMs === 0 || oldestAgeMs === undefined);
});
