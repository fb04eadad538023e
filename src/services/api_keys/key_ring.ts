/**
 * The keys that this instance knows, and when each ends: no I/O, no waiting.
 *
 * A key may have two secrets for a while, the one before its last rotation and
 * the present one; each is a credential with an end of its own.
 *
 * @module
 */
import type { ApiKeyId, ApiKeyText } from "../../../domain/api_key.ts";
import { grantedBy, idOfKey } from "../../../domain/api_key.ts";
import type { ApiKeyScope } from "../../../domain/api_key.ts";
import type { UserId } from "../../../domain/user_id.ts";
import type { StoredApiKey } from "../../../ports/api_key_store.ts";
import { hmacSha256, isSameHash, isSameText } from "../sha256.ts";

/** What a good key allows. */
export interface KeyGrant {
  /** Names the key. */
  readonly id: ApiKeyId;
  /** What it may be used for, in all. */
  readonly scopes: readonly ApiKeyScope[];
  /** Whose it is; nobody's in particular when absent. */
  readonly user: UserId | undefined;
  /** Aborts when the key is not good any more. */
  readonly ended: AbortSignal;
}

/** What became of a key that was shown: known keys are good or have expired. */
export type KeyCheck = KeyGrant | "expired" | "unknown";

/** One secret of a key. */
interface Credential {
  /** Tells it from others, and what it allows. */
  readonly identity: string;
  readonly hash: string;
  readonly grant: KeyGrant;
  readonly end: AbortController;
  /** Until when it is good, in milliseconds since the Unix epoch. */
  until: number;
  /** The key itself, once it has been shown. */
  shown?: ApiKeyText;
}

/** The keys of an instance. */
export interface KeyRing {
  /** Takes over what the store says; ends what is no longer so. */
  replace(keys: readonly StoredApiKey[]): void;

  /**
   * Checks a key that was good before; `undefined` where it was not.
   * Compares in constant time, and hashes nothing.
   */
  recall(text: ApiKeyText, nowMs: number): KeyCheck | undefined;

  /** Checks a key, and remembers it when it is good. */
  check(text: ApiKeyText, pepper: string, nowMs: number): KeyCheck;

  /** Ends a key at once; where it is good after all, `replace` brings it back. */
  drop(id: ApiKeyId): void;

  /** Ends what is good until `nowMs` at most. */
  expire(nowMs: number): void;
}

/** Creates a ring without keys. */
export function createKeyRing(): KeyRing {
  let ring = new Map<ApiKeyId, readonly Credential[]>();

  function find(
    text: ApiKeyText,
    isIt: (credential: Credential) => boolean,
    nowMs: number,
  ): KeyCheck | undefined {
    for (const credential of ring.get(idOfKey(text)) ?? []) {
      if (!isIt(credential)) continue;
      if (nowMs < credential.until) return credential.grant;
      credential.end.abort(ENDED);
      return "expired";
    }
    return undefined;
  }

  return {
    replace(keys) {
      const before = ring;
      ring = new Map();
      for (const key of keys) {
        const held = before.get(key.id) ?? [];
        ring.set(key.id, credentialsOf(key, held));
      }
      for (const [id, credentials] of before) {
        const kept = ring.get(id) ?? [];
        for (const one of credentials) {
          if (!kept.includes(one)) one.end.abort(ENDED);
        }
      }
    },

    recall(text, nowMs) {
      return find(
        text,
        ({ shown }) => shown !== undefined && isSameText(shown, text),
        nowMs,
      );
    },

    check(text, pepper, nowMs) {
      if (!ring.has(idOfKey(text))) return "unknown";
      const hash = hmacSha256(pepper, text);
      return find(text, (credential) => {
        if (!isSameHash(credential.hash, hash)) return false;
        credential.shown = text;
        return true;
      }, nowMs) ?? "unknown";
    },

    drop(id) {
      for (const { end } of ring.get(id) ?? []) end.abort(ENDED);
      ring.delete(id);
    },

    expire(nowMs) {
      for (const credentials of ring.values()) {
        for (const { until, end } of credentials) {
          if (until <= nowMs) end.abort(ENDED);
        }
      }
    },
  };
}

const ENDED = new Error("Cannot go on as the API key is not good any more");

/** The credentials of `key`; those of `held` that are the same stay. */
function credentialsOf(
  key: StoredApiKey,
  held: readonly Credential[],
): readonly Credential[] {
  const { hash, formerHash, formerUntil = 0, expiresAt = Infinity } = key;
  const wanted = [{ hash, until: expiresAt }];
  if (formerHash !== undefined) {
    const until = Math.min(formerUntil, expiresAt);
    wanted.push({ hash: formerHash, until });
  }
  return wanted.map(({ hash, until }) => {
    const identity = [hash, key.user, ...key.scopes].join(" ");
    const same = held.find((one) => one.identity === identity);
    // An end that has come is not taken back: its streams are over.
    if (same && !same.end.signal.aborted) {
      same.until = until;
      return same;
    }
    const end = new AbortController();
    const grant = {
      id: key.id,
      scopes: grantedBy(key.scopes),
      user: key.user,
      ended: end.signal,
    };
    return { identity, hash, grant, end, until };
  });
}
