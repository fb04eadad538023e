/**
 * The follower tells when the fast layer has begun anew.
 *
 * @module
 */
import { parseSettingsKey } from "../../domain/settings.ts";
import type { Follower } from "../../src/follower/follower.ts";
import { deepEqual, equal } from "../support/assert.ts";
import { createFollowerWorld } from "../support/follower_world.ts";

const ALL = parseSettingsKey("user:1:settings:all");

/** The generations that were believed whenever `follower` told of news. */
function hear(follower: Follower) {
  const heard: (string | undefined)[] = [];
  const stop = follower.onAnew(() => {
    heard.push(follower.gate.open?.session.checkpoint.generation);
  });
  return { heard, stop };
}

Deno.test("an instance tells when it believes the fast layer for the first time", async () => {
  const world = createFollowerWorld();
  await using one = world.start();
  const { heard } = hear(one.follower);
  await world.settle(() => one.follower.state().mode === "normal");
  equal(heard.length, 1);
  // An instance that comes later finds what the first has begun.
  await using two = world.start("two");
  const second = hear(two.follower);
  await world.settle(() => two.follower.state().mode === "normal");
  deepEqual(second.heard, heard);
  await world.within(
    one.follower.settings.write([{ key: ALL, json: "1" }], "a"),
  );
  deepEqual([heard.length, second.heard.length], [1, 1]);
});

Deno.test("a gate that opens on what it believed before is no news", async () => {
  const world = createFollowerWorld();
  await using one = await world.startOpen();
  const { heard, stop } = hear(one.follower);
  equal(heard.length, 1); // of the first time, at once
  const { gate } = one.follower;
  const histories = new Set([gate.open!.session.history]);
  gate.close("a test wants it so");
  await world.settle(() => gate.open !== undefined);
  world.server.restore(world.server.snapshot());
  await world.within(one.follower.settings.read([ALL]));
  await world.settle(() => gate.open !== undefined);
  histories.add(gate.open!.session.history);
  deepEqual([heard.length, histories.size], [1, 2]);
  stop();
  world.server.flush();
  await world.within(one.follower.settings.read([ALL]));
  await world.settle(() => one.follower.state().mode === "normal");
  equal(heard.length, 1);
});

Deno.test("a flush that a read comes upon is told once the gate is open again", async () => {
  const world = createFollowerWorld();
  await using one = await world.startOpen();
  const { heard } = hear(one.follower);
  world.server.flush();
  await world.within(one.follower.settings.read([ALL]));
  await world.settle(() => heard.length > 1);
  equal(heard.length, 2);
  equal(one.follower.state().mode, "normal");
});

Deno.test("a flush that the drain mends under an open gate is told by every instance", async () => {
  const world = createFollowerWorld();
  await using one = await world.startOpen("one");
  await using two = await world.startOpen("two");
  const all = [one, two].map(({ follower }) => hear(follower).heard);
  world.server.flush();
  await world.within(
    one.follower.settings.write([{ key: ALL, json: "1" }], "a"),
  );
  await world.settle(() => all.every((heard) => heard.length > 1));
  equal(all[0]!.length, 2);
  deepEqual(all[1], all[0]);
  equal((await world.within(two.follower.settings.read([ALL]))).verified, true);
});
