/**
 * The composition root: the one place that names adapters.
 *
 * @module
 */
import { openLightgbmModelRegistry } from "../adapters/lightgbm/model_registry.ts";
import { openMemoryEventBus } from "../adapters/memory/event_bus.ts";
import {
  createMemoryFeatures,
  openMemoryFeatureStore,
} from "../adapters/memory/feature_store.ts";
import { createMemoryLog } from "../adapters/memory/log.ts";
import { openMemorySequencePort } from "../adapters/memory/sequence_port.ts";
import { openMemorySettingsStore } from "../adapters/memory/settings_store.ts";
import { openNoopEventBus } from "../adapters/noop/event_bus.ts";
import { openNoopFeatureStore } from "../adapters/noop/feature_store.ts";
import { openNoopSequencePort } from "../adapters/noop/sequence_port.ts";
import { openNoopSettingsStore } from "../adapters/noop/settings_store.ts";
import { openParquetMarketData } from "../adapters/parquet/market_data.ts";
import {
  openPostgresDatabase,
  type PostgresDatabase,
} from "../adapters/postgres/database.ts";
import { openPostgresEventBus } from "../adapters/postgres/event_bus.ts";
import { openPostgresFeatureStore } from "../adapters/postgres/feature_store.ts";
import { openPostgresSequencePort } from "../adapters/postgres/sequence_port.ts";
import { openPostgresSettingsStore } from "../adapters/postgres/settings_store.ts";
import {
  openSqliteDatabase,
  type SqliteDatabase,
} from "../adapters/sqlite/database.ts";
import { openSqliteEventBus } from "../adapters/sqlite/event_bus.ts";
import { openSqliteFeatureStore } from "../adapters/sqlite/feature_store.ts";
import { openSqliteSequencePort } from "../adapters/sqlite/sequence_port.ts";
import { openSqliteSettingsStore } from "../adapters/sqlite/settings_store.ts";
import { openSwitchingEventBus } from "../adapters/switching/event_bus.ts";
import { openSwitchingFeatureStore } from "../adapters/switching/feature_store.ts";
import { openSwitchingSequencePort } from "../adapters/switching/sequence_port.ts";
import { openSwitchingSettingsStore } from "../adapters/switching/settings_store.ts";
import { createSystemClock } from "../adapters/system/clock.ts";
import { createSystemEntropy } from "../adapters/system/entropy.ts";
import { createLineWriter } from "../adapters/system/line_writer.ts";
import {
  createNoQuarantine,
  openQuarantineFile,
} from "../adapters/system/quarantine_file.ts";
import {
  createSystemTelemetry,
  type SystemTelemetry,
} from "../adapters/system/telemetry.ts";
import { ALPHA158_NAMES } from "../domain/alpha158/alpha158.ts";
import type { Clock } from "../ports/clock.ts";
import type { Entropy } from "../ports/entropy.ts";
import type { EventBus } from "../ports/event_bus.ts";
import type { FeatureStore } from "../ports/feature_store.ts";
import type { MarketData } from "../ports/market_data.ts";
import type { ModelRegistry } from "../ports/model_registry.ts";
import { PortError } from "../ports/port_error.ts";
import type { QuarantineList } from "../ports/quarantine_list.ts";
import type { SequencePort } from "../ports/sequence_port.ts";
import type { SettingsStore } from "../ports/settings_store.ts";
import type { Switchable } from "../ports/switchable.ts";
import type { AdapterName, Config } from "./config.ts";

/** What adapters stand on. */
export interface Foundations {
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly telemetry: SystemTelemetry;
}

/** Every port of the service, open. */
export interface Ports extends Foundations {
  readonly featureStore: FeatureStore & Switchable<FeatureStore>;
  readonly eventBus: EventBus & Switchable<EventBus>;
  readonly settingsStore: SettingsStore & Switchable<SettingsStore>;
  readonly sequence: SequencePort & Switchable<SequencePort>;
  readonly marketData: MarketData;
  readonly modelRegistry: ModelRegistry;
  readonly quarantineList: QuarantineList;
}

/**
 * Opens what `config` names; `stack` closes it, the last one first.
 *
 * @param overrides Foundations to stand on instead of the machine's.
 * @throws {PortError} When the database cannot be opened, naming its file.
 */
