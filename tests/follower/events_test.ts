/**
 * The log read from the fast layer: the contract of the event bus, and every
 * event once and in order whatever becomes of the fast layer.
 *
 * @module
 */
import { setImmediate } from "node:timers";
import { openSwitchingEventBus } from "../../adapters/switching/event_bus.ts";
import { formatCheckpoint } from "../../domain/checkpoint.ts";
import { parseChannelPatterns } from "../../domain/event/channel_pattern.ts";
import type { LoggedEvent } from "../../domain/event/event.ts";
import type { EventBus } from "../../ports/event_bus.ts";
import { openFollowedEventBus } from "../../src/follower/events.ts";
import { subscribe } from "../../src/services/subscription.ts";
import { testEventBus } from "../contracts/event_bus.ts";
import { deepEqual, equal, ok, rejects } from "../support/assert.ts";
import { anEvent } from "../support/events.ts";
import { createFollowerWorld } from "../support/follower_world.ts";
import { aPortError, guardPort } from "../support/guarded_port.ts";
import { createSeededEntropy } from "../support/seeded_entropy.ts";

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Reads that the fast layer has answered, by suite. */
const answered = { drained: 0, troubled: 0 };

/** A followed bus, its gate open, in a world whose time stands still. */
async function openWorld() {
  const world = createFollowerWorld();
  const instance = await world.startOpen();
  const { follower, fast } = instance;
  const database = guardPort(world.bus);
  const open = (bus: EventBus = database.port) =>
    openFollowedEventBus({
      bus,
      fast: fast.port,
      gate: follower.gate,
      clock: world.clock,
    });
  const bus = guardPort(open());
  const isDrained = () =>
    follower.gate.open?.session.checkpoint.position === world.log.position();
  return {
    ...world,
    follower,
    fast,
    database,
    /** The database's log, whose use is not counted. */
    raw: world.bus,
    bus: bus.port,
    open,
    isDrained,
    /** Reads that the fast layer has answered. */
    answered: () => bus.calls("read") - database.calls("read"),
    /** Puts `count` events into the log and into the fast layer. */
    async publish(count: number, channel = "setup.received"): Promise<void> {
      const events = Array.from(
        { length: count },
        (_, n) => anEvent({ n }, { channel }),
      );
      await world.bus.publish(events);
      await world.settle(isDrained);
    },
    /** Ends it, which takes time. */
    async [Symbol.asyncDispose]() {
      const end = async () => await instance[Symbol.asyncDispose]();
      await world.within(end());
    },
  };
}

type World = Awaited<ReturnType<typeof openWorld>>;

/** Lets time go on by itself until closed. */
function keepTime({ clock }: World, everyTurn = () => {}) {
  let running = true;
  let last = Promise.resolve();
  const advance = (ms: number) => last = last.then(() => clock.advance(ms));
  const loop = (async () => {
    while (running) {
      await advance(2);
      await turn();
      everyTurn();
    }
  })();
  return {
    advance,
    async [Symbol.asyncDispose]() {
      running = false;
      await loop;
    },
  };
}

/** Does something bad to the fast layer, or mends it. */
function createTrouble(world: World, seed: number): () => void {
  const { server, fast, follower } = world;
  const { fraction } = createSeededEntropy(seed);
  let before = server.snapshot();
  const troubles = [
    () => server.flush(),
    () => server.restore(before),
    () => follower.gate.close("the test says so"),
    () => server.data.stream = undefined,
    () =>
      server.data.stream = server.data.stream?.filter(() => fraction() < 0.8),
    () => server.data.stream = server.data.stream?.slice(1),
    () => server.data.mark = undefined,
    () => fast.fail("events", "timeout"),
    () => fast.before("events", async () => void await turn()),
    () => server.become("replica"),
    () => before = server.snapshot(),
  ];
  return () => {
    if (fraction() < 0.1) fast.mend();
    if (fraction() < 0.1 && server.role !== "master") server.become("master");
    if (fraction() < 0.01) {
      troubles[Math.floor(fraction() * troubles.length)]!();
    }
  };
}

/** What the contract asks for, over a bus made of the world's. */
async function subjectOf(
  suite: keyof typeof answered,
  everyTurn: (world: World) => () => void,
  over: (world: World) => EventBus,
) {
  const world = await openWorld();
  const time = keepTime(world, everyTurn(world));
  return {
    bus: over(world),
    elapse: time.advance,
    jumpWall: world.clock.jumpWall,
    async [Symbol.asyncDispose]() {
      answered[suite] += world.answered();
      await time[Symbol.asyncDispose]();
      await world[Symbol.asyncDispose]();
    },
  };
}

testEventBus(
  "followed log, drained",
  () =>
    subjectOf("drained", () => () => {}, ({ bus, isDrained }) => ({
      ...bus,
      async read(query, signal) {
        while (!isDrained()) await turn();
        return await bus.read(query, signal);
      },
    })),
);

let seeds = 0;
testEventBus("followed log, troubled", () =>
  subjectOf(
    "troubled",
    (world) => createTrouble(world, ++seeds),
    ({ bus }) => ({
      ...bus,
      async read(query, signal) {
        for (let i = query.after % 7; i > 0; i--) await turn();
        return await bus.read(query, signal);
      },
    }),
  ));

