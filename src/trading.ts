/**
 * Trading: the gateway, the orchestrator and the accounts at the venue, put
 * together, and runs on paper, which touch none of them; the signal service and
 * the gateway may be other processes.
 *
 * @module
 */
import type { EventBus } from "../ports/event_bus.ts";
import {
  createExecutionGateway,
  type ExecutionGateway,
} from "./apps/execution_gateway.ts";
import { createOrchestrator, type Orchestrator } from "./apps/orchestrator.ts";
import { followSignals } from "./apps/orchestrator/follow.ts";
import {
  createPaperRuns,
  type PaperRuns,
  type PaperRunWish,
} from "./apps/paper_runs.ts";
import { type SignalService, signalSourceOf } from "./apps/signal_service.ts";
import type { Ports } from "./composition_root.ts";
import type { Config } from "./config.ts";
import { type PaperDeskRequest, runPaperDesk } from "./paper_desk.ts";
import type { EventGroups } from "./services/event_groups.ts";
import {
  createExchangeAccounts,
  type ExchangeAccounts,
} from "./services/exchange_cache.ts";
import { followTrades } from "./services/exchange_events.ts";
import {
  createPatientOrders,
  createPatientSignals,
} from "./services/remote.ts";
import { plays } from "./services/role.ts";
import type { SettingsServices } from "./services/settings/settings.ts";
import { createToldBroker } from "./services/told_broker.ts";

/** What trades. */
export interface Trading {
  readonly gateway: ExecutionGateway;
  readonly accounts: ExchangeAccounts;
  readonly orchestrator: Orchestrator;
  readonly paperRuns: PaperRuns;
  /** Looks after orders, and follows signals where it is told to, until `signal` aborts. */
  run(signal: AbortSignal): Promise<void>;
}

/** Puts it together. */
export function createTrading(
  config: Config,
  ports: Ports,
  services: {
    readonly signals: Pick<SignalService, "generate">;
    readonly settings: SettingsServices;
    readonly groups: EventGroups;
    /** The log for those who follow it, and how long they gather events. */
    readonly followed: { readonly bus: EventBus; readonly gatherMs: number };
  },
): Trading {
  const { role, gateway: { dryRun, lots, ...most }, orchestration } = config;
  const { tradeLedger: ledger, remote, entropy, telemetry } = ports;
  const instance = `${config.instanceId}:${entropy.bytes(6).toHex()}`;
  const accounts = createExchangeAccounts({
    ...ports,
    caches: ports.exchangeCaches,
  });
  const gateway = createExecutionGateway({
    ...ports,
    ledger,
    broker: createToldBroker(ports.broker, accounts.invalidate, telemetry),
    settings: services.settings.complete,
    timeZone: services.settings.timeZone,
    limits: { maxQty: most.maxOrderQty, maxNotional: most.maxOrderNotional },
    lots,
    dryRun,
    instance,
  });
  const orchestrator = createOrchestrator({
    ...ports,
    ledger,
    signals: remote.signals
      ? createPatientSignals(remote.signals, ports)
      : signalSourceOf(services.signals),
    // The gateway here has tried again already what can be.
    orders: remote.orders ? createPatientOrders(remote.orders, ports) : gateway,
    defaults: { ...orchestration, lots },
  });
  const paperRuns = createPaperRuns({
    ...ports,
    market: ports.marketData,
    defaults: config.ends,
    doRun: (wish, hooks, signal) =>
      runPaperDesk(deskRequestOf(wish, config), hooks, signal),
  });

  return {
    gateway,
    accounts,
    orchestrator,
    paperRuns,
    async run(signal) {
      const follows = plays(role, "orchestrator") &&
        orchestration.followsSignals;
      const isGateway = plays(role, "execution-gateway");
      // With Redis too, which may be away, or not be there for all.
      const hasOthers = config.store === "postgres";
      await Promise.all([
        paperRuns.run(signal),
        isGateway && gateway.run(signal),
        isGateway && hasOthers &&
        followTrades({ ...ports, ...services.followed, accounts }, signal),
        follows && followSignals({
          ...ports,
          groups: services.groups,
          orchestrator,
          user: orchestration.user,
          member: instance,
        }, signal),
      ]);
    },
  };
}

/** `wish`, with what it leaves open as `config` has it. */
function deskRequestOf(
  wish: PaperRunWish,
  config: Config,
): PaperDeskRequest {
  const { orchestration, gateway, ends } = config;
  const { symbols, from, to, venue } = wish;
  return {
    symbols,
    from,
    to,
    venue,
    config: {
      ...config,
      orchestration: {
        ...orchestration,
        capital: wish.capital ?? orchestration.capital,
        maxPositionSize: wish.maxPositionSize ?? orchestration.maxPositionSize,
      },
      gateway: { ...gateway, lots: wish.lots ?? gateway.lots },
      ends: {
        topN: wish.topN ?? ends.topN,
        bottomN: wish.bottomN ?? ends.bottomN,
      },
    },
  };
}
