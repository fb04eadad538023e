/**
 * All that Postgres gives: one database, every port over it.
 *
 * @module
 */
import type { RecordStore } from "../../ports/record_store.ts";
import type { SequenceLedger } from "../../ports/sequence_ledger.ts";
import type { RecordPorts } from "../../ports/state_ports.ts";
import { openPostgresAuditLog } from "./audit_log.ts";
import { openPostgresDatabase, type PostgresOptions } from "./database.ts";
import { openPostgresApiKeyStore } from "./api_key_store.ts";
import { openPostgresEventBus } from "./event_bus.ts";
import { openPostgresFeatureStore } from "./feature_store.ts";
import { openPostgresGroupStore } from "./group_store.ts";
import { openPostgresLogRetention } from "./log_retention.ts";
import { openPostgresOrderIntents } from "./order_intents.ts";
import { openPostgresRecordStore } from "./record_store.ts";
import { openPostgresSequenceLedger } from "./sequence_ledger.ts";
import { openPostgresSequencePort } from "./sequence_port.ts";
import { openPostgresSettingsArchive } from "./settings_archive.ts";
import { openPostgresSettingsStore } from "./settings_store.ts";
import { openPostgresTradeLedger } from "./trade_ledger.ts";

/** The ports over one open database. */
export interface PostgresState extends RecordPorts {
  /** The database as those see it who follow it. */
  readonly record: RecordStore;
  /** Numbers, as those give them out who keep blocks elsewhere. */
  readonly ledger: SequenceLedger;
}

/**
 * Opens a database and the ports over it; `stack` closes them.
 *
 * @throws {PortError} As opening the database does.
 */
export function openPostgresState(
  options: PostgresOptions,
  stack: AsyncDisposableStack,
): PostgresState {
  const db = stack.use(openPostgresDatabase(options));
  return {
    apiKeyStore: stack.use(openPostgresApiKeyStore(db)),
    auditLog: stack.use(openPostgresAuditLog(db)),
    eventBus: stack.use(openPostgresEventBus(db)),
    featureStore: stack.use(openPostgresFeatureStore(db)),
    groupStore: stack.use(openPostgresGroupStore(db)),
    ledger: stack.use(openPostgresSequenceLedger(db)),
    logRetention: stack.use(openPostgresLogRetention(db)),
    orderIntents: stack.use(openPostgresOrderIntents(db)),
    record: stack.use(openPostgresRecordStore(db)),
    sequence: stack.use(openPostgresSequencePort(db)),
    settingsArchive: stack.use(openPostgresSettingsArchive(db)),
    settingsStore: stack.use(openPostgresSettingsStore(db)),
    tradeLedger: stack.use(openPostgresTradeLedger(db)),
  };
}
