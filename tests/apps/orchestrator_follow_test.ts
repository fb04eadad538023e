/**
 * Event mode: signals that the log tells of are run, once.
 *
 * @module
 */
import type { NewEvent } from "../../domain/event/event.ts";
import { signalsGenerated } from "../../domain/event/own_events.ts";
import { formatDecimal } from "../../domain/decimal.ts";
import { parseSymbol } from "../../domain/symbol.ts";
import { parseTradingDate } from "../../domain/trading_date.ts";
import { parseUserId, type UserId } from "../../domain/user_id.ts";
import { uuidV7 } from "../../domain/uuid.ts";
import type { GroupStore } from "../../ports/event_groups.ts";
import { PortError } from "../../ports/port_error.ts";
import type { Orchestrator } from "../../src/apps/orchestrator.ts";
import {
  createSignalHandler,
  followSignals,
  ORCHESTRATOR_GROUP,
} from "../../src/apps/orchestrator/follow.ts";
import { createEventGroups } from "../../src/services/event_groups.ts";
import {
  deepEqual,
  equal,
  fail,
  match,
  ok,
  rejects,
} from "../support/assert.ts";
import {
  createOrchestratorWorld,
  USER,
} from "../support/orchestrator_world.ts";
import { createSeededEntropy } from "../support/seeded_entropy.ts";
import { pass, settle } from "../support/turns.ts";

const FRIDAY = "2026-01-02";
const MONDAY = "2026-01-05";

/** Lets digests come, which other threads work on. */
async function turn(): Promise<void> {
  for (let i = 0; i < 5; i++) {
    await new Promise((resolve) => setTimeout(resolve, 0));
    await settle();
  }
}

function createWorld() {
  const world = createOrchestratorWorld();
  const { clock, telemetry } = world;
  const bus = world.bus();
  const entropy = createSeededEntropy(7);
  const store = world.groups();
  const newGroups = (seed: number, over: GroupStore = store) =>
    createEventGroups({
      bus,
      store: over,
      clock,
      entropy: createSeededEntropy(seed),
      telemetry,
    });
  const groups = newGroups(1);

  const following = (
    orchestrator: Pick<Orchestrator, "run">,
    seed = 1,
    over = store,
  ) => ({
    groups: newGroups(seed, over),
    orchestrator,
    user: USER,
    member: `m${seed}`,
    clock,
    entropy,
    telemetry,
  });

  const lag = async () => (await groups.get(ORCHESTRATOR_GROUP)).lag;

  return {
    ...world,
    bus,
    store,
    groups,
    following,
    lag,
    /** Lets time pass until every event is settled. */
    async allSettled(stepMs = 500) {
      for (let i = 0; i < 1000; i++) {
        await turn();
        if (await lag() === 0) return;
        await pass(clock, stepMs);
      }
      fail("events are not settled");
    },
    /** Follows until it is told to stop. */
    async follow(
      orchestrator: Pick<Orchestrator, "run"> = world.orchestrator,
      seed = 1,
    ) {
      const stop = new AbortController();
      const running = followSignals(following(orchestrator, seed), stop.signal);
      await settle();
      return async () => {
        stop.abort();
        await pass(clock, 200);
        await running;
      };
    },
    /** Tells the log of signals; `over` replaces parts of the data. */
    async publish(
      asOf: string,
      over: Readonly<Record<string, unknown>> = {},
      user?: UserId,
    ) {
      const id = uuidV7(clock.now(), entropy.bytes(10));
      const event = signalsGenerated(
        {
          strategyId: "alpha_baseline",
          symbols: ["AAA", "BBB", "CCC"],
          asOfDate: asOf,
          numSignals: 3,
          modelVersion: "v1",
          topN: 1,
          bottomN: 1,
          user,
        },
        id,
        clock.now(),
      );
      const json = JSON.stringify({ ...JSON.parse(event.json), ...over });
      await bus.publish([{ ...event, json } satisfies NewEvent]);
      await settle();
    },
    letters: () => groups.letters({ group: ORCHESTRATOR_GROUP, limit: 10 }),
    runs: async () =>
      (await world.orchestrator.list(USER, { limit: 100, offset: 0 }))
        .map(({ asOf }) => asOf as string).toSorted(),
  };
}

