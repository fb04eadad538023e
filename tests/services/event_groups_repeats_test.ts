/**
 * Members that say a thing twice, as their answer was lost.
 *
 * @module
 */
import { deepEqual, equal, rejects } from "../support/assert.ts";
import { anEvent } from "../support/events.ts";
import { createGroupWorld, nackOf, refOf } from "../support/group_world.ts";

Deno.test("repeats: the same ack again is told what came of it, and nothing is done twice", async () => {
  const world = createGroupWorld();
  await world.make();
  await world.publish("a", "b");
  const acks = (await world.take()).map(refOf);
  const effect = anEvent();
  const first = await world.groups.settle("g", { acks }, [effect]);
  const again = await world.groups.settle(
    "g",
    { acks: acks.toReversed() },
    [effect],
  );
  deepEqual(again, { receipts: first.receipts, isRepeat: true });
  equal((await world.bus.head()).position, 3);
  const labels = { group: "g", result: "ack" };
  equal(world.telemetry.counted("holdfast_group_settled_total", labels), 2);
});

Deno.test("repeats: an ack and its repeat at one moment are one settlement", async () => {
  const world = createGroupWorld();
  await world.make();
  await world.publish("a");
  const acks = (await world.take()).map(refOf);
  const both = await Promise.all(
    [1, 2].map(() => world.groups.settle("g", { acks }, [])),
  );
  deepEqual(both.map(({ isRepeat }) => isRepeat), [false, true]);
});

Deno.test("repeats: a nack again is no second failure", async () => {
  const world = createGroupWorld();
  await world.make({ maxAttempts: 2 });
  await world.publish("a");
  const nacks = (await world.take()).map((one) => nackOf(one, "no", 0));
  equal((await world.groups.settle("g", { nacks })).isRepeat, false);
  equal((await world.groups.settle("g", { nacks })).isRepeat, true);
  const [again] = await world.take();
  equal(again!.attempt, 2);
});

Deno.test("repeats: what was settled otherwise, or lost with its lease, is refused", async () => {
  const world = createGroupWorld();
  await world.make({ leaseMs: 1000 });
  await world.publish("a", "b", "c");
  const [one, two, three] = await world.take();
  const acks = [refOf(one!), refOf(two!)];
  await world.groups.settle("g", { acks });
  const fenced = { code: "fenced" };
  const refused = [
    { acks: [refOf(one!)] },
    { acks: [...acks, refOf(three!)] },
    { nacks: acks.map((ref) => ({ ...ref, error: "no" })) },
    { acks: acks.map((ref) => ({ ...ref, token: "x" })) },
  ];
  for (const one of refused) {
    await rejects(world.groups.settle("g", one), fenced);
  }
  await world.clock.advance(1000);
  await world.take();
  await rejects(world.groups.settle("g", { acks: [refOf(three!)] }), fenced);
});

Deno.test("repeats: a group that is made anew remembers nothing of the one before", async () => {
  const world = createGroupWorld();
  await world.make();
  await world.publish("a");
  const acks = (await world.take()).map(refOf);
  await world.groups.settle("g", { acks });
  await world.groups.remove("g");
  await world.make();
  const [delivery] = await world.take();
  equal((await world.groups.settle("g", { acks })).isRepeat, true);
  equal(
    (await world.groups.settle("g", { acks: [refOf(delivery!)] })).isRepeat,
    false,
  );
});
