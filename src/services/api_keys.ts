/**
 * API keys: who may call, and who says so.
 *
 * Every instance knows all keys, and reads them again when one was changed;
 * so a key that is known is checked without waiting, database or none. One
 * that is not known may be new: the store is asked before it is refused.
 *
 * @module
 */
import {
  type ApiKey,
  type ApiKeyId,
  type ApiKeyScope,
  type ApiKeyText,
  isApiKeyText,
} from "../../domain/api_key.ts";
import type { UserId } from "../../domain/user_id.ts";
import type { ApiKeyStore, StoredApiKey } from "../../ports/api_key_store.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Entropy } from "../../ports/entropy.ts";
import { PortError } from "../../ports/port_error.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import { createAttempts } from "./api_keys/attempts.ts";
import { createFirstKey, type FirstKey } from "./api_keys/first_key.ts";
import { createKeyRing, type KeyCheck } from "./api_keys/key_ring.ts";
import { createKeyUses } from "./api_keys/key_uses.ts";
import { drawKey, drawPepper, drawSecret } from "./api_keys/new_key.ts";

export type { KeyCheck, KeyGrant } from "./api_keys/key_ring.ts";

/** How often the store is asked whether keys have changed. */
export const LOOK_MS = 1500;

/** How often all of them are read, whatever their revision. */
const READ_ALL_MS = 60_000;

/** Longest time that a secret stays good after a rotation, in seconds. */
export const MAX_GRACE_S = 7 * 24 * 3600;

/** A key that is wanted. */
export interface WantedKey {
  readonly name: string;
  readonly scopes: readonly ApiKeyScope[];
  readonly user?: UserId | undefined;
  /** Milliseconds since the Unix epoch; it does not expire when absent. */
  readonly expiresAt?: number | undefined;
}

/** A key with its secret, which is told this once. */
export interface NewKey {
  readonly key: ApiKey;
  readonly text: ApiKeyText;
}

/** Tells keys apart. */
export interface KeyChecks {
  /**
   * What the key `text` allows; at once when it was good before.
   *
   * @throws {PortError} `unavailable`, `timeout` when it is not known here and
   * the store cannot be asked.
   */
  check(text: string): KeyCheck | Promise<KeyCheck>;
}

/** The keys of the service. */
export interface ApiKeys extends KeyChecks {
  /** Every key, from the store. */
  list(signal?: AbortSignal): Promise<readonly ApiKey[]>;

  /** Makes a key; `actor` is whoever wants it. */
  create(wanted: WantedKey, actor: string): Promise<NewKey>;

  /**
   * Gives a key another secret; the present one stays good for `graceS`.
   *
   * @throws {PortError} `not_found`.
   */
  rotate(id: ApiKeyId, graceS: number, actor: string): Promise<NewKey>;

  /**
   * Ends a key: at once here, within 5 s on other instances.
   *
   * @throws {PortError} `not_found`.
   */
  revoke(id: ApiKeyId, actor: string): Promise<void>;

  /** Ends all keys of `user`; tells how many. */
  revokeAllOf(user: UserId, actor: string): Promise<number>;

  /**
   * Reads the keys for the first time. Where there is none, makes one with the
   * scope admin and hands it to `tell`; of several instances one does. A store
   * that does not answer is left to `run`.
   */
  begin(tell: (first: ApiKeyText) => void): Promise<void>;

  /** Keeps up with the store, and notes uses, until `signal` aborts. */
  run(signal: AbortSignal): Promise<void>;
}

/**
 * Creates the keys.
 *
 * @param options.secret What keys are hashed under; the store keeps one when absent.
 */