Deno.test("signals are run for the user, with what the event says", async () => {
  const world = createWorld();
  await world.publish("2025-12-31");
  const stop = await world.follow();
  await world.publish(FRIDAY);
  await world.allSettled();
  deepEqual(world.asked, [{
    symbols: ["AAA", "BBB", "CCC"].map(parseSymbol),
    asOf: parseTradingDate(FRIDAY),
    topN: 1,
    bottomN: 1,
    publish: false,
  }]);
  deepEqual(world.gateway.entered, ["buy 100 AAA", "sell 100 CCC"]);
  deepEqual(await world.runs(), [FRIDAY], "what was told before is past");
  equal(await world.lag(), 0);
  equal((await world.executed()).length, 1);
  await stop();
});

Deno.test("signals of another user move nothing, and his own are run", async () => {
  const world = createWorld();
  const stop = await world.follow();
  await world.publish(FRIDAY, {}, parseUserId("eve"));
  await world.allSettled();
  deepEqual(world.gateway.entered, []);
  deepEqual(world.asked, []);
  deepEqual(
    world.telemetry.logged("info").map(({ message, fields }) => [
      message,
      fields["user"],
    ]),
    [["signals of another user were not acted on", "eve"]],
  );
  deepEqual(await world.letters(), []);
  await world.publish(FRIDAY, {}, USER);
  await world.allSettled();
  deepEqual(await world.runs(), [FRIDAY]);
  await stop();
});

Deno.test("two members, and events told twice, lead to one run each", async () => {
  const world = createWorld();
  const stops = [
    await world.follow(world.orchestrator, 1),
    await world.follow(world.instance(), 2),
  ];
  for (const date of [FRIDAY, FRIDAY, MONDAY, MONDAY]) {
    await world.publish(date);
  }
  await world.allSettled();
  deepEqual(await world.runs(), [FRIDAY, MONDAY]);
  equal((await world.executed()).length, 2);
  equal(world.gateway.orders.size, 2);
  equal(await world.lag(), 0);
  for (const stop of stops) await stop();
});

Deno.test("a process that dies in the middle: the next one finishes it, once", async () => {
  for (let at = 1;; at++) {
    const world = createWorld();
    let calls = 0;
    const isDead = () => calls >= at;
    const dead = new Promise<never>(() => {});
    // From some call on nothing that it asks answers any more.
    const mortal = world.instance({
      tap: async (call) => {
        if (++calls > at) return await dead;
        const answer = await call();
        return isDead() ? await dead : answer;
      },
    });
    const { store } = world;
    const cut: GroupStore = {
      ...store,
      load: (...args) => isDead() ? dead : store.load(...args),
      save: (...args) => isDead() ? dead : store.save(...args),
    };
    const stopped = new AbortController();
    const one = world.following(mortal, 1, cut);
    void followSignals(one, stopped.signal);
    await settle();
    await world.publish(FRIDAY);
    for (let i = 0; i < 50 && !isDead() && await world.lag() !== 0; i++) {
      await turn();
      await pass(world.clock, 10);
    }
    const wasReached = isDead();
    const stop = await world.follow(world.instance(), 2);
    await world.allSettled(10_000);
    deepEqual(world.gateway.held(), ["AAA 100", "CCC -100"], `call ${at}`);
    equal(world.gateway.orders.size, 2);
    equal((await world.executed()).length, 1);
    equal(await world.lag(), 0);
    deepEqual(await world.letters(), []);
    await stop();
    stopped.abort();
    await pass(world.clock, 1000);
    if (!wasReached) {
      ok(at > 8, `it makes more calls than ${at}`);
      return;
    }
  }
});

Deno.test("while what it needs is away, an event waits, and those of its strategy behind it", async () => {
  const world = createWorld();
  const stop = await world.follow();
  world.signals.failure = new PortError("unavailable", "Cannot score");
  await world.publish(FRIDAY);
  await world.publish(MONDAY);
  await pass(world.clock, 60_000);
  deepEqual(await world.runs(), []);
  equal(world.telemetry.logged("warn").length, 1);
  // Each try scores the model: they come further and further apart.
  const tries = world.asked.length;
  ok(tries >= 5 && tries <= 9, `${tries} tries in a minute`);
  world.signals.failure = undefined;
  await world.allSettled();
  deepEqual(await world.runs(), [FRIDAY, MONDAY]);
  equal(await world.lag(), 0);
  await stop();
});

