/**
 * A feature store in this process's memory, bounded by size.
 *
 * @module
 */
import { LRUCache } from "lru-cache";
import {
  type FeatureKey,
  type FeatureScope,
  type FeatureVector,
  isInScope,
} from "../../domain/feature.ts";
import { admit } from "../../ports/arguments.ts";
import type { Clock } from "../../ports/clock.ts";
import type { FeatureStore, FillToken } from "../../ports/feature_store.ts";

/** Bytes of vectors held when nothing else is said: about 14 000 vectors. */
export const DEFAULT_FEATURE_BYTES = 64 * 1024 * 1024;

/** Invalidations remembered for fills that are under way. */
const MAX_REMEMBERED = 1024;

interface Held {
  readonly vector: FeatureVector;
  /** On `clock.now()`. */
  readonly expiresAt: number;
}

/** Vectors apart from any adapter, so that several can share them. */
export interface MemoryFeatures {
  /** The clock that vectors expire by. */
  readonly clock: Clock;
  /** The vectors, by `symbol:date`. */
  readonly held: LRUCache<string, Held>;
  /** The last invalidations, oldest first. */
  scopes: FeatureScope[];
  /** How many invalidations there have been. */
  serial: number;
}

/** Creates an empty cache; the least recently used vectors go when it is full. */
export function createMemoryFeatures(options: {
  readonly clock: Clock;
  readonly maxBytes?: number;
}): MemoryFeatures {
  const held = new LRUCache<string, Held>({
    maxSize: options.maxBytes ?? DEFAULT_FEATURE_BYTES,
    sizeCalculation: ({ vector }) => vector.json.length + 200,
  });
  return { clock: options.clock, held, scopes: [], serial: 0 };
}

/** Opens a store over `features`; closing it leaves them as they are. */
export function openMemoryFeatureStore(features: MemoryFeatures): FeatureStore {
  const { clock, held } = features;
  let closed = false;

  const enter = (signal?: AbortSignal) =>
    admit("feature store", closed, signal);
  const name = (key: FeatureKey) => `${key.symbol}:${key.date}`;

  return {
    async read(keys, signal) {
      enter(signal);
      const now = clock.now();
      const vectors = keys.map((key) => {
        const found = held.get(name(key));
        return found && found.expiresAt > now ? found.vector : undefined;
      });
      return { vectors, token: String(features.serial) as FillToken };
    },

    async fill(token, vectors, ttlS, signal) {
      enter(signal);
      const missed = features.serial - (isSerial(token) ? Number(token) : NaN);
      if (!(missed >= 0 && missed <= features.scopes.length)) return 0;
      const since = features.scopes.slice(features.scopes.length - missed);
      const now = clock.now();
      let kept = 0;
      vectors.forEach((vector, i) => {
        if (since.some((scope) => isInScope(vector, scope))) return;
        held.set(name(vector), { vector, expiresAt: now + ttlS[i]! * 1000 });
        kept++;
      });
      return kept;
    },

    async invalidate(scope, signal) {
      enter(signal);
      features.serial++;
      features.scopes.push(scope);
      if (features.scopes.length > MAX_REMEMBERED) features.scopes.shift();
      for (const [key, { vector }] of held.entries()) {
        if (isInScope(vector, scope)) held.delete(key);
      }
    },

    async size(signal) {
      enter(signal);
      return held.size;
    },

    async [Symbol.asyncDispose]() {
      closed = true;
    },
  };
}

function isSerial(token: string): boolean {
  return /^\d{1,15}$/.test(token);
}
