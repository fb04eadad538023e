/**
 * The orchestrator over the execution gateway, both killed at every call of
 * ledger and venue.
 *
 * @module
 */
import { type Decimal, formatDecimal, ONE } from "../../domain/decimal.ts";
import { statusOf } from "../../domain/rebalance/run.ts";
import { parseSymbol } from "../../domain/symbol.ts";
import { parseTradingDate } from "../../domain/trading_date.ts";
import type { OrderEntry } from "../../ports/order_entry.ts";
import type { TradeLedger } from "../../ports/trade_ledger.ts";
import { createOrchestrator } from "../../src/apps/orchestrator.ts";
import { deepEqual, equal, ok } from "../support/assert.ts";
import type { Behaviour } from "../support/fake_broker.ts";
import { ANN, createGatewayWorld } from "../support/gateway_world.ts";
import { LIMITS, type Tap, tapped } from "../support/orchestrator_world.ts";

const WEIGHTS: Readonly<Record<string, number>> = { AAA: 0.1, BBB: -0.1 };
const SYMBOLS = ["AAA", "BBB", "CCC"].map(parseSymbol);
const FRIDAY = parseTradingDate("2026-01-02");
const MONDAY = parseTradingDate("2026-01-05");

async function createWorld(
  { maxNotional = 0n, monday = 0, behaviours = [] }: {
    /** What the venue does with the first orders; all others are filled. */
    readonly behaviours?: readonly Behaviour[];
    readonly maxNotional?: Decimal;
    /** What a weight of Friday is multiplied by then. */
    readonly monday?: number;
  } = {},
) {
  const limits = { maxQty: 0n, maxNotional };
  const world = await createGatewayWorld({ limits });
  world.broker.script(...behaviours, ...Array(99).fill("fill"));
  const newOrchestrator = (
    orders: OrderEntry = world.gateway,
    ledger: TradeLedger = world.ledger,
  ) =>
    createOrchestrator({
      ...world,
      ledger,
      orders,
      signals: {
        signals: async ({ symbols, asOf = FRIDAY }) => ({
          signals: symbols.map((symbol, i) => ({
            symbol,
            score: -i,
            predictedReturn: 0,
            rank: i + 1,
            targetWeight: (WEIGHTS[symbol] ?? 0) *
              (asOf === FRIDAY ? 1 : monday),
          })),
          asOf,
          strategyId: "alpha_baseline",
          modelVersion: "v1",
          topN: 1,
          bottomN: 1,
        }),
      },
      prices: { latest: async () => ({ price: 100n * ONE, asOf: FRIDAY }) },
      defaults: LIMITS,
    });
  return {
    ...world,
    newOrchestrator,
    held: async () =>
      (await world.gateway.positions(ANN))
        .map(({ symbol, qty }) => `${symbol} ${formatDecimal(qty)}`).toSorted(),
    runEvents: async () =>
      (await world.events()).filter(({ channel, meta }) =>
        channel === "orders.executed" && meta.source === "orchestrator"
      ),
  };
}

Deno.test("a run fills at the venue, and the next one closes it", async () => {
  const { newOrchestrator, held, broker } = await createWorld();
  const orchestrator = newOrchestrator();
  const { run } = await orchestrator.run(ANN, { symbols: SYMBOLS });
  equal(statusOf(run), "completed");
  deepEqual(await held(), ["AAA 100", "BBB -100"]);
  const later = await orchestrator.run(ANN, { symbols: SYMBOLS, asOf: MONDAY });
  equal(statusOf(later.run), "completed");
  deepEqual(await held(), ["AAA 0", "BBB 0"]);
  deepEqual(broker.requests.map(({ reduceOnly }) => reduceOnly), [
    false,
    false,
    true,
    true,
  ]);
});

Deno.test("a change of side that is too large to open still closes", async () => {
  const { newOrchestrator, held } = await createWorld({
    maxNotional: 5000n * ONE,
    monday: -1,
  });
  const orchestrator = newOrchestrator();
  const friday = { symbols: SYMBOLS, capital: 40_000n * ONE };
  await orchestrator.run(ANN, friday);
  deepEqual(await held(), ["AAA 40", "BBB -40"]);
  const { run } = await orchestrator.run(ANN, {
    symbols: SYMBOLS,
    asOf: MONDAY,
  });
  equal(statusOf(run), "partial");
  deepEqual(await held(), ["AAA 0", "BBB 0"]);
});

Deno.test("what is open of a run is canceled before the next one is planned", async () => {
  const { newOrchestrator, held, gateway } = await createWorld({
    monday: 0.5,
    behaviours: ["take"],
  });
  const orchestrator = newOrchestrator();
  const { run } = await orchestrator.run(ANN, { symbols: SYMBOLS });
  const [left] = run.lines;
  const later = await orchestrator.run(ANN, { symbols: SYMBOLS, asOf: MONDAY });
  equal(statusOf(later.run), "completed");
  deepEqual(await held(), ["AAA 50", "BBB -50"]);
  equal((await gateway.find(ANN, left!.order!.id))!.status, "canceled");
});

for (const when of ["before", "after"] as const) {
  Deno.test(`killed ${when} any call of ledger and venue, nothing is sent twice or left out`, async () => {
    for (let at = 1;; at++) {
      const world = await createWorld();
      let calls = 0;
      let isOn = false;
      const tap: Tap = async (call) => {
        const place = isOn ? ++calls : 0;
        const isDead = place > at || (place === at && when === "before");
        if (isDead) throw new Error("killed");
        const answer = await call();
        if (place === at && isOn) throw new Error("killed");
        return answer;
      };
      const ledger = tapped(world.ledger, tap);
      const broker = tapped(world.broker, tap);
      const mortal = world.another({ ledger, broker, instance: "mortal" });
      await mortal.reconcile();
      isOn = true;
      await world.newOrchestrator(mortal, ledger)
        .run(ANN, { symbols: SYMBOLS }).catch(() => {});
      const wasReached = calls >= at;

      const heir = world.another({ instance: "heir" });
      // It sends what the other one held when that has not moved for a while.
      for (let i = 0; i < 2; i++) {
        await heir.reconcile();
        await world.clock.advance(20_000);
      }
      await heir.reconcile();
      const { run } = await world.newOrchestrator(heir)
        .run(ANN, { symbols: SYMBOLS });
      deepEqual(await world.held(), ["AAA 100", "BBB -100"], `call ${at}`);
      for (const { order } of run.lines) {
        if (order) equal(world.broker.timesTaken(order.id), 1, `call ${at}`);
      }
      const [event, ...others] = await world.runEvents();
      deepEqual(others, [], `call ${at}`);
      equal(event!.data["num_accepted"], 2);
      if (wasReached) continue;
      ok(at > 8, `it makes more calls than ${at}`);
      return;
    }
  });
}
