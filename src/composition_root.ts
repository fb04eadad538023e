/**
 * The composition root: the one place that names adapters.
 *
 * @module
 */
import { openLightgbmModelRegistry } from "../adapters/lightgbm/model_registry.ts";
import { openMemoryState } from "../adapters/memory/state.ts";
import { openNoopState } from "../adapters/noop/state.ts";
import { createNoopVolatileRelay } from "../adapters/noop/volatile_relay.ts";
import { openParquetMarketData } from "../adapters/parquet/market_data.ts";
import {
  openPostgresState,
  type PostgresState,
} from "../adapters/postgres/state.ts";
import { openRedisConnection } from "../adapters/redis/connection.ts";
import { openRedisFastLayer } from "../adapters/redis/fast_layer.ts";
import { openRedisFeatureStore } from "../adapters/redis/feature_store.ts";
import { openRedisSequenceBlocks } from "../adapters/redis/sequence_blocks.ts";
import { createRedisVolatileRelay } from "../adapters/redis/volatile_relay.ts";
import { openSqliteState, type SqliteState } from "../adapters/sqlite/state.ts";
import {
  openSwitchingState,
  type SwitchingState,
} from "../adapters/switching/state.ts";
import { createSystemClock } from "../adapters/system/clock.ts";
import { createSystemEntropy } from "../adapters/system/entropy.ts";
import { openDefaultsFile } from "../adapters/system/defaults_file.ts";
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
import type { LogHead } from "../domain/event/event.ts";
import type { Clock } from "../ports/clock.ts";
import type { DefaultsSource } from "../ports/defaults_source.ts";
import type { Entropy } from "../ports/entropy.ts";
import type { MarketData } from "../ports/market_data.ts";
import type { ModelRegistry } from "../ports/model_registry.ts";
import type { FeatureStore } from "../ports/feature_store.ts";
import { PortError } from "../ports/port_error.ts";
import type { QuarantineList } from "../ports/quarantine_list.ts";
import type { RecordPorts, StatePorts } from "../ports/state_ports.ts";
import type { VolatileRelay } from "../ports/volatile_relay.ts";
import { planAdapters, type Technologies } from "./adapter_plan.ts";
import type { Config } from "./config.ts";
import { openBystanderSettings } from "./follower/database_settings.ts";
import { openFollowedEventBus } from "./follower/events.ts";
import { type Follower, openFollower } from "./follower/follower.ts";
import { openFollowedSequences } from "./follower/sequences.ts";
import type { SystemState } from "./services/system_state.ts";
import { createSupervisor, switchedPort } from "./supervisor.ts";

/** What adapters stand on. */
export interface Foundations {
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly telemetry: SystemTelemetry;
}

/** Ports that only the database of record has. */
type RecordOnly = Omit<RecordPorts, keyof StatePorts>;

/** Every port of the service, open. */
export interface Ports extends Foundations, SwitchingState, RecordOnly {
  readonly state: SystemState;
  readonly marketData: MarketData;
  readonly modelRegistry: ModelRegistry;
  readonly quarantineList: QuarantineList;
  readonly defaultsSource: DefaultsSource;
  readonly volatileRelay: VolatileRelay;
  /** Stores that have to be told what the log says is void: Redis follows it. */
  readonly forgetfulFeatureStores: readonly FeatureStore[];
  /**
   * Calls `listener` whenever Redis has begun anew, and once it is believed for
   * the first time, at once where that has been; until the result is called.
   * Never without Redis.
   */
  onRedisAnew(listener: () => void): () => void;
  /** Reads from the database of record, whatever the ports are on. */
  probe(signal?: AbortSignal): Promise<LogHead>;
}

