/**
 * Where a fast layer can be gone on from, and where it begins anew.
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
  type Checkpoint,
  formatCheckpoint,
  parseCheckpoint,
} from "../../domain/checkpoint.ts";
import type { RecordView } from "../../ports/record_store.ts";
import {
  findFooting,
  type Footing,
  soundCheckpoint,
} from "../../src/follower/footing.ts";
import { deepEqual, equal, rejects, throws } from "../support/assert.ts";
import { anEvent } from "../support/events.ts";
import { createFakeClock } from "../support/fake_clock.ts";
import { guardPort } from "../support/guarded_port.ts";
import { createSeededEntropy } from "../support/seeded_entropy.ts";

const HEAD = { epoch: "e2", position: 50_000, earliest: 30_001 };

/** The database with its log from 30 001 to 50 000, in its second epoch. */
const VIEW: RecordView = {
  head: HEAD,
  settingsPosition: 40_000,
  formerEpochs: ["e1"],
  epochAgeMs: Infinity,
  leases: [],
};

const at = (position: number, epoch = HEAD.epoch): Checkpoint => ({
  epoch,
  generation: "a1",
  position,
  settingsPosition: 0,
});

const isSound = (position: number, view = VIEW) =>
  soundCheckpoint(formatCheckpoint(at(position)), view) !== undefined;

Deno.test("footing: a checkpoint up to 10 000 behind is gone on from", () => {
  deepEqual([39_999, 40_000, 50_000].map((p) => isSound(p)), [
    false,
    true,
    true,
  ]);
});

Deno.test("footing: entries that are no longer held cannot be applied", () => {
  const view = { ...VIEW, head: { ...HEAD, earliest: 45_001 } };
  deepEqual([44_999, 45_000].map((p) => isSound(p, view)), [false, true]);
});

Deno.test("footing: a checkpoint beyond the head is of a log that went back", () => {
  equal(isSound(50_001), false);
});

Deno.test("footing: what is no checkpoint, or of an epoch before, begins anew", () => {
  for (const mark of [undefined, "", "hello", formatCheckpoint(at(7, "e1"))]) {
    equal(soundCheckpoint(mark, VIEW), undefined);
  }
});

Deno.test("footing: another log, or a later version, is refused for good", () => {
  const unsound = { name: "Unsound", isLasting: true };
  const stranger = formatCheckpoint(at(7, "e9"));
  throws(() => soundCheckpoint(stranger, VIEW), {
    ...unsound,
    message: /another database/,
  });
  throws(() => soundCheckpoint("2:what:ever", VIEW), {
    ...unsound,
    message: /later version/,
  });
});

/** A server without a checkpoint, before a log of three entries. */
function createWorld(capacity = 100) {
  const clock = createFakeClock();
  const entropy = createSeededEntropy();
  const log = createMemoryLog({ clock, entropy, capacity });
  log.append([anEvent(), anEvent(), anEvent()]);
  const server = createMemoryFastServer({ clock, entropy });
  const fast = guardPort(openMemoryFastLayer(server), ["listen"]);
  const record = openMemoryRecordStore(log, new Map());
  const footing: Footing = {
    record,
    fast: fast.port,
    entropy,
    isPastBarrier: () => true,
    epoch: () => log.head().epoch,
    see: (ask) => ask(),
  };
  return {
    log,
    server,
    fast,
    find: async (mark = server.data.mark) =>
      await findFooting(server.history, mark, await record.read([]), footing),
  };
}

Deno.test("footing: a new beginning is at the head, of a generation of its own", async () => {
  const { server, log, find } = createWorld();
  const first = await find();
  const { epoch } = log.head();
  const { generation, ...rest } = first;
  deepEqual(rest, { epoch, position: 3, settingsPosition: 0 });
  deepEqual(parseCheckpoint(server.data.mark!), first);
  server.data.mark = undefined;
  const second = await find();
  equal(second.generation === generation, false);
});

Deno.test("footing: what somebody else has begun meanwhile is gone on from", async () => {
  const { server, log, find } = createWorld();
  const theirs = { ...at(2, log.head().epoch), settingsPosition: 2 };
  server.data.mark = formatCheckpoint(theirs);
  deepEqual(await find("seen before"), theirs);
});

Deno.test("footing: a beginning beside one that others change without end is given up", async () => {
  const { server, fast, find } = createWorld();
  let changes = 0;
  fast.before("reset", () => {
    server.data.mark = `garbage ${++changes}`;
  });
  await rejects(find(), {
    name: "Unsound",
    message: /changed by others without end/,
    isLasting: false,
  });
  equal(changes, 10);
});

Deno.test("footing: a checkpoint beyond the head gives the log another epoch, and wipes nothing", async () => {
  const { server, log, find } = createWorld();
  const { epoch } = log.head();
  const ahead = formatCheckpoint(at(4, epoch));
  server.data.mark = ahead;
  await rejects(find(), { name: "Unsound", message: /gone back in time/ });
  equal(log.head().epoch === epoch, false);
  equal(server.data.mark, ahead);
  // Of an epoch before, it may begin anew.
  equal((await find()).position, 3);
});

Deno.test("footing: one that is too far behind begins anew in the same epoch", async () => {
  const { server, log, find } = createWorld(1);
  const { epoch, earliest } = log.head();
  server.data.mark = formatCheckpoint(at(earliest - 2, epoch));
  const { position, generation } = await find();
  deepEqual([position, generation === "a1"], [3, false]);
  equal(log.head().epoch, epoch);
});

Deno.test("footing: a server that is another one, or does not answer, gives no footing", async () => {
  const late = createWorld();
  late.fast.fail("reset", "timeout");
  await rejects(late.find(), { name: "Unsound", message: /does not follow/ });
  const fenced = createWorld();
  fenced.fast.before("reset", () => fenced.server.restore(fenced.server.data));
  await rejects(fenced.find(), {
    name: "Unsound",
    message: "it is not the server that it was",
  });
});
