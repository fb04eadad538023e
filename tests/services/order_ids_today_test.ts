/**
 * Numbers of today: the day is always that of the time zone as it is now, and
 * in nearly all cases one wait does for both.
 *
 * @module
 */
import { parseUserId } from "../../domain/user_id.ts";
import type { SequenceDay, SequenceRange } from "../../domain/sequence.ts";
import type { SequencePort } from "../../ports/sequence_port.ts";
import { createToday } from "../../src/services/order_ids/today.ts";
import { deepEqual, equal, rejects } from "../support/assert.ts";
import { aPortError } from "../support/guarded_port.ts";

const ANN = parseUserId("ann");
const BOB = parseUserId("bob");
const DAY_MS = 86_400_000;

/** A quarter past eleven in the evening of 2 January 2026, in UTC. */
const LATE = Date.UTC(2026, 0, 2, 23, 15);

/** A sequence and a time zone, each of which answers when it is told to. */
function openWorld() {
  let now = LATE;
  const last = new Map<string, number>();
  const asked: { day: SequenceDay; gives: PromiseWithResolvers<void> }[] = [];
  const zones: PromiseWithResolvers<string>[] = [];
  const sequence: SequencePort = {
    async next(user, day, count = 1): Promise<SequenceRange> {
      const gives = Promise.withResolvers<void>();
      asked.push({ day, gives });
      await gives.promise;
      const first = (last.get(`${user} ${day}`) ?? 0) + 1;
      last.set(`${user} ${day}`, first + count - 1);
      return { first, last: first + count - 1 };
    },
    async [Symbol.asyncDispose]() {},
  };
  const today = createToday({
    sequence,
    timeZone: () => {
      const zone = Promise.withResolvers<string>();
      zones.push(zone);
      return zone.promise;
    },
    clock: { now: () => now },
  });
  /** Answers everything that is asked until `work` has ended. */
  async function answering<T>(zone: string, work: Promise<T>): Promise<T> {
    let isOver = false;
    const over = () => void (isOver = true);
    work.then(over, over);
    while (!isOver) {
      for (const { resolve } of zones) resolve(zone);
      for (const { gives } of asked) gives.resolve();
      await Promise.resolve();
    }
    return await work;
  }
  return {
    today,
    answering,
    zones,
    asked,
    days: () => asked.map(({ day }) => day),
    later: (ms: number) => void (now += ms),
  };
}

/** Lets everything run that need not wait. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

Deno.test("a user's first number waits for his time zone", async () => {
  const { today, zones, asked, days, answering } = openWorld();
  const taken = today.take(ANN);
  await settle();
  deepEqual(days(), []);
  zones[0]!.resolve("Asia/Tokyo");
  await settle();
  deepEqual(days(), ["20260103"]);
  asked[0]!.gives.resolve();
  deepEqual(await taken, { day: "20260103", first: 1, last: 1 });
  await answering("UTC", today.take(BOB));
  deepEqual(days(), ["20260103", "20260102"]);
});

Deno.test("after that the number is taken while the time zone is asked, and given once it is known", async () => {
  const { today, zones, asked, days, answering } = openWorld();
  await answering("UTC", today.take(ANN));
  let given = false;
  const taken = today.take(ANN, 3).finally(() => given = true);
  await settle();
  deepEqual([days(), zones.length], [["20260102", "20260102"], 2]);
  asked[1]!.gives.resolve();
  await settle();
  equal(given, false);
  zones[1]!.resolve("UTC");
  deepEqual(await taken, { day: "20260102", first: 2, last: 4 });
});

Deno.test("who has moved gets a number of the day that it is for him now", async () => {
  const { today, answering, days } = openWorld();
  await answering("UTC", today.take(ANN));
  const moved = await answering("Asia/Tokyo", today.take(ANN));
  deepEqual(moved, { day: "20260103", first: 1, last: 1 });
  // The number of the other day is skipped, and the new zone is remembered.
  deepEqual(days(), ["20260102", "20260102", "20260103"]);
  const next = await answering("Asia/Tokyo", today.take(ANN));
  deepEqual([next.day, next.first, days().length], ["20260103", 2, 4]);
  const back = await answering("UTC", today.take(ANN));
  deepEqual([back.day, back.first], ["20260102", 3]);
});

Deno.test("asking for the day remembers the time zone too", async () => {
  const { today, answering, days } = openWorld();
  equal(await answering("Asia/Tokyo", today.day(ANN)), "20260103");
  const taken = today.take(ANN);
  await settle();
  deepEqual(days(), ["20260103"]);
  equal((await answering("Asia/Tokyo", taken)).first, 1);
});

Deno.test("past midnight no number of the day before is taken", async () => {
  const { today, answering, days, later } = openWorld();
  await answering("UTC", today.take(ANN));
  later(DAY_MS / 24);
  equal((await answering("UTC", today.take(ANN))).day, "20260103");
  deepEqual(days(), ["20260102", "20260103"]);
});

Deno.test("without a time zone no number is given, whatever becomes of it", async () => {
  const { today, answering, zones, asked } = openWorld();
  await answering("UTC", today.take(ANN));
  for (const fails of [false, true]) {
    const taken = today.take(ANN);
    zones.at(-1)!.reject(aPortError("unavailable"));
    await rejects(taken, { code: "unavailable" });
    const { gives } = asked.at(-1)!;
    if (fails) gives.reject(aPortError("timeout"));
    else gives.resolve();
    await settle();
  }
});

Deno.test("a number that could not be taken fails the call only where it is of the right day", async () => {
  const { today, answering, asked } = openWorld();
  await answering("UTC", today.take(ANN));
  const failing = (zone: string) => {
    const taken = today.take(ANN);
    asked.at(-1)!.gives.reject(aPortError("timeout"));
    return answering(zone, taken);
  };
  await rejects(failing("UTC"), { code: "timeout" });
  equal((await failing("Asia/Tokyo")).day, "20260103");
});
