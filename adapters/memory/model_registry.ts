/**
 * A model registry over a function, for tests and demos.
 *
 * @module
 */
import { admit } from "../../ports/arguments.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Model, ModelRegistry } from "../../ports/model_registry.ts";
import { PortError } from "../../ports/port_error.ts";

/** A model that is a function. */
export interface MemoryModel {
  /** Changes exactly when the function does. */
  readonly version: string;
  /** What it is said to have been trained for. */
  readonly objective: string;
  /** How many trees it is said to have. */
  readonly treeCount: number;
  /** How many features it asks for. */
  readonly featureCount: number;
  /** Scores one row of `featureCount` values. */
  readonly score: (features: Float64Array) => number;
}

/** What a registry is created with. */
export interface MemoryModelRegistryOptions {
  /** The strategy that the model serves. */
  readonly strategy: string;
  /** Tells when a model became active. */
  readonly clock: Clock;
  /** The model to activate now, or `undefined` when there is none. */
  readonly source: () => MemoryModel | undefined;
}

/** Creates a registry; `source` is asked at every `reload`, and only then. */
export function createMemoryModelRegistry(
  options: MemoryModelRegistryOptions,
): ModelRegistry {
  const { strategy, clock, source } = options;
  let active: Model | undefined;
  let closed = false;

  return {
    active: () => active,

    async reload(signal) {
      admit("model registry", closed, signal);
      const found = source();
      if (found === undefined) {
        throw new PortError(
          "not_found",
          "Cannot load a model as its source has none",
        );
      }
      const previous = active;
      if (previous?.info.version === found.version) {
        return { model: previous, previous, changed: false };
      }
      active = createModel(found, strategy, clock.now());
      return { model: active, previous, changed: true };
    },

    async [Symbol.asyncDispose]() {
      closed = true;
      active = undefined;
    },
  };
}

function createModel(
  { score, ...about }: MemoryModel,
  strategy: string,
  activatedAt: number,
): Model {
  return Object.freeze({
    info: Object.freeze({ strategy, activatedAt, ...about }),
    predict(features: Float64Array) {
      if (features.length !== about.featureCount) {
        throw new PortError(
          "invalid",
          `Cannot predict as the row must have ${about.featureCount} values: ` +
            `current value is ${features.length}`,
        );
      }
      return score(features);
    },
  });
}
