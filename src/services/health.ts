/**
 * How the service is: what works, what does not, and where reads come from.
 *
 * @module
 */
import type { Clock } from "../../ports/clock.ts";
import type { EventBus } from "../../ports/event_bus.ts";
import type { ModelInfo } from "../../ports/model_registry.ts";

/** Time that the database has to answer. */
const PROBE_DEADLINE_MS = 500;

/** How the whole stands: `degraded` serves everything, `unhealthy` does not. */
export type HealthStatus = "healthy" | "degraded" | "unhealthy";

/** What the supervisor does; see ARCHITECTURE.md. */
export type ServiceMode = "normal" | "degraded" | "unverified";

/** How Redis is. */
export type RedisStatus = "connected" | "disconnected" | "disabled";

/** Name of the adapter that each port is on now. */
export interface ActiveAdapters {
  /** Where vectors are kept. */
  readonly feature_store: string;
  /** Where events are read from. */
  readonly event_bus: string;
  /** Where settings are read from. */
  readonly settings_store: string;
  /** Where order numbers come from. */
  readonly sequence: string;
}

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

/** What the rest of the program knows of its own state. */
export interface SystemState {
  /** What the supervisor does. */
  mode(): ServiceMode;
  /** How Redis is. */
  redis(): RedisStatus;
  /** Which adapters the ports are on. */
  adapters(): ActiveAdapters;
}

/**
 * Creates the service, which counts its uptime from now on.
 *
 * @param parts.bus Answers from the database of record: it is the probe.
 * @param parts.model The active model, where there is one.
 * @param parts.concerns Each tells what its part cannot do now, if anything.
 * @param parts.needsModel Whether this instance is there to give signals.
 */
export function createHealthService(parts: {
  readonly bus: Pick<EventBus, "head">;
  readonly clock: Clock;
  readonly state: SystemState;
  readonly model: () => ModelInfo | undefined;
  readonly needsModel: boolean;
  readonly concerns: readonly (() => string | undefined)[];
  readonly version: string;
}): HealthService {
  const { bus, clock, state, needsModel, version } = parts;
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
      const databaseFault = await look();
      const model = parts.model();
      const mode = state.mode();
      const redis = state.redis();
      const adapters = state.adapters();

      const faults: string[] = [];
      if (databaseFault !== undefined) faults.push(databaseFault);
      if (needsModel && !model) {
        faults.push(
          "Cannot generate signals as no model is loaded: put one at MODEL_PATH",
        );
      }
      const losses: string[] = [];
      if (redis === "disconnected") {
        losses.push("Cannot reach Redis: the database serves in its place");
      }
      if (mode !== "normal") losses.push(`The service is in mode ${mode}`);
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
        version,
        uptimeS: Math.floor((clock.monotonic() - startedAt) / 1000),
        checkedAt: clock.now(),
      };
    },
  };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
