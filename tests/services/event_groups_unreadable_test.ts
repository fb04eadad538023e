/**
 * Events of the log that nobody can read: no member gets them.
 *
 * @module
 */
import type { GroupPolicy } from "../../domain/event_group/group.ts";
import { deepEqual, equal, match } from "../support/assert.ts";
import { anEvent } from "../support/events.ts";
import {
  createGroupWorld,
  type GroupWorld,
  positionsOf,
  refOf,
} from "../support/group_world.ts";
import { pass } from "../support/turns.ts";

const FAULT = "its data is no JSON object";

/** Group `g` over a log of `texts`, each `[key, data]`. */
async function openLog(
  policy: Partial<GroupPolicy>,
  ...texts: readonly (readonly [key: string, json: string])[]
): Promise<GroupWorld> {
  const world = createGroupWorld();
  await world.make(policy);
  await world.bus.publish(
    texts.map(([key, json]) => anEvent({}, { key, json })),
  );
  return world;
}

/** The dead letters: position, status, attempts, reason. */
async function lettersOf({ store }: GroupWorld) {
  const letters = await store.letters({ group: "g", limit: 2000 });
  return letters.map((one) => [
    one.position,
    one.status,
    one.attempts,
    one.error,
  ]);
}

async function ackAll(world: GroupWorld): Promise<number[]> {
  const deliveries = await world.take();
  await world.groups.settle("g", { acks: deliveries.map(refOf) });
  return positionsOf(deliveries);
}

Deno.test("unreadable: whatever is no JSON object is a dead letter at once, and its key goes on", async () => {
  const bad = ["", "{", "[]", "1", "null", '"{}"'];
  const texts = bad.map((json) => ["a", json] as const);
  const world = await openLog({}, ...texts, ["a", "{}"], ["b", "{}"]);
  deepEqual(await ackAll(world), [7, 8]);
  deepEqual(
    await lettersOf(world),
    bad.map((_, i) => [i + 1, "dead", 0, FAULT]),
  );
  const { error, event } = await world.groups.letter("g", 2);
  deepEqual([error, event!.json], [FAULT, "{"]);
  const { group } = await world.groups.get("g");
  equal(group.checkpoint, 8);
  const [line] = world.telemetry.logged("warn");
  match(line!.message, /became dead letters/);
  deepEqual(line!.fields, {
    group: "g",
    position: 1,
    error: FAULT,
    dead_letters: 6,
  });
});

Deno.test("unreadable: park-key sets aside what follows of the key, and a redrive puts all back", async () => {
  const world = await openLog(
    { onPoison: "park-key" },
    ["a", "{"],
    ["a", "{}"],
    ["b", "{}"],
  );
  deepEqual(await ackAll(world), [3]);
  const behind = "waits behind the event at position 1 of the same key";
  const letters = [[1, "dead", 0, FAULT], [2, "behind", 0, behind]];
  deepEqual(await lettersOf(world), letters);
  // Sent again it is no better, and nobody gets it then either.
  await world.groups.redrive("g", { all: true });
  deepEqual(await ackAll(world), []);
  deepEqual(await lettersOf(world), letters);
  await world.groups.discard("g", [1], "cannot be read", "ann");
  deepEqual(await ackAll(world), [2]);
  deepEqual(await lettersOf(world), []);
});

Deno.test("unreadable: a group that halts stops there, again when it is resumed, and goes on when the event is given up", async () => {
  const world = await openLog(
    { onPoison: "halt" },
    ["a", "{}"],
    ["a", "{"],
    ["a", "{}"],
  );
  deepEqual(await ackAll(world), [1]);
  const reason = `the event at position 2 is unreadable: ${FAULT}`;
  for (let round = 1; round <= 2; round++) {
    deepEqual(await ackAll(world), []);
    const { group: { halted } } = await world.groups.get("g");
    deepEqual([halted?.code, halted?.position], ["poison", 2]);
    equal(halted?.reason, reason);
    equal(world.telemetry.logged("error").length, round);
    if (round === 1) await world.groups.resume("g");
  }
  await world.groups.discard("g", [2], "cannot be read", "ann");
  deepEqual(await ackAll(world), [3]);
  deepEqual(await lettersOf(world), []);
});

Deno.test("unreadable: what waited for its key is found out when its turn comes, by any instance", async () => {
  const world = await openLog({}, ["a", "{}"], ["a", "{"], ["a", "{}"]);
  deepEqual(await ackAll(world), [1]);
  deepEqual(positionsOf(await world.take(world.instance())), [3]);
  deepEqual(await lettersOf(world), [[2, "dead", 0, FAULT]]);
});

Deno.test("unreadable: a member that asks for one event gets the one behind many that nobody can read", async () => {
  const many = Array.from({ length: 2000 }, () => ["a", "{"] as const);
  const world = await openLog({}, ...many, ["a", "{}"]);
  const polling = { member: "m", limit: 1, waitMs: 1 };
  const { deliveries } = await world.groups.take("g", polling);
  deepEqual(positionsOf(deliveries), [2001]);
  equal((await lettersOf(world)).length, 2000);
});

Deno.test("unreadable: a handler in this process does not hear of it", async () => {
  const world = await openLog({}, ["a", "{"], ["a", "{}"]);
  const stop = new AbortController();
  const handled: number[] = [];
  const running = world.groups.consume("g", {
    member: "m",
    handler: ({ position }) => {
      handled.push(position);
      stop.abort();
      return Promise.resolve([]);
    },
  }, stop.signal);
  await pass(world.clock, 200);
  await running;
  deepEqual(handled, [2]);
  deepEqual(await lettersOf(world), [[1, "dead", 0, FAULT]]);
});
