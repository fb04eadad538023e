/**
 * Consumer groups as members see them.
 *
 * @module
 */
import { PortError } from "../../ports/port_error.ts";
import { deepEqual, equal, ok, rejects } from "../support/assert.ts";
import { anEvent } from "../support/events.ts";
import {
  createGroupWorld,
  nackOf,
  positionsOf,
  refOf,
} from "../support/group_world.ts";
import { pass, settle } from "../support/turns.ts";

const BACKOFF = { firstMs: 1000, factor: 2, maxMs: 4000 };

Deno.test("groups: members share the events, each is delivered once", async () => {
  const world = createGroupWorld();
  await world.make();
  await world.publish(...Array(10).fill(undefined));
  const [one, two] = [world.groups, world.instance()];
  const taken = await Promise.all([
    world.take(one, 3, "a"),
    world.take(two, 3, "b"),
    world.take(one, 3, "a"),
    world.take(two, 3, "b"),
  ]);
  const positions = taken.flatMap(positionsOf).sort((a, b) => a - b);
  deepEqual(positions, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  for (const some of taken) {
    await two.settle("g", { acks: some.map(refOf) });
  }
  deepEqual(await world.take(), []);
  const { group, lag } = await one.get("g");
  deepEqual([group.checkpoint, group.cursor, lag], [10, 10, 0]);
});

Deno.test("groups: the next event of a key waits for the ack of the one before, others go on", async () => {
  const world = createGroupWorld();
  await world.make();
  await world.publish("a", "a", "b", undefined, "a", undefined);
  const first = await world.take();
  deepEqual(positionsOf(first), [1, 3, 4, 6]);
  deepEqual(await world.take(world.instance()), []);
  await world.groups.settle("g", { nacks: [nackOf(first[0]!)] });
  deepEqual(await world.take(), []);
  await world.clock.advance(1000);
  const [again] = await world.take();
  deepEqual([again!.event.position, again!.attempt], [1, 2]);
  await world.groups.settle("g", { acks: [refOf(again!)] });
  const [second, ...none] = await world.take();
  deepEqual([second!.event.position, second!.event.key, none], [2, "a", []]);
  await world.groups.settle("g", { acks: [refOf(second!)] });
  deepEqual(positionsOf(await world.take()), [5]);
  const { group } = await world.groups.get("g");
  // The lowest that is out is position 3.
  equal(group.checkpoint, 2);
});

Deno.test("groups: a nack waits longer each time, and the last makes a dead letter with its reason", async () => {
  const world = createGroupWorld();
  await world.make({ maxAttempts: 3, backoff: BACKOFF });
  await world.publish("a", "a");
  for (const [attempt, most] of [[1, 1000], [2, 2000]] as const) {
    const [delivery] = await world.take();
    equal(delivery!.attempt, attempt);
    await world.groups.settle("g", {
      nacks: [nackOf(delivery!, `e${attempt}`)],
    });
    await world.clock.advance(most / 2 - 1);
    deepEqual(await world.take(), [], "it came before half of the wait");
    await world.clock.advance(most / 2 + 1);
  }
  const [last] = await world.take();
  await world.groups.settle("g", { nacks: [nackOf(last!, "e3\0")] });
  const letter = await world.groups.letter("g", 1);
  deepEqual(
    [letter.status, letter.attempts, letter.error, letter.key],
    ["dead", 3, "e3 ", "a"],
  );
  equal(letter.event!.id, last!.event.id);
  deepEqual(positionsOf(await world.take()), [2]);
  equal((await world.groups.get("g")).deadLetters, 1);
  ok(world.telemetry.logged("warn").length > 0);
});

Deno.test("groups: park-key holds later events of the key, and a redrive keeps the order", async () => {
  const world = createGroupWorld();
  await world.make({ maxAttempts: 1, onPoison: "park-key" });
  await world.publish("a", "b", "a");
  const [first, second] = await world.take();
  await world.groups.settle("g", {
    nacks: [nackOf(first!)],
    acks: [refOf(second!)],
  });
  await world.publish("a", "b", "a");
  deepEqual(positionsOf(await world.take()), [5]);
  const { letters } = world.groups;
  const listed = async () =>
    (await letters({ group: "g", limit: 10 })).map((one) => [
      one.position,
      one.status,
    ]);
  deepEqual(await listed(), [
    [1, "dead"],
    [3, "behind"],
    [4, "behind"],
    [6, "behind"],
  ]);
  await rejects(world.groups.redrive("g", { positions: [4] }), {
    code: "conflict",
    facts: { position: 1 },
  });
  deepEqual((await world.groups.redrive("g", { positions: [1] })).positions, [
    1,
    3,
    4,
    6,
  ]);
  await world.publish("a");
  const handled: number[] = [];
  for (let i = 0; i < 5; i++) {
    const [delivery, ...more] = await world.take();
    deepEqual(more, []);
    handled.push(delivery!.event.position);
    await world.groups.settle("g", { acks: [refOf(delivery!)] });
  }
  deepEqual(handled, [1, 3, 4, 6, 7]);
  deepEqual(await listed(), []);
});

Deno.test("groups: what dies again while it is redriven holds the others again", async () => {
  const world = createGroupWorld();
  await world.make({ maxAttempts: 1, onPoison: "park-key" });
  await world.publish("a", "a", "a");
  const [first] = await world.take();
  await world.groups.settle("g", { nacks: [nackOf(first!)] });
  await world.take();
  await world.groups.redrive("g", { all: true });
  await world.publish("a");
  const [again] = await world.take();
  equal(again!.event.position, 1);
  await world.groups.settle("g", { nacks: [nackOf(again!, "still")] });
  deepEqual(await world.take(), []);
  const letters = await world.groups.letters({ limit: 10 });
  deepEqual(
    letters.map((one) => [one.position, one.status, one.redrives]),
    [[1, "dead", 1], [2, "behind", 1], [3, "behind", 1], [4, "behind", 0]],
  );
  await world.groups.discard("g", [1], "it is a test", "ann");
  const left: number[] = [];
  for (let i = 0; i < 3; i++) {
    const [delivery] = await world.take();
    left.push(delivery!.event.position);
    await world.groups.settle("g", { acks: [refOf(delivery!)] });
  }
  deepEqual(left, [2, 3, 4]);
  equal((await world.groups.get("g")).group.checkpoint, 4);
});

Deno.test("groups: halt stops with its reason until a resume or a discard", async () => {
  const world = createGroupWorld();
  await world.make({ maxAttempts: 1, onPoison: "halt" });
  await world.publish("a", "b");
  const [first, second] = await world.take();
  await world.groups.settle("g", { nacks: [nackOf(first!, "bad")] });
  await world.groups.settle("g", { acks: [refOf(second!)] });
  await world.publish("c");
  deepEqual(await world.take(), []);
  const { group } = await world.groups.get("g");
  deepEqual([group.halted!.code, group.halted!.position], ["poison", 1]);
  ok(group.halted!.reason.includes("bad"));
  await world.groups.resume("g");
  const [again, third] = await world.take();
  deepEqual(positionsOf([again!, third!]), [1, 3]);
  await world.groups.settle("g", { nacks: [nackOf(again!)] });
  await world.groups.discard("g", [1], "bad", "ann");
  await world.groups.settle("g", { acks: [refOf(third!)] });
  equal((await world.groups.get("g")).group.checkpoint, 3);
});

Deno.test("groups: a member dies, its lease moves on, and it is fenced", async () => {
  const world = createGroupWorld();
  await world.make({ leaseMs: 1000 });
  await world.publish("a");
  const [lost] = await world.take(world.groups, 1, "dead");
  const other = world.instance();
  await world.clock.advance(999);
  deepEqual(await world.take(other), []);
  await world.clock.advance(1);
  const [moved] = await world.take(other);
  deepEqual([moved!.event.position, moved!.attempt], [1, 2]);
  const fenced = { code: "fenced", facts: { positions: "1" } };
  for (const refs of [[refOf(lost!)], [refOf(moved!), refOf(lost!)]]) {
    await rejects(world.groups.settle("g", { acks: refs }), fenced);
    await rejects(world.groups.extend("g", refs), fenced);
  }
  await rejects(world.groups.settle("g", { nacks: [nackOf(lost!)] }), fenced);
  await world.clock.advance(900);
  await other.extend("g", [refOf(moved!)]);
  await world.clock.advance(900);
  deepEqual(await world.take(), []);
  await other.settle("g", { acks: [refOf(moved!)] });
  await rejects(
    world.groups.settle("g", { acks: [refOf(moved!)] }),
    fenced,
    "another process does not know who has settled it",
  );
});

Deno.test("groups: an event that kills its members becomes a dead letter", async () => {
  const world = createGroupWorld();
  await world.make({ maxAttempts: 2, leaseMs: 1000 });
  await world.publish("a");
  for (let i = 0; i < 2; i++) {
    equal((await world.take()).length, 1);
    await world.clock.advance(1000);
  }
  deepEqual(await world.take(), []);
  const letter = await world.groups.letter("g", 1);
  equal(letter.error, "member m has not answered in time");
});

Deno.test("groups: effects and ack are one: a crash between leaves neither", async () => {
  let crash: "before" | "after" | undefined;
  const world = createGroupWorld({
    store: (store) => ({
      ...store,
      async save(change, effects, signal) {
        const lost = new PortError("timeout", "Cannot tell");
        if (effects?.length && crash === "before") throw lost;
        const receipts = await store.save(change, effects, signal);
        if (effects?.length && crash === "after") throw lost;
        return receipts;
      },
    }),
  });
  await world.make({ leaseMs: 1000, channels: ["orders.*"] });
  await world.bus.publish([anEvent({}, { channel: "orders.executed" })]);
  crash = "before";
  const [first] = await world.take();
  const acks = [refOf(first!)];
  await rejects(world.groups.settle("g", { acks }, [anEvent()]), {
    code: "timeout",
  });
  equal((await world.bus.head()).position, 1);
  await world.clock.advance(1000);
  const [second] = await world.take();
  equal(second!.attempt, 2);
  crash = "after";
  const effect = anEvent();
  const again = { acks: [refOf(second!)] };
  await rejects(world.groups.settle("g", again, [effect]), { code: "timeout" });
  // It was kept, and only once, whoever tries again.
  await rejects(world.groups.settle("g", again, [effect]), { code: "fenced" });
  equal((await world.bus.head()).position, 2);
  await world.clock.advance(10_000);
  deepEqual(await world.take(), []);
});

Deno.test("groups: lag is the head less the checkpoint, and the oldest age that of what is not settled", async () => {
  const world = createGroupWorld();
  await world.make({ channels: ["a.*"] });
  const publish = (channel: string) =>
    world.bus.publish([anEvent({}, { channel })]);
  const lag = async () => {
    const view = await world.groups.get("g");
    equal(view.lag, view.head.position - view.group.checkpoint);
    return [view.lag, view.oldestAgeMs, view.outstanding];
  };
  deepEqual(await lag(), [0, 0, 0]);
  await publish("b.x");
  await world.clock.advance(500);
  await publish("a.x");
  await world.clock.advance(2000);
  deepEqual(await lag(), [2, 2000, 0]);
  const [delivery] = await world.take();
  deepEqual(await lag(), [1, 2000, 1]);
  await publish("b.x");
  await world.groups.settle("g", { acks: [refOf(delivery!)] });
  deepEqual(await lag(), [1, 0, 0]);
  await world.take();
  deepEqual(await lag(), [0, 0, 0]);
});

Deno.test("groups: who waits is woken by an event, by a retry and by an ack", async () => {
  const world = createGroupWorld();
  await world.make({ backoff: BACKOFF });
  const polling = { member: "m", limit: 10, waitMs: 30_000 };
  const poll = async () => {
    let got: number[] | undefined;
    const done = world.groups.take("g", polling).then(({ deliveries }) => {
      got = positionsOf(deliveries);
      return deliveries;
    });
    await settle();
    return { done, got: () => got };
  };
  const fresh = await poll();
  equal(fresh.got(), undefined);
  await world.publish("a", "a");
  await settle();
  deepEqual(fresh.got(), [1]);
  const [delivery] = await fresh.done;
  const second = await poll();
  await world.groups.settle("g", { nacks: [nackOf(delivery!)] });
  await pass(world.clock, 1100);
  deepEqual(second.got(), [1]);
  const third = await poll();
  await world.groups.settle("g", { acks: [refOf((await second.done)[0]!)] });
  await settle();
  deepEqual(third.got(), [2]);
  const [last] = await third.done;
  const none = await poll();
  await world.groups.settle("g", { acks: [refOf(last!)] });
  await pass(world.clock, 30_500);
  deepEqual(none.got(), []);
  await none.done;
});
