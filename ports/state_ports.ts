/**
 * The ports that hold state, together: one technology gives all of them.
 *
 * @module
 */
import type { ApiKeyStore } from "./api_key_store.ts";
import type { AuditLog } from "./audit_log.ts";
import type { EventBus } from "./event_bus.ts";
import type { GroupStore } from "./event_groups.ts";
import type { FeatureStore } from "./feature_store.ts";
import type { LogRetention } from "./log_retention.ts";
import type { OrderIntents } from "./order_intents.ts";
import type { SequencePort } from "./sequence_port.ts";
import type { SettingsArchive } from "./settings_archive.ts";
import type { SettingsStore } from "./settings_store.ts";
import type { TradeLedger } from "./trade_ledger.ts";

/** The ports whose adapter is chosen and can be swapped. */
export interface StatePorts {
  /** Computed vectors. */
  readonly featureStore: FeatureStore;
  /** The log. */
  readonly eventBus: EventBus;
  /** Documents. */
  readonly settingsStore: SettingsStore;
  /** Numbers. */
  readonly sequence: SequencePort;
}

/** The same, and what is read from the database of record alone. */
export interface RecordPorts extends StatePorts {
  /** Which changes administrators have asked for. */
  readonly auditLog: AuditLog;
  /** Who may call the service, and with what. */
  readonly apiKeyStore: ApiKeyStore;
  /** How far consumer groups are, and their dead letters. */
  readonly groupStore: GroupStore;
  /** Drops what nobody needs any more of the log. */
  readonly logRetention: LogRetention;
  /** What was given out for orders, and for what. */
  readonly orderIntents: OrderIntents;
  /** What documents were before. */
  readonly settingsArchive: SettingsArchive;
  /** Orders, fills, positions and runs. */
  readonly tradeLedger: TradeLedger;
}
