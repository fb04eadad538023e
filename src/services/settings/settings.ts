/**
 * Everything that is done with settings, over the ports.
 *
 * @module
 */
import type { Clock } from "../../../ports/clock.ts";
import type { DefaultsSource } from "../../../ports/defaults_source.ts";
import type { SettingsArchive } from "../../../ports/settings_archive.ts";
import type {
  SettingsSource,
  SettingsStore,
} from "../../../ports/settings_store.ts";
import type { Telemetry } from "../../../ports/telemetry.ts";
import { type CompleteReads, createCompleteReads } from "./complete_reads.ts";
import { createDefaultSettings, type DefaultSettings } from "./defaults.ts";
import { createUserDocuments, type UserDocuments } from "./documents.ts";
import { createSettingsHistory, type SettingsHistory } from "./history.ts";
import {
  createSettingsMaintenance,
  type SettingsMaintenance,
} from "./maintenance.ts";
import { createTimeZones, type TimeZones } from "./time_zone.ts";

/** What is done with settings. */
export interface SettingsServices {
  /** Reads and changes documents. */
  readonly documents: UserDocuments;
  /** Reads documents without a gap, for the autopilot. */
  readonly complete: CompleteReads;
  /** What new users get. */
  readonly defaults: DefaultSettings;
  /** Comparison, reset, defaults taken over. */
  readonly maintenance: SettingsMaintenance;
  /** Who changed what. */
  readonly history: SettingsHistory;
  /** Where days begin and end. */
  readonly timeZone: TimeZones;
  /** What acknowledges a write: the database, or memory. */
  readonly record: SettingsSource;
}

/** Creates the services. */
export function createSettingsServices(ports: {
  readonly store: SettingsStore;
  readonly archive: SettingsArchive;
  readonly source: DefaultsSource;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly record: SettingsSource;
}): SettingsServices {
  const { record } = ports;
  const defaults = createDefaultSettings(ports);
  const documents = createUserDocuments({ ...ports, defaults });
  return {
    documents,
    complete: createCompleteReads({ documents, defaults }),
    defaults,
    maintenance: createSettingsMaintenance({ documents, defaults }),
    history: createSettingsHistory({ ...ports, documents }),
    timeZone: createTimeZones(ports.store),
    record,
  };
}
