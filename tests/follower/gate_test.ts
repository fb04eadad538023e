/**
 * When an instance believes a server, and what the others wait for.
 *
 * @module
 */
import { formatCheckpoint } from "../../domain/checkpoint.ts";
import { PATIENCE_MS } from "../../domain/lease.ts";
import { parseSettingsKey } from "../../domain/settings.ts";
import { deepEqual, equal, match, rejects } from "../support/assert.ts";
import { createFollowerWorld } from "../support/follower_world.ts";
import { createGateWorld } from "../support/gate_world.ts";
import { settle } from "../support/turns.ts";

const ALL = parseSettingsKey("user:1:settings:all");
const change = (json: string) => [{ key: ALL, json }];

/** What an instance and nothing else does to the row of another. */
const rowOf = (world: ReturnType<typeof createFollowerWorld>, label: string) =>
  [...world.leases.values()].find((lease) => lease.label === label);

Deno.test("who cannot drain waits until the others have followed", async () => {
  const world = createFollowerWorld();
  await using one = await world.startOpen("one");
  await using two = await world.startOpen("two");
  await world.within(one.follower.settings.write(change("1"), "a"));
  one.fast.fail("drain", "timeout");
  await world.within(one.follower.settings.write(change("2"), "a"));
  const said = world.telemetry.logged("warn").map(({ message }) => message);
  deepEqual(said, ["The service is degraded"]);
  const read = await world.within(two.follower.settings.read([ALL]));
  equal(read.documents[0]?.json, "2");
  equal(two.follower.state().mode, "normal");
});

Deno.test("an instance that has died is waited for as long as its lease may last", async () => {
  const world = createFollowerWorld();
  await using one = await world.startOpen("one");
  one.fast.fail("drain", "unavailable");
  const dead = await world.startOpen("dead");
  for (const call of ["claim", "read", "stretch", "leave"] as const) {
    dead.record.fail(call, "unavailable");
  }
  const began = world.clock.monotonic();
  await world.within(one.follower.settings.write(change("1"), "a"));
  const waited = world.clock.monotonic() - began;
  equal(waited > 1000 && waited < PATIENCE_MS + 700, true, `${waited} ms`);
  await world.within(one.follower.settings.write(change("2"), "a"));
  equal(world.clock.monotonic() - began - waited < 50, true);
  await dead[Symbol.asyncDispose]();
});

Deno.test("two servers are never believed at the same time", async () => {
  const world = createFollowerWorld();
  await using one = await world.startOpen("one");
  await using two = world.start("two", world.newServer());
  await world.clock.advance(3000);
  await world.settle(() => two.follower.state().fault !== undefined);
  equal(two.follower.state().mode, "degraded");
  match(two.follower.state().fault!, /other instances believe another server/);
  await world.within(one.follower.settings.write(change("1"), "a"));
  const read = await world.within(two.follower.settings.read([ALL]));
  deepEqual([read.documents[0]?.json, read.source], ["1", "database"]);
  await world.within(one[Symbol.asyncDispose]() as Promise<void>);
  await world.settle(() => two.follower.state().mode === "normal");
});

Deno.test("a server that follows another database is refused, and left as it is", async () => {
  const world = createFollowerWorld();
  const mark = formatCheckpoint({
    epoch: "00000000-0000-7000-8000-000000000000",
    generation: "aa",
    position: 7,
    settingsPosition: 7,
  });
  world.server.data.mark = mark;
  await using one = world.start();
  await world.settle(() => one.follower.state().fault !== undefined);
  await world.clock.advance(2000);
  equal(
    one.follower.state().fault,
    "Cannot use Redis as it follows another database: use another REDIS_DB for this one",
  );
  equal(world.server.data.mark, mark);
  equal(rowOf(world, "holdfast")?.gate ?? "closed", "closed");
  await world.within(one.follower.settings.write(change("1"), "a"));
});

Deno.test("a server that a later version uses is refused", async () => {
  const world = createFollowerWorld();
  world.server.data.mark = "2:what:ever";
  await using one = world.start();
  await world.settle(() => one.follower.state().fault !== undefined);
  match(one.follower.state().fault!, /a later version of Holdfast uses it/);
  equal(world.server.data.mark, "2:what:ever");
});

Deno.test("a checkpoint that is no checkpoint begins anew", async () => {
  const world = createFollowerWorld();
  world.server.data.mark = "hello";
  await using one = await world.startOpen();
  await world.within(one.follower.settings.write(change("1"), "a"));
  match(world.server.data.mark!, /^1:/);
});

Deno.test("a server that was flushed is noticed by the next read", async () => {
  const world = createFollowerWorld();
  await using one = await world.startOpen();
  const { settings } = one.follower;
  await world.within(settings.write(change("1"), "a"));
  for (let i = 0; i < 2; i++) await world.within(settings.read([ALL]));
  world.server.flush();
  const read = await world.within(settings.read([ALL]));
  deepEqual([read.documents[0]?.json, read.source], ["1", "database"]);
  await world.settle(() => one.follower.state().mode === "normal");
});

