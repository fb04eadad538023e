/**
 * Following the log through failures, swaps and lags: nothing lost, repeated
 * or out of order.
 *
 * @module
 */
import fc from "fast-check";
import { openMemoryEventBus } from "../../adapters/memory/event_bus.ts";
import { createMemoryLog } from "../../adapters/memory/log.ts";
import { openSwitchingEventBus } from "../../adapters/switching/event_bus.ts";
import { parseChannelPatterns } from "../../domain/event/channel_pattern.ts";
import type { Clock } from "../../ports/clock.ts";
import type { EventBus, EventPage } from "../../ports/event_bus.ts";
import { PortError, type PortErrorCode } from "../../ports/port_error.ts";
import {
  subscribe,
  type SubscribeOptions,
} from "../../src/services/subscription.ts";
import { deepEqual, equal, ok, rejects } from "../support/assert.ts";
import { guardedBus, laggingBus } from "../support/event_buses.ts";
import { anEvent } from "../support/events.ts";
import { createFakeClock } from "../support/fake_clock.ts";
import { createLogWorld, positionsOf, upTo } from "../support/log_world.ts";
import { createSeededEntropy } from "../support/seeded_entropy.ts";
import { pass, settle } from "../support/turns.ts";

for (const failing of ["read", "wait"] as const) {
  for (const code of ["unavailable", "timeout"] as const) {
    Deno.test(`a ${failing} that fails with ${code} is waited out`, async () => {
      const { bus, publish, follow, stop, clock } = createLogWorld();
      const counted: string[] = [];
      const telemetry = {
        log() {},
        gauge() {},
        retain() {},
        onRead: () => () => {},
        observe() {},
        count: (metric: string, labels = {}) =>
          void counted.push(`${metric}${JSON.stringify(labels)}`),
      };
      let isDown = true;
      const flaky = guardedBus(bus, (call) => {
        if (call === failing && isDown) throw new PortError(code, "Cannot");
      });
      await publish(2);
      const { pages, ended } = follow(flaky, { telemetry });
      await settle();
      await pass(clock, 500);
      await publish(2);
      isDown = false;
      await pass(clock, 1000);
      await publish(1);
      await settle();
      deepEqual(positionsOf(pages), upTo(5));
      ok(counted.length >= 3);
      equal(
        counted[0],
        `holdfast_port_errors_total{"port":"event_bus","code":"${code}"}`,
      );
      stop();
      await ended;
    });
  }
}

Deno.test("pauses double up to a second, less chance, and begin anew", async () => {
  const { bus, publish } = createLogWorld();
  const sleeps: number[] = [];
  let isDown = true;
  const clock: Clock = {
    ...createFakeClock(),
    async sleep(ms) {
      if (ms > 1000) return await new Promise(() => {});
      sleeps.push(ms);
      isDown = sleeps.length < 9;
    },
  };
  const flaky = guardedBus(bus, (call) => {
    if (call === "read" && isDown) throw new PortError("timeout", "Cannot");
  });
  let fraction = 0;
  const entropy = { bytes: () => new Uint8Array(), fraction: () => fraction };
  const { signal } = new AbortController();
  const steps = subscribe(flaky, { after: 0, clock, entropy, signal });
  await publish(1);
  await steps.next();
  deepEqual(sleeps, [20, 40, 80, 160, 320, 640, 1000, 1000, 1000]);

  await publish(1);
  isDown = true;
  fraction = 0.5;
  sleeps.length = 0;
  await steps.next();
  deepEqual(sleeps.slice(0, 3), [15, 30, 60]);
  await steps.return();
});

Deno.test("what will last is told", async () => {
  const { bus, publish, follow } = createLogWorld(4);
  await publish(20);
  const head = await bus.head();
  const codes = async (options: Partial<SubscribeOptions>) => {
    try {
      await follow(bus, options).ended;
    } catch (error) {
      const { code, facts } = error as PortError;
      return [code, facts] as [PortErrorCode, unknown];
    }
  };
  const { earliest, epoch } = head;
  deepEqual(await codes({ after: 0 }), ["expired", { earliest }]);
  deepEqual(await codes({ after: 20, epoch: "gone" }), [
    "epoch_changed",
    { epoch, earliest },
  ]);
  deepEqual(await codes({ after: 21 }), ["invalid", { head: 20 }]);
  const { ended } = follow(bus, { after: 20 });
  await settle();
  await bus[Symbol.asyncDispose]();
  await rejects(ended, { code: "closed" });
  const broken = guardedBus(bus, () => {
    throw new TypeError("a defect");
  });
  await rejects(follow(broken).ended, { message: "a defect" });
});

Deno.test("a reader that is too slow is told", async () => {
  const { bus, publish, clock } = createLogWorld(4);
  await publish(2);
  const { signal } = new AbortController();
  const entropy = createSeededEntropy();
  const steps = subscribe(bus, { after: 0, clock, entropy, signal });
  await steps.next();
  await publish(20);
  await rejects(steps.next(), { code: "expired" });
});

