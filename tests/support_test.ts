/**
 * The instruments of the tests measure what they say.
 *
 * @module
 */
import { deepEqual, equal, notEqual, throws } from "./support/assert.ts";
import { createFakeClock } from "./support/fake_clock.ts";

Deno.test("assertions tell types apart", () => {
  throws(() => equal(1 as unknown, "1"));
  throws(() => equal(undefined, null));
  throws(() => deepEqual([1] as unknown[], ["1"]));
  throws(() => deepEqual([undefined], [null]));
  notEqual(1 as unknown, "1");
  deepEqual(new Float64Array([NaN]), new Float64Array([NaN]));
});

Deno.test("the fake clock wakes sleepers in the order in which they are due", async () => {
  const clock = createFakeClock(1000);
  const woken: string[] = [];
  const sleep = async (name: string, ms: number) => {
    await clock.sleep(ms);
    woken.push(`${name}@${clock.now()}`);
  };
  const all = [sleep("late", 20), sleep("early", 10), sleep("never", 99)];
  await clock.advance(50);
  deepEqual(woken, ["early@1010", "late@1020"]);
  equal(clock.monotonic(), 50);
  clock.jumpWall(-500);
  equal(clock.now(), 550);
  await clock.advance(50);
  await Promise.all(all);
});
