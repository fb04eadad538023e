/**
 * The orchestrator dies at every call that it makes, and beside others: there
 * is one set of orders, and the log is told once.
 *
 * @module
 */
import { ONE } from "../../domain/decimal.ts";
import { statusOf } from "../../domain/rebalance/run.ts";
import { parseTradingDate } from "../../domain/trading_date.ts";
import { PortError } from "../../ports/port_error.ts";
import { deepEqual, equal, ok } from "../support/assert.ts";
import {
  createOrchestratorWorld,
  type Tap,
  USER,
} from "../support/orchestrator_world.ts";

const MONDAY = parseTradingDate("2026-01-05");

const WEIGHTS = { AAA: 0.2, BBB: 0.1, CCC: 0, DDD: -0.1, EEE: -0.2 };

const DONE = ["AAA 200", "BBB 100", "DDD -100", "EEE -200", "ZZZ 1"];

function createWorld() {
  const world = createOrchestratorWorld(WEIGHTS);
  world.gateway.hold("AAA", 300);
  world.gateway.hold("CCC", 7);
  world.gateway.hold("ZZZ", 1);
  return world;
}

/** A process that ends at call `at`: nothing that it does from there on counts. */
function dying(
  at: number,
  when: "before" | "after",
): Tap {
  const error = () => new Error("killed");
  let calls = 0;
  return async (call) => {
    const place = ++calls;
    if (place > at || (place === at && when === "before")) throw error();
    const answer = await call();
    if (place === at) throw error();
    return answer;
  };
}

for (const when of ["before", "after"] as const) {
  Deno.test(`killed ${when} any of its calls, what comes after it finishes the run once`, async () => {
    let at = 1;
    for (;; at++) {
      const { run, instance, gateway, executed, orchestrator } = createWorld();
      const outcome = await run({}, instance({ tap: dying(at, when) }))
        .catch((error: Error) => error);
      if (!(outcome instanceof Error)) break;
      equal(outcome.message, "killed");
      const { run: done } = await run();
      equal(statusOf(done), "completed", `call ${at}`);
      deepEqual(gateway.held(), DONE, `call ${at}`);
      equal(gateway.orders.size, 5, `call ${at}`);
      deepEqual(await executed(), [{
        run_id: done.id,
        strategy_id: "alpha_baseline",
        num_orders: 5,
        num_accepted: 5,
        num_rejected: 0,
      }], `call ${at}`);
      equal((await run()).isRepeat, true);
      deepEqual(
        (await orchestrator.list(USER, { limit: 9, offset: 0 })).length,
        1,
      );
    }
    // Signals, ground, positions, prices, plan, orders, end.
    ok(at > 14, `it makes more calls than ${at}`);
  });

  Deno.test(`answers lost ${when} any of its calls lead to the same`, async () => {
    let at = 1;
    for (;; at++) {
      const { run, instance, gateway, executed } = createWorld();
      let calls = 0;
      // One call alone times out: nobody knows whether it was done.
      const tap: Tap = async (call) => {
        if (++calls !== at) return await call();
        if (when === "after") await call();
        throw new PortError("timeout", "Cannot hear the answer");
      };
      const over = instance({ tap });
      const outcome = await run({}, over).catch((error: Error) => error);
      if (calls < at) break;
      if (outcome instanceof Error) {
        ok(outcome instanceof PortError && outcome.code === "timeout");
        await run({}, over);
      }
      deepEqual(gateway.held(), DONE, `call ${at}`);
      equal(gateway.orders.size, 5);
      equal((await executed()).length, 1);
    }
    ok(at > 14);
  });
}

Deno.test("killed over and over, it gets there", async () => {
  for (let step = 1; step < 6; step++) {
    const { run, instance, gateway, executed } = createWorld();
    let lives = 0;
    for (;; lives++) {
      // Each life takes a few calls more, as a plan that is kept saves some.
      const tap = dying(step + lives, "after");
      const outcome = await run({}, instance({ tap }))
        .catch((error: Error) => error);
      if (!(outcome instanceof Error)) break;
      ok(lives < 100, "it never ends");
    }
    ok(lives > 1);
    deepEqual(gateway.held(), DONE);
    equal(gateway.orders.size, 5);
    equal((await executed()).length, 1);
  }
});

Deno.test("two instances that run the same at once send one set of orders", async () => {
  for (let lag = 0; lag < 40; lag++) {
    const { run, instance, gateway, executed } = createWorld();
    // The second one is some turns behind.
    const late = instance({
      tap: async (call) => {
        for (let i = 0; i < lag; i++) await Promise.resolve();
        return await call();
      },
    });
    const [one, two] = await Promise.all([run(), run({}, late)]);
    equal(one.run.id, two.run.id);
    deepEqual([one, two].map(({ run }) => statusOf(run)), [
      "completed",
      "completed",
    ]);
    ok(one.isRepeat !== two.isRepeat, `lag ${lag}`);
    deepEqual(gateway.held(), DONE);
    equal(gateway.orders.size, 5);
    equal((await executed()).length, 1);
  }
});

Deno.test("runs of different dates at once do not trade the same difference twice", async () => {
  for (let lag = 0; lag < 40; lag++) {
    const { run, instance, gateway, executed } = createWorld();
    const late = instance({
      tap: async (call) => {
        for (let i = 0; i < lag; i++) await Promise.resolve();
        return await call();
      },
    });
    await Promise.all([run(), run({ asOf: MONDAY }, late)]);
    deepEqual(gateway.held(), DONE, `lag ${lag}`);
    equal(gateway.orders.size, 5);
    equal((await executed()).length, 2);
  }
});

Deno.test("a thousand symbols fit, with long reasons and long prices", async () => {
  const weights = Object.fromEntries(
    Array.from({ length: 1000 }, (_, i) => [`S${i}.${"X".repeat(26)}`, 1]),
  );
  const world = createOrchestratorWorld(weights);
  for (const symbol of Object.keys(weights)) {
    world.gateway.fate(symbol, "denied");
    world.price(symbol, "1234.567890123456");
  }
  const { run } = await world.run({ maxPositionSize: 123_457n * ONE / 7n });
  equal(run.lines.length, 1000);
  equal(statusOf(run), "failed");
});

Deno.test("50 symbols take less than 100 ms", async () => {
  const weights = Object.fromEntries(
    Array.from({ length: 50 }, (_, i) => [`S${i}`, i < 25 ? 1 / 25 : -1 / 25]),
  );
  const took: number[] = [];
  for (let i = 0; i < 20; i++) {
    const { run } = createOrchestratorWorld(weights);
    const began = performance.now();
    await run();
    took.push(performance.now() - began);
  }
  const median = took.toSorted((a, b) => a - b)[10]!;
  console.log(`50 symbols: ${median.toFixed(1)} ms (median of 20)`);
  ok(median < 100, `took ${median} ms`);
});

Deno.test("ids follow from user, strategy, date and symbol alone", async () => {
  const one = createWorld();
  const two = createWorld();
  const { run } = await one.run();
  two.price("AAA", "50");
  const { run: other } = await two.run({ capital: 7_000n * ONE });
  equal(other.id, run.id);
  const idOf = (symbol: string, { lines }: typeof run) =>
    lines.find((line) => line.symbol === symbol)!.order!.id;
  for (const symbol of ["AAA", "CCC"]) {
    equal(idOf(symbol, other), idOf(symbol, run));
  }
  equal(one.log.at(1).id, two.log.at(1).id);
  equal(new Set(run.lines.map(({ order }) => order!.id)).size, 5);
});
