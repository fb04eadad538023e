/**
 * One follower of the log for all questions of a process.
 *
 * @module
 */
import { MAX_USER_PENDING } from "../../src/services/request_reply.ts";
import { deepEqual, equal, ok } from "../support/assert.ts";
import { guardedBus } from "../support/event_buses.ts";
import { anEvent } from "../support/events.ts";
import { createRequestWorld, dataOf, ID } from "../support/request_world.ts";
import { pass, settle } from "../support/turns.ts";

Deno.test("all who wait follow the log together, and each hears what comes after its own question", async () => {
  const now = { waits: 0, reads: 0 };
  const { ask, answer, bus } = createRequestWorld({
    wrap: (bus) => ({
      ...guardedBus(bus, () => {}),
      read(...args) {
        now.reads++;
        return bus.read(...args);
      },
      async wait(...args) {
        now.waits++;
        try {
          await bus.wait(...args);
        } finally {
          now.waits--;
        }
      },
    }),
  });
  const idOf = (i: number) => `019b7e5d-8c0e-7cc4-9b0a-6f2d1c3e5${100 + i}`;
  const count = MAX_USER_PENDING;
  const asked = Array.from({ length: count }, (_, i) => ask({ id: idOf(i) }));
  await settle(2000);
  equal(now.waits, 1);
  now.reads = 0;
  for (let i = 0; i < 10; i++) await bus.publish([anEvent()]);
  await settle(500);
  ok(now.reads <= 11, `${now.reads} reads of ten events`);
  for (let i = 0; i < count; i++) await answer(i, idOf(i));
  for (let i = 0; i < count; i++) await answer(-1, idOf(i));
  deepEqual((await Promise.all(asked)).map(dataOf), [...Array(count).keys()]);
  await settle();
  equal(now.waits, 0, "nobody is left who waits");
});

Deno.test("who asks again while others wait is answered from before what they have read", async () => {
  const { ask, answer, bus } = createRequestWorld();
  const other = "019b7e5d-8c0e-7cc4-9b0a-6f2d1c3e4a00";
  const gone = new AbortController();
  const first = ask({}, 5000, gone.signal);
  first.catch(() => {});
  await settle();
  gone.abort();
  await answer(1);
  for (let i = 0; i < 1500; i++) await bus.publish([anEvent()]);
  await answer(2);
  const waiting = ask({ id: other });
  await settle(500);
  equal(dataOf(await ask()), 1);
  const late = "019b7e5d-8c0e-7cc4-9b0a-6f2d1c3e4a01";
  const lateOne = ask({ id: late });
  await settle(500);
  await answer(3, late);
  await answer(4, other);
  deepEqual([dataOf(await lateOne), dataOf(await waiting)], [3, 4]);
});

Deno.test("a log that begins another life ends all who wait, and who asks anew is answered", async () => {
  const { ask, answer, clock, log } = createRequestWorld();
  const ids = [ID, "019b7e5d-8c0e-7cc4-9b0a-6f2d1c3e4a00"];
  const asked = Promise.allSettled(ids.map((id) => ask({ id }, 60_000)));
  await settle(500);
  log.renewEpoch();
  await pass(clock, 6_000);
  for (const one of await asked) {
    ok(one.status === "rejected");
    equal(one.reason.code, "epoch_changed");
  }
  const again = ask();
  await settle();
  await answer(1);
  equal(dataOf(await again), 1);
});

Deno.test("what was read for those who have left answers nobody who came since", async () => {
  const old = Promise.withResolvers<void>();
  const fresh = Promise.withResolvers<void>();
  let isHeld = false;
  const { ask, answer, bus } = createRequestWorld({
    wrap: (bus) => ({
      ...guardedBus(bus, () => {}),
      async read(query) {
        const page = await bus.read(query);
        const isFollower = isHeld && query.limit > 1;
        if (isFollower) await (query.after > 2 ? old : fresh).promise;
        return page;
      },
    }),
  });
  const first = ask();
  await settle();
  await answer(1);
  equal(dataOf(await first), 1);
  const gone = new AbortController();
  const id = "019b7e5d-8c0e-7cc4-9b0a-6f2d1c3e4a00";
  const other = ask({ id }, 5000, gone.signal);
  other.catch(() => {});
  await settle();
  isHeld = true;
  await answer(2);
  await settle();
  gone.abort();
  await settle();
  const again = ask();
  await settle();
  old.resolve();
  await settle();
  fresh.resolve();
  equal(dataOf(await again), 1);
  equal((await bus.head()).position, 4);
});