/** Ports that read files which operators keep. */
type FilePort =
  | "marketData"
  | "modelRegistry"
  | "quarantineList"
  | "defaultsSource";

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
  const market = { dir: config.marketDataDir, clock, telemetry };
  return {
    ...foundations,
    ...await openStatePorts(config, foundations, stack),
    marketData: stack.use(await openParquetMarketData(market)),
    modelRegistry: stack.use(
      await openLightgbmModelRegistry({
        path: config.modelPath,
        featureNames: ALPHA158_NAMES,
        strategy: config.strategyId,
        clock,
      }),
    ),
    defaultsSource: openDefaultsFile({
      path: config.defaultSettingsPath,
      dataDir: config.dataDir,
    }),
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

async function openStatePorts(
  config: Config,
  foundations: Foundations,
  stack: AsyncDisposableStack,
): Promise<Omit<Ports, keyof Foundations | FilePort>> {
  const { store, redis } = config;
  const { telemetry } = foundations;
  const postgres = () => {
    const url = config.databaseUrl!;
    return openPostgresState({ ...foundations, url }, stack);
  };
  const memory = openMemoryState(foundations, stack);
  const technologies: Technologies = { noop: openNoopState(stack), memory };
  let record: RecordPorts = memory;
  let following: Following | undefined;
  if (store !== "memory") {
    const database = store === "sqlite"
      ? await openSqlite(config, foundations, stack)
      : postgres();
    // Others may serve from a Redis that this instance knows nothing of.
    const safe = stack.use(openBystanderSettings({
      ...foundations,
      record: database.record,
      label: config.instanceId,
    }));
    record = technologies[store] = { ...database, settingsStore: safe };
    if (redis) following = follow(config, foundations, database, stack);
  }
  if (config.adapters.featureStore === "postgres") {
    technologies.postgres ??= postgres();
  }
  if (following) {
    technologies.redis = following.redis;
    technologies[store] = following.database;
  }
  const plan = planAdapters(config, technologies);
  const ports = openSwitchingState({
    featureStore: plan.featureStore.start,
    eventBus: plan.eventBus.start,
    settingsStore: plan.settingsStore.start,
    sequence: plan.sequence.start,
  }, stack);
  const { featureStore, eventBus, settingsStore, sequence } = ports;
  const switched = [
    switchedPort("feature_store", featureStore, plan.featureStore),
    switchedPort("event_bus", eventBus, plan.eventBus),
    switchedPort("settings_store", settingsStore, plan.settingsStore),
    switchedPort("sequence", sequence, plan.sequence),
  ];
  return {
    ...ports,
    state: stack.use(
      createSupervisor(switched, following?.follower, telemetry),
    ),
    forgetfulFeatureStores: following
      ? Object.entries(plan.featureStore.choices)
        .filter(([name]) => name !== "redis").map(([, store]) => store)
      : [featureStore],
    groupStore: record.groupStore,
    logRetention: record.logRetention,
    orderIntents: record.orderIntents,
    settingsArchive: record.settingsArchive,
    volatileRelay: following?.relay ?? createNoopVolatileRelay(telemetry),
    onRedisAnew: following?.follower.onAnew ?? (() => () => {}),
    async probe(signal) {
      // Asks both: a database may answer for one and not for the other.
      await record.settingsStore.read([], signal);
      return await record.eventBus.head(signal);
    },
  };
}

/** What serves while Redis follows the database of record. */
interface Following {
  readonly follower: Follower;
  readonly relay: VolatileRelay;
  /** The ports as they read from Redis. */
  readonly redis: StatePorts;
  /** The ports as they read from the database, for as long as Redis is not believed. */
  readonly database: StatePorts;
}

/** Opens Redis and lets it follow the database of record. */
function follow(
  config: Config,
  foundations: Foundations,
  database: PostgresState | SqliteState,
  stack: AsyncDisposableStack,
): Following {
  const { clock, entropy } = foundations;
  const server = { ...foundations, ...config.redis };
  const connection = stack.use(openRedisConnection(server));
  const fast = stack.use(openRedisFastLayer(connection, foundations));
  const { eventBus: bus, ledger, record } = database;
  const follower = stack.use(openFollower({
    ...foundations,
    record,
    bus,
    fast,
    label: config.instanceId,
    isStrict: config.isStrict,
  }));
  const { gate } = follower;
  const blocks = stack.use(openRedisSequenceBlocks(connection));
  const numbers = openFollowedSequences({ ledger, blocks, gate, clock });
  return {
    follower,
    relay: createRedisVolatileRelay(connection, server),
    redis: {
      featureStore: stack.use(openRedisFeatureStore(connection, {
        clock,
        entropy,
        history: () => gate.open?.session.history,
        onFenced: () =>
          gate.close("it is not the server that it was", gate.open?.session),
      })),
      eventBus: stack.use(openFollowedEventBus({ bus, fast, gate, clock })),
      settingsStore: follower.settings,
      sequence: numbers.sequence,
    },
    database: {
      ...database,
      settingsStore: follower.databaseSettings,
      sequence: numbers.databaseSequence,
    },
  };
}

async function openSqlite(
  { dataDir }: Config,
  foundations: Foundations,
  stack: AsyncDisposableStack,
) {
  try {
    await Deno.mkdir(dataDir, { recursive: true });
  } catch (cause) {
    throw new PortError(
      "unavailable",
      `Cannot use DATA_DIR ${dataDir} as it cannot be created: ${
        (cause as Error).message
      }`,
      { cause },
    );
  }
  const path = `${dataDir}/holdfast.db`;
  return await openSqliteState({ ...foundations, path }, stack);
}