export function createApiKeys(options: {
  readonly store: ApiKeyStore;
  readonly secret?: string | undefined;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly telemetry: Pick<Telemetry, "log">;
}): ApiKeys {
  const { store, clock, entropy, telemetry } = options;
  const ring = createKeyRing();
  const uses = createKeyUses(store);
  let pepper = options.secret;
  let revision: number | undefined;
  let readAllAt = -Infinity;
  let looking: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  let first: FirstKey | undefined;
  /** Ends of keys made here: what was read before may still have them. */
  let ends = 0;
  const attempt = createAttempts(telemetry);

  /** Reads what has changed; the result is at least as new as the call. */
  function look(): Promise<void> {
    if (!looking) {
      looking = readChanges().finally(() => looking = undefined);
      return looking;
    }
    // The one under way may have missed what the caller knows of.
    return next ??= looking.catch(() => {}).then(() => {
      next = undefined;
      return look();
    });
  }

  /** Looks after a change that is made: should this fail, the next one tells. */
  const tryLook = () => look().catch(() => {});

  async function readChanges(): Promise<void> {
    await known();
    const now = clock.monotonic();
    const isDue = now - readAllAt >= READ_ALL_MS;
    const before = ends;
    let list = await store.read(isDue ? undefined : revision);
    if (first) list = await first.settle(list);
    first = undefined;
    if (before !== ends) return readChanges();
    if (list.keys) {
      readAllAt = now;
      ring.replace(list.keys);
      uses.retain(new Set(list.keys.map(({ id }) => id)));
    }
    revision = list.revision;
  }

  async function known(): Promise<string> {
    return pepper ??= await store.pepper(drawPepper(entropy));
  }

  async function draw(wanted: WantedKey, createdBy: string) {
    const createdAt = Math.floor(clock.now());
    const facts = { ...wanted, createdAt, createdBy };
    return drawKey(facts, await known(), entropy);
  }

  async function get(id: ApiKeyId): Promise<StoredApiKey> {
    const found = (await store.read()).keys!.find((key) => key.id === id);
    return found ?? missing(id);
  }

  function end(id: ApiKeyId): void {
    ends++;
    ring.drop(id);
  }

  function use(checked: KeyCheck, nowMs: number): KeyCheck {
    if (typeof checked !== "string") uses.note(checked.id, nowMs);
    return checked;
  }

  async function checkUnknown(text: ApiKeyText): Promise<KeyCheck> {
    if (pepper !== undefined) {
      const checked = ring.check(text, pepper, clock.now());
      if (checked !== "unknown") return use(checked, clock.now());
    }
    await look();
    return use(ring.check(text, await known(), clock.now()), clock.now());
  }

  function logChange(what: string, id: ApiKeyId, actor: string): void {
    telemetry.log("info", what, { key_id: id, actor });
  }

  return {
    check(text) {
      if (!isApiKeyText(text)) return "unknown";
      const now = clock.now();
      const checked = ring.recall(text, now);
      return checked === undefined ? checkUnknown(text) : use(checked, now);
    },

    async list(signal) {
      return (await store.read(undefined, signal)).keys!.map(withoutSecrets);
    },

    async create(wanted, actor) {
      const { key, text } = await draw(wanted, actor);
      await store.add(key);
      logChange("API key made", key.id, actor);
      await tryLook();
      return { key: withoutSecrets(key), text };
    },

    async rotate(id, graceS, actor) {
      const now = Math.floor(clock.now());
      const { text, hash } = drawSecret(id, await known(), entropy);
      const until = graceS === 0 ? undefined : now + graceS * 1000;
      const key = await get(id);
      if (!await store.rotate(id, hash, until)) missing(id);
      logChange("API key rotated", id, actor);
      if (until === undefined) end(id);
      await tryLook();
      return { key: { ...withoutSecrets(key), formerUntil: until }, text };
    },

    async revoke(id, actor) {
      if (!await store.remove(id)) missing(id);
      logChange("API key revoked", id, actor);
      end(id);
      await tryLook();
    },

    async revokeAllOf(user, actor) {
      let count = 0;
      for (const key of (await store.read()).keys!) {
        if (key.user !== user || !await store.remove(key.id)) continue;
        logChange("API key revoked", key.id, actor);
        end(key.id);
        count++;
      }
      if (count > 0) await tryLook();
      return count;
    },

    async begin(tell) {
      const wanted: WantedKey = { name: "first key", scopes: ["admin"] };
      first = createFirstKey({
        store,
        draw: () => draw(wanted, "holdfast"),
        tell({ key, text }) {
          tell(text);
          logChange("API key made", key.id, "holdfast");
        },
      });
      await attempt(look);
    },

    async run(signal) {
      const every = async (work: () => unknown) => {
        while (!signal.aborted) {
          await clock.sleep(LOOK_MS, signal);
          await work();
        }
      };
      await Promise.all([
        // A store that takes its time holds up no end.
        every(() => ring.expire(clock.now())),
        every(() => attempt(() => look().then(uses.flush))),
      ]);
    },
  };
}

function withoutSecrets(key: StoredApiKey): ApiKey {
  const { hash: _, formerHash: __, ...shown } = key;
  return shown;
}

function missing(id: ApiKeyId): never {
  const message = `Cannot find API key ${id} as there is none`;
  throw new PortError("not_found", message);
}
