/**
 * The model registry port: the model that scores features now.
 *
 * `tests/contracts/model_registry.ts` is the definition of this port.
 *
 * @module
 */

/** What is known of a loaded model. */
export interface ModelInfo {
  /** The strategy that the model serves, such as `alpha_baseline`. */
  readonly strategy: string;
  /** Changes exactly when the model's content does. */
  readonly version: string;
  /** When it became active, in milliseconds since the Unix epoch. */
  readonly activatedAt: number;
  /** What it was trained for, such as `regression`. */
  readonly objective: string;
  /** Number of trees. */
  readonly treeCount: number;
  /** Number of features that it asks for. */
  readonly featureCount: number;
}

/** A loaded model; immutable. */
export interface Model {
  /** What is known of it. */
  readonly info: ModelInfo;

  /**
   * Scores one row.
   *
   * @param features One value a feature, in the order that the registry was
   * opened with; NaN where missing.
   */
  predict(features: Float64Array): number;
}

/** What a reload did. */
export interface ModelReload {
  /** The model that is active now. */
  readonly model: Model;
  /** The one before it, where there was one. */
  readonly previous: Model | undefined;
  /** Whether the active model is another one than before. */
  readonly changed: boolean;
}

/** Holds the active model and replaces it whole. */
export interface ModelRegistry extends AsyncDisposable {
  /** The active model, or `undefined` while none has been loaded. */
  active(): Model | undefined;

  /**
   * Looks at the source again and activates what it finds there. A model that
   * cannot be used is never activated: the one before it stays.
   *
   * @throws {PortError} `not_found` when there is no model to load; `corrupt`
   * when it is damaged; `invalid` when it asks for other features or gives
   * more than one output.
   */
  reload(signal?: AbortSignal): Promise<ModelReload>;

  /** Releases every resource. Safe to call twice. */
  [Symbol.asyncDispose](): Promise<void>;
}
