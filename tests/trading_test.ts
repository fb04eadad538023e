/**
 * Trading put together: who is asked again, and who hears of other instances.
 *
 * @module
 */
import { openMemoryExchangeCache } from "../adapters/memory/exchange_cache.ts";
import { openMemoryTradeLedger } from "../adapters/memory/trade_ledger.ts";
import { openPaperBroker } from "../adapters/paper/broker.ts";
import { ONE } from "../domain/decimal.ts";
import { parseSymbol } from "../domain/symbol.ts";
import { parseTradingDate } from "../domain/trading_date.ts";
import { parseUserId } from "../domain/user_id.ts";
import type { OrderEntry } from "../ports/order_entry.ts";
import { PortError } from "../ports/port_error.ts";
import type { Ports } from "../src/composition_root.ts";
import type { Config } from "../src/config.ts";
import { createTrading } from "../src/trading.ts";
import { equal, rejects } from "./support/assert.ts";
import { anEvent } from "./support/events.ts";
import { createMemoryWorld } from "./support/memory_world.ts";
import { createRecordingTelemetry } from "./support/recording_telemetry.ts";
import { createSeededEntropy } from "./support/seeded_entropy.ts";
import { pass, settle } from "./support/turns.ts";

const ANN = parseUserId("ann");
const AAA = parseSymbol("AAA");
const PRICE = { price: 100n * ONE, asOf: parseTradingDate("2026-01-02") };

/** An instance over a ledger and a log in memory. */
function createWorld(
  { store, hasRedis = false, orders }: {
    readonly store: "sqlite" | "postgres";
    readonly hasRedis?: boolean;
    readonly orders?: OrderEntry;
  },
) {
  const memory = createMemoryWorld();
  const { clock } = memory;
  const telemetry = createRecordingTelemetry();
  const eventBus = memory.bus();
  const tradeLedger = openMemoryTradeLedger(memory.log);
  const shared = openMemoryExchangeCache(clock);
  const ports = {
    clock,
    telemetry,
    entropy: createSeededEntropy(),
    eventBus,
    tradeLedger,
    prices: { latest: async () => PRICE },
    broker: openPaperBroker({
      ledger: tradeLedger,
      clock,
      quotes: { now: async () => PRICE.price },
    }),
    remote: { signals: undefined, orders },
    exchangeCaches: {
      local: openMemoryExchangeCache(clock),
      ...hasRedis && { shared },
    },
  };
  const config = {
    role: "all",
    store,
    instanceId: "one",
    gateway: {
      dryRun: false,
      lots: "whole",
      maxOrderQty: 0n,
      maxOrderNotional: 0n,
    },
    orchestration: {
      capital: 1000n * ONE,
      maxPositionSize: 1000n * ONE,
      followsSignals: false,
      user: ANN,
    },
  };
  const services = {
    signals: {
      generate: async () => ({
        signals: [{
          symbol: AAA,
          score: 1,
          predictedReturn: 1,
          rank: 1,
          targetWeight: 1,
        }],
        asOf: PRICE.asOf,
        model: { strategy: "s", version: "v" },
        topN: 1,
        bottomN: 0,
      }),
    },
    settings: { complete: async () => ({}), timeZone: async () => "UTC" },
    groups: {},
    followed: { bus: eventBus, gatherMs: 0 },
  };
  const trading = createTrading(
    config as unknown as Config,
    ports as unknown as Ports,
    services as unknown as Parameters<typeof createTrading>[2],
  );
  return { clock, trading, eventBus };
}

for (
  const [store, hasRedis, hears] of [
    ["postgres", false, true],
    ["postgres", true, true],
    ["sqlite", false, false],
  ] as const
) {
  const who = `on ${store} with${hasRedis ? "" : "out"} Redis`;
  Deno.test(`${who}, an instance ${hears ? "hears" : "need not hear"} of the trades of others from the log`, async () => {
    const { trading, eventBus, clock } = createWorld({ store, hasRedis });
    const stop = new AbortController();
    const running = trading.run(stop.signal);
    await settle();
    await trading.accounts.positions(ANN);
    const kept = (await trading.accounts.positions(ANN)).source;
    equal(kept, hasRedis ? "redis" : "memory");
    const meta = { timestamp: "2026-01-02T03:04:05.000Z", user: ANN };
    await eventBus.publish([anEvent({}, { channel: "orders.executed", meta })]);
    await settle();
    const { source } = await trading.accounts.positions(ANN);
    equal(source, hears ? "broker" : kept);
    stop.abort();
    await pass(clock, 1000);
    await running;
  });
}

/** A gateway of another process that is away. */
function createAway() {
  let calls = 0;
  const fail = () => {
    calls++;
    return Promise.reject(new PortError("unavailable", "Cannot be reached"));
  };
  const orders: OrderEntry = {
    submit: fail,
    find: fail,
    cancel: fail,
    positions: fail,
  };
  return { orders, calls: () => calls };
}

Deno.test("a gateway of another process is asked three times", async () => {
  const away = createAway();
  const world = createWorld({ store: "sqlite", orders: away.orders });
  const running = world.trading.orchestrator.run(ANN, { symbols: [AAA] });
  const refused = rejects(running, { code: "unavailable" });
  await pass(world.clock, 1000);
  await refused;
  equal(away.calls(), 3);
});

Deno.test("the gateway of this process is not: it has tried already what can be", async () => {
  const { trading } = createWorld({ store: "sqlite" });
  // It does not take orders before it has looked at the venue; nobody waits.
  const running = trading.orchestrator.run(ANN, { symbols: [AAA] });
  await rejects(running, { code: "unavailable" });
});
