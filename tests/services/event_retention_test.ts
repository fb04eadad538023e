/**
 * Old events are dropped in time, and whoever keeps them is told of.
 *
 * @module
 */
import {
  DUPLICATE_WINDOW_MS,
  type RetentionPolicy,
} from "../../domain/event/retention.ts";
import type { LogRetention, LogTrim } from "../../ports/log_retention.ts";
import { PortError } from "../../ports/port_error.ts";
import { createEventRetention } from "../../src/services/event_retention.ts";
import { deepEqual, equal, match, rejects } from "../support/assert.ts";
import { anEvent } from "../support/events.ts";
import {
  createGroupWorld,
  positionsOf,
  refOf,
} from "../support/group_world.ts";
import { pass, settle } from "../support/turns.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

const WEEK = { days: 7, count: 0, maxDays: 0, lookBackMs: 0 };

/** Groups and a retention that runs until the world is closed. */
function openRetention(
  policy: Partial<RetentionPolicy> = {},
  wrap = (retention: LogRetention) => retention,
) {
  const world = createGroupWorld();
  const stop = new AbortController();
  const service = createEventRetention({
    bus: world.bus,
    retention: wrap(world.retention()),
    policy: { ...WEEK, ...policy },
    clock: world.clock,
    telemetry: world.telemetry,
  });
  let done = Promise.resolve();
  return {
    ...world,
    stop: () => stop.abort(),
    done: () => done,
    async start() {
      done = service.run(stop.signal);
      await settle();
    },
    /** Lets time pass, and what is due then. */
    async elapse(ms: number) {
      await world.clock.advance(ms);
      await settle();
    },
    pinned(group = "g") {
      const { gauged } = world.telemetry;
      return [
        gauged("holdfast_group_pinned_events", { group }),
        gauged("holdfast_group_pinned_seconds", { group }),
      ];
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await done;
    },
  };
}

/** A log of three events, the last one eight days younger than the first. */
async function openOld(
  policy: Partial<RetentionPolicy> = {},
  wrap?: (retention: LogRetention) => LogRetention,
) {
  const world = openRetention(policy, wrap);
  await world.publish("a", "b");
  await world.clock.advance(8 * DAY_MS);
  await world.publish("a");
  return world;
}

const trimmed: LogTrim = {
  dropped: 0,
  isMore: false,
  passed: [],
  pins: [],
  head: { epoch: "0", position: 0, earliest: 1 },
  oldestAt: undefined,
};

Deno.test("retention: what is older than the days given is dropped, at the start and every minute", async () => {
  await using world = await openOld();
  const { bus, telemetry } = world;
  await world.start();
  equal((await bus.head()).earliest, 3);
  equal(telemetry.counted("holdfast_log_dropped_total"), 2);
  equal(telemetry.gauged("holdfast_log_events"), 1);
  equal(telemetry.gauged("holdfast_log_oldest_age_seconds"), 0);
  await world.publish("a");
  await world.elapse(7 * DAY_MS);
  equal((await bus.head()).earliest, 3);
  await world.elapse(MINUTE_MS);
  // The newest stays, however old it is.
  equal((await bus.head()).earliest, 4);
  equal(
    telemetry.gauged("holdfast_log_oldest_age_seconds"),
    (7 * DAY_MS + MINUTE_MS) / 1000,
  );
});

Deno.test("retention: without limits all is kept, and measured", async () => {
  await using world = await openOld({ days: 0 });
  await world.start();
  equal((await world.bus.head()).earliest, 1);
  equal(world.telemetry.gauged("holdfast_log_events"), 3);
  equal(
    world.telemetry.gauged("holdfast_log_oldest_age_seconds"),
    8 * DAY_MS / 1000,
  );
});

Deno.test("retention: of many events the newest are kept, and those of the last hour", async () => {
  await using world = openRetention({ days: 0, count: 3 });
  for (let i = 0; i < 6; i++) {
    await world.publish("a");
    await world.clock.advance(DUPLICATE_WINDOW_MS / 4);
  }
  const [again] = (await world.bus.read({ after: 2, limit: 1 })).events;
  await world.start();
  equal((await world.bus.head()).earliest, 3);
  // What is published again within the window has its first position.
  const [receipt] = await world.bus.publish([again!]);
  deepEqual([receipt!.position, receipt!.duplicate], [3, true]);
  await world.elapse(MINUTE_MS);
  equal((await world.bus.head()).earliest, 4);
});

