/**
 * A model registry over one LightGBM text file.
 *
 * @module
 */
import { admit } from "../../ports/arguments.ts";
import type { Clock } from "../../ports/clock.ts";
import type {
  Model,
  ModelRegistry,
  ModelReload,
} from "../../ports/model_registry.ts";
import { PortError } from "../../ports/port_error.ts";
import { type LightgbmModel, parseLightgbmModel } from "./parse_model.ts";
import { refuse } from "./refuse.ts";

/** What a registry is opened with. */
export interface LightgbmModelRegistryOptions {
  /** The model file; replace it by a rename, never in place. */
  readonly path: string;
  /** The features that are computed, in the order of a row. */
  readonly featureNames: readonly string[];
  /** The strategy that the model serves. */
  readonly strategy: string;
  /** Tells when a model became active. */
  readonly clock: Clock;
}

/** Largest file that is read: far above any model, below what hurts. */
const MAX_BYTES = 256 * 1024 * 1024;

const VERSION_DIGITS = 12;

/**
 * Opens a registry; nothing is loaded before the first `reload`.
 *
 * A model's version is the beginning of the SHA-256 of its file. Reloads run
 * one after the other, each on the file as it is when its turn comes.
 */
export async function openLightgbmModelRegistry(
  options: LightgbmModelRegistryOptions,
): Promise<ModelRegistry> {
  const { path, featureNames, strategy, clock } = options;
  let active: Model | undefined;
  let closed = false;
  let lastTurn: Promise<unknown> = Promise.resolve();

  async function load(signal?: AbortSignal): Promise<ModelReload> {
    admit("model registry", closed, signal);
    const bytes = await readModelFile(path, signal);
    const version = await fingerprint(bytes);
    admit("model registry", closed, signal);
    const previous = active;
    if (previous?.info.version === version) {
      return { model: previous, previous, changed: false };
    }
    const parsed = parseLightgbmModel(decode(bytes));
    checkUsable(parsed, featureNames);
    active = createModel(parsed, {
      strategy,
      version,
      activatedAt: clock.now(),
      objective: parsed.objective,
      treeCount: parsed.treeCount,
      featureCount: parsed.featureNames.length,
    });
    return { model: active, previous, changed: true };
  }

  return {
    active: () => active,

    reload(signal) {
      const turn = lastTurn.then(() => load(signal));
      lastTurn = turn.catch(() => {});
      return turn;
    },

    async [Symbol.asyncDispose]() {
      closed = true;
      active = undefined;
    },
  };
}

function createModel(parsed: LightgbmModel, info: Model["info"]): Model {
  const out = new Float64Array(1);
  return Object.freeze({
    info: Object.freeze(info),
    predict(features: Float64Array) {
      parsed.predict(features, out);
      return out[0]!;
    },
  });
}

/** One output, the features that are computed, and a number for a row without any. */
function checkUsable(
  model: LightgbmModel,
  featureNames: readonly string[],
): void {
  if (model.outputs !== 1) {
    refuse("it must give one output a row", model.outputs, "invalid");
  }
  const names = model.featureNames;
  const other = featureNames.findIndex((name, i) => name !== names[i]);
  if (other >= 0) {
    refuse(
      `its feature ${other} must be ${featureNames[other]}`,
      names[other] ?? "absent",
      "invalid",
    );
  }
  if (names.length !== featureNames.length) {
    refuse(
      `it must ask for ${featureNames.length} features`,
      `${names.length}, the first unknown one is ${names[featureNames.length]}`,
      "invalid",
    );
  }
  const out = new Float64Array(1);
  model.predict(new Float64Array(names.length).fill(NaN), out);
  if (!Number.isFinite(out[0])) {
    refuse("a row without any value must score a finite number", out[0]);
  }
}

async function readModelFile(
  path: string,
  signal?: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const { isFile, size } = await Deno.stat(path);
    if (!isFile || size > MAX_BYTES) {
      throw new PortError(
        "invalid",
        `Cannot load model ${path} as it must be a file of at most ` +
          `${MAX_BYTES} bytes: current value is ${
            isFile ? `${size} bytes` : "no file"
          }`,
      );
    }
    return await Deno.readFile(path, signal ? { signal } : {});
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof PortError) throw error;
    if (
      error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotADirectory
    ) {
      throw new PortError(
        "not_found",
        `Cannot load model ${path} as there is no such file`,
        { cause: error },
      );
    }
    throw new PortError(
      "unavailable",
      `Cannot load model ${path} as it cannot be read`,
      { cause: error },
    );
  }
}

async function fingerprint(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return new Uint8Array(digest).toHex().slice(0, VERSION_DIGITS);
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return refuse("it is not UTF-8 text");
  }
}
