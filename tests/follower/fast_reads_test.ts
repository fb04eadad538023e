/**
 * Reads from the fast layer: which call a read may share, and which answer is
 * believed.
 *
 * @module
 */
import type { Checkpoint } from "../../domain/checkpoint.ts";
import { parseSettingsKey, type SettingsKey } from "../../domain/settings.ts";
import type {
  FastAnswer,
  FastLayer,
  FastRead,
  Fenced,
} from "../../ports/fast_layer.ts";
import { createFastReads } from "../../src/follower/fast_reads.ts";
import type { Gate, OpenGate } from "../../src/follower/gate.ts";
import { createNearCache } from "../../src/follower/near_cache.ts";
import { createSession } from "../../src/follower/session.ts";
import { deepEqual, equal, rejects } from "../support/assert.ts";
import { createRecordingTelemetry } from "../support/recording_telemetry.ts";
import { aPortError } from "../support/guarded_port.ts";
import { settle } from "../support/turns.ts";

const START: Checkpoint = {
  epoch: "e",
  generation: "a1",
  position: 10,
  settingsPosition: 5,
};

const key = (user: number | string) =>
  parseSettingsKey(`user:${user}:settings:all`);
const keys = (count: number, of = "u") =>
  Array.from({ length: count }, (_, i) => key(`${of}${i}`));

/** An open gate, and a server that a test answers for. */
function createWorld() {
  const near = createNearCache();
  const closed: string[] = [];
  const open = (): OpenGate => ({
    session: createSession("h", START, new AbortController().signal, () => {}),
    drain: { reach: async () => {} },
  });
  const gate = {
    open: open() as OpenGate | undefined,
    close(reason: string): void {
      closed.push(reason);
      gate.open = undefined;
    },
  };
  const calls: {
    query: FastRead;
    answer: (answer: FastAnswer | Fenced) => void;
    fail: (error: unknown) => void;
  }[] = [];
  const fast = {
    read: (query: FastRead) =>
      new Promise<FastAnswer | Fenced>((answer, fail) => {
        calls.push({ query, answer, fail });
      }),
  };
  const telemetry = createRecordingTelemetry();
  const reads = createFastReads({
    fast: fast as FastLayer,
    gate: gate as unknown as Gate,
    near,
    telemetry,
  });
  return {
    near,
    telemetry,
    reads,
    gate,
    closed,
    calls,
    reopen: () => void (gate.open = open()),
    follow: reads.follow,
    /** Begins a read; what it gives are the versions found. */
    async find(...wanted: SettingsKey[]) {
      const found = await reads.find(wanted);
      return found?.documents.map((document) => document?.version);
    },
    /** Answers the oldest call, each document of version 3 unless it is `without`. */
    async answer(
      more: Partial<Checkpoint> = {},
      changed?: readonly string[],
      without?: SettingsKey,
    ): Promise<void> {
      await settle();
      const { query, answer } = calls.shift()!;
      answer({
        checkpoint: { ...START, ...more },
        documents: query.keys.map((key) =>
          key === without ? undefined : { key, version: 3, json: "3" }
        ),
        changed,
      });
      await settle();
    },
  };
}

Deno.test("fast reads: what was near and what had to be brought are counted", async () => {
  const { find, answer, telemetry } = createWorld();
  const reads = (result: string) =>
    telemetry.counted("holdfast_near_cache_reads_total", { result });
  const first = find(key(1), key(2));
  await answer();
  await first;
  equal([reads("hit"), reads("miss")].join(), "0,2");
  const second = find(key(1), key(2), key(3));
  await answer();
  await second;
  equal([reads("hit"), reads("miss")].join(), "2,3");
  // What has changed meanwhile was no hit: it is asked for again.
  const third = find(key(1));
  await answer({ position: 11, settingsPosition: 11 }, [key(1)]);
  await answer({ position: 11, settingsPosition: 11 }, []);
  await third;
  equal([reads("hit"), reads("miss")].join(), "2,4");
});

Deno.test("fast reads: those of one turn share a call, and each key is asked for once", async () => {
  const { find, calls, answer } = createWorld();
  const found = [find(key(1)), find(key(1), key(2)), find(key(2))];
  await settle();
  deepEqual(calls.map(({ query }) => query), [
    { history: "h", keys: [key(1), key(2)] },
  ]);
  await answer();
  deepEqual(await Promise.all(found), [[3], [3, 3], [3]]);
});

Deno.test("fast reads: one that begins while a call is under way shares the next one", async () => {
  const { find, calls, answer } = createWorld();
  const first = find(key(1));
  await settle();
  const second = find(key(1));
  await settle();
  equal(calls.length, 1);
  await answer();
  deepEqual(await first, [3]);
  // What is near by now is validated, not asked for.
  deepEqual(calls.map(({ query }) => query), [
    { history: "h", keys: [], changedSince: 5 },
  ]);
  await answer();
  deepEqual(await second, [3]);
});

Deno.test("fast reads: a call asks for some 512 documents, unless one caller has more", async () => {
  const { find, calls, answer } = createWorld();
  const found = [
    find(...keys(511, "a")),
    find(...keys(2, "b")),
    find(...keys(1, "c")),
    find(...keys(600, "d")),
    find(...keys(1, "e")),
  ];
  const sizes: number[] = [];
  for (let i = 0; i < 3; i++) {
    await settle();
    sizes.push(calls[0]!.query.keys.length);
    await answer();
  }
  deepEqual(sizes, [513, 601, 1]);
  equal((await Promise.all(found)).every((one) => one), true);
});

Deno.test("fast reads: nothing is asked through a closed gate", async () => {
  const { find, calls, gate } = createWorld();
  gate.open = undefined;
  equal(await find(key(1)), undefined);
  equal(calls.length, 0);
});