Deno.test("followed log: the contracts held while the fast layer answered", () => {
  ok(answered.drained > 50, `only ${answered.drained} times when drained`);
  ok(answered.troubled > 10, `only ${answered.troubled} times when troubled`);
});

for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
  Deno.test(`followed log: subscribers see each event once and in order through all trouble (${seed})`, async () => {
    const world = await openWorld();
    const entropy = createSeededEntropy(seed);
    await using time = keepTime(world, createTrouble(world, seed));
    const stop = new AbortController();
    const channels = ["a.x", "a.y", "b.x"];
    const TOTAL = 900;
    await using bus = openSwitchingEventBus("redis", world.bus);
    const follow = async (patterns?: string[]): Promise<LoggedEvent[]> => {
      const seen: LoggedEvent[] = [];
      const pages = subscribe(bus, {
        after: 0,
        pageSize: 1 + Math.floor(entropy.fraction() * 9),
        clock: world.clock,
        entropy,
        signal: stop.signal,
        ...patterns && { channels: parseChannelPatterns(patterns) },
      });
      for await (const page of pages) {
        seen.push(...page.events);
        if (page.scannedTo === TOTAL) break;
        // Who lags behind reads what has been drained.
        await world.clock.sleep(entropy.fraction() * 50);
      }
      return seen;
    };
    const readers = [follow(), follow(), follow(["a.*"]), follow(["none"])];
    for (let n = 0; n < TOTAL; n += 3) {
      await world.bus.publish(
        channels.map((channel) => anEvent({ n }, { channel })),
      );
      for (let turns = entropy.fraction() * 6; turns > 1; turns--) await turn();
      if (n % 30 > 0) continue;
      const isPinned = bus.active !== "redis" || entropy.fraction() > 0.2;
      await (isPinned
        ? bus.swapTo("redis", world.bus)
        : bus.swapTo("database", world.raw));
    }
    const seen = await Promise.all(readers);
    stop.abort();
    const log = Array.from({ length: TOTAL }, (_, i) => world.log.at(i + 1));
    deepEqual(seen[0], log);
    deepEqual(seen[1], log);
    deepEqual(seen[2], log.filter((event) => event.channel !== "b.x"));
    deepEqual(seen[3], []);
    ok(world.answered() > 10, `only ${world.answered()} from the fast layer`);
    await time[Symbol.asyncDispose]();
    await world[Symbol.asyncDispose]();
  });
}

/** A test in a world with `count` events that the fast layer has, too. */
function test(
  name: string,
  run: (world: World) => Promise<void>,
  count = 10,
): void {
  Deno.test(`followed log: ${name}`, async () => {
    await using world = await openWorld();
    await world.publish(count);
    await run(world);
  });
}

const positions = (events: readonly LoggedEvent[]) =>
  events.map((event) => event.position);

test("a page from within the stream asks nothing of the database", async ({ bus, database }) => {
  await bus.read({ after: 0, limit: 3 });
  const heads = database.calls("head");
  const page = await bus.read({ after: 3, limit: 3 });
  deepEqual(positions(page.events), [4, 5, 6]);
  deepEqual([page.scannedTo, page.head.position, page.head.earliest], [
    6,
    10,
    1,
  ]);
  deepEqual([database.calls("read"), database.calls("head") - heads], [0, 0]);
});

test("pages that reach the end share one head of the database", async ({ bus, database }) => {
  const pages = await Promise.all(
    Array.from({ length: 100 }, () => bus.read({ after: 2, limit: 20 })),
  );
  equal(pages.every((page) => page.scannedTo === 10), true);
  ok(database.calls("head") <= 2, `${database.calls("head")} heads`);
  equal(database.calls("read"), 0);
});

test("what is acknowledged and not drained is not passed over", async ({ bus, raw, database }) => {
  await bus.read({ after: 4, limit: 20 });
  await raw.publish([anEvent(), anEvent()]);
  const page = await bus.read({ after: 4, limit: 20 });
  deepEqual([page.scannedTo, page.head.position], [10, 12]);
  const rest = await bus.read({ after: 10, limit: 20 });
  deepEqual([positions(rest.events), rest.head.position], [[11, 12], 12]);
  equal(database.calls("read"), 1);
});

test("the head lies never before what is known to be in the log", async ({ bus, publish, database }) => {
  await bus.read({ after: 0, limit: 2 });
  await publish(10);
  const page = await bus.read({ after: 12, limit: 2 });
  deepEqual([page.scannedTo, page.head.position], [14, 20]);
  deepEqual([database.calls("read"), database.calls("head")], [0, 1]);
});

test("where the log begins is asked for every two seconds of use", async ({ bus, database, clock, settle }) => {
  const read = () => bus.read({ after: 1, limit: 2 });
  await read();
  await read();
  equal(database.calls("head"), 1);
  let ended = false;
  clock.sleep(2000).then(() => ended = true);
  await settle(() => ended);
  await Promise.all([read(), read()]);
  equal(database.calls("head"), 2);
});

