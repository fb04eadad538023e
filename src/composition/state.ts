/**
 * The ports that hold state: the database of record, what follows it, and the
 * switches before both.
 *
 * @module
 */
import { openMemoryExchangeCache } from "../../adapters/memory/exchange_cache.ts";
import { openMemoryState } from "../../adapters/memory/state.ts";
import { openNoopState } from "../../adapters/noop/state.ts";
import { createNoopVolatileRelay } from "../../adapters/noop/volatile_relay.ts";
import {
  openPostgresState,
  type PostgresState,
} from "../../adapters/postgres/state.ts";
import type { RedisLocation } from "../../adapters/redis/address.ts";
import { openRedisConnection } from "../../adapters/redis/connection.ts";
import { openRedisExchangeCache } from "../../adapters/redis/exchange_cache.ts";
import { openRedisFastLayer } from "../../adapters/redis/fast_layer.ts";
import { openRedisFeatureStore } from "../../adapters/redis/feature_store.ts";
import { openRedisSequenceBlocks } from "../../adapters/redis/sequence_blocks.ts";
import { watchRedisServer } from "../../adapters/redis/server_watch.ts";
import { traceConnection } from "../../adapters/redis/tracing.ts";
import { createRedisVolatileRelay } from "../../adapters/redis/volatile_relay.ts";
import {
  openSqliteState,
  type SqliteState,
} from "../../adapters/sqlite/state.ts";
import {
  openSwitchingState,
  type SwitchingState,
} from "../../adapters/switching/state.ts";
import type { LogHead } from "../../domain/event/event.ts";
import type { ExchangeCache } from "../../ports/exchange_cache.ts";
import type { FeatureStore } from "../../ports/feature_store.ts";
import { PortError } from "../../ports/port_error.ts";
import type { RecordStore } from "../../ports/record_store.ts";
import type { RecordPorts, StatePorts } from "../../ports/state_ports.ts";
import type { VolatileRelay } from "../../ports/volatile_relay.ts";
import { planAdapters, type Technologies } from "../adapter_plan.ts";
import type { Config } from "../config.ts";
import { openBystanderSettings } from "../follower/database_settings.ts";
import { openFollowedEventBus } from "../follower/events.ts";
import { type Follower, openFollower } from "../follower/follower.ts";
import { measureFollower } from "../follower/gauges.ts";
import { openFollowedSequences } from "../follower/sequences.ts";
import type { RecordLook } from "../services/status.ts";
import type { SystemState } from "../services/system_state.ts";
import { createSupervisor, switchedPort } from "../supervisor.ts";
import { readAuthorities } from "../tls_files.ts";
import type { Foundations } from "./foundations.ts";

/** Ports that only the database of record has. */
type RecordOnly = Omit<RecordPorts, keyof StatePorts>;

/** Every port that holds state, open. */
export interface OpenState extends SwitchingState, RecordOnly {
  readonly state: SystemState;
  readonly volatileRelay: VolatileRelay;
  /** What the venue said: in this process, and where there is Redis, for all. */
  readonly exchangeCaches: {
    readonly local: ExchangeCache;
    readonly shared?: ExchangeCache | undefined;
  };
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
  /** The log and the leases, from the database of record. */
  look(signal?: AbortSignal): Promise<RecordLook>;
  /** Up to where Redis showed the log when it was believed last. */
  checkpoint(): number | undefined;
}

/**
 * Opens them; `stack` closes them.
 *
 * @throws {PortError} When the database cannot be opened, naming its file.
 */
export async function openStatePorts(
  config: Config,
  foundations: Foundations,
  stack: AsyncDisposableStack,
): Promise<OpenState> {
  const { store, redis } = config;
  const { telemetry } = foundations;
  const authorities = await readAuthorities(config.tls);
  const postgres = () => {
    const url = config.databaseUrl!;
    const ca = authorities.database;
    return openPostgresState({ ...foundations, url, ca }, stack);
  };
  const memory = openMemoryState(foundations, stack);
  const technologies: Technologies = { noop: openNoopState(stack), memory };
  let record: RecordPorts = memory;
  let following: Following | undefined;
  let leases: RecordStore | undefined;
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
    leases = database.record;
    record = technologies[store] = { ...database, settingsStore: safe };
    if (redis) {
      const server = { ...redis, ca: authorities.redis };
      following = follow(config, server, foundations, database, stack);
    }
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
    apiKeyStore: record.apiKeyStore,
    auditLog: record.auditLog,
    groupStore: record.groupStore,
    logRetention: record.logRetention,
    orderIntents: record.orderIntents,
    settingsArchive: record.settingsArchive,
    tradeLedger: record.tradeLedger,
    exchangeCaches: {
      local: stack.use(openMemoryExchangeCache(foundations.clock)),
      shared: following?.exchangeCache,
    },
    volatileRelay: following?.relay ?? createNoopVolatileRelay(telemetry),
    onRedisAnew: following?.follower.onAnew ?? (() => () => {}),
    async probe(signal) {
      // Asks both: a database may answer for one and not for the other.
      await record.settingsStore.read([], signal);
      return await record.eventBus.head(signal);
    },
    async look(signal) {
      if (leases === undefined) {
        return { head: await record.eventBus.head(signal), instances: [] };
      }
      const { head, leases: instances } = await leases.read([], signal);
      return { head, instances };
    },
    checkpoint: () => following?.follower.checkpoint(),
  };
}

/** What serves while Redis follows the database of record. */
interface Following {
  readonly follower: Follower;
  readonly relay: VolatileRelay;
  readonly exchangeCache: ExchangeCache;
  /** The ports as they read from Redis. */
  readonly redis: StatePorts;
  /** The ports as they read from the database, for as long as Redis is not believed. */
  readonly database: StatePorts;
}

/** Opens Redis and lets it follow the database of record. */
function follow(
  config: Config,
  location: RedisLocation,
  foundations: Foundations,
  database: PostgresState | SqliteState,
  stack: AsyncDisposableStack,
): Following {
  const { clock, entropy } = foundations;
  const server = { ...foundations, ...location };
  const connection = traceConnection(
    stack.use(openRedisConnection(server)),
    foundations.telemetry.trace,
  );
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
  stack.use(measureFollower(follower, foundations));
  stack.use(watchRedisServer(connection, foundations));
  const { gate } = follower;
  const blocks = stack.use(openRedisSequenceBlocks(connection));
  const numbers = openFollowedSequences({
    ...foundations,
    ledger,
    blocks,
    gate,
  });
  const fenced = {
    clock,
    entropy,
    history: () => gate.open?.session.history,
    onFenced: () =>
      gate.close("it is not the server that it was", gate.open?.session),
  };
  return {
    follower,
    exchangeCache: stack.use(openRedisExchangeCache(connection, fenced)),
    relay: createRedisVolatileRelay(connection, server),
    redis: {
      featureStore: stack.use(openRedisFeatureStore(connection, fenced)),
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
