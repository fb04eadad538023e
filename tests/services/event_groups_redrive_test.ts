/**
 * Redriving many dead letters at once, and dead letters of a former life of the
 * log.
 *
 * @module
 */
import { deepEqual, equal, ok, rejects } from "../support/assert.ts";
import { anEvent } from "../support/events.ts";
import {
  createGroupWorld,
  nackOf,
  positionsOf,
  refOf,
} from "../support/group_world.ts";

type World = ReturnType<typeof createGroupWorld>;

/** Refuses all that a member gets now. */
async function failAll({ groups, take }: World): Promise<void> {
  const nacks = (await take(groups, 1000)).map((one) => nackOf(one));
  if (nacks.length > 0) await groups.settle("g", { nacks });
}

/** The log no more holds what the letters at `positions` are of. */
function forgetEvents(positions: readonly number[]) {
  return createGroupWorld({
    store: (store) => ({
      ...store,
      async letters(...args) {
        const letters = await store.letters(...args);
        return letters.map((one) =>
          positions.includes(one.position) ? { ...one, event: undefined } : one
        );
      },
    }),
  });
}

Deno.test("redrive: of all those go that can, and each of the others is told of", async () => {
  const world = forgetEvents([2]);
  await world.make({ maxAttempts: 1 });
  await world.publish("a", "b", "c");
  await failAll(world);
  const result = await world.groups.redrive("g", { all: true });
  deepEqual(result.positions, [1, 3]);
  deepEqual(
    result.refused.map(({ position, code }) => [position, code]),
    [[2, "expired"]],
  );
  ok(/^Cannot redrive .* 2 .*: discard it$/.test(result.refused[0]!.reason));
  equal(result.isMore, false);
  deepEqual(positionsOf(await world.take()), [1, 3]);
});

Deno.test("redrive: a key that waits for a letter whose event is lost stays whole", async () => {
  for (const lost of [1, 3]) {
    const world = forgetEvents([lost]);
    await world.make({ maxAttempts: 1, onPoison: "park-key" });
    await world.publish("a", "b", "a", "a");
    await failAll(world);
    await world.take();
    for (const choice of [{ key: "a" }, { all: true }] as const) {
      const { positions, refused } = await world.groups.redrive("g", choice);
      deepEqual(positions, "key" in choice ? [] : [2]);
      deepEqual(
        refused.map(({ position, code }) => [position, code]),
        [1, 3, 4].map((one) => [one, one === lost ? "expired" : "conflict"]),
      );
    }
    await world.groups.discard("g", [lost], "it is lost", "ann");
    await world.groups.redrive("g", { all: true });
    const order: number[] = [];
    for (let i = 0; i < 3; i++) {
      const out = await world.take();
      order.push(...positionsOf(out).filter((one) => one !== 2));
      await world.groups.settle("g", { acks: out.map(refOf) });
    }
    deepEqual(order, [1, 3, 4].filter((one) => one !== lost));
  }
});

Deno.test("redrive: a call of all asks the database a bounded number of times", async () => {
  let asked = 0;
  const world = createGroupWorld({
    store: (store) => ({
      ...store,
      letters(...args) {
        asked++;
        return store.letters(...args);
      },
    }),
  });
  await world.make({
    maxAttempts: 1,
    onPoison: "park-key",
    maxInFlight: 1000,
  });
  const keys = Array.from({ length: 1100 }, (_, i) => `k${i}`);
  for (let round = 0; round < 2; round++) {
    await world.bus.publish(keys.map((key) => anEvent({}, { key })));
    for (let i = 0; i < 3; i++) await failAll(world);
  }
  equal((await world.groups.get("g")).deadLetters, 2200);
  const sent = new Set<number>();
  for (let calls = 0; calls < 200 && sent.size < 2200; calls++) {
    asked = 0;
    const { positions, isMore } = await world.groups.redrive("g", {
      all: true,
    });
    ok(asked <= 40, `${asked} queries`);
    equal(isMore, sent.size + positions.length < 2200, `${sent.size}`);
    for (const one of positions) sent.add(one);
    for (let i = 0; i < 6; i++) {
      const acks = (await world.take(world.groups, 1000)).map(refOf);
      if (acks.length > 0) await world.groups.settle("g", { acks });
    }
  }
  equal(sent.size, 2200);
});

Deno.test("seek: a dead letter of another life of the log is not taken for what stands there now", async () => {
  const world = createGroupWorld();
  await world.make({ maxAttempts: 1, onPoison: "park-key" });
  await world.publish("a", "b", "a", "c", "a");
  const [first] = await world.take();
  await world.groups.settle("g", { nacks: [nackOf(first!)] });
  await world.take();
  // Other events stand at positions 3 to 6 from now on.
  world.log.renewEpoch(2);
  await world.publish("a", "x", "y", "z");
  await rejects(world.take(), { code: "epoch_changed" });
  const conflict = { code: "conflict", facts: { position: 5 } };
  await rejects(world.groups.seek("g", "earliest"), conflict);
  await rejects(world.groups.seek("g", { after: 4 }), conflict);
  // What has halted has not moved.
  equal((await world.groups.get("g")).group.halted!.code, "epoch_changed");
  equal(await world.groups.seek("g", { after: 5 }), 5);
  await rejects(world.groups.seek("g", "earliest"), conflict);
  deepEqual(positionsOf(await world.take()), [6]);
  await world.groups.discard("g", [3, 5], "of another life", "ann");
  await world.groups.seek("g", { after: 1 });
  const read = positionsOf(await world.take());
  deepEqual(read, [2, 4, 5, 6], "3 waits behind the letter at 1, of its key");
  deepEqual(
    (await world.groups.letters({ limit: 9 })).map((one) => [
      one.position,
      one.status,
      one.event!.id === (world.log.at(one.position)!).id,
    ]),
    [[1, "dead", true], [3, "behind", true]],
  );
});

Deno.test("seek: where the new life of the log has the same events, dead letters are in nobody's way", async () => {
  const world = createGroupWorld();
  await world.make({ maxAttempts: 1 });
  await world.publish("a", "b", "c");
  await failAll(world);
  world.log.renewEpoch();
  await rejects(world.take(), { code: "epoch_changed" });
  await world.groups.seek("g", "earliest");
  deepEqual(positionsOf(await world.take()), [1, 2, 3]);
});
