/**
 * Everything that trades, over a memory ledger and a paper venue at which all
 * things cost 100.
 *
 * @module
 */
import { openMemoryExchangeCache } from "../../adapters/memory/exchange_cache.ts";
import { openPaperBroker } from "../../adapters/paper/broker.ts";
import { ONE } from "../../domain/decimal.ts";
import { parseTradingDate } from "../../domain/trading_date.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Entropy } from "../../ports/entropy.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import type { TradeLedger } from "../../ports/trade_ledger.ts";
import { createExecutionGateway } from "../../src/apps/execution_gateway.ts";
import { createOrchestrator } from "../../src/apps/orchestrator.ts";
import {
  type SignalService,
  signalSourceOf,
} from "../../src/apps/signal_service.ts";
import { createExchangeAccounts } from "../../src/services/exchange_cache.ts";
import type { SettingsServices } from "../../src/services/settings/settings.ts";
import { createPaperRunsWorld } from "./paper_runs_world.ts";

const PRICE = 100n * ONE;

/** Creates it; nothing runs in the background. */
export function createTradingWorld(parts: {
  readonly ledger: TradeLedger;
  readonly settings: SettingsServices;
  readonly signals: Pick<SignalService, "generate">;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly telemetry: Telemetry;
}) {
  const prices = {
    latest: async () => ({
      price: PRICE,
      asOf: parseTradingDate("2025-06-30"),
    }),
  };
  const broker = openPaperBroker({
    ...parts,
    quotes: { now: async () => PRICE },
  });
  const gateway = createExecutionGateway({
    ...parts,
    broker,
    prices,
    settings: parts.settings.complete,
    timeZone: parts.settings.timeZone,
    limits: { maxQty: 0n, maxNotional: 0n },
    lots: "whole",
    dryRun: false,
    instance: "one",
  });
  const { paperRuns } = createPaperRunsWorld(parts);
  return {
    gateway,
    paperRuns,
    accounts: createExchangeAccounts({
      ...parts,
      broker,
      caches: { local: openMemoryExchangeCache(parts.clock) },
    }),
    orchestrator: createOrchestrator({
      ...parts,
      prices,
      orders: gateway,
      signals: signalSourceOf(parts.signals),
      defaults: {
        capital: 1000n * PRICE,
        maxPositionSize: 200n * PRICE,
        lots: "whole",
      },
    }),
  };
}