test("what the log no longer holds is not given out of the stream", async ({ open, database }) => {
  const trimmed = {
    ...database.port,
    head: async () => ({ ...await database.port.head(), earliest: 5 }),
  };
  const bus = open(trimmed);
  await bus.read({ after: 3, limit: 2 });
  equal(database.calls("read"), 1);
  await bus.read({ after: 4, limit: 2 });
  equal(database.calls("read"), 1 + 0);
});

test("a narrow filter looks far ahead, and a page stops at its limit", async ({ bus, publish, database }) => {
  await publish(60, "a.x");
  const only = (limit: number, ...patterns: string[]) =>
    bus.read({ after: 0, limit, channels: parseChannelPatterns(patterns) });
  const some = await only(2, "a.*");
  deepEqual([positions(some.events), some.scannedTo], [[11, 12], 12]);
  deepEqual((await only(5, "none")).scannedTo, 70);
  equal(database.calls("read"), 0);
});

test("the stream is left before a hole, and come back to behind it", async ({ bus, server, database }) => {
  server.data.stream = server.data.stream!.filter(({ position }) =>
    position !== 4
  );
  const reads: [number, number][] = [];
  for (let after = 0; after < 10;) {
    const page = await bus.read({ after, limit: after === 3 ? 1 : 5 });
    equal(page.events[0]!.position, after + 1);
    after = page.scannedTo;
    reads.push([after, database.calls("read")]);
  }
  deepEqual(reads, [[3, 0], [4, 1], [9, 1], [10, 1]]);
});

test("after a failure it is left alone for a while, and then tried by one", async ({ bus, fast, database, clock }) => {
  const read = () => bus.read({ after: 0, limit: 2 });
  fast.fail("events", "timeout");
  for (let i = 0; i < 5; i++) equal((await read()).scannedTo, 2);
  deepEqual([fast.calls("events"), database.calls("read")], [1, 5]);
  await clock.advance(250);
  await Promise.all([read(), read(), read()]);
  deepEqual([fast.calls("events"), database.calls("read")], [2, 8]);
  fast.mend();
  await clock.advance(250);
  await read();
  await read();
  deepEqual([fast.calls("events"), database.calls("read")], [4, 8]);
});

test("another server, another log and no checkpoint close the gate", async ({ bus, server, follower, settle, database }) => {
  server.restore(server.snapshot());
  equal((await bus.read({ after: 0, limit: 2 })).scannedTo, 2);
  equal(follower.gate.open, undefined);
  await settle(() => follower.gate.open !== undefined);
  const { checkpoint } = follower.gate.open!.session;
  server.data.mark = formatCheckpoint({ ...checkpoint, epoch: "e2" });
  equal((await bus.read({ after: 0, limit: 2 })).scannedTo, 2);
  equal(follower.gate.open, undefined);
  server.data.mark = undefined;
  await settle(() => follower.gate.open !== undefined);
  server.data.mark = undefined;
  equal((await bus.read({ after: 0, limit: 2 })).scannedTo, 2);
  equal(follower.gate.open, undefined);
  await bus.read({ after: 0, limit: 2 });
  equal(database.calls("read"), 4);
});

test("a gate that closes while the fast layer is asked sends the read to the database", async ({ bus, fast, follower, database }) => {
  fast.before("events", () => follower.gate.close("the test says so"));
  equal((await bus.read({ after: 0, limit: 2 })).scannedTo, 2);
  equal(database.calls("read"), 1);
});

test("another epoch is the database's to judge", async ({ bus, log }) => {
  const { epoch } = await bus.head();
  await rejects(bus.read({ after: 0, limit: 2, epoch: "other" }), {
    code: "epoch_changed",
  });
  log.renewEpoch();
  // Where the log begins is not known yet, and by asking it is found out.
  equal((await bus.read({ after: 0, limit: 2 })).head.epoch, log.head().epoch);
  await rejects(bus.read({ after: 2, limit: 2, epoch }), {
    code: "epoch_changed",
  });
});

test("the database's failures and mistakes are told as they are", async ({ bus, fast, database }) => {
  database.fail("head", "unavailable");
  await rejects(bus.read({ after: 5, limit: 20 }), { code: "unavailable" });
  database.mend();
  equal((await bus.read({ after: 5, limit: 20 })).scannedTo, 10);
  fast.fail("events", new TypeError("a mistake"));
  await rejects(bus.read({ after: 5, limit: 20 }), { message: "a mistake" });
  fast.fail("events", aPortError("closed"));
  equal((await bus.read({ after: 5, limit: 20 })).scannedTo, 10);
});

test("a read that is aborted or overtaken by closing is refused", async ({ bus, fast }) => {
  const stop = new AbortController();
  fast.before("events", () => stop.abort(new Error("gone")));
  const read = bus.read({ after: 0, limit: 2 }, stop.signal);
  await rejects(read, { message: "gone" });
  fast.before("events", () => bus[Symbol.asyncDispose]());
  await rejects(bus.read({ after: 0, limit: 2 }), { code: "closed" });
});
