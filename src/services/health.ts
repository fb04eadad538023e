/**
 * How the service is: what works, what does not, and where reads come from.
 *
 * @module
 */
import type { Clock } from "../../ports/clock.ts";
import type { EventBus } from "../../ports/event_bus.ts";
import type { ModelInfo } from "../../ports/model_registry.ts";
import {
  createRemoteHealth,
  type RemoteLooks,
  type RemotesHealthy,
} from "./health_remotes.ts";
import type {
  PortName,
  RedisStatus,
  ServiceMode,
  SystemState,
} from "./system_state.ts";

/** Time that the database has to answer. */
const PROBE_DEADLINE_MS = 500;

/** How the whole stands: `degraded` serves everything, `unhealthy` does not. */
export type HealthStatus = "healthy" | "degraded" | "unhealthy";

/** Name of the adapter that each port is on now. */
export type ActiveAdapters = Readonly<Record<PortName, string>>;

/** How the service is now. */
export interface HealthReport {
  /** How the whole stands. */
  readonly status: HealthStatus;
  /** Why it is not healthy, one sentence each. */
  readonly reasons: readonly string[];
  /** The active model. */
  readonly model: ModelInfo | undefined;
  /** How Redis is. */
  readonly redis: RedisStatus;
  /** Whether computed vectors are kept. */
  readonly featureCacheEnabled: boolean;
  /** Whether the database of record answered in time. */
  readonly databaseConnected: boolean;
  /** What the supervisor does. */
  readonly mode: ServiceMode;
  /** Which adapters the ports are on. */
  readonly adapters: ActiveAdapters;
  /** Whether the other processes that this one asks answer. */
  readonly remotes: RemotesHealthy;
  /** Version of the program. */
  readonly version: string;
  /** Seconds since the start. */
  readonly uptimeS: number;
  /** When this was found, in milliseconds since the Unix epoch. */
  readonly checkedAt: number;
}

/** Tells how the service is. */
export interface HealthService {
  /** Looks now; takes half a second at most, and never throws. */
  check(): Promise<HealthReport>;
}

/**
 * Creates the service, which counts its uptime from now on.
 *
 * @param parts.bus Answers from the database of record: it is the probe.
 * @param parts.model The active model, where there is one.
 * @param parts.concerns Each tells what its part cannot do now, if anything.
 * @param parts.faults Each tells what keeps the whole from serving, if anything.
 * @param parts.needsModel Whether this instance is there to give signals.
 * @param parts.remotes Looks at the other processes that this one asks, if any.
 */
export function createHealthService(parts: {
  readonly bus: Pick<EventBus, "head">;
  readonly clock: Clock;
  readonly state: Pick<SystemState, "mode" | "redis" | "fault" | "adapters">;
  readonly model: () => ModelInfo | undefined;
  readonly needsModel: boolean;
  readonly concerns: readonly (() => string | undefined)[];
  readonly faults?: readonly (() => string | undefined)[];
  readonly version: string;
  readonly remotes?: RemoteLooks;
}): HealthService {
  const { bus, clock, state, needsModel, version } = parts;
  const remoteHealth = createRemoteHealth(parts.remotes ?? {}, clock);
  const startedAt = clock.monotonic();
  let probe: Promise<string | undefined> | undefined;

  /** Why the database cannot be read, if so; one look at a time is under way. */
  function look(): Promise<string | undefined> {
    probe ??= bus.head()
      .then(() => undefined, (error: unknown) => reasonOf(error))
      .finally(() => probe = undefined);
    return withinDeadline(probe);
  }

  async function withinDeadline(
    looking: Promise<string | undefined>,
  ): Promise<string | undefined> {
    const done = new AbortController();
    const late = clock.sleep(PROBE_DEADLINE_MS, done.signal).then(
      () =>
        `Cannot read the database as it did not answer within ${PROBE_DEADLINE_MS} ms`,
      () => undefined,
    );
    try {
      return await Promise.race([looking, late]);
    } finally {
      done.abort();
    }
  }

  return {
    async check() {
      const [databaseFault, remotes] = await Promise.all([
        look(),
        remoteHealth.check(),
      ]);
      const model = parts.model();
      const mode = state.mode();
      const redis = state.redis();
      const adapters = Object.fromEntries(
        state.adapters().map(({ port, active }) => [port, active]),
      ) as ActiveAdapters;

      const faults: string[] = [];
      if (databaseFault !== undefined) faults.push(databaseFault);
      if (needsModel && !model) {
        faults.push(
          "Cannot generate signals as no model is loaded: put one at MODEL_PATH",
        );
      }
      for (const find of parts.faults ?? []) {
        const fault = find();
        if (fault !== undefined) faults.push(fault);
      }
      const losses: string[] = [];
      if (mode !== "normal") {
        losses.push(lossOf(mode, state.fault(), databaseFault !== undefined));
      }
      losses.push(...remotes.losses);
      for (const concern of parts.concerns) {
        const loss = concern();
        if (loss !== undefined) losses.push(loss);
      }

      return {
        status: faults.length > 0
          ? "unhealthy"
          : losses.length > 0
          ? "degraded"
          : "healthy",
        reasons: [...new Set([...faults, ...losses])],
        model,
        redis,
        featureCacheEnabled: adapters.feature_store !== "noop",
        databaseConnected: databaseFault === undefined,
        mode,
        adapters,
        remotes: remotes.healthy,
        version,
        uptimeS: Math.floor((clock.monotonic() - startedAt) / 1000),
        checkedAt: clock.now(),
      };
    },
  };
}

function lossOf(
  mode: ServiceMode,
  fault = "Cannot use Redis as it is not known yet",
  isDatabaseAway: boolean,
): string {
  if (mode === "unverified") {
    return "Cannot verify settings as the database is away: Redis answers in its place";
  }
  return isDatabaseAway
    ? `${fault}: settings wait for the database`
    : `${fault}: the database serves in its place`;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
