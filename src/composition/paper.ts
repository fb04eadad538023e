/**
 * The ports of a paper run: everything in this process's memory, time and
 * chance simulated. Apart from `composition_root.ts`, so that a paper run loads
 * no database and no Redis.
 *
 * @module
 */
import { createMemoryLog } from "../../adapters/memory/log.ts";
import { openMemoryTradeLedger } from "../../adapters/memory/trade_ledger.ts";
import { openNoopEventBus } from "../../adapters/noop/event_bus.ts";
import { openNoopFeatureStore } from "../../adapters/noop/feature_store.ts";
import { createNoopTelemetry } from "../../adapters/noop/telemetry.ts";
import {
  openPaperBroker,
  type PaperBroker,
} from "../../adapters/paper/broker.ts";
import { parsePaperOptions } from "../../adapters/paper/options.ts";
import {
  createSimulatedClock,
  type SimulatedClock,
} from "../../adapters/simulated/clock.ts";
import { createSimulatedEntropy } from "../../adapters/simulated/entropy.ts";
import type { Entropy } from "../../ports/entropy.ts";
import type { EventBus } from "../../ports/event_bus.ts";
import type { FeatureStore } from "../../ports/feature_store.ts";
import { PortError } from "../../ports/port_error.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import type { TradeLedger } from "../../ports/trade_ledger.ts";
import { type FilePlaces, type FilePorts, openFilePorts } from "./files.ts";

/** Every port of a paper run, open. */
export interface PaperPorts extends FilePorts {
  readonly clock: SimulatedClock;
  readonly entropy: Entropy;
  readonly telemetry: Telemetry;
  readonly bus: EventBus;
  readonly store: FeatureStore;
  readonly ledger: TradeLedger;
  readonly broker: PaperBroker;
}

/**
 * Opens them; `stack` closes them, the last one first.
 *
 * @param venue Options of the venue by their names, such as `slippage_bps`.
 * @throws {InvalidInput} When an option of the venue is wrong.
 */
export async function openPaperPorts(
  config: FilePlaces,
  venue: Readonly<Record<string, string>>,
  stack: AsyncDisposableStack,
): Promise<PaperPorts> {
  const options = parsePaperOptions(
    Object.entries(venue).map((pair) => pair.join("=")).join(","),
  );
  const clock = createSimulatedClock(0);
  const entropy = createSimulatedEntropy(options.seed);
  const telemetry = createNoopTelemetry();
  const log = createMemoryLog({ clock, entropy });
  // As many orders as there are days for.
  const ledger = stack.use(openMemoryTradeLedger(log, Infinity));
  return {
    clock,
    entropy,
    telemetry,
    bus: stack.use(openNoopEventBus()),
    // No vector is asked for twice.
    store: stack.use(openNoopFeatureStore()),
    ledger,
    broker: stack.use(openPaperBroker({
      ledger,
      quotes: { now: noQuotes },
      clock,
      options,
      fillAt: "next_bar",
    })),
    ...await openFilePorts(config, { clock, telemetry }, stack),
  };
}

async function noQuotes(): Promise<never> {
  throw new PortError(
    "unsupported",
    "Cannot tell the price of now as orders are filled at the next bar",
  );
}
