/**
 * What a reader who misses does: token, database, fill, in that order.
 *
 * @module
 */
import { parseSettingsKey } from "../../domain/settings.ts";
import {
  openFollowedSettings,
  type SettingsParts,
} from "../../src/follower/settings.ts";
import { deepEqual, equal } from "../support/assert.ts";
import { createFollowerWorld } from "../support/follower_world.ts";

const ALL = parseSettingsKey("user:1:settings:all");
const SCALP = parseSettingsKey("user:1:mode:scalp");

/** An open instance, and what it asks of whom. */
async function createWorld() {
  const world = createFollowerWorld();
  const one = await world.startOpen();
  const { settings } = one.follower;
  const asked: string[] = [];
  for (const call of ["read", "takeTokens", "fill"] as const) {
    one.fast.before(call, () => void asked.push(`fast ${call}`));
  }
  one.record.before("read", () => void asked.push("database read"));
  const write = (key: typeof ALL, json: string) =>
    world.within(settings.write([{ key, json }], "a"));
  const read = (...keys: (typeof ALL)[]) => world.within(settings.read(keys));
  return { world, one, settings, asked, write, read };
}

Deno.test("settings: a token is taken before the database is read, and then the value filled", async () => {
  const { one, asked, write, read } = await createWorld();
  await using _ = one;
  await write(ALL, "1");
  asked.length = 0;
  equal((await read(ALL)).source, "database");
  deepEqual(asked, [
    "fast read",
    "fast takeTokens",
    "database read",
    "fast fill",
  ]);
  asked.length = 0;
  equal((await read(ALL)).source, "redis");
  deepEqual(asked, ["fast read"]);
});

Deno.test("settings: a reader who was slow does not put an old value over a new one", async () => {
  const { world, one, settings, write, read } = await createWorld();
  await using _ = one;
  await write(ALL, "1");
  const { port } = one.record;
  const call = port.read.bind(port);
  const { promise: late, resolve: letGo } = Promise.withResolvers<void>();
  let isHeld = false;
  port.read = async (keys, signal) => {
    const answer = await call(keys, signal);
    if (keys.length === 0 || isHeld) return answer;
    isHeld = true;
    await late;
    return answer;
  };
  const slow = settings.read([ALL]);
  await world.settle(() => isHeld);
  await write(ALL, "2");
  letGo();
  // It began before the write.
  equal((await world.within(slow)).documents[0]?.json, "1");
  for (let i = 0; i < 3; i++) {
    equal((await read(ALL)).documents[0]?.json, "2");
  }
});

Deno.test("settings: tokens are taken for what is missing, and nobody else has the same one", async () => {
  const { world, one, asked, write, read } = await createWorld();
  await using _ = one;
  await write(ALL, "1");
  await write(SCALP, "2");
  await read(ALL);
  world.server.data.tokens.set(SCALP, {
    token: "of somebody else",
    endsAt: world.clock.now() + 60_000,
  });
  asked.length = 0;
  const { documents } = await read(ALL, SCALP);
  deepEqual(documents.map((document) => document?.json), ["1", "2"]);
  // It is the other one who fills.
  deepEqual(asked, ["fast read", "fast takeTokens", "database read"]);
  equal(world.server.data.tokens.get(SCALP)!.token, "of somebody else");
  equal(world.server.data.tokens.has(ALL), false);
});

Deno.test("settings: that a document is not there is asked of the database once, until it is", async () => {
  const { world, one, asked, write, read } = await createWorld();
  await using _ = one;
  await using two = await world.startOpen("two");
  await write(SCALP, "1");
  equal((await read(ALL)).source, "database");
  asked.length = 0;
  const { documents, source, verified } = await read(ALL);
  deepEqual([documents, source, verified], [[undefined], "redis", true]);
  deepEqual(asked, ["fast read"]);
  const change = [{ key: ALL, json: "2" }];
  await world.within(two.follower.settings.write(change, "b"));
  equal((await read(ALL)).documents[0]?.json, "2");
});

Deno.test("settings: that it was not there in another epoch of the log says nothing", async () => {
  const kept: unknown[] = [];
  const open = { session: { checkpoint: { epoch: "a" } } };
  const gate: { open: typeof open | undefined } = { open };
  let epoch = "a";
  const settings = openFollowedSettings({
    reads: { find: async () => undefined },
    gate,
    near: {
      keepAbsent: (keys: readonly string[], at: number) =>
        kept.push([keys, at]),
    },
    recordReads: async () => ({
      documents: [undefined, { key: SCALP, version: 3, json: "3" }],
      head: { epoch },
      settingsPosition: 7,
    }),
    safety: { until: async () => {} },
  } as unknown as SettingsParts);
  await settings.read([ALL, SCALP]);
  deepEqual(kept.splice(0), [[[ALL], 7]]);
  epoch = "b";
  await settings.read([ALL, SCALP]);
  gate.open = undefined;
  await settings.read([ALL, SCALP]);
  deepEqual(kept, []);
});
