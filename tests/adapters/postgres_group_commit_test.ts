/**
 * Group commit: one statement for many writers, each on its own when it fails.
 *
 * @module
 */
import { deepEqual, equal, rejects } from "../support/assert.ts";
import {
  createGroupCommit,
  type GroupOptions,
  MAX_GROUP,
  MAX_WAITING,
  type Outcome,
} from "../../adapters/postgres/group_commit.ts";
import { type LogCall, startLogGroup } from "../../adapters/postgres/log.ts";
import { createSystemClock } from "../../adapters/system/clock.ts";
import { parseSettingsKey } from "../../domain/settings.ts";
import type { Clock } from "../../ports/clock.ts";
import { anEvent } from "../support/events.ts";
import { createFakeClock } from "../support/fake_clock.ts";
import { createSeededEntropy } from "../support/seeded_entropy.ts";

type Commit = GroupOptions<number, number>["commit"];

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

/** A queue over `commit`, and the groups that it was given. */
function setUp(
  commit: Commit = async (calls) => calls.map((value) => ({ value })),
  more: { clock?: Clock; startGroup?: () => (call: number) => boolean } = {},
) {
  const groups: (readonly number[])[] = [];
  const queue = createGroupCommit<number, number>({
    clock: createSystemClock(),
    entropy: createSeededEntropy(),
    waitMs: 1000,
    ...more,
    commit(calls) {
      groups.push(calls);
      return commit(calls);
    },
    toError: (error) => ({ code: "explained", error }),
  });
  return { queue, groups };
}

/** An error as postgres.js throws it. */
function postgresError(code: string): Error {
  return Object.assign(new Error("made up"), { name: "PostgresError", code });
}

const settled = async (calls: Promise<unknown>[]) =>
  (await Promise.allSettled(calls)).map((result) =>
    result.status === "fulfilled" ? result.value : result.reason.code
  );

Deno.test("group commit: writers of one turn share one statement, in order", async () => {
  const { queue, groups } = setUp();
  deepEqual(
    await Promise.all(upTo(100).map((n) => queue.write(n))),
    upTo(100),
  );
  deepEqual(groups, [upTo(100)]);
});

Deno.test("group commit: who comes while a group is sent goes with the next", async () => {
  const gate = Promise.withResolvers<void>();
  const { queue, groups } = setUp(async (calls) => {
    await gate.promise;
    return calls.map((value) => ({ value }));
  });
  const first = queue.write(1);
  await new Promise((resolve) => setTimeout(resolve, 5));
  const later = [2, 3].map((n) => queue.write(n));
  gate.resolve();
  await Promise.all([first, ...later]);
  deepEqual(groups, [[1], [2, 3]]);
});

Deno.test("group commit: a group is bounded, and the rest follows", async () => {
  const { queue, groups } = setUp();
  await Promise.all(upTo(MAX_GROUP + 1).map((n) => queue.write(n)));
  deepEqual(groups.map((group) => group.length), [MAX_GROUP, 1]);
});

Deno.test("group commit: whom the group does not admit goes with the next", async () => {
  const { queue, groups } = setUp(undefined, {
    startGroup: () => {
      let isFirst = true;
      return (call) => {
        const admits = isFirst || call % 2 === 0;
        isFirst = false;
        return admits;
      };
    },
  });
  await Promise.all(upTo(5).map((n) => queue.write(n)));
  deepEqual(groups, [[1, 2, 4], [3], [5]]);
});

Deno.test("group commit: each hears of its own outcome", async () => {
  const { queue } = setUp(async (calls) =>
    calls.map((n): Outcome<number> =>
      n % 3 === 0 ? { error: { code: `not ${n}` } } : { value: n * 10 }
    )
  );
  const calls = upTo(4).map((n) => queue.write(n));
  deepEqual(await settled(calls), [10, 20, "not 3", 40]);
});

Deno.test("group commit: a failure is everybody's, explained", async () => {
  const { queue, groups } = setUp(() => Promise.reject(postgresError("57P01")));
  const calls = upTo(3).map((n) => queue.write(n));
  deepEqual(await settled(calls), upTo(3).map(() => "explained"));
  equal(groups.length, 1);
});

