/**
 * Every state port switched off.
 *
 * @module
 */
import type { RecordPorts } from "../../ports/state_ports.ts";
import { openNoopApiKeyStore } from "./api_key_store.ts";
import { openNoopAuditLog } from "./audit_log.ts";
import { openNoopEventBus } from "./event_bus.ts";
import { openNoopFeatureStore } from "./feature_store.ts";
import { openNoopGroupStore } from "./group_store.ts";
import { openNoopLogRetention } from "./log_retention.ts";
import { openNoopOrderIntents } from "./order_intents.ts";
import { openNoopSequencePort } from "./sequence_port.ts";
import { openNoopSettingsArchive } from "./settings_archive.ts";
import { openNoopSettingsStore } from "./settings_store.ts";
import { openNoopTradeLedger } from "./trade_ledger.ts";

/** Opens ports that hold nothing; `stack` closes them. */
export function openNoopState(stack: AsyncDisposableStack): RecordPorts {
  return {
    apiKeyStore: stack.use(openNoopApiKeyStore()),
    auditLog: stack.use(openNoopAuditLog()),
    eventBus: stack.use(openNoopEventBus()),
    featureStore: stack.use(openNoopFeatureStore()),
    groupStore: stack.use(openNoopGroupStore()),
    logRetention: stack.use(openNoopLogRetention()),
    orderIntents: stack.use(openNoopOrderIntents()),
    sequence: stack.use(openNoopSequencePort()),
    settingsArchive: stack.use(openNoopSettingsArchive()),
    settingsStore: stack.use(openNoopSettingsStore()),
    tradeLedger: stack.use(openNoopTradeLedger()),
  };
}
