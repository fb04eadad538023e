/**
 * The memory adapters, opened over one log as the composition root does.
 *
 * @module
 */
import {
  createMemoryApiKeys,
  openMemoryApiKeyStore,
} from "../../adapters/memory/api_key_store.ts";
import { openMemoryEventBus } from "../../adapters/memory/event_bus.ts";
import {
  createMemoryFeatures,
  openMemoryFeatureStore,
} from "../../adapters/memory/feature_store.ts";
import {
  type MemoryGroups,
  openMemoryGroupStore,
} from "../../adapters/memory/group_store.ts";
import { openMemoryLogRetention } from "../../adapters/memory/log_retention.ts";
import { createMemoryLog, type MemoryLog } from "../../adapters/memory/log.ts";
import {
  createMemoryLeases,
  openMemoryRecordStore,
} from "../../adapters/memory/record_store.ts";
import {
  type MemoryIntents,
  openMemoryOrderIntents,
} from "../../adapters/memory/order_intents.ts";
import { openMemorySequencePort } from "../../adapters/memory/sequence_port.ts";
import { openMemorySettingsArchive } from "../../adapters/memory/settings_archive.ts";
import { createMemoryHistory } from "../../adapters/memory/settings_history.ts";
import {
  type MemorySettings,
  openMemorySettingsStore,
} from "../../adapters/memory/settings_store.ts";
import { openMemoryTradeLedger } from "../../adapters/memory/trade_ledger.ts";
import { createFakeClock } from "./fake_clock.ts";
import { createSeededEntropy } from "./seeded_entropy.ts";

/** What the four ports stand on when everything is in memory. */
export interface MemoryWorld {
  readonly clock: ReturnType<typeof createFakeClock>;
  readonly log: MemoryLog;
  /** Opens one more adapter over the same state. */
  readonly apiKeys: () => ReturnType<typeof openMemoryApiKeyStore>;
  readonly bus: () => ReturnType<typeof openMemoryEventBus>;
  readonly settings: () => ReturnType<typeof openMemorySettingsStore>;
  readonly sequence: () => ReturnType<typeof openMemorySequencePort>;
  readonly features: () => ReturnType<typeof openMemoryFeatureStore>;
  readonly groups: () => ReturnType<typeof openMemoryGroupStore>;
  readonly intents: () => ReturnType<typeof openMemoryOrderIntents>;
  readonly ledger: () => ReturnType<typeof openMemoryTradeLedger>;
  readonly retention: () => ReturnType<typeof openMemoryLogRetention>;
  readonly archive: () => ReturnType<typeof openMemorySettingsArchive>;
  readonly record: () => ReturnType<typeof openMemoryRecordStore>;
}

/** Creates a fresh world. */
export function createMemoryWorld(
  options: { readonly capacity?: number } = {},
): MemoryWorld {
  const clock = createFakeClock();
  const entropy = createSeededEntropy();
  const log = createMemoryLog({ clock, entropy, ...options });
  const documents: MemorySettings = new Map();
  const history = createMemoryHistory();
  const groups: MemoryGroups = new Map();
  const intents: MemoryIntents = new Map();
  const keys = createMemoryApiKeys();
  const leases = createMemoryLeases();
  const issued = new Map<string, number>();
  const features = createMemoryFeatures({ clock });
  return {
    clock,
    log,
    apiKeys: () => openMemoryApiKeyStore(keys),
    bus: () => openMemoryEventBus(log),
    settings: () => openMemorySettingsStore(log, documents, history),
    sequence: () => openMemorySequencePort(issued),
    features: () => openMemoryFeatureStore(features),
    groups: () => openMemoryGroupStore(log, groups),
    intents: () => openMemoryOrderIntents(intents),
    ledger: () => openMemoryTradeLedger(log),
    retention: () => openMemoryLogRetention(log, groups),
    archive: () => openMemorySettingsArchive(log, documents, history),
    record: () => openMemoryRecordStore(log, documents, leases),
  };
}

/** Makes a test subject of its parts, closed in the order given. */
export function subject<T extends object>(
  parts: T,
  ...close: AsyncDisposable[]
): T & AsyncDisposable {
  return {
    ...parts,
    async [Symbol.asyncDispose]() {
      for (const one of close) await one[Symbol.asyncDispose]();
    },
  };
}
