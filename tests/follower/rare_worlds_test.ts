/**
 * Rules for worlds that are rare: a server that somebody swaps for that of
 * another database, a document that is removed by hand, positions that are
 * given out for the second time.
 *
 * @module
 */
import { formatCheckpoint, parseCheckpoint } from "../../domain/checkpoint.ts";
import type { Checkpoint } from "../../domain/checkpoint.ts";
import { parseSettingsKey } from "../../domain/settings.ts";
import { storedText } from "../../adapters/memory/fast_data.ts";
import { deepEqual, equal, rejects } from "../support/assert.ts";
import {
  createFollowerWorld,
  type Instance,
} from "../support/follower_world.ts";
import { pass } from "../support/turns.ts";

const ALL = parseSettingsKey("user:1:settings:all");

/** A world in which one instance serves a document from the fast layer. */
async function createWorld() {
  const world = createFollowerWorld();
  const one = await world.startOpen("one");
  const write = (json: string) =>
    world.within(one.follower.settings.write([{ key: ALL, json }], "ann"));
  /** What an instance reads, and from where. */
  async function read({ follower }: Instance) {
    const { documents, source, verified } = await world.within(
      follower.settings.read([ALL]),
    );
    return [documents[0]?.json, source, verified];
  }
  await write("1");
  await read(one);
  deepEqual(await read(one), ["1", "redis", true]);
  return { ...world, one, write, read };
}

/** Cuts an instance off from the database. */
function loseDatabase({ record }: Instance): void {
  for (const call of ["read", "stretch", "claim", "write"] as const) {
    record.fail(call, "unavailable");
  }
}

Deno.test("while the database is away a server of another database answers nothing", async () => {
  const world = await createWorld();
  const { one, server, read } = world;
  await using _ = one;
  loseDatabase(one);
  await world.settle(() => one.follower.state().mode === "unverified");
  deepEqual(await read(one), ["1", "redis", false]);

  const ours = parseCheckpoint(server.data.mark!) as Checkpoint;
  const theirs = { ...ours, epoch: "ffffffffffffffff", generation: "b2" };
  server.data.mark = formatCheckpoint(theirs);
  const document = { key: ALL, version: 1, json: '"theirs"' };
  server.data.documents.set(ALL, storedText(document, theirs.generation));
  await rejects(read(one), { code: "unavailable" });
});

Deno.test("an absent document is told once nobody shows what was removed by hand", async () => {
  const world = await createWorld();
  const { one, log, documents, read } = world;
  await using _ = one;
  // It cannot follow, and so has to wait for those who can.
  const replica = world.newServer();
  replica.become("replica");
  await using two = world.start("two", replica);
  deepEqual(await read(two), ["1", "database", true]);
  const { promise: late, resolve: letGo } = Promise.withResolvers<void>();
  one.fast.before("drain", () => late);

  documents.delete(ALL);
  const meta = { timestamp: "2026-01-05T00:00:00.000Z" };
  const change = { key: ALL, channel: "settings.updated", json: "{}", meta };
  log.append([{ id: log.newId(), ...change }]);
  const absent = two.follower.settings.read([ALL]);
  let isTold = false;
  absent.then(() => isTold = true, () => {});
  await pass(world.clock, 50);
  deepEqual(await read(one), ["1", "redis", true]);
  equal(isTold, false);
  letGo();
  const { documents: found, source } = await world.within(absent);
  deepEqual([found, source], [[undefined], "database"]);
  equal((await read(one))[0], undefined);
});

Deno.test("a document that was known not to be there fills the fast layer once it is", async () => {
  const world = createFollowerWorld();
  await using one = await world.startOpen("one");
  const read = () => world.within(one.follower.settings.read([ALL]));
  for (let times = 0; times < 2; times++) await read();
  await world.within(
    one.follower.settings.write([{ key: ALL, json: "1" }], "ann"),
  );
  equal((await read()).documents[0]?.json, "1");
  await world.settle(() => world.server.data.documents.has(ALL));
});

Deno.test("what was near before the gate closed is not taken for what is at its position now", async () => {
  const world = await createWorld();
  const { one, log, documents, settings, read } = world;
  await using _ = one;
  equal(one.follower.settings.recall(ALL)?.json, "1");
  const { epoch, position } = log.head();
  // A backup is put back, and somebody writes: the position is given again.
  log.renewEpoch(0);
  documents.clear();
  await settings.write([{ key: ALL, json: "2" }], "bob");
  deepEqual([log.head().position, log.head().epoch === epoch], [
    position,
    false,
  ]);
  await world.settle(() => one.follower.state().mode !== "normal");
  equal(one.follower.settings.recall(ALL), undefined);
  await world.settle(() => one.follower.state().mode === "normal");
  for (let i = 0; i < 3; i++) equal((await read(one))[0], "2");
});
