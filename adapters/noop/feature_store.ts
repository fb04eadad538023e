/**
 * Features are not kept: every read misses, and what is filled is forgotten.
 *
 * @module
 */
import { admit } from "../../ports/arguments.ts";
import type { FeatureStore, FillToken } from "../../ports/feature_store.ts";

/** Opens a store that holds nothing; every vector is computed when asked for. */
export function openNoopFeatureStore(): FeatureStore {
  let closed = false;
  const enter = (signal?: AbortSignal) =>
    admit("feature store", closed, signal);
  return {
    async read(keys, signal) {
      enter(signal);
      return { vectors: keys.map(() => undefined), token: "" as FillToken };
    },
    async fill(_token, _vectors, _ttlS, signal) {
      enter(signal);
      return 0;
    },
    async invalidate(_scope, signal) {
      enter(signal);
    },
    async size(signal) {
      enter(signal);
      return 0;
    },
    async [Symbol.asyncDispose]() {
      closed = true;
    },
  };
}
