/**
 * When keys were last used: noted at most once a minute a key, and told the
 * store in nobody's way.
 *
 * @module
 */
import type { ApiKeyId } from "../../../domain/api_key.ts";
import {
  type ApiKeyStore,
  MAX_KEY_USES,
} from "../../../ports/api_key_store.ts";

/** How often a use of one key is noted. */
export const USE_NOTED_MS = 60_000;

/** The uses of keys. */
export interface KeyUses {
  /** Notes that `id` was used. */
  note(id: ApiKeyId, nowMs: number): void;
  /** Forgets keys that are not among `ids`. */
  retain(ids: ReadonlySet<ApiKeyId>): void;
  /** Tells the store; what it does not take is lost, and noted again in a minute. */
  flush(): Promise<void>;
}

/** Creates them over `store`. */
export function createKeyUses(store: Pick<ApiKeyStore, "touch">): KeyUses {
  const noted = new Map<ApiKeyId, number>();
  const untold = new Map<ApiKeyId, number>();
  return {
    note(id, nowMs) {
      const before = noted.get(id);
      if (before !== undefined && nowMs - before < USE_NOTED_MS) return;
      noted.set(id, nowMs);
      untold.set(id, Math.floor(nowMs));
    },

    retain(ids) {
      for (const id of noted.keys()) if (!ids.has(id)) noted.delete(id);
    },

    async flush() {
      if (untold.size === 0) return;
      const some = new Map([...untold].slice(0, MAX_KEY_USES));
      for (const id of some.keys()) untold.delete(id);
      await store.touch(some);
    },
  };
}
