/**
 * All that SQLite gives: one file, every port over it.
 *
 * @module
 */
import type { RecordStore } from "../../ports/record_store.ts";
import type { SequenceLedger } from "../../ports/sequence_ledger.ts";
import type { RecordPorts } from "../../ports/state_ports.ts";
import { openSqliteAuditLog } from "./audit_log.ts";
import { openSqliteDatabase } from "./database.ts";
import { openSqliteApiKeyStore } from "./api_key_store.ts";
import { openSqliteEventBus } from "./event_bus.ts";
import { openSqliteFeatureStore } from "./feature_store.ts";
import { openSqliteGroupStore } from "./group_store.ts";
import { openSqliteLogRetention } from "./log_retention.ts";
import { openSqliteOrderIntents } from "./order_intents.ts";
import { openSqliteRecordStore } from "./record_store.ts";
import { openSqliteSequenceLedger } from "./sequence_ledger.ts";
import { openSqliteSequencePort } from "./sequence_port.ts";
import { openSqliteSettingsArchive } from "./settings_archive.ts";
import { openSqliteSettingsStore } from "./settings_store.ts";
import { openSqliteTradeLedger } from "./trade_ledger.ts";

/** The ports over one open database. */
export interface SqliteState extends RecordPorts {
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
export async function openSqliteState(
  options: Parameters<typeof openSqliteDatabase>[0],
  stack: AsyncDisposableStack,
): Promise<SqliteState> {
  const db = stack.use(await openSqliteDatabase(options));
  return {
    apiKeyStore: stack.use(openSqliteApiKeyStore(db)),
    auditLog: stack.use(openSqliteAuditLog(db)),
    eventBus: stack.use(openSqliteEventBus(db)),
    featureStore: stack.use(openSqliteFeatureStore(db)),
    groupStore: stack.use(openSqliteGroupStore(db)),
    ledger: stack.use(openSqliteSequenceLedger(db)),
    logRetention: stack.use(openSqliteLogRetention(db)),
    orderIntents: stack.use(openSqliteOrderIntents(db)),
    record: stack.use(openSqliteRecordStore(db)),
    sequence: stack.use(openSqliteSequencePort(db)),
    settingsArchive: stack.use(openSqliteSettingsArchive(db)),
    settingsStore: stack.use(openSqliteSettingsStore(db)),
    tradeLedger: stack.use(openSqliteTradeLedger(db)),
  };
}
