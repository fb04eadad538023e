/**
 * The feature store port: computed vectors, kept for a while.
 *
 * `tests/contracts/feature_store.ts` is the definition of this port.
 *
 * @module
 */
import type {
  FeatureKey,
  FeatureScope,
  FeatureVector,
} from "../domain/feature.ts";

/**
 * A permission to fill, taken by a read. It knows what had been invalidated
 * when the read began; only the store that issued it can read it.
 */
export type FillToken = string & { readonly __fillToken: unique symbol };

/** What a read found. */
export interface FeatureRead {
  /** One entry a key, in the order asked for; `undefined` is a miss. */
  readonly vectors: readonly (FeatureVector | undefined)[];
  /** Lets the caller fill what it missed. */
  readonly token: FillToken;
}

/**
 * A cache beside the computation: what it forgets can be computed again, what
 * was invalidated it never gives out again.
 *
 * Calls may run concurrently. Callers own retries; adapters never retry.
 */
export interface FeatureStore extends AsyncDisposable {
  /** Looks up every key, in one round trip. */
  read(keys: readonly FeatureKey[], signal?: AbortSignal): Promise<FeatureRead>;

  /**
   * Keeps `vectors` for `ttlS` seconds each, replacing what is held.
   *
   * A vector whose scope was invalidated since `token` was taken is dropped:
   * it may have been computed from what the invalidation was about.
   *
   * @param ttlS Seconds, one entry a vector, each above 0.
   * @returns How many were kept.
   */
  fill(
    token: FillToken,
    vectors: readonly FeatureVector[],
    ttlS: readonly number[],
    signal?: AbortSignal,
  ): Promise<number>;

  /**
   * Forgets everything in `scope`, for good: a read that begins after this has
   * returned misses, until a fill whose token was taken after it.
   */
  invalidate(scope: FeatureScope, signal?: AbortSignal): Promise<void>;

  /** How many vectors are held, expired ones perhaps included. */
  size(signal?: AbortSignal): Promise<number>;

  /** Releases every resource. Safe to call twice. */
  [Symbol.asyncDispose](): Promise<void>;
}