Deno.test("a delivery does not wait for ever", async () => {
  const { following, clock } = createWorld();
  const handler = createSignalHandler(following({
    run: () => Promise.reject(new PortError("unavailable", "Cannot score")),
  }));
  const { json, ...event } = signalsGenerated(
    {
      strategyId: "alpha_baseline",
      symbols: ["AAA"],
      asOfDate: FRIDAY,
      numSignals: 1,
      modelVersion: "v1",
      topN: 1,
      bottomN: 0,
    },
    "019b7e5d-8c0e-7cc4-9b0a-6f2d1c3e4a5b",
    clock.now(),
  );
  const logged = { ...event, json, position: 1, batchEnd: 1, committedAt: 0 };
  const { signal } = new AbortController();
  const failing = rejects(handler(logged, { attempt: 1, signal }), {
    message: "Cannot score",
  });
  const began = clock.monotonic();
  await pass(clock, 11 * 60_000);
  await failing;
  ok(clock.monotonic() - began >= 600_000);
});

const UNREADABLE: readonly (readonly [
  why: RegExp,
  data: Readonly<Record<string, unknown>>,
])[] = [
  [/^Cannot run beta as another strategy scores/, { strategy_id: "beta" }],
  [/strategy_id, symbols and as_of_date must be there/, { symbols: "AAA" }],
  [/strategy_id, symbols and as_of_date must be there/, { symbols: [1] }],
  [/strategy_id, symbols and as_of_date must be there/, { strategy_id: 7 }],
  [/^Cannot use symbol "no\/good"/, { symbols: ["no/good"] }],
  [/each once: current value is a list of 2/, { symbols: ["AAA", "aaa"] }],
  [/^Cannot use date "2026-02-30"/, { as_of_date: "2026-02-30" }],
  [/top_n must be a whole number/, { top_n: -1 }],
  [/bottom_n must be a whole number/, { bottom_n: "2" }],
];

Deno.test("what cannot be run becomes a dead letter that says why, and later signals go on", async () => {
  for (const [why, data] of UNREADABLE) {
    const world = createWorld();
    const stop = await world.follow();
    await world.publish(FRIDAY, data);
    await world.publish(MONDAY);
    await world.allSettled(10_000);
    const [letter, ...others] = await world.letters();
    deepEqual(others, []);
    match(letter!.error, why);
    equal(letter!.attempts, 8);
    deepEqual(await world.runs(), [MONDAY]);
    equal(await world.lag(), 0);
    await stop();
  }
});

Deno.test("without the ends in it, an event of another publisher is run with the defaults", async () => {
  const world = createWorld();
  const stop = await world.follow();
  await world.publish(FRIDAY, { top_n: undefined, bottom_n: undefined });
  await world.allSettled();
  deepEqual(world.asked.map(({ topN, bottomN }) => [topN, bottomN]), [
    [undefined, undefined],
  ]);
  deepEqual(await world.runs(), [FRIDAY]);
  await stop();
});

Deno.test("a date that was run otherwise, or a later one, settles the event with a line", async () => {
  const world = createWorld();
  await world.run({ symbols: [parseSymbol("AAA")], bottomN: 0 });
  const stop = await world.follow();
  await world.publish(FRIDAY);
  await world.publish(MONDAY);
  await world.publish("2026-01-04");
  await world.allSettled();
  deepEqual(await world.runs(), [FRIDAY, MONDAY]);
  deepEqual(
    world.telemetry.logged("warn").map(({ message, fields }) =>
      `${message}: ${fields["error"]}`
    ).map((line) => line.replace(/see run.*/, "…")),
    [
      "signals were not acted on: Cannot run alpha_baseline as of 2026-01-02 as it was run with another symbols (AAA, now AAA BBB CCC), bottom_n (0, now 1): …",
      "signals were not acted on: Cannot run alpha_baseline as of 2026-01-04 as it was run as of a later date: current value is 2026-01-05",
    ],
  );
  equal(await world.lag(), 0);
  deepEqual(await world.letters(), []);
  await stop();
});

Deno.test("a group that was deleted is made again", async () => {
  const world = createWorld();
  const stop = await world.follow();
  await world.groups.remove(ORCHESTRATOR_GROUP);
  await pass(world.clock, 10_000);
  await world.publish(FRIDAY);
  await world.allSettled();
  deepEqual(await world.runs(), [FRIDAY]);
  const { lines } = (await world.orchestrator.list(USER, {
    limit: 1,
    offset: 0,
  }))[0]!;
  equal(formatDecimal(lines[0]!.order!.qty), "100");
  await stop();
});
