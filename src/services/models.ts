/**
 * Keeps the active model up to date.
 *
 * @module
 */
import type { NewEvent } from "../../domain/event/event.ts";
import { modelsReloaded } from "../../domain/event/own_events.ts";
import { uuidV7 } from "../../domain/uuid.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Entropy } from "../../ports/entropy.ts";
import type { EventBus } from "../../ports/event_bus.ts";
import type {
  Model,
  ModelRegistry,
  ModelReload,
} from "../../ports/model_registry.ts";
import { PortError } from "../../ports/port_error.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import { errorFields } from "./error_fields.ts";
import { publishOwn } from "./publish_own.ts";

/** Reloads the model and tells of it. */
export interface ModelService {
  /**
   * Loads the first model of this process, of which nobody is told. Without
   * one the service starts all the same, and says so in its log and health.
   */
  load(): Promise<void>;

  /**
   * Looks for another model and publishes `models.reloaded` when it found one.
   * An event that cannot be published is logged and tried again with the next
   * reload; the model is active all the same.
   *
   * @throws {PortError} As `ModelRegistry.reload`: the model before stays.
   */
  reload(signal?: AbortSignal): Promise<ModelReload>;

  /** Why the last look for a model failed; `undefined` when it did not. */
  fault(): string | undefined;

  /** Reloads every `everyS` seconds until `signal` aborts. */
  run(everyS: number, signal: AbortSignal): Promise<void>;
}

/** Creates the service; `load` comes first. */
export function createModelService(ports: {
  readonly registry: ModelRegistry;
  readonly bus: EventBus;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly telemetry: Telemetry;
}): ModelService {
  const { registry, bus, clock, entropy, telemetry } = ports;
  /** Changes that the log has not been told of yet. */
  const untold: NewEvent[] = [];
  let telling: Promise<void> | undefined;
  /** The last failure, so that a lasting one is logged once. */
  let failure: string | undefined;

  // What begins with its first failure shows no increase.
  telemetry.count("holdfast_model_reloads_total", { result: "failed" }, 0);
  telemetry.onRead(() => {
    const info = registry.active()?.info;
    telemetry.retain("model_version", new Set(info ? [info.version] : []));
    if (!info) return;
    const labels = { strategy: info.strategy, model_version: info.version };
    telemetry.gauge("holdfast_model_info", 1, labels);
  });

  function changeTo(model: Model, previous: Model | undefined): NewEvent {
    const now = clock.now();
    const told = {
      strategy: model.info.strategy,
      version: model.info.version,
      previousVersion: previous?.info.version,
    };
    return modelsReloaded(told, uuidV7(now, entropy.bytes(10)), now);
  }

  /** Publishes what is untold, in order; reloads at the same time share it. */
  async function tell(): Promise<void> {
    try {
      while (untold.length > 0) {
        const changes = [...untold];
        if (await publish(changes)) untold.splice(0, changes.length);
        else return;
      }
    } finally {
      telling = undefined;
    }
  }

  /** Whether there is nothing left to do about `changes`. */
  async function publish(changes: readonly NewEvent[]): Promise<boolean> {
    try {
      await publishOwn(bus, changes);
      return true;
    } catch (error) {
      if (!(error instanceof PortError)) throw error;
      const fields = errorFields(error);
      telemetry.log("error", "cannot publish models.reloaded yet", fields);
      return false;
    }
  }

  async function attempt(signal?: AbortSignal): Promise<ModelReload> {
    try {
      const done = await registry.reload(signal);
      failure = undefined;
      const result = done.changed ? "changed" : "unchanged";
      telemetry.count("holdfast_model_reloads_total", { result });
      if (done.changed) {
        telemetry.log("info", "model activated", {
          version: done.model.info.version,
          previous: done.previous?.info.version,
        });
      }
      return done;
    } catch (error) {
      telemetry.count("holdfast_model_reloads_total", { result: "failed" });
      const fields = errorFields(error);
      if (fields.error !== failure && !signal?.aborted) {
        telemetry.log(
          "error",
          registry.active()
            ? "cannot load the model; the one before stays"
            : "cannot load a model; there are no signals until one is loaded",
          fields,
        );
        failure = fields.error as string;
      }
      throw error;
    }
  }

  async function reload(signal?: AbortSignal): Promise<ModelReload> {
    const done = await attempt(signal);
    if (done.changed) untold.push(changeTo(done.model, done.previous));
    if (untold.length > 0) await (telling ??= tell());
    return done;
  }

  return {
    async load() {
      await attempt().catch(() => {});
    },
    reload,
    fault: () => failure,
    async run(everyS, signal) {
      while (!signal.aborted) {
        try {
          await clock.sleep(everyS * 1000, signal);
          await reload(signal);
        } catch {
          // Said in `attempt`; the next round tries again.
        }
      }
    },
  };
}
