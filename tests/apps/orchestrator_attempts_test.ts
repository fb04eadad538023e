/**
 * A run of which nothing has reached the venue can be run again.
 *
 * @module
 */
import { ONE } from "../../domain/decimal.ts";
import { type Run, statusOf } from "../../domain/rebalance/run.ts";
import { formatRun, parseRun } from "../../domain/rebalance/run_text.ts";
import { parseTradingDate } from "../../domain/trading_date.ts";
import { deepEqual, equal, notEqual, rejects } from "../support/assert.ts";
import {
  createOrchestratorWorld,
  USER,
} from "../support/orchestrator_world.ts";

const MONDAY = parseTradingDate("2026-01-05");

const statuses = (run: Run) => run.lines.map(({ outcome }) => outcome?.status);

for (const fate of ["denied", "dry_run"] as const) {
  Deno.test(`a run whose orders were all ${fate} is planned anew, with what is asked for then`, async () => {
    const { run, gateway, orchestrator, executed, price, log } =
      createOrchestratorWorld({ AAA: 0.1, BBB: 0 });
    gateway.fate("AAA", fate);
    const { run: first } = await run();
    const { run: second, isRepeat } = await run();
    deepEqual([first.attempt, second.attempt, isRepeat], [1, 2, false]);
    deepEqual(statuses(second), [fate, undefined]);
    equal(
      (await executed()).length,
      1,
      "what has come to nothing is told once",
    );

    gateway.fate("AAA", "filled");
    price("AAA", "50");
    const { run: third } = await run({ capital: 50_000n * ONE });
    equal(third.id, first.id);
    equal(third.attempt, 3);
    deepEqual(gateway.held(), ["AAA 100"]);
    const ids = [first, second, third].map(({ lines }) => lines[0]!.order!.id);
    equal(new Set(ids).size, 3);
    equal((await executed()).length, 2);
    notEqual(log.at(1).id, log.at(2).id);

    // From then on it is the run of its date.
    const again = await run({ capital: 50_000n * ONE });
    deepEqual([again.isRepeat, again.run.attempt], [true, 3]);
    await rejects(run(), { code: "conflict" });
    deepEqual(gateway.held(), ["AAA 100"]);
    const runs = await orchestrator.list(USER, { limit: 9 });
    deepEqual(runs.map(statusOf), ["completed"]);
    equal(parseRun(formatRun(third)).attempt, 3);
  });
}

Deno.test("so is one for which no price was known", async () => {
  const { run, price } = createOrchestratorWorld({ AAA: 0.1 });
  price("AAA", "unknown");
  equal(statusOf((await run()).run), "failed");
  price("AAA", "100");
  equal(statusOf((await run()).run), "completed");
});

Deno.test("one whose orders have all failed is, unless one of them is there after all", async () => {
  for (const isThere of [false, true]) {
    const { run, gateway } = createOrchestratorWorld({ AAA: 0.1 });
    gateway.fate("AAA", { refuse: "invalid" });
    const { run: first } = await run();
    const { symbol, order } = first.lines[0]!;
    gateway.fate("AAA", "filled");
    if (isThere) {
      await gateway.port.submit(USER, {
        ...order!,
        symbol,
        kind: "market",
        timeInForce: "day",
        strategyId: first.strategyId,
        runId: first.id,
      });
    }
    const again = await run();
    equal(again.isRepeat, isThere);
    deepEqual(statuses(again.run), ["filled"]);
    deepEqual(gateway.held(), ["AAA 100"]);
  }
});

Deno.test("a run that wanted nothing, or of which something was sent, is not", async () => {
  for (const fate of ["rejected", "accepted", "canceled"] as const) {
    const { run, gateway } = createOrchestratorWorld({ AAA: 0.1, BBB: 0.1 });
    gateway.fate("AAA", fate);
    gateway.fate("BBB", "denied");
    await run();
    equal((await run()).isRepeat, true);
  }
  const { run } = createOrchestratorWorld({ AAA: 0 });
  await run();
  equal((await run()).isRepeat, true);
});

Deno.test("a run back in time that came to nothing can be run after a later one", async () => {
  const { run, gateway } = createOrchestratorWorld({ AAA: 0.1 });
  gateway.fate("AAA", "denied");
  await run();
  await run({ asOf: MONDAY });
  gateway.fate("AAA", "filled");
  equal((await run()).run.attempt, 2);
  await rejects(
    run({ isForwardOnly: true, asOf: parseTradingDate("2026-01-04") }),
    { code: "conflict" },
  );
  deepEqual(gateway.held(), ["AAA 100"]);
});
