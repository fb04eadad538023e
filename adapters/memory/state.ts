/**
 * Every state port in this process's memory.
 *
 * @module
 */
import type { Clock } from "../../ports/clock.ts";
import type { Entropy } from "../../ports/entropy.ts";
import type { RecordPorts } from "../../ports/state_ports.ts";
import { openMemoryApiKeyStore } from "./api_key_store.ts";
import { openMemoryAuditLog } from "./audit_log.ts";
import { openMemoryEventBus } from "./event_bus.ts";
import {
  createMemoryFeatures,
  openMemoryFeatureStore,
} from "./feature_store.ts";
import { type MemoryGroups, openMemoryGroupStore } from "./group_store.ts";
import { createMemoryLog } from "./log.ts";
import { openMemoryLogRetention } from "./log_retention.ts";
import { openMemoryOrderIntents } from "./order_intents.ts";
import { openMemorySequencePort } from "./sequence_port.ts";
import { openMemorySettingsArchive } from "./settings_archive.ts";
import { createMemoryHistory } from "./settings_history.ts";
import {
  type MemorySettings,
  openMemorySettingsStore,
} from "./settings_store.ts";
import { openMemoryTradeLedger } from "./trade_ledger.ts";

/** Opens ports over one empty state; `stack` closes them. */
export function openMemoryState(
  options: { readonly clock: Clock; readonly entropy: Entropy },
  stack: AsyncDisposableStack,
): RecordPorts {
  const log = createMemoryLog(options);
  const documents: MemorySettings = new Map();
  const history = createMemoryHistory();
  const groups: MemoryGroups = new Map();
  return {
    apiKeyStore: stack.use(openMemoryApiKeyStore()),
    auditLog: stack.use(openMemoryAuditLog(options.clock)),
    eventBus: stack.use(openMemoryEventBus(log)),
    featureStore: stack.use(
      openMemoryFeatureStore(createMemoryFeatures(options)),
    ),
    groupStore: stack.use(openMemoryGroupStore(log, groups)),
    logRetention: stack.use(openMemoryLogRetention(log, groups)),
    orderIntents: stack.use(openMemoryOrderIntents()),
    sequence: stack.use(openMemorySequencePort()),
    settingsArchive: stack.use(
      openMemorySettingsArchive(log, documents, history),
    ),
    settingsStore: stack.use(openMemorySettingsStore(log, documents, history)),
    tradeLedger: stack.use(openMemoryTradeLedger(log)),
  };
}
