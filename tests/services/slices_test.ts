/**
 * Long work in slices.
 *
 * @module
 */
import { createSlices } from "../../src/services/slices.ts";
import { deepEqual, equal } from "../support/assert.ts";
import { createFakeClock } from "../support/fake_clock.ts";

/** A clock that goes on by what is worked, and tells of every sleep. */
function createWorkClock() {
  const clock = createFakeClock();
  const sleeps: number[] = [];
  return {
    clock: {
      monotonic: clock.monotonic,
      async sleep(ms: number, signal?: AbortSignal) {
        signal?.throwIfAborted();
        sleeps.push(ms);
        await clock.advance(ms);
      },
    },
    sleeps,
    work: clock.advance,
  };
}

Deno.test("slices: work rests after a millisecond, and not before", async () => {
  const { clock, sleeps, work } = createWorkClock();
  const rest = createSlices(clock, new AbortController().signal);
  for (let step = 0; step < 4; step++) {
    await work(0.3);
    await rest();
  }
  deepEqual(sleeps, [1]);
  // The rest itself is no work.
  await work(0.9);
  await rest();
  equal(sleeps.length, 1);
  await work(7);
  await rest();
  deepEqual(sleeps, [1, 1]);
});

Deno.test("slices: who is to stop rests no more, and is told nothing", async () => {
  const { clock, sleeps, work } = createWorkClock();
  const stop = new AbortController();
  const rest = createSlices(clock, stop.signal);
  await work(2);
  stop.abort();
  await rest();
  deepEqual(sleeps, []);
  // In the middle of a rest, too.
  const fake = createFakeClock();
  const other = new AbortController();
  const restThere = createSlices(fake, other.signal);
  await fake.advance(2);
  const resting = restThere();
  other.abort();
  await resting;
});
