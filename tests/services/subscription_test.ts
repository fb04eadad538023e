/**
 * Following the log while all is well.
 *
 * @module
 */
import { parseChannelPatterns } from "../../domain/event/channel_pattern.ts";
import type { Clock } from "../../ports/clock.ts";
import { PortError } from "../../ports/port_error.ts";
import { subscribe } from "../../src/services/subscription.ts";
import { createCountedAbort } from "../support/abort_listeners.ts";
import { deepEqual, equal } from "../support/assert.ts";
import { guardedBus } from "../support/event_buses.ts";
import { createLogWorld, positionsOf, upTo } from "../support/log_world.ts";
import { createSeededEntropy } from "../support/seeded_entropy.ts";
import { pass, settle } from "../support/turns.ts";

Deno.test("what is there is read, then what comes", async () => {
  const { bus, publish, follow, stop } = createLogWorld();
  await publish(3);
  const { pages, ended } = follow(bus, { pageSize: 2 });
  await settle();
  deepEqual(pages.map((page) => page.scannedTo), [2, 3]);
  await publish(1);
  await publish(1);
  await settle();
  deepEqual(positionsOf(pages), upTo(5));
  stop();
  await ended;
});

Deno.test("reading begins after the position given", async () => {
  const { bus, publish, follow, stop } = createLogWorld();
  await publish(5);
  const { epoch } = await bus.head();
  const { pages, ended } = follow(bus, { after: 3, epoch });
  await settle();
  deepEqual(positionsOf(pages), [4, 5]);
  stop();
  await ended;
});

Deno.test("nothing is read before it is asked for", async () => {
  const { clock, bus, publish } = createLogWorld();
  await publish(10);
  let reads = 0;
  const counted = guardedBus(bus, (call) => void (call === "read" && reads++));
  const { signal } = new AbortController();
  const entropy = createSeededEntropy();
  const steps = subscribe(counted, {
    after: 0,
    pageSize: 2,
    clock,
    entropy,
    signal,
  });
  equal(reads, 0);
  await steps.next();
  await settle();
  equal(reads, 1);
  await steps.return();
});

Deno.test("a narrow filter is told how far the log has gone", async () => {
  const { bus, publish, follow, stop } = createLogWorld();
  const channels = parseChannelPatterns(["signals.*"]);
  const { pages, ended } = follow(bus, { channels });
  await publish(2);
  await settle();
  await publish(1, "signals.generated");
  await settle();
  deepEqual(
    pages.map((page) => [page.events.length, page.scannedTo]),
    [[0, 2], [1, 3]],
  );
  stop();
  await ended;
});

Deno.test("it ends when told, wherever it stands", async () => {
  const { bus, follow, stop, clock } = createLogWorld();
  const waiting = follow(bus);
  const down = guardedBus(bus, () => {
    throw new PortError("unavailable", "Cannot read as the bus is down");
  });
  const pausing = follow(down);
  await settle();
  stop();
  await waiting.ended;
  await pausing.ended;
  await follow(bus).ended;
  deepEqual([...waiting.pages, ...pausing.pages], []);
  await clock.advance(1);
});

Deno.test("a reader that leaves in the middle frees everything", async () => {
  const { bus, publish, clock } = createLogWorld();
  let sleepers = 0;
  const counted: Clock = {
    ...clock,
    sleep: (ms, signal) => {
      sleepers++;
      return clock.sleep(ms, signal).finally(() => sleepers--);
    },
  };
  const outer = createCountedAbort();
  const { signal } = outer;
  const entropy = createSeededEntropy();
  const options = { after: 0, clock: counted, entropy, signal };
  await publish(3);
  let pages = 0;
  for await (const _ of subscribe(bus, options)) {
    if (++pages === 2) break;
    // The next page is waited for, which takes a timer.
    settle().then(() => {
      deepEqual([sleepers, outer.listeners > 0], [1, true]);
      return publish(1);
    });
  }
  await settle();
  deepEqual([sleepers, outer.listeners], [0, 0]);
});

Deno.test("who gathers reads at once what comes in a while, and what is there at once", async () => {
  const { clock, bus, publish, follow, stop } = createLogWorld();
  await publish(2);
  const { pages, ended } = follow(bus, { gatherMs: 20 });
  await settle();
  equal(pages.length, 1);
  for (let i = 0; i < 3; i++) {
    await publish(1);
    await settle();
  }
  equal(pages.length, 1);
  await pass(clock, 20);
  deepEqual(pages.map((page) => page.scannedTo), [2, 5]);
  stop();
  await ended;
});
