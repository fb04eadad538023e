/**
 * The follower serves settings from the fast layer while it may.
 *
 * @module
 */
import { parseSettingsKey } from "../../domain/settings.ts";
import { deepEqual, equal } from "../support/assert.ts";
import { createFollowerWorld } from "../support/follower_world.ts";

const ALL = parseSettingsKey("user:1:settings:all");
const SCALP = parseSettingsKey("user:1:mode:scalp");

Deno.test("an instance opens its gate by itself", async () => {
  const world = createFollowerWorld();
  await using one = await world.startOpen();
  equal(one.follower.state().mode, "normal");
  equal([...world.leases.values()][0]?.gate, "open");
});

Deno.test("a document is filled by the first reader and served from the fast layer to the next", async () => {
  const world = createFollowerWorld();
  await using one = await world.startOpen();
  const { settings } = one.follower;
  const [version] = await world.within(
    settings.write([{ key: ALL, json: "1" }], "ann"),
  );
  const first = await world.within(settings.read([ALL]));
  equal(first.source, "database");
  const second = await world.within(settings.read([ALL]));
  deepEqual(second, {
    documents: [{ key: ALL, version: version!, json: "1" }],
    source: "redis",
    verified: true,
  });
});

Deno.test("a write is in the fast layer before it is acknowledged", async () => {
  const world = createFollowerWorld();
  await using one = await world.startOpen("one");
  await using two = await world.startOpen("two");
  for (const json of ["1", "2", "3"]) {
    await world.within(
      one.follower.settings.write([{ key: SCALP, json }], "a"),
    );
    for (const instance of [one, two]) {
      const read = instance.follower.settings.read([SCALP]);
      equal((await world.within(read)).documents[0]?.json, json);
    }
  }
  const last = await world.within(two.follower.settings.read([SCALP]));
  equal(last.source, "redis");
});

Deno.test("near documents are validated by one call without a key", async () => {
  const world = createFollowerWorld();
  await using one = await world.startOpen();
  const { settings } = one.follower;
  await world.within(settings.write([{ key: ALL, json: "1" }], "a"));
  for (let i = 0; i < 3; i++) await world.within(settings.read([ALL]));
  const calls = one.fast.calls("read");
  await world.within(
    Promise.all(Array.from({ length: 100 }, () => settings.read([ALL]))),
  );
  equal(one.fast.calls("read") - calls <= 2, true);
});

Deno.test("a server that is another one closes the gate; the database serves, and the gate opens again", async () => {
  const world = createFollowerWorld();
  await using one = await world.startOpen();
  const { settings } = one.follower;
  await world.within(settings.write([{ key: ALL, json: "1" }], "a"));
  await world.within(settings.read([ALL]));
  const before = world.server.snapshot();
  await world.within(settings.write([{ key: ALL, json: "2" }], "a"));
  world.server.restore(before);
  const read = await world.within(settings.read([ALL]));
  deepEqual([read.documents[0]?.json, read.source], ["2", "database"]);
  await world.settle(() => one.follower.state().mode === "normal");
  equal((await world.within(settings.read([ALL]))).documents[0]?.json, "2");
});

Deno.test("while the database is away the fast layer answers, unverified once the lease has run out", async () => {
  const world = createFollowerWorld();
  await using one = await world.startOpen();
  const { settings } = one.follower;
  await world.within(settings.write([{ key: ALL, json: "1" }], "a"));
  await world.within(settings.read([ALL]));
  await world.within(settings.read([ALL]));
  for (const call of ["read", "stretch", "claim"] as const) {
    one.record.fail(call, "unavailable");
  }
  equal((await world.within(settings.read([ALL]))).verified, true);
  await world.settle(() => one.follower.state().mode === "unverified");
  const read = await world.within(settings.read([ALL]));
  deepEqual([read.documents[0]?.json, read.verified], ["1", false]);
  one.record.mend();
  await world.settle(() => one.follower.state().mode === "normal");
  equal((await world.within(settings.read([ALL]))).verified, true);
});

Deno.test("a database that has gone back in time gets another epoch, and Redis begins anew", async () => {
  const world = createFollowerWorld();
  await using one = await world.startOpen();
  const { settings } = one.follower;
  await world.within(settings.write([{ key: ALL, json: "1" }], "a"));
  await world.within(settings.write([{ key: SCALP, json: "1" }], "a"));
  await world.within(settings.read([ALL, SCALP]));
  const { epoch } = world.log.head();
  // As a copy of its files, made after the first write: nothing tells of it.
  world.log.rewind(1);
  world.documents.delete(SCALP);
  await world.settle(() => world.log.head().epoch !== epoch);
  const [version] = await world.within(
    settings.write([{ key: ALL, json: "2" }], "a"),
  );
  equal(version, 2);
  await world.settle(() => one.follower.state().mode === "normal");
  for (let i = 0; i < 3; i++) {
    const { documents } = await world.within(settings.read([ALL, SCALP]));
    deepEqual(documents.map((document) => document?.json), ["2", undefined]);
  }
});

Deno.test("a write that is given a position for the second time makes it known", async () => {
  const world = createFollowerWorld();
  await using one = await world.startOpen();
  const { settings } = one.follower;
  await world.within(settings.write([{ key: ALL, json: "1" }], "a"));
  await world.within(settings.write([{ key: ALL, json: "2" }], "a"));
  await world.within(settings.read([ALL]));
  const { epoch } = world.log.head();
  world.log.rewind(1);
  await world.within(settings.write([{ key: ALL, json: "3" }], "a"));
  equal(world.log.head().epoch === epoch, false);
  equal((await world.within(settings.read([ALL]))).documents[0]?.json, "3");
});

Deno.test("a write reads nothing back, and the next read is one call", async () => {
  const world = createFollowerWorld();
  await using one = await world.startOpen();
  const { settings } = one.follower;
  const write = (json: string) =>
    world.within(settings.write([{ key: ALL, json }], "a"));
  await write("0");
  for (let i = 0; i < 3; i++) await world.within(settings.read([ALL]));
  const asked = () => [one.record.calls("stretch"), one.record.calls("read")];
  const before = asked();
  for (const json of ["1", "2", "3"]) {
    equal(settings.recall(ALL)?.json, String(Number(json) - 1));
    await write(json);
    const calls = one.fast.calls("read");
    const { documents, source } = await world.within(settings.read([ALL]));
    deepEqual([documents[0]?.json, source], [json, "redis"]);
    equal(one.fast.calls("read") - calls, 1);
  }
  deepEqual(asked(), before);
  equal(settings.recall(SCALP), undefined);
});
