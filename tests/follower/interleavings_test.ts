/**
 * Interleavings that reviews and the simulation have found.
 *
 * @module
 */
import { openMemoryRecordStore } from "../../adapters/memory/record_store.ts";
import { parseSettingsKey } from "../../domain/settings.ts";
import type { RecordStore } from "../../ports/record_store.ts";
import { openBystanderSettings } from "../../src/follower/database_settings.ts";
import { deepEqual, equal, ok, rejects } from "../support/assert.ts";
import { createFollowerWorld } from "../support/follower_world.ts";
import { createSeededEntropy } from "../support/seeded_entropy.ts";

const ALL = parseSettingsKey("user:1:settings:all");
const SCALP = parseSettingsKey("user:1:mode:scalp");
const change = (json: string, key = ALL) => [{ key, json }];

/** Lets what is under way go on without time passing. */
async function turns(): Promise<void> {
  for (let i = 0; i < 300; i++) await Promise.resolve();
}

/** Holds the answer of the first call of `name` back until it is let go. */
function holdAnswer(record: RecordStore, name: "read") {
  const { promise, resolve: release } = Promise.withResolvers<void>();
  const call = record[name].bind(record);
  let isHeld = false;
  record[name] = async (keys, signal) => {
    const answer = await call(keys, signal);
    if (!isHeld && keys.length > 0) {
      isHeld = true;
      await promise;
    }
    return answer;
  };
  return { release, isHeld: () => isHeld };
}

Deno.test("a fill whose token was taken before a reset keeps nothing", async () => {
  const world = createFollowerWorld();
  await using one = await world.startOpen();
  const { settings } = one.follower;
  await world.within(settings.write(change("1"), "a"));
  const late = holdAnswer(one.record.port, "read");
  const slow = settings.read([ALL]);
  await world.settle(late.isHeld);
  // The checkpoint is evicted; who writes begins anew, beyond the change.
  world.server.data.mark = undefined;
  await world.within(settings.write(change("2"), "a"));
  equal(one.follower.state().mode, "normal");
  late.release();
  await world.within(slow);
  await world.clock.advance(50);
  const read = await world.within(settings.read([ALL]));
  equal(read.documents[0]?.json, "2");
});

Deno.test("an epoch that ends while a gate opens does not let it open", async () => {
  const world = createFollowerWorld();
  await world.settings.write(change("1"), "a");
  await world.settings.write(change("1", SCALP), "a");
  await using two = world.start("two");
  const { promise, resolve: release } = Promise.withResolvers<void>();
  let isHeld = false;
  two.fast.before("reset", async () => {
    if (isHeld) return;
    isHeld = true;
    await promise;
  });
  await world.settle(() => isHeld);
  // As a backup is restored that knows of no lease.
  world.log.renewEpoch(1);
  world.documents.delete(SCALP);
  world.leases.clear();
  const seen = two.follower.settings.read([SCALP]);
  await turns();
  release();
  await turns();
  equal(two.follower.state().mode, "degraded");
  await world.within(seen);
  await world.settle(() => two.follower.state().mode === "normal", 10_000);
  const other = openBystanderSettings({
    record: openMemoryRecordStore(world.log, world.documents, world.leases),
    clock: world.clock,
    entropy: createSeededEntropy(9),
    label: "other",
  });
  await world.within(other.write(change("2"), "b"));
  const read = await world.within(two.follower.settings.read([ALL]));
  equal(read.documents[0]?.json, "2");
});

Deno.test("a gate stays closed while a lease may be good that the database has lost", async () => {
  const world = createFollowerWorld();
  await using one = await world.startOpen();
  world.log.renewEpoch();
  world.leases.clear();
  await world.settle(() => one.follower.state().mode === "degraded");
  const began = world.clock.monotonic();
  await world.settle(() => one.follower.state().mode === "normal", 10_000);
  ok(world.clock.monotonic() - began > 1500);
});

Deno.test("a database clock that was set back holds nobody up for long", async () => {
  const world = createFollowerWorld();
  await using one = await world.startOpen();
  world.log.renewEpoch();
  const { port } = one.record;
  const read = port.read.bind(port);
  port.read = async (...args) => ({ ...await read(...args), epochAgeMs: 0 });
  await world.within(one.follower.settings.read([ALL]), 10_000);
});

Deno.test("data that have gone back in time in the same history are not believed", async () => {
  const world = createFollowerWorld();
  await using one = await world.startOpen();
  const { settings } = one.follower;
  await world.within(settings.write(change("1"), "a"));
  for (let i = 0; i < 3; i++) await world.within(settings.read([ALL]));
  const before = world.server.snapshot();
  await world.within(settings.write(change("2"), "a"));
  Object.assign(world.server.data, before);
  for (let i = 0; i < 5; i++) {
    const read = await world.within(settings.read([ALL]));
    equal(read.documents[0]?.json, "2");
  }
});

Deno.test("a checkpoint that went back does not make the drain run without end", async () => {
  const world = createFollowerWorld();
  await using one = await world.startOpen();
  const { settings } = one.follower;
  await world.within(settings.write(change("1"), "a"));
  await world.within(settings.write(change("2"), "a"));
  const [format, epoch] = world.server.data.mark!.split(":");
  world.server.data.mark = `${format}:${epoch}:abcd:1:1`;
  const before = one.fast.calls("drain");
  await world.settings.write(change("3"), "b");
  await world.clock.advance(1500);
  ok(one.fast.calls("drain") - before < 20);
  await world.settle(() => one.follower.state().mode === "normal");
  equal((await world.within(settings.read([ALL]))).documents[0]?.json, "3");
});

Deno.test("a committed write is in doubt, not undone, where the epoch cannot be left", async () => {
  const world = createFollowerWorld();
  await using one = await world.startOpen();
  const { settings } = one.follower;
  await world.within(settings.write(change("1"), "a"));
  await world.within(settings.write(change("2"), "a"));
  world.log.rewind(1);
  one.record.fail("leaveEpoch", "unavailable");
  const write = settings.write(change("3"), "a");
  await rejects(world.within(write), {
    code: "timeout",
    facts: { version: 2 },
  });
  one.record.mend();
  equal(world.documents.get(ALL)?.json, "3");
});

Deno.test("an instance without a fast layer is not kept waiting once it is known", async () => {
  const world = createFollowerWorld();
  await using one = await world.startOpen();
  const other = openBystanderSettings({
    record: openMemoryRecordStore(world.log, world.documents, world.leases),
    clock: world.clock,
    entropy: createSeededEntropy(9),
    label: "other",
  });
  await world.within(other.write(change("0"), "b"));
  const began = world.clock.monotonic();
  for (let i = 1; i <= 10; i++) {
    await world.within(other.write(change(`${i}`), "b"));
    const read = await world.within(one.follower.settings.read([ALL]));
    deepEqual(read.documents[0]?.json, `${i}`);
  }
  const each = (world.clock.monotonic() - began) / 10;
  ok(each < 60, `${each} ms a write`);
  await world.within(other[Symbol.asyncDispose]() as Promise<void>);
});