Deno.test("fast reads: an answer that comes after the gate has closed, or opened anew, is not believed", async () => {
  const world = createWorld();
  for (const change of [world.gate.close, world.reopen]) {
    world.reopen();
    const found = world.find(key(1));
    await settle();
    change("the test says so");
    await world.answer();
    equal(await found, undefined);
  }
  equal(world.near.has(key(1)), false);
});

Deno.test("fast reads: a checkpoint of another epoch, or none, closes the gate", async () => {
  for (const epoch of ["other", undefined]) {
    const { find, calls, closed } = createWorld();
    const found = find(key(1));
    await settle();
    calls[0]!.answer({
      checkpoint: epoch === undefined ? undefined : { ...START, epoch },
      documents: [undefined],
      changed: undefined,
    });
    equal(await found, undefined);
    deepEqual(closed, ["its checkpoint was lost"]);
  }
});

Deno.test("fast reads: data that have gone back in time close the gate; the session sees those that have gone on", async () => {
  const { find, answer, closed, gate } = createWorld();
  const first = find(key(1));
  await answer({ position: 12 });
  deepEqual(await first, [3]);
  equal(gate.open!.session.checkpoint.position, 12);
  const second = find(key(2));
  await answer({ position: 11 });
  equal(await second, undefined);
  deepEqual(closed, ["its data have gone back in time"]);
});

Deno.test("fast reads: a server that is another one closes the gate", async () => {
  const { find, calls, closed } = createWorld();
  const found = find(key(1));
  await settle();
  calls[0]!.answer("fenced");
  equal(await found, undefined);
  deepEqual(closed, ["it is not the server that it was"]);
});

Deno.test("fast reads: who waits for a call that fails has waited long enough", async () => {
  const { find, calls, closed } = createWorld();
  const first = find(key(1));
  await settle();
  const second = find(key(2));
  await settle();
  calls[0]!.fail(aPortError("timeout"));
  deepEqual(await Promise.all([first, second]), [undefined, undefined]);
  deepEqual([calls.length, closed.length], [1, 0]);
});

Deno.test("fast reads: a mistake of a programmer is not taken for an outage", async () => {
  const { find, calls } = createWorld();
  const found = find(key(1));
  await settle();
  calls[0]!.fail(new TypeError("a mistake"));
  await rejects(found, TypeError);
});

Deno.test("fast reads: a near document that has changed is asked for by name, once", async () => {
  const { find, calls, answer } = createWorld();
  const first = find(key(1));
  await answer();
  await first;
  const second = find(key(1));
  await answer({ position: 11, settingsPosition: 11 }, [key(1)]);
  deepEqual(calls.map(({ query }) => query.keys), [[key(1)]]);
  await answer({ position: 11, settingsPosition: 11 }, []);
  deepEqual(await second, [3]);
  const third = find(key(1), key(2));
  await answer({ position: 12, settingsPosition: 12 }, [key(1)]);
  // So often at most: the database tells.
  await answer({ position: 13, settingsPosition: 13 }, [key(2)]);
  equal(await third, undefined);
});

Deno.test("fast reads: an answer whose settings are older than what is near brings nothing", async () => {
  const { find, answer, near } = createWorld();
  const first = find(key(1));
  await answer({ position: 12, settingsPosition: 8 });
  await first;
  const second = find(key(2));
  await answer({ position: 13, settingsPosition: 7 });
  equal(await second, undefined);
  deepEqual([near.has(key(1)), near.has(key(2))], [true, false]);
});

Deno.test("fast reads: a document that is not there is told to be missing", async () => {
  const { find, answer } = createWorld();
  const found = find(key(1), key(2));
  await answer({}, undefined, key(2));
  deepEqual(await found, [3, undefined]);
});

Deno.test("fast reads: an own step overtakes no call that is under way", async () => {
  const { find, near, follow, answer, calls } = createWorld();
  const first = find(key(1));
  await answer();
  await first;
  const second = find(key(1));
  await settle();
  const to = { ...START, position: 12, settingsPosition: 12 };
  const document = { key: key(1), version: 12, json: "12" };
  follow({
    from: START,
    to,
    changes: [{ key: key(1), position: 12, document }],
  });
  equal(near.position, START.settingsPosition);
  // Answered before the step was taken: it is current as of then.
  await answer({}, []);
  deepEqual(await second, [3]);
  equal(near.position, 12);
  const third = find(key(1));
  await settle();
  deepEqual(calls[0]!.query.keys, []);
  await answer(to, []);
  deepEqual(await third, [12]);
});

Deno.test("fast reads: what is known not to be there is not asked for, and said to be complete", async () => {
  const { reads, near, calls, answer } = createWorld();
  const [one, two] = [key(1), key(2)];
  const missing = reads.find([one, two]);
  await answer({}, undefined, one);
  equal((await missing)!.isComplete, false);
  near.keepAbsent([one], START.settingsPosition);
  const known = reads.find([one, two]);
  await settle();
  deepEqual(calls[0]!.query.keys, []);
  await answer({}, []);
  const { documents, isComplete } = (await known)!;
  deepEqual([documents[0], documents[1]?.version, isComplete], [
    undefined,
    3,
    true,
  ]);
});

Deno.test("fast reads: what was not there is asked for again once it has changed", async () => {
  const { reads, near, calls, answer } = createWorld();
  const first = reads.find([key(2)]);
  await answer();
  await first;
  near.keepAbsent([key(1)], START.settingsPosition);
  const found = reads.find([key(1)]);
  await answer({ position: 12, settingsPosition: 12 }, [key(1)]);
  deepEqual(calls[0]!.query.keys, [key(1)]);
  await answer({ position: 12, settingsPosition: 12 }, []);
  equal((await found)!.documents[0]?.version, 3);
});
