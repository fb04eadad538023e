/**
 * API keys in this process's memory; nothing survives a restart.
 *
 * @module
 */
import type { ApiKeyId } from "../../domain/api_key.ts";
import {
  checkHash,
  checkNewKey,
  checkUses,
  idTaken,
  noRoom,
} from "../../ports/api_key_rules.ts";
import {
  type ApiKeyStore,
  MAX_API_KEYS,
  type StoredApiKey,
} from "../../ports/api_key_store.ts";
import { admit } from "../../ports/arguments.ts";

/** What several stores may share. */
export interface MemoryApiKeys {
  /** The keys by id. */
  readonly keys: Map<ApiKeyId, StoredApiKey>;
  /** Raised by every change. */
  revision: number;
  /** What secrets are hashed under, once that is known. */
  pepper: string | undefined;
}

/** Creates a state without keys. */
export function createMemoryApiKeys(): MemoryApiKeys {
  return { keys: new Map(), revision: 0, pepper: undefined };
}

/** Opens the port over `state`. */
export function openMemoryApiKeyStore(
  state: MemoryApiKeys = createMemoryApiKeys(),
): ApiKeyStore {
  const { keys } = state;
  let closed = false;
  const enter = (signal?: AbortSignal) =>
    admit("API key store", closed, signal);

  return {
    async read(known, signal) {
      enter(signal);
      const { revision } = state;
      if (revision === known) return { revision };
      const sorted = [...keys.values()].sort((a, b) => a.id < b.id ? -1 : 1);
      return { revision, keys: sorted };
    },

    async add(key, { onlyFirst = false } = {}, signal) {
      enter(signal);
      checkNewKey(key);
      if (onlyFirst && keys.size > 0) return false;
      if (keys.has(key.id)) throw idTaken();
      if (keys.size >= MAX_API_KEYS) throw noRoom();
      keys.set(key.id, { ...key });
      state.revision++;
      return true;
    },

    async rotate(id, hash, formerUntil, signal) {
      enter(signal);
      checkHash(hash);
      const key = keys.get(id);
      if (!key) return false;
      const isKept = formerUntil !== undefined;
      keys.set(id, {
        ...key,
        hash,
        formerUntil,
        formerHash: isKept ? key.hash : undefined,
      });
      state.revision++;
      return true;
    },

    async remove(id, signal) {
      enter(signal);
      if (!keys.delete(id)) return false;
      state.revision++;
      return true;
    },

    async touch(uses, signal) {
      enter(signal);
      checkUses(uses);
      for (const [id, at] of uses) {
        const key = keys.get(id);
        if (!key || (key.lastUsedAt ?? 0) >= at) continue;
        keys.set(id, { ...key, lastUsedAt: at });
      }
    },

    async pepper(proposed, signal) {
      enter(signal);
      return state.pepper ??= proposed;
    },

    async [Symbol.asyncDispose]() {
      closed = true;
    },
  };
}