Deno.test("a lease that the database does not renew closes the gate", async () => {
  const world = createFollowerWorld();
  await using one = await world.startOpen();
  one.record.fail("claim", "unavailable");
  const began = world.clock.monotonic();
  await world.settle(() => one.follower.state().mode !== "normal");
  equal(world.clock.monotonic() - began <= 2000, true);
});

Deno.test("strict settings fail while the database is away", async () => {
  const world = createFollowerWorld();
  await using one = world.start("one", world.server, true);
  await world.settle(() => one.follower.state().mode === "normal");
  const { settings } = one.follower;
  await world.within(settings.write(change("1"), "a"));
  for (let i = 0; i < 2; i++) await world.within(settings.read([ALL]));
  for (const call of ["read", "stretch", "claim"] as const) {
    one.record.fail(call, "unavailable");
  }
  await world.settle(() => one.follower.state().mode !== "normal");
  await rejects(world.within(settings.read([ALL])), { code: "unavailable" });
  one.record.mend();
});

Deno.test("a write that is committed but not known everywhere is in doubt, not undone", async () => {
  const world = createFollowerWorld();
  await using one = await world.startOpen();
  const { settings } = one.follower;
  one.fast.fail("drain", "timeout");
  one.record.fail("read", "unavailable");
  await rejects(world.within(settings.write(change("1"), "a"), 20_000), {
    code: "timeout",
    facts: { version: 1 },
  });
  one.record.mend();
  one.fast.mend();
  equal((await world.within(settings.read([ALL]))).documents[0]?.json, "1");
});

Deno.test("each change of mode is one line of the log", async () => {
  const world = createFollowerWorld();
  await using one = await world.startOpen();
  world.server.become("loading");
  for (let i = 0; i < 20; i++) {
    await world.within(one.follower.settings.read([ALL]));
  }
  await world.clock.advance(3000);
  world.server.become("master");
  await world.settle(() => one.follower.state().mode === "normal");
  deepEqual(world.telemetry.logged().map(({ message }) => message), [
    "Redis serves reads",
    "The service is degraded",
    "Redis serves reads",
  ]);
});

Deno.test("a database that is away before the gate has been opened is known to be", async () => {
  const world = createGateWorld();
  const { gate, record } = world;
  for (const call of ["read", "claim"] as const) {
    record.fail(call, "unavailable");
  }
  await using _ = world.run();
  await world.until(() => gate.isRecordAway);
  equal(world.fast.port.isUp, true);
  record.mend();
  await world.untilOpen();
  equal(gate.isRecordAway, false);
});

Deno.test("that the fast layer cannot be looked at does not say that the database is away", async () => {
  const world = createGateWorld();
  world.fast.fail("inspect", "unavailable");
  await using _ = world.run();
  await world.pass(3000);
  equal(world.gate.fault, "Cannot do that as the test says unavailable");
  equal(world.gate.isRecordAway, false);
});

Deno.test("while the gate is closed, that the fast layer comes and goes is told", async () => {
  const world = createGateWorld();
  const { gate, server, heard } = world;
  await using _ = world.run();
  await world.untilOpen();
  world.record.fail("claim", "unavailable");
  await world.until(() => gate.isRecordAway && gate.open === undefined);
  for (const role of ["loading", "master"] as const) {
    heard.length = 0;
    server.become(role);
    equal(heard.length, 1, role);
  }
  world.record.mend();
  await world.untilOpen();
  world.fast.fail("inspect", "unavailable");
  gate.close("the test says so");
  for (const role of ["loading", "master"] as const) {
    await settle();
    heard.length = 0;
    server.become(role);
    equal(heard.length, 1, role);
  }
});

Deno.test("an instance that has not seen the log yet answers nothing from Redis", async () => {
  const world = createFollowerWorld();
  await using one = await world.startOpen("one");
  await world.within(one.follower.settings.write(change("1"), "a"));
  await using two = world.start("two");
  for (const call of ["read", "stretch", "claim"] as const) {
    two.record.fail(call, "unavailable");
  }
  await world.settle(() => two.follower.gate.isRecordAway);
  const { mode, mayAnswer, isFastLayerUp } = two.follower.state();
  deepEqual([mode, mayAnswer, isFastLayerUp], ["degraded", false, true]);
  two.record.mend();
});

Deno.test("a server that is there answers what the database cannot, unless that must be strict", async () => {
  const world = createFollowerWorld();
  await using one = await world.startOpen("one");
  await using strict = world.start("strict", world.server, true);
  await world.settle(() => strict.follower.state().mode === "normal");
  const mayAnswer = ({ follower }: typeof one) => follower.state().mayAnswer;
  deepEqual([one, strict].map(mayAnswer), [false, false]);
  for (const { follower } of [one, strict]) {
    follower.gate.close("the test says so");
    equal(follower.state().mode, "degraded");
  }
  deepEqual([one, strict].map(mayAnswer), [true, false]);
  world.server.become("loading");
  deepEqual([one, strict].map(mayAnswer), [false, false]);
});
