/**
 * The drain takes the fast layer along the log, step by step.
 *
 * @module
 */
import {
  createMemoryFastServer,
  openMemoryFastLayer,
} from "../../adapters/memory/fast_layer.ts";
import { createMemoryLog } from "../../adapters/memory/log.ts";
import { openMemoryRecordStore } from "../../adapters/memory/record_store.ts";
import {
  type MemorySettings,
  openMemorySettingsStore,
} from "../../adapters/memory/settings_store.ts";
import {
  type Checkpoint,
  formatCheckpoint,
  parseCheckpoint,
} from "../../domain/checkpoint.ts";
import { parseSettingsKey } from "../../domain/settings.ts";
import { MAX_STRETCH_ENTRIES } from "../../ports/record_store.ts";
import { createDrain, toStep } from "../../src/follower/drain.ts";
import { createSession } from "../../src/follower/session.ts";
import { deepEqual, equal, rejects } from "../support/assert.ts";
import { anEvent } from "../support/events.ts";
import { createFakeClock } from "../support/fake_clock.ts";
import { guardPort } from "../support/guarded_port.ts";
import { createSeededEntropy } from "../support/seeded_entropy.ts";
import { settle } from "../support/turns.ts";

const ALL = parseSettingsKey("user:1:settings:all");
const SCALP = parseSettingsKey("user:1:mode:scalp");

/** A server at position 0 of a log that is empty, or holds at most `capacity`. */
function createWorld(capacity?: number) {
  const clock = createFakeClock();
  const entropy = createSeededEntropy();
  const log = createMemoryLog({
    clock,
    entropy,
    ...(capacity && { capacity }),
  });
  const documents: MemorySettings = new Map();
  const server = createMemoryFastServer({ clock, entropy });
  const fast = guardPort(openMemoryFastLayer(server), ["listen"]);
  const record = guardPort(openMemoryRecordStore(log, documents));
  const settings = openMemorySettingsStore(log, documents);
  const start: Checkpoint = {
    epoch: log.head().epoch,
    generation: "a1",
    position: 0,
    settingsPosition: 0,
  };
  server.data.mark = formatCheckpoint(start);
  const end = new AbortController();
  const { signal } = end;
  const session = createSession(server.history, start, signal, () => {});
  const drain = createDrain(session, {
    record: record.port,
    fast: fast.port,
    entropy,
    isPastBarrier: () => true,
    epoch: () => log.head().epoch,
    see: (ask) => ask(),
  });
  return {
    log,
    server,
    fast,
    record,
    start,
    session,
    drain,
    end,
    /** Commits so many events, each by itself. */
    commit(count: number): void {
      for (let i = 0; i < count; i++) log.append([anEvent()]);
    },
    write: (key: typeof ALL, json: string) =>
      settings.write([{ key, json }], "a"),
    /** Commits as an instance does that tells what it has appended. */
    append: async (json: string) => {
      const own = openMemoryRecordStore(log, documents);
      return (await own.write([{ key: ALL, json }], "a")).appended!;
    },
    shown: () => (parseCheckpoint(server.data.mark!) as Checkpoint).position,
  };
}

Deno.test("drain: it goes by steps of bounded size, to the end of the log it has seen", async () => {
  const { drain, commit, fast, shown, session } = createWorld();
  commit(2 * MAX_STRETCH_ENTRIES + 1);
  await drain.reach(1);
  deepEqual([shown(), fast.calls("drain")], [MAX_STRETCH_ENTRIES, 1]);
  await drain.reach(2 * MAX_STRETCH_ENTRIES + 1);
  equal(fast.calls("drain"), 3);
  equal(session.checkpoint.position, 2 * MAX_STRETCH_ENTRIES + 1);
});

Deno.test("drain: callers at once share its steps, and what is shown takes none", async () => {
  const { drain, commit, fast } = createWorld();
  const end = MAX_STRETCH_ENTRIES + 1;
  commit(end);
  await Promise.all([drain.reach(1), drain.reach(end), drain.reach(2)]);
  await drain.reach(end);
  equal(fast.calls("drain"), 2);
});

Deno.test("drain: a step tells each changed document once, with its last position", async () => {
  const { write, log, record, start } = createWorld();
  await write(ALL, "1");
  await write(SCALP, "2");
  await write(ALL, "3");
  // Its key names no document.
  log.append([{ ...anEvent(), key: "user:1:settings:all" }]);
  const { to, changes, entries } = toStep(
    "h",
    start,
    await record.port.stretch(0),
  );
  deepEqual(to, { position: 4, settingsPosition: 3 });
  deepEqual(
    changes.map(({ key, position, document }) => [
      key,
      position,
      document?.json,
    ]),
    [[ALL, 3, "3"], [SCALP, 2, "2"]],
  );
  equal(entries.length, 4);
});

