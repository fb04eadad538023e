/**
 * A database that takes no writes is noticed, and mended is noticed too.
 *
 * @module
 */
import { settingsKey } from "../../domain/settings.ts";
import { parseSequenceDay } from "../../domain/sequence.ts";
import { parseUserId } from "../../domain/user_id.ts";
import { createHealthService } from "../../src/services/health.ts";
import { createFakeState } from "../support/fake_state.ts";
import { watchWrites } from "../../src/services/write_watch.ts";
import { deepEqual, equal, match, rejects } from "../support/assert.ts";
import { anEvent } from "../support/events.ts";
import { guardPort, PORT_ERROR_CODES } from "../support/guarded_port.ts";
import { createMemoryWorld } from "../support/memory_world.ts";

const ANN = parseUserId("ann");
const KEY = settingsKey(ANN, "settings:all");
const DAY = parseSequenceDay("20260105");

function createWorld() {
  const { clock, ...world } = createMemoryWorld();
  const bus = guardPort(world.bus());
  const settings = guardPort(world.settings());
  const sequence = guardPort(world.sequence());
  const watch = watchWrites({
    eventBus: bus.port,
    settingsStore: settings.port,
    sequence: sequence.port,
  }, clock);
  const writes = [
    () => watch.eventBus.publish([anEvent()]),
    () => watch.settingsStore.write([{ key: KEY, json: "1" }], "ann"),
    () => watch.sequence.next(ANN, DAY),
  ];
  const failAll = (error: Parameters<typeof bus.fail>[1]) => {
    bus.fail("publish", error);
    settings.fail("write", error);
    sequence.fail("next", error);
  };
  const mend = () => [bus, settings, sequence].forEach((port) => port.mend());
  return { clock, watch, writes, failAll, mend };
}

Deno.test("a write that fails for the database's sake is a fault until one succeeds", async () => {
  for (const code of ["full", "unavailable", "timeout", "corrupt"] as const) {
    const { watch, writes, failAll, mend } = createWorld();
    for (const write of writes) {
      equal(watch.fault(), undefined);
      failAll(code);
      await rejects(write(), { code });
      match(watch.fault()!, new RegExp(code));
      mend();
      await write();
    }
    equal(watch.fault(), undefined);
  }
});

Deno.test("a write that is refused for what it asks is no fault, and mends none", async () => {
  const faults = ["full", "unavailable", "timeout", "corrupt"];
  const refusals = PORT_ERROR_CODES.filter((code) => !faults.includes(code));
  for (const code of refusals) {
    const { watch, writes, failAll } = createWorld();
    failAll(code);
    for (const write of writes) await rejects(write(), { code });
    equal(watch.fault(), undefined);
    failAll("full");
    for (const write of writes) await rejects(write(), { code: "full" });
    failAll(code);
    for (const write of writes) await rejects(write(), { code });
    match(watch.fault()!, /full/);
  }
});

Deno.test("one port's success does not hide another's failure", async () => {
  const { watch, writes: [publish, write, next], failAll, mend } =
    createWorld();
  failAll("full");
  await rejects(publish!(), { code: "full" });
  mend();
  await write!();
  await next!();
  match(watch.fault()!, /full/);
  await publish!();
  equal(watch.fault(), undefined);
});

Deno.test("a failure that may pass is told for half a minute, another until it is over", async () => {
  for (const code of ["unavailable", "timeout", "full", "corrupt"] as const) {
    const { clock, watch, writes, failAll } = createWorld();
    failAll(code);
    await rejects(writes[0]!(), { code });
    await clock.advance(29_999);
    match(watch.fault()!, new RegExp(code));
    await clock.advance(1);
    equal(watch.fault() === undefined, code !== "full" && code !== "corrupt");
  }
});

Deno.test("a failure of ours is a fault without its words", async () => {
  const { watch, writes, failAll } = createWorld();
  failAll(new TypeError("secret"));
  await rejects(writes[0]!(), TypeError);
  equal(watch.fault(), "Cannot write for an unknown reason");
});

Deno.test("what is watched answers as the port itself", async () => {
  const { watch, writes } = createWorld();
  for (const write of writes) await write();
  const head = await watch.eventBus.head();
  equal(head.position, 2);
  equal((await watch.eventBus.read({ after: 0, limit: 9 })).events.length, 2);
  equal(await watch.eventBus.positionAt(0), 0);
  await watch.eventBus.wait(0);
  const { documents } = await watch.settingsStore.read([KEY]);
  equal(documents[0]!.json, "1");
  for (const port of [watch.eventBus, watch.settingsStore, watch.sequence]) {
    await port[Symbol.asyncDispose]();
  }
  for (const write of writes) await rejects(write(), { code: "closed" });
});

Deno.test("health is degraded, with the reason, while writes fail", async () => {
  const { clock, watch, writes, failAll, mend } = createWorld();
  const health = createHealthService({
    bus: watch.eventBus,
    clock,
    state: createFakeState(),
    model: () => undefined,
    needsModel: false,
    concerns: [watch.fault, () => undefined],
    version: "0",
  });
  equal((await health.check()).status, "healthy");
  failAll("full");
  await rejects(writes[0]!(), { code: "full" });
  const { status, reasons, databaseConnected } = await health.check();
  equal(status, "degraded");
  equal(databaseConnected, true);
  deepEqual(reasons, [watch.fault()]);
  mend();
  await writes[0]!();
  deepEqual((await health.check()).reasons, []);
});