export async function openPorts(
  config: Config,
  stack: AsyncDisposableStack,
  overrides: Partial<Foundations> = {},
): Promise<Ports> {
  const foundations = openFoundations(config, stack, overrides);
  const { clock, telemetry } = foundations;
  return {
    ...foundations,
    ...await openStatePorts(config, foundations, stack),
    marketData: stack.use(
      await openParquetMarketData({
        dir: config.marketDataDir,
        clock,
        telemetry,
      }),
    ),
    modelRegistry: stack.use(
      await openLightgbmModelRegistry({
        path: config.modelPath,
        featureNames: ALPHA158_NAMES,
        strategy: config.strategyId,
        clock,
      }),
    ),
    quarantineList: config.quarantinePath === undefined
      ? createNoQuarantine()
      : openQuarantineFile(config.quarantinePath, telemetry),
  };
}

function openFoundations(
  config: Config,
  stack: AsyncDisposableStack,
  overrides: Partial<Foundations>,
): Foundations {
  const clock = overrides.clock ?? createSystemClock();
  const entropy = overrides.entropy ?? createSystemEntropy();
  if (overrides.telemetry) {
    return { clock, entropy, telemetry: overrides.telemetry };
  }
  const lines = stack.use(createLineWriter(Deno.stderr));
  const telemetry = createSystemTelemetry({
    clock,
    level: config.logLevel,
    format: config.logFormat ?? (Deno.stderr.isTerminal() ? "pretty" : "json"),
    write: lines.write,
  });
  return { clock, entropy, telemetry };
}

/** How to open each port on one technology. */
interface Technology {
  eventBus(): EventBus;
  featureStore(): FeatureStore;
  sequence(): SequencePort;
  settingsStore(): SettingsStore;
}

async function openStatePorts(
  config: Config,
  foundations: Foundations,
  stack: AsyncDisposableStack,
) {
  const { featureStore, eventBus, settingsStore, sequence } = config.adapters;
  const uses = (name: AdapterName) =>
    Object.values(config.adapters).includes(name);
  const technologies: Record<AdapterName, Technology> = {
    noop: NOOP,
    memory: memory(foundations),
    sqlite: uses("sqlite")
      ? sqlite(stack.use(await openDatabase(config.dataDir, foundations)))
      : NOOP,
    postgres: uses("postgres")
      ? postgres(stack.use(
        openPostgresDatabase({ ...foundations, url: config.databaseUrl! }),
      ))
      : NOOP,
  };
  const features = stack.use(technologies[featureStore].featureStore());
  const events = stack.use(technologies[eventBus].eventBus());
  const settings = stack.use(technologies[settingsStore].settingsStore());
  const numbers = stack.use(technologies[sequence].sequence());
  return {
    featureStore: stack.use(openSwitchingFeatureStore(featureStore, features)),
    eventBus: stack.use(openSwitchingEventBus(eventBus, events)),
    settingsStore: stack.use(
      openSwitchingSettingsStore(settingsStore, settings),
    ),
    sequence: stack.use(openSwitchingSequencePort(sequence, numbers)),
  };
}

const NOOP: Technology = {
  eventBus: openNoopEventBus,
  featureStore: openNoopFeatureStore,
  sequence: openNoopSequencePort,
  settingsStore: openNoopSettingsStore,
};

function memory(foundations: Foundations): Technology {
  const log = createMemoryLog(foundations);
  return {
    eventBus: () => openMemoryEventBus(log),
    featureStore: () =>
      openMemoryFeatureStore(createMemoryFeatures(foundations)),
    sequence: () => openMemorySequencePort(),
    settingsStore: () => openMemorySettingsStore(log),
  };
}

function sqlite(database: SqliteDatabase): Technology {
  return {
    eventBus: () => openSqliteEventBus(database),
    featureStore: () => openSqliteFeatureStore(database),
    sequence: () => openSqliteSequencePort(database),
    settingsStore: () => openSqliteSettingsStore(database),
  };
}

function postgres(database: PostgresDatabase): Technology {
  return {
    eventBus: () => openPostgresEventBus(database),
    featureStore: () => openPostgresFeatureStore(database),
    sequence: () => openPostgresSequencePort(database),
    settingsStore: () => openPostgresSettingsStore(database),
  };
}

async function openDatabase(
  folder: string,
  foundations: Foundations,
): Promise<SqliteDatabase> {
  try {
    await Deno.mkdir(folder, { recursive: true });
  } catch (cause) {
    throw new PortError(
      "unavailable",
      `Cannot use DATA_DIR ${folder} as it cannot be created: ${
        (cause as Error).message
      }`,
      { cause },
    );
  }
  return openSqliteDatabase({ ...foundations, path: `${folder}/holdfast.db` });
}