Deno.test("group commit: data that Postgres refuses fails alone", async () => {
  const { queue, groups } = setUp(async (calls) => {
    if (calls.includes(2)) throw postgresError("22P05");
    return calls.map((value) => ({ value }));
  });
  const calls = upTo(3).map((n) => queue.write(n));
  deepEqual(await settled(calls), [1, "explained", 3]);
  deepEqual(groups, [[1, 2, 3], [1], [2], [3]]);
});

Deno.test("group commit: who meets a lock is tried again, ahead of the others", async () => {
  let tries = 0;
  const { queue, groups } = setUp(async (calls) =>
    calls.map((value): Outcome<number> =>
      value === 1 && ++tries < 3 ? { busy: new Error() } : { value }
    )
  );
  deepEqual(await Promise.all([1, 2].map((n) => queue.write(n))), [1, 2]);
  deepEqual(groups, [[1, 2], [1], [1]]);
});

Deno.test("group commit: who meets a lock for too long, or waits for too long, is told so", async () => {
  let elapsed = 0;
  const clock: Clock = {
    ...createFakeClock(),
    monotonic: () => elapsed,
    async sleep() {
      elapsed += 400;
    },
  };
  const busy = { code: "held" };
  const { queue, groups } = setUp(
    async (calls) => calls.map(() => ({ busy })),
    {
      clock,
    },
  );
  deepEqual(await settled([queue.write(1)]), ["held"]);
  equal(groups.length, 3);

  const slow = setUp(async (calls) => {
    elapsed += 2000;
    return calls.map((value) => ({ value }));
  }, { clock, startGroup: () => (call) => call === 1 });
  deepEqual(await settled([1, 2].map((n) => slow.queue.write(n))), [
    1,
    "unavailable",
  ]);
});

Deno.test("group commit: a signal that has aborted before the group drops the call", async () => {
  const { queue, groups } = setUp();
  const stop = new AbortController();
  const calls = [queue.write(1, stop.signal), queue.write(2)];
  stop.abort({ code: "enough" });
  deepEqual(await settled(calls), ["enough", 2]);
  deepEqual(groups, [[2]]);
  deepEqual(await settled([queue.write(3, stop.signal)]), ["enough"]);
  equal(groups.length, 1);
});

Deno.test("group commit: more than can wait are refused", async () => {
  const { queue } = setUp();
  const calls = upTo(MAX_WAITING).map((n) => queue.write(n));
  await rejects(queue.write(0), {
    code: "unavailable",
    message:
      `Cannot write to the database as too many writes are waiting: current value is ${MAX_WAITING}`,
  });
  await Promise.all(calls);
});

Deno.test("group commit: closing commits what waits and refuses the rest", async () => {
  const { queue } = setUp();
  const waiting = queue.write(1);
  const closing = queue[Symbol.asyncDispose]();
  await rejects(queue.write(2), { code: "closed" });
  await closing;
  equal(await waiting, 1);
  await queue[Symbol.asyncDispose]();
});

Deno.test("log group: only the first change of a document may ask for a version", () => {
  const key = parseSettingsKey("user:1:settings:all");
  const other = parseSettingsKey("user:2:settings:all");
  const write = (key: typeof other, ifVersion?: number): LogCall => ({
    changes: [{
      key,
      json: "1",
      ...(ifVersion !== undefined && { ifVersion }),
    }],
    actor: "ann",
  });
  const admits = startLogGroup();
  deepEqual(
    [
      write(key, 1),
      write(key),
      write(key, 1),
      write(other),
      write(other, 0),
      { events: [anEvent()] },
    ].map(admits),
    [true, true, false, true, false, true],
  );
});

Deno.test("log group: a group is bounded by its text too, save for a single call", () => {
  const admits = startLogGroup();
  const long = { events: [{ ...anEvent(), json: "x".repeat(5_000_000) }] };
  deepEqual([long, long, long].map(admits), [true, false, false]);
});
