/**
 * Waits that end after a while, and what is left of them.
 *
 * @module
 */
import type { Clock } from "../../ports/clock.ts";
import { createBoundedWaiting } from "../../src/services/bounded_waiting.ts";
import { createCountedAbort } from "../support/abort_listeners.ts";
import { deepEqual, equal, ok, rejects } from "../support/assert.ts";
import { createFakeClock } from "../support/fake_clock.ts";
import { pass, settle } from "../support/turns.ts";

const forever = (stop: AbortSignal) =>
  new Promise<void>((_, reject) => {
    stop.throwIfAborted();
    stop.addEventListener("abort", () => reject(stop.reason), { once: true });
  });

function createWorld() {
  const clock = createFakeClock();
  let sleepers = 0;
  const counted: Clock = {
    ...clock,
    async sleep(ms, signal) {
      sleepers++;
      try {
        await clock.sleep(ms, signal);
      } finally {
        sleepers--;
      }
    },
  };
  const outer = createCountedAbort();
  const waiting = createBoundedWaiting(counted, 1000, outer.signal);
  return { clock, outer, waiting, sleepers: () => sleepers };
}

Deno.test("a wait that ends by itself is told from one that is stopped", async () => {
  const { clock, waiting } = createWorld();
  equal(await waiting.until(async () => {}), true);
  for (let i = 0; i < 3; i++) {
    let ended: boolean | undefined;
    waiting.until(forever).then((by) => ended = by);
    await settle();
    equal(ended, undefined);
    await pass(clock, 1000);
    equal(ended, false);
  }
});

Deno.test("there is no timer before a wait, and one for all of them", async () => {
  const { clock, waiting, sleepers } = createWorld();
  equal(sleepers(), 0);
  for (let i = 0; i < 10; i++) await waiting.until(async () => {});
  await pass(clock, 5000);
  equal(sleepers(), 1);
});

Deno.test("a wait that fails has failed", async () => {
  const { waiting } = createWorld();
  await rejects(
    waiting.until(() => Promise.reject(new Error("broken"))),
    { message: "broken" },
  );
});

Deno.test("the abort from outside fails the wait", async () => {
  const { waiting, outer, sleepers } = createWorld();
  const wait = waiting.until(forever);
  await settle();
  outer.abort();
  await rejects(wait, { name: "AbortError" });
  await settle();
  equal(sleepers(), 0);
});

Deno.test("nothing is left once it is stopped", async () => {
  const { waiting, outer, sleepers } = createWorld();
  await waiting.until(async () => {});
  await settle();
  deepEqual([sleepers(), outer.listeners], [1, 1]);
  waiting.stop();
  await settle();
  deepEqual([sleepers(), outer.listeners], [0, 0]);
  ok(!outer.signal.aborted);
});
