/**
 * How often a caller may ask.
 *
 * @module
 */
import fc from "fast-check";
import { createRateLimit } from "../../src/services/rate_limit.ts";
import { deepEqual, equal, ok } from "../support/assert.ts";
import { createFakeClock } from "../support/fake_clock.ts";

/** Takes until it is refused; tells how often it was let. */
function drain(limit: ReturnType<typeof createRateLimit>, caller: string) {
  let count = 0;
  while (limit.take(caller).isAllowed) count++;
  return count;
}

Deno.test("two seconds' worth may come at once, then as many as come back", async () => {
  const clock = createFakeClock();
  const limit = createRateLimit(10, clock);
  deepEqual(limit.take("ann"), { isAllowed: true, remaining: 19, waitMs: 0 });
  equal(drain(limit, "ann"), 19);
  await clock.advance(99);
  equal(drain(limit, "ann"), 0);
  await clock.advance(1);
  equal(drain(limit, "ann"), 1);
  await clock.advance(1000);
  equal(drain(limit, "ann"), 10);
  await clock.advance(60_000);
  equal(drain(limit, "ann"), 20);
});

Deno.test("who has none left is told how long to wait, and that is enough", async () => {
  const clock = createFakeClock();
  const limit = createRateLimit(4, clock);
  drain(limit, "ann");
  for (const ms of [250, 100, 50]) {
    const { isAllowed, remaining, waitMs } = limit.take("ann");
    deepEqual([isAllowed, remaining, waitMs], [false, 0, ms]);
    await clock.advance(ms === 50 ? 50 : ms === 250 ? 150 : 50);
  }
  equal(limit.take("ann").isAllowed, true);
});

Deno.test("callers do not take from each other", () => {
  const limit = createRateLimit(1, createFakeClock());
  equal(drain(limit, "ann"), 2);
  equal(drain(limit, "bob"), 2);
  equal(drain(limit, "ann"), 0);
});

Deno.test("whatever the times, never more than the burst and what has come back", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 1000 }),
      fc.array(fc.nat(700), { maxLength: 60 }),
      async (perSecond, pauses) => {
        const clock = createFakeClock();
        const limit = createRateLimit(perSecond, clock);
        let taken = 0;
        for (const pause of pauses) {
          for (let i = 0; i < 50; i++) {
            const { isAllowed, remaining } = limit.take("ann");
            if (isAllowed) taken++;
            ok(remaining >= 0 && remaining < 2 * perSecond);
          }
          const most = 2 * perSecond + perSecond * clock.monotonic() / 1000;
          ok(taken <= most + 1e-6, `${taken} of ${most}`);
          await clock.advance(pause);
        }
      },
    ),
    { numRuns: 50 },
  );
});

Deno.test("callers beyond number do not fill the memory, nor let anybody through", () => {
  const limit = createRateLimit(1, createFakeClock());
  equal(drain(limit, "ann"), 2);
  for (let i = 0; i < 19_000; i++) limit.take(`caller ${i}`);
  equal(drain(limit, "ann"), 0);
});
