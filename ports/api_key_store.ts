/**
 * The API key store port: who may call the service, and with what.
 *
 * `tests/contracts/api_key_store.ts` is the definition of this port. It belongs
 * to the database of record.
 *
 * @module
 */
import type { ApiKey, ApiKeyId } from "../domain/api_key.ts";

/** Keys that are held, at most. */
export const MAX_API_KEYS = 10_000;

/** Uses that one call takes, at most. */
export const MAX_KEY_USES = 1000;

/** A key as it is held; its secret cannot be told from it. */
export interface StoredApiKey extends ApiKey {
  /** What the whole key is checked against, in hexadecimal. */
  readonly hash: string;
  /** The same of the secret before, good until `formerUntil`. */
  readonly formerHash?: string | undefined;
}

/** The keys at one moment. */
export interface ApiKeyList {
  /** Another one whenever a key has come, gone or changed; uses do not count. */
  readonly revision: number;
  /** All of them, by id; absent when `revision` is the one that was known. */
  readonly keys?: readonly StoredApiKey[] | undefined;
}

/**
 * Holds keys. It answers from the database of record: what one instance
 * changes, all read from then on. Callers own retries; adapters never retry.
 */
export interface ApiKeyStore extends AsyncDisposable {
  /** Reads the keys, unless `known` is still their revision. */
  read(known?: number, signal?: AbortSignal): Promise<ApiKeyList>;

  /**
   * Keeps a new key.
   *
   * @param options.onlyFirst Whether it is kept only while there is none. Of
   * calls at the same time one is first.
   * @returns Whether it is kept.
   * @throws {PortError} `invalid` when the key is not what it must be;
   * `conflict` when its id is taken; `full` when there are `MAX_API_KEYS`.
   */
  add(
    key: StoredApiKey,
    options?: { readonly onlyFirst?: boolean },
    signal?: AbortSignal,
  ): Promise<boolean>;

  /**
   * Gives a key another secret.
   *
   * @param formerUntil Until when the present one stays good, in milliseconds
   * since the Unix epoch; it ends at once when absent. The one before that ends
   * in any case.
   * @returns Whether there is such a key.
   */
  rotate(
    id: ApiKeyId,
    hash: string,
    formerUntil?: number,
    signal?: AbortSignal,
  ): Promise<boolean>;

  /** Drops a key; tells whether there was one. */
  remove(id: ApiKeyId, signal?: AbortSignal): Promise<boolean>;

  /**
   * Notes uses; keys that are gone, and times before those noted, are left out.
   *
   * @param uses When which key was used; up to `MAX_KEY_USES`.
   */
  touch(
    uses: ReadonlyMap<ApiKeyId, number>,
    signal?: AbortSignal,
  ): Promise<void>;

  /**
   * What secrets are hashed under: `proposed`, unless something is kept already.
   * Of calls at the same time one is first, and all get what it has proposed.
   */
  pepper(proposed: string, signal?: AbortSignal): Promise<string>;

  /** Releases every resource. Safe to call twice. */
  [Symbol.asyncDispose](): Promise<void>;
}
