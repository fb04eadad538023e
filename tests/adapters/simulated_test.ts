/**
 * Simulated time and chance.
 *
 * @module
 */
import { setImmediate } from "node:timers/promises";
import { createSimulatedClock } from "../../adapters/simulated/clock.ts";
import { createSimulatedEntropy } from "../../adapters/simulated/entropy.ts";
import {
  deepEqual,
  equal,
  notDeepEqual,
  ok,
  rejects,
} from "../support/assert.ts";

Deno.test("simulated clock: it stands still until it is moved, and never goes back", () => {
  const clock = createSimulatedClock(1000);
  equal(clock.now(), 1000);
  clock.moveTo(5000);
  equal(clock.now(), 5000);
  equal(clock.monotonic(), 4000);
  clock.moveTo(2000);
  equal(clock.now(), 5000);
});

Deno.test("simulated clock: sleepers wake in the order of their times, which then has come", async () => {
  const clock = createSimulatedClock(0);
  const woken: [string, number][] = [];
  const sleep = async (name: string, ms: number) => {
    await clock.sleep(ms);
    woken.push([name, clock.now()]);
  };
  await Promise.all([sleep("late", 500), sleep("soon", 20), sleep("next", 30)]);
  deepEqual(woken, [["soon", 20], ["next", 30], ["late", 500]]);
});

Deno.test("simulated clock: a deadline does not pass what needs no time", async () => {
  const clock = createSimulatedClock(0);
  const given = new AbortController();
  const deadline = clock.sleep(10, given.signal).then(
    () => "too late",
    () => "",
  );
  let steps = 0;
  while (steps < 1000) {
    await Promise.resolve();
    steps++;
  }
  given.abort();
  equal(await deadline, "");
  equal(clock.now(), 0);
});

Deno.test("simulated clock: it stands still for work that is none of its days", async () => {
  const clock = createSimulatedClock(0);
  const woken = clock.sleep(10).then(() => clock.now());
  const both = [turns(3), turns(6)].map((work) =>
    clock.standStill(async () => {
      await work;
      equal(clock.now(), 0);
    })
  );
  await Promise.all(both);
  equal(await woken, 10);
  await rejects(
    clock.standStill(() => Promise.reject(new Error("no"))),
    /no/,
  );
  // It does not stand still for ever.
  await clock.sleep(5);
  equal(clock.now(), 15);
});

/** Turns of the event loop, in which a clock that does not stand still goes on. */
async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await setImmediate();
}

Deno.test("simulated clock: an abort ends a sleep with its reason", async () => {
  const clock = createSimulatedClock(0);
  const stop = new AbortController();
  const sleep = clock.sleep(1000, stop.signal);
  stop.abort(new Error("enough"));
  await rejects(sleep, /enough/);
  await rejects(clock.sleep(1, stop.signal), /enough/);
  equal(clock.now(), 0);
});

Deno.test("simulated entropy: draws follow from the seed, and are spread", () => {
  const draws = (seed: number) => {
    const entropy = createSimulatedEntropy(seed);
    return Array.from({ length: 1000 }, () => entropy.fraction());
  };
  deepEqual(draws(1), draws(1));
  notDeepEqual(draws(1), draws(2));
  const mean = draws(3).reduce((a, b) => a + b) / 1000;
  ok(Math.abs(mean - 0.5) < 0.05, `the mean is ${mean}`);
  const bytes = createSimulatedEntropy(4).bytes(10_000);
  equal(new Set(bytes).size, 256);
});
