/**
 * Written by `deno task openapi` from the contract of the service.
 *
 * @module
 */

/** `SignalRequest` of the contract. */
export interface SignalRequest {
  readonly symbols: readonly string[];
  readonly as_of_date?: string;
  readonly top_n?: number;
  readonly bottom_n?: number;
  readonly publish?: boolean;
}

/** `Signals` of the contract. */
export interface Signals {
  readonly signals: readonly {
    readonly symbol: string;
    readonly predicted_return: number;
    readonly score: number;
    readonly rank: number;
    readonly target_weight: number;
  }[];
  readonly metadata: {
    readonly as_of_date: string;
    readonly model_version: string;
    readonly strategy: string;
    readonly num_signals: number;
    readonly generated_at: string;
    readonly top_n: number;
    readonly bottom_n: number;
    readonly event: {
      readonly id: string;
      readonly position: number;
    } | null;
  };
}

/** `Model` of the contract. */
export interface Model {
  readonly strategy: string;
  readonly version: string;
  readonly activated_at: string;
  readonly objective: string;
  readonly num_trees: number;
  readonly num_features: number;
}

/** `FeatureVector` of the contract. */
export interface FeatureVector {
  readonly symbol: string;
  readonly date: string;
  readonly features: Readonly<Record<string, number | null>>;
  readonly source: "cache" | "computed";
  readonly computed_at: string;
}

/** `FeatureBatch` of the contract. */
export interface FeatureBatch {
  readonly features: readonly FeatureVector[];
  readonly errors: readonly {
    readonly symbol: string;
    readonly status: number;
    readonly title: string;
    readonly detail: string;
  }[];
}

/** Counts since the start. */
export interface FeatureStats {
  readonly hits: number;
  readonly misses: number;
  readonly hit_rate: number | null;
  readonly size: number | null;
  readonly computations: number;
  readonly errors: number;
}
