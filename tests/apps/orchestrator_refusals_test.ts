/**
 * What the orchestrator refuses.
 *
 * @module
 */
import { ONE } from "../../domain/decimal.ts";
import { parseSymbol } from "../../domain/symbol.ts";
import { parseTradingDate } from "../../domain/trading_date.ts";
import { deepEqual, equal, rejects } from "../support/assert.ts";
import {
  createOrchestratorWorld,
  FRIDAY,
} from "../support/orchestrator_world.ts";

const MONDAY = parseTradingDate("2026-01-05");

Deno.test("what can never be run is refused, before anybody is asked", async () => {
  const { run, asked } = createOrchestratorWorld();
  const symbols = (count: number) =>
    Array.from({ length: count }, (_, i) => parseSymbol(`S${i}`));
  const cases = [
    [
      { symbols: [] },
      "symbols must be 1 to 1000, each once: current value is a list of 0",
    ],
    [
      { symbols: symbols(1001) },
      "symbols must be 1 to 1000, each once: current value is a list of 1001",
    ],
    [
      { symbols: ["AAA", "AAA"].map(parseSymbol) },
      "symbols must be 1 to 1000, each once: current value is a list of 2",
    ],
    [
      { capital: 0n },
      "capital must be above 0 and at most 1000000000000: current value is 0",
    ],
    [
      { capital: -5n * ONE },
      "capital must be above 0 and at most 1000000000000: current value is -5",
    ],
    [
      { capital: 10n ** 13n * ONE },
      "capital must be above 0 and at most 1000000000000: current value is 10000000000000",
    ],
    [
      { maxPositionSize: 0n },
      "max_position_size must be above 0 and at most 1000000000000: current value is 0",
    ],
    [
      { topN: 3, bottomN: 1 },
      "top_n and bottom_n must together be at most the number of symbols, 3: current value is 3 + 1",
    ],
  ] as const;
  for (const [request, why] of cases) {
    await rejects(run(request), {
      name: "InvalidInput",
      message: `Cannot run as ${why}`,
    });
  }
  deepEqual(asked, []);
});

Deno.test("signals that are no numbers, or of another strategy, are not acted on", async () => {
  const { run, signals, gateway } = createOrchestratorWorld({ AAA: NaN });
  await rejects(run(), { code: "corrupt", message: /weight of AAA/ });
  signals.weights = { AAA: 1e31 };
  gateway.hold("AAA", 7);
  await rejects(run(), {
    code: "corrupt",
    message:
      "Cannot run alpha_baseline as the weight of AAA must be from -1 to 1: current value is 1e+31",
  });
  signals.weights = { AAA: 0.1 };
  await rejects(run({ strategyId: "beta" }), {
    code: "invalid",
    message:
      "Cannot run beta as another strategy scores: current value is alpha_baseline",
  });
  equal(gateway.orders.size, 0);
  await run({ strategyId: "alpha_baseline", asOf: FRIDAY });
});

Deno.test("a date before one that was run is refused where that is asked", async () => {
  const { run } = createOrchestratorWorld({ AAA: 0.1 });
  await run({ asOf: MONDAY });
  await rejects(run({ isForwardOnly: true }), {
    code: "conflict",
    message:
      "Cannot run alpha_baseline as of 2026-01-02 as it was run as of a later date: current value is 2026-01-05",
  });
  const back = await run();
  equal(back.run.asOf, FRIDAY);
  // Once it was run it is found, and a run back in time makes none newer.
  equal((await run({ isForwardOnly: true })).isRepeat, true);
  const between = parseTradingDate("2026-01-03");
  await rejects(run({ isForwardOnly: true, asOf: between }), {
    code: "conflict",
  });
});
