/**
 * Deadlines of calls to Redis, and what becomes of them when this process
 * stands still.
 *
 * @module
 */
import { createDeadlines } from "../../adapters/redis/deadlines.ts";
import { DeadlineExceeded } from "../../adapters/redis/errors.ts";
import type { Clock } from "../../ports/clock.ts";
import { deepEqual, equal, rejects } from "../support/assert.ts";
import { settle } from "../support/turns.ts";

/** A clock whose timers go off when the test says so, however late. */
function createLateClock() {
  let now = 0;
  const waiting: { ms: number; wake: () => void }[] = [];
  const clock: Clock = {
    now: () => now,
    monotonic: () => now,
    sleep: (ms, signal) =>
      new Promise((wake, reject) => {
        waiting.push({ ms, wake });
        signal?.addEventListener("abort", () => reject(signal.reason));
      }),
  };
  return {
    clock,
    /** The pauses that are slept at the moment. */
    sleeping: () => waiting.map(({ ms }) => ms),
    /** Lets the timer go off, so much later than it should. */
    async tick(lateMs = 0): Promise<void> {
      const { ms, wake } = waiting.shift()!;
      now += ms + lateMs;
      wake();
      await settle();
    },
  };
}

/** A wait that ends at `dueAt`, and whether it has. */
function watch(deadlines: ReturnType<typeof createDeadlines>, dueAt: number) {
  const { promise, resolve } = Promise.withResolvers<string>();
  const seen = { became: "nothing" };
  const watched = deadlines.watch(promise, dueAt);
  watched.then((value) => seen.became = value, ({ name }) => {
    seen.became = name;
  });
  return Object.assign(seen, { answer: resolve, watched });
}

Deno.test("deadlines: who is due is ended by the next sweep, the others wait on", async () => {
  const { clock, tick } = createLateClock();
  const deadlines = createDeadlines(clock);
  const [early, late] = [watch(deadlines, 5), watch(deadlines, 50)];
  await tick();
  deepEqual([early.became, late.became], ["DeadlineExceeded", "nothing"]);
  await rejects(early.watched, DeadlineExceeded);
  late.answer("an answer");
  await settle();
  equal(late.became, "an answer");
  // What comes too late is ignored.
  early.answer("an answer");
  await settle();
  equal(early.became, "DeadlineExceeded");
});

Deno.test("deadlines: one timer serves all, and none runs while nobody waits", async () => {
  const { clock, tick, sleeping } = createLateClock();
  const deadlines = createDeadlines(clock);
  const waits = [10, 20, 30].map((dueAt) => watch(deadlines, dueAt));
  deepEqual(sleeping(), [5]);
  for (const wait of waits) wait.answer("an answer");
  await tick();
  deepEqual(sleeping(), []);
  watch(deadlines, 10);
  deepEqual(sleeping(), [5]);
});

Deno.test("deadlines: a sweep that is a little late ends waits all the same", async () => {
  const { clock, tick, sleeping } = createLateClock();
  const wait = watch(createDeadlines(clock), 5);
  await tick(20);
  equal(wait.became, "DeadlineExceeded");
  deepEqual(sleeping(), []);
});

Deno.test("deadlines: after a stall an answer that is there gets 20 ms to be read", async () => {
  const { clock, tick, sleeping } = createLateClock();
  const deadlines = createDeadlines(clock);
  const [read, gone] = [watch(deadlines, 50), watch(deadlines, 50)];
  await tick(500);
  deepEqual([read.became, gone.became], ["nothing", "nothing"]);
  deepEqual(sleeping(), [20]);
  read.answer("an answer");
  await tick();
  deepEqual([read.became, gone.became], ["an answer", "DeadlineExceeded"]);
});

Deno.test("deadlines: three stalls in a row are waited out, and no more", async () => {
  const { clock, tick } = createLateClock();
  const deadlines = createDeadlines(clock);
  const wait = watch(deadlines, 50);
  for (let stalls = 1; stalls <= 3; stalls++) {
    await tick(500);
    equal(wait.became, "nothing", `${stalls}`);
  }
  await tick(500);
  equal(wait.became, "DeadlineExceeded");
});

Deno.test("deadlines: a stall after a sweep in time is the first again", async () => {
  const { clock, tick } = createLateClock();
  const deadlines = createDeadlines(clock);
  const wait = watch(deadlines, 5000);
  for (let i = 0; i < 3; i++) await tick(500);
  await tick();
  for (let i = 0; i < 3; i++) {
    await tick(2000);
    equal(wait.became, "nothing");
  }
});

Deno.test("deadlines: what fails tells why, and a stop ends no wait", async () => {
  const { clock, tick } = createLateClock();
  const deadlines = createDeadlines(clock);
  const failing = deadlines.watch(Promise.reject(new TypeError("why")), 50);
  await rejects(failing, { message: "why" });
  const wait = watch(deadlines, 5);
  deadlines.stop();
  await tick();
  await settle();
  equal(wait.became, "nothing");
});