Deno.test("retention: a clock that once ran ahead does not keep events for ever, and is told of", async () => {
  await using world = openRetention({ days: 1, count: 3 });
  const { bus, clock, telemetry } = world;
  const publishFor = async (minutes: number) => {
    for (let i = 0; i < minutes; i++) {
      await world.publish("a");
      await world.elapse(MINUTE_MS);
    }
  };
  await world.publish("a", "b");
  clock.jumpWall(900 * DAY_MS);
  await world.publish("a");
  clock.jumpWall(-900 * DAY_MS);
  await world.start();
  // Stamped as the one before, whenever they come.
  await publishFor(60);
  equal((await bus.head()).earliest, 1, "they are young");
  await publishFor(60);
  const { earliest, position } = await bus.head();
  const age = position - earliest;
  equal(age >= 60 && age <= 63, true, `${age} minutes are kept`);
  const [line, ...others] = telemetry.logged("warn");
  match(line!.message, /stamped later than now/);
  deepEqual([line!.fields, others], [
    { position: 3, ahead_s: 900 * DAY_MS / 1000 },
    [],
  ]);
  const ahead = telemetry.gauged("holdfast_log_clock_ahead_seconds")!;
  equal(Math.round(ahead / 86_400), 900);

  clock.jumpWall(901 * DAY_MS);
  await world.elapse(MINUTE_MS);
  match(telemetry.logged("info").at(-1)!.message, /not stamped later/);
  equal(telemetry.gauged("holdfast_log_clock_ahead_seconds"), 0);
});

Deno.test("retention: a clock that is far ahead for an hour drops two days at most, whatever is published meanwhile", async () => {
  await using world = openRetention({ days: 20 });
  const { bus, clock } = world;
  for (let day = 0; day < 20; day++) {
    await world.publish("a");
    await world.clock.advance(DAY_MS);
  }
  await world.publish("a");
  await world.start();
  equal((await bus.head()).earliest, 1);
  clock.jumpWall(900 * DAY_MS);
  for (let minute = 0; minute < 60; minute++) {
    await world.publish("a");
    await world.elapse(MINUTE_MS);
  }
  equal((await bus.head()).earliest, 3);
});

Deno.test("retention: a clock that is far ahead at the start drops a day at most", async () => {
  await using world = openRetention({ days: 20 });
  for (let day = 0; day < 20; day++) {
    await world.clock.advance(DAY_MS);
    await world.publish("a");
  }
  world.clock.jumpWall(900 * DAY_MS);
  await world.start();
  equal((await world.bus.head()).earliest, 1);
  await world.elapse(MINUTE_MS);
  equal((await world.bus.head()).earliest, 2);
});

Deno.test("retention: what others look back at is kept, and that is said", async () => {
  await using world = await openOld({ lookBackMs: 9 * DAY_MS, count: 1 });
  await world.start();
  equal((await world.bus.head()).earliest, 1);
  match(world.telemetry.logged("info")[0]!.message, /kept longer/);
  await world.elapse(DAY_MS);
  await world.elapse(MINUTE_MS);
  equal((await world.bus.head()).earliest, 3);
});

Deno.test("retention: a backlog is dropped step by step, and others come in between", async () => {
  const left = [1000, 1000, 7];
  await using world = openRetention({}, (retention) => ({
    ...retention,
    trim: () =>
      Promise.resolve({
        ...trimmed,
        dropped: left.shift() ?? 0,
        isMore: left.length > 0,
      }),
  }));
  await world.start();
  equal(left.length, 2);
  await pass(world.clock, 100);
  equal(left.length, 0);
  equal(world.telemetry.counted("holdfast_log_dropped_total"), 2007);
});

Deno.test("retention: a group that keeps old events is measured at once, and told of once when it goes on", async () => {
  await using world = await openOld();
  const { telemetry, groups } = world;
  await world.make();
  await world.start();
  equal((await world.bus.head()).earliest, 1);
  deepEqual(world.pinned(), [2, 8 * DAY_MS / 1000]);
  for (let i = 0; i < 9; i++) await world.elapse(MINUTE_MS);
  deepEqual(telemetry.logged("warn"), []);
  for (let i = 0; i < 20; i++) await world.elapse(MINUTE_MS);
  const [line, ...others] = telemetry.logged("warn");
  match(line!.message, /keeps old events/);
  const age_s = 8 * DAY_MS / 1000 + 600;
  deepEqual(line!.fields, { group: "g", position: 1, events: 2, age_s });
  deepEqual(others, []);

  const deliveries = await world.take();
  await groups.settle("g", { acks: deliveries.map(refOf) });
  await world.elapse(MINUTE_MS);
  deepEqual(world.pinned(), [0, 0]);
  equal((await world.bus.head()).earliest, 3);
  match(telemetry.logged("info").at(-1)!.message, /does not keep/);
});

Deno.test("retention: a group that was deleted keeps nothing", async () => {
  await using world = await openOld();
  await world.make();
  await world.start();
  equal(world.pinned()[0], 2);
  await world.groups.remove("g");
  await world.elapse(MINUTE_MS);
  deepEqual(world.pinned(), [0, 0]);
  equal((await world.bus.head()).earliest, 3);
});