Deno.test("drain: where somebody else was faster it goes on from there", async () => {
  const { drain, commit, fast, record, server, start, session } = createWorld();
  commit(5);
  fast.before("drain", () => {
    fast.mend();
    server.data.mark = formatCheckpoint({ ...start, position: 4 });
  });
  await drain.reach(3);
  equal(session.checkpoint.position, 4);
  equal(record.calls("read"), 0);
  await drain.reach(5);
  equal(session.checkpoint.position, 5);
});

Deno.test("drain: data that have gone back in time are not believed", async () => {
  const { drain, commit, server, start } = createWorld();
  commit(5);
  await drain.reach(5);
  server.data.mark = formatCheckpoint({ ...start, position: 2 });
  commit(1);
  await rejects(drain.reach(6), {
    name: "Unsound",
    message: "its data have gone back in time",
  });
});

Deno.test("drain: a checkpoint that was lost begins anew at the head", async () => {
  const { drain, commit, server, session } = createWorld();
  commit(5);
  server.data.mark = undefined;
  await drain.reach(3);
  const { generation, position } = session.checkpoint;
  deepEqual([position, generation === "a1"], [5, false]);
});

Deno.test("drain: entries that are no longer held are passed over by a new beginning", async () => {
  const { drain, commit, log, shown, session } = createWorld(4);
  commit(20);
  equal(log.head().earliest > 1, true);
  await drain.reach(20);
  deepEqual([shown(), session.checkpoint.generation === "a1"], [20, false]);
});

Deno.test("drain: a position that the log does not have is not waited for", async () => {
  const { drain, commit, record } = createWorld();
  commit(2);
  await rejects(drain.reach(9), {
    name: "Unsound",
    message: "the log ends before the position that it is to show",
  });
  // It does not spoil what is asked for later.
  commit(1);
  const before = record.calls("stretch");
  await drain.reach(3);
  await settle();
  equal(record.calls("stretch") - before, 1);
});

Deno.test("drain: who is too far behind begins anew, which is faster than catching up", async () => {
  const { drain, commit, fast, session } = createWorld();
  commit(10_001);
  await drain.reach(10_001);
  equal(fast.calls("drain"), 0);
  equal(session.checkpoint.generation === "a1", false);
});

Deno.test("drain: a server that somebody has given to another database is left", async () => {
  const { drain, commit, server, start } = createWorld();
  commit(5);
  const theirs = formatCheckpoint({ ...start, epoch: "e9", position: 4 });
  server.data.mark = theirs;
  await rejects(drain.reach(5), { message: /another database/ });
  equal(server.data.mark, theirs);
});

Deno.test("drain: no step is begun when the session has ended during one", async () => {
  const { drain, commit, end, fast, record } = createWorld();
  commit(MAX_STRETCH_ENTRIES + 1);
  fast.before("drain", () => end.abort(new Error("the gate is closed")));
  const reached = drain.reach(MAX_STRETCH_ENTRIES + 1);
  await rejects(reached, { message: "the gate is closed" });
  await settle();
  equal(record.calls("stretch"), 1);
});

Deno.test("drain: nothing is put to a server whose session has ended", async () => {
  const { drain, commit, record, end, fast } = createWorld();
  commit(2);
  record.before("stretch", () => end.abort(new Error("the gate is closed")));
  await rejects(drain.reach(2), { message: "the gate is closed" });
  equal(fast.calls("drain"), 0);
});

Deno.test("drain: a step that fails is an end, and the next call takes another", async () => {
  const { drain, commit, fast, shown } = createWorld();
  commit(2);
  fast.fail("drain", "timeout");
  await rejects(drain.reach(2), { name: "Unsound" });
  fast.mend();
  await drain.reach(2);
  equal(shown(), 2);
});

Deno.test("drain: what this instance has committed is not read again where it comes next", async () => {
  const { drain, append, record, server, shown } = createWorld();
  const first = await append("1");
  await drain.reach(1, first);
  deepEqual([shown(), record.calls("stretch")], [1, 0]);
  deepEqual(server.data.stream!.map(({ json }) => json), [
    first.entries[0]!.json,
  ]);
  await drain.reach(2, await append("2"));
  deepEqual([shown(), record.calls("stretch")], [2, 0]);
});

Deno.test("drain: it is read where something else comes next, or the epoch is another", async () => {
  const { drain, append, commit, record, shown } = createWorld();
  commit(1);
  await drain.reach(2, await append("1"));
  deepEqual([shown(), record.calls("stretch")], [2, 1]);
  const foreign = { ...await append("2"), epoch: "another" };
  await drain.reach(3, foreign);
  deepEqual([shown(), record.calls("stretch")], [3, 2]);
});

Deno.test("drain: what somebody else has taken along already is not taken twice", async () => {
  const { drain, append, fast, session, shown, start, server } = createWorld();
  const own = await append("1");
  server.data.mark = formatCheckpoint({
    ...start,
    position: 1,
    settingsPosition: 1,
  });
  await drain.reach(1, own);
  deepEqual([shown(), session.checkpoint.position], [1, 1]);
  equal(fast.calls("drain"), 1);
});