Deno.test("a bell that nobody hears delays for five seconds at most", async () => {
  const { bus, publish, follow, stop, clock } = createLogWorld();
  const deaf: EventBus = {
    ...bus,
    wait: (_after, signal) => bus.wait(1e9, signal),
  };
  const { pages, ended } = follow(deaf);
  await settle();
  for (let i = 1; i < 4; i++) {
    await publish(2);
    await pass(clock, 5000);
    await settle();
    deepEqual(positionsOf(pages), upTo(2 * i));
  }
  stop();
  await ended;
});

Deno.test("another life of the log is noticed without being asked", async () => {
  const [old, young] = [createLogWorld(), createLogWorld()];
  await old.publish(2);
  await old.clock.advance(1000);
  const next = openMemoryEventBus(
    createMemoryLog({
      clock: young.clock,
      entropy: createSeededEntropy(2),
    }),
  );
  const bus = openSwitchingEventBus("old", old.bus);
  const { pages, ended } = old.follow(bus);
  await settle();
  await next.publish([anEvent(), anEvent(), anEvent()]);
  await bus.swapTo("next", next);
  await rejects(ended, { code: "epoch_changed" });
  deepEqual(positionsOf(pages), [1, 2]);
});

Deno.test("a bus that has yet to catch up is waited for", async () => {
  const { bus, publish, clock } = createLogWorld();
  const late = laggingBus(bus);
  const turnout = openSwitchingEventBus("bus", bus);
  const { signal } = new AbortController();
  const entropy = createSeededEntropy();
  const steps = subscribe(turnout, {
    after: 0,
    pageSize: 4,
    clock,
    entropy,
    signal,
  });
  await publish(6);
  await steps.next();
  late.lagBy(3);
  await turnout.swapTo("late", late);
  const got: EventPage[] = [];
  const next = steps.next().then(({ value }) => void got.push(value!));
  await pass(clock, 500);
  deepEqual(got, []);
  late.lagBy(1);
  await pass(clock, 1000);
  await next;
  deepEqual(positionsOf(got), [5]);
  const last = steps.next();
  late.lagBy(0);
  deepEqual(positionsOf([(await last).value!]), [6]);
  await steps.return();
});

Deno.test("a bus that rings in vain is not asked without a pause", async () => {
  const { bus, publish, follow, stop, clock } = createLogWorld();
  let reads = 0;
  const vain: EventBus = {
    ...guardedBus(bus, (call) => void (call === "read" && reads++)),
    wait: async () => {},
  };
  await publish(1);
  const { pages, ended } = follow(vain);
  await pass(clock, 1000);
  ok(reads > 10 && reads < 110, String(reads));
  await publish(1);
  await pass(clock, 30);
  deepEqual(positionsOf(pages), [1, 2]);
  stop();
  await ended;
});

Deno.test("swaps, failures and lags under load lose and repeat nothing", async () => {
  const step = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ publish: fc.integer({ min: 1, max: 9 }) }),
    },
    { weight: 3, arbitrary: fc.record({ swapTo: fc.nat({ max: 2 }) }) },
    { weight: 2, arbitrary: fc.record({ fail: fc.nat({ max: 4 }) }) },
    { weight: 2, arbitrary: fc.record({ lag: fc.nat({ max: 6 }) }) },
    { weight: 4, arbitrary: fc.record({ pass: fc.nat({ max: 300 }) }) },
    { weight: 4, arbitrary: fc.record({ turns: fc.nat({ max: 20 }) }) },
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 80 }),
      fc.integer({ min: 1, max: 7 }),
      async (steps, pageSize) => {
        const { bus, publish, follow, stop, clock } = createLogWorld();
        const late = laggingBus(bus);
        let failures = 0;
        const buses = [
          bus,
          late,
          guardedBus(bus, () => {
            if (failures-- > 0) throw new PortError("unavailable", "Cannot");
          }),
        ];
        const turnout = openSwitchingEventBus("0", bus);
        const all = follow(turnout, { pageSize });
        const some = follow(turnout, {
          pageSize,
          channels: parseChannelPatterns(["b"]),
        });
        const swaps: Promise<void>[] = [];
        const expected: { a: number[]; b: number[] } = { a: [], b: [] };
        for (const step of steps) {
          if ("publish" in step) {
            const channel = step.publish % 3 === 0 ? "b" : "a";
            for (const { position } of await publish(step.publish, channel)) {
              expected[channel].push(position);
            }
          } else if ("swapTo" in step) {
            const next = buses[step.swapTo]!;
            swaps.push(turnout.swapTo(String(step.swapTo), next));
          } else if ("fail" in step) failures = step.fail;
          else if ("lag" in step) late.lagBy(step.lag);
          else if ("pass" in step) await pass(clock, step.pass);
          else await settle(step.turns);
        }
        late.lagBy(0);
        failures = 0;
        await pass(clock, 3000);
        await Promise.all(swaps);
        const published = [...expected.a, ...expected.b].sort((x, y) => x - y);
        deepEqual(positionsOf(all.pages), published);
        deepEqual(positionsOf(some.pages), expected.b);
        for (const { pages } of [all, some]) {
          const ends = pages.map((page) => page.scannedTo);
          deepEqual(ends, ends.toSorted((x, y) => x - y));
          equal(ends.at(-1) ?? 0, published.length);
        }
        stop();
        await Promise.all([all.ended, some.ended]);
      },
    ),
    { numRuns: 60 },
  );
});