Deno.test("retention: forced past a group, it says so, and so does the group until it is sent elsewhere", async () => {
  await using world = await openOld({ maxDays: 8 });
  const { telemetry, groups } = world;
  await world.make();
  await world.start();
  equal((await world.bus.head()).earliest, 1);
  await world.elapse(MINUTE_MS);
  equal((await world.bus.head()).earliest, 3);
  const [line] = telemetry.logged("error");
  match(line!.message, /it has lost its place/);
  deepEqual(line!.fields, { group: "g", max_days: 8 });
  deepEqual(world.pinned(), [0, 0]);

  const expired = { code: "expired", facts: { earliest: 3 } };
  await rejects(world.take(), expired);
  const { group: { halted } } = await groups.get("g");
  deepEqual([halted?.code, halted?.position], ["expired", 3]);
  await rejects(groups.resume("g"), expired);
  await groups.seek("g", "earliest");
  deepEqual(positionsOf(await world.take()), [3]);
});

Deno.test("retention: what a group has out or has to try again is kept for it", async () => {
  await using world = await openOld();
  await world.make();
  const [first, second] = await world.take();
  await world.groups.settle("g", { acks: [refOf(second!)] });
  await world.start();
  equal((await world.bus.head()).earliest, 1);
  await world.groups.settle("g", {
    nacks: [{ ...refOf(first!), error: "no", retryMs: 0 }],
  });
  await world.elapse(MINUTE_MS);
  equal((await world.bus.head()).earliest, 1);
  const [again] = await world.take();
  deepEqual(positionsOf([again!]), [1]);
  await world.groups.settle("g", { acks: [refOf(again!)] });
  await world.elapse(MINUTE_MS);
  equal((await world.bus.head()).earliest, 3);
});

Deno.test("retention: a group that loses what it has to try again says so, however far it has looked", async () => {
  await using world = await openOld({ maxDays: 7 });
  await world.make();
  const [first, ...others] = await world.take();
  await world.groups.settle("g", {
    acks: others.map(refOf),
    nacks: [{ ...refOf(first!), error: "no", retryMs: 0 }],
  });
  await world.start();
  equal((await world.bus.head()).earliest, 3);
  // Another instance, which does not remember the event.
  await rejects(world.take(world.instance()), {
    code: "expired",
    facts: { earliest: 3 },
  });
  await rejects(world.take(), { code: "expired" });
});

Deno.test("retention: a group that begins with the oldest event while that is dropped begins with the next one", async () => {
  let drops = 0;
  const world = createGroupWorld({
    store: (store) => ({
      ...store,
      async save(change, effects, signal) {
        // After its place was found, before it is taken.
        if (drops++ < 2) world.log.dropTo(drops);
        return await store.save(change, effects, signal);
      },
    }),
  });
  await world.publish("a", "b", "a");
  equal(await world.make(), true);
  deepEqual(positionsOf(await world.take()), [3]);
  drops = 3;
  await world.publish("a", "b");
  drops = 0;
  await rejects(world.groups.seek("g", { after: 1 }), { code: "expired" });
  await world.bus.publish([anEvent()]);
  equal(await world.groups.seek("g", "earliest"), 2);
});

Deno.test("retention: a full log in memory drops what groups need, and they say so", async () => {
  const world = createGroupWorld({ capacity: 4 });
  await world.publish("a");
  await world.make();
  deepEqual(positionsOf(await world.take()), [1]);
  await world.publish("a", "b", "c", "d", "e", "f", "g");
  const { earliest } = await world.bus.head();
  equal(earliest > 2, true);
  await rejects(world.take(), { code: "expired", facts: { earliest } });
});

Deno.test("retention: a failure is told once, counted each time, and its end is told", async () => {
  let isDown = true;
  await using world = await openOld({}, (retention) => ({
    ...retention,
    async trim(limits, signal) {
      if (isDown) throw new PortError("unavailable", "Cannot reach it");
      return await retention.trim(limits, signal);
    },
  }));
  const { telemetry } = world;
  await world.start();
  await world.elapse(MINUTE_MS);
  await world.elapse(MINUTE_MS);
  const labels = { port: "log_retention", code: "unavailable" };
  equal(telemetry.counted("holdfast_port_errors_total", labels), 3);
  equal(telemetry.logged("warn").length, 1);
  match(telemetry.logged("warn")[0]!.message, /not dropped/);
  isDown = false;
  await world.elapse(MINUTE_MS);
  match(telemetry.logged("info").at(-1)!.message, /dropped again/);
  equal((await world.bus.head()).earliest, 3);
});

Deno.test("retention: it ends with the signal, even in the middle, without a word", async () => {
  let calls = 0;
  await using world = openRetention({}, (retention) => ({
    ...retention,
    trim() {
      if (++calls === 2) world.stop();
      return Promise.resolve({ ...trimmed, dropped: 1000, isMore: true });
    },
  }));
  await world.start();
  await pass(world.clock, 100);
  await world.done();
  equal(calls, 2);
  deepEqual(world.telemetry.logged(), []);
});
