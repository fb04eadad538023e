/**
 * The API key store contract: the laws every adapter of the port obeys.
 *
 * @module
 */
import {
  API_KEY_SCOPES,
  type ApiKeyId,
  MAX_KEY_NAME_CHARS,
} from "../../domain/api_key.ts";
import { parseUserId } from "../../domain/user_id.ts";
import {
  type ApiKeyStore,
  MAX_KEY_USES,
  type StoredApiKey,
} from "../../ports/api_key_store.ts";
import { deepEqual, equal, notEqual, ok, rejects } from "../support/assert.ts";
import { type Laws, testLaws, type Waivers } from "./law.ts";

/** What a suite needs of an adapter. */
export interface ApiKeyStoreSubject extends AsyncDisposable {
  readonly store: ApiKeyStore;
}

const ANN = parseUserId("ann");
const hash = (digit: string) => digit.repeat(64);
const idOf = (n: number) => `key${`${n}`.padStart(9, "0")}` as ApiKeyId;

/** A key, the `n`th of its test. */
export function keyOf(
  n: number,
  more: Partial<StoredApiKey> = {},
): StoredApiKey {
  return {
    id: idOf(n),
    name: `bot ${n}`,
    scopes: ["read", "trade"],
    user: ANN,
    createdAt: 1_750_000_000_000,
    createdBy: "default",
    expiresAt: undefined,
    hash: hash("a"),
    formerHash: undefined,
    formerUntil: undefined,
    lastUsedAt: undefined,
    ...more,
  };
}

/** Every key, with what is absent said. */
async function all(store: ApiKeyStore): Promise<readonly StoredApiKey[]> {
  const { keys } = await store.read();
  return keys!.map((key) => ({ ...keyOf(0), ...key }));
}

/** The laws. */
export const API_KEY_STORE_LAWS = {
  "an empty store has a revision and no keys": async ({ store }) => {
    const { revision, keys } = await store.read();
    deepEqual(keys, []);
    deepEqual(await store.read(revision), { revision });
  },

  "what is kept is read again, by id": async ({ store }) => {
    const admin = keyOf(2, {
      name: 'öps "1" 🗝',
      scopes: ["admin"],
      user: undefined,
      createdBy: "holdfast",
      expiresAt: 1_760_000_000_000,
    });
    equal(await store.add(keyOf(3, { scopes: API_KEY_SCOPES })), true);
    equal(await store.add(admin), true);
    equal(await store.add(keyOf(1)), true);
    deepEqual(await all(store), [
      keyOf(1),
      admin,
      keyOf(3, { scopes: API_KEY_SCOPES }),
    ]);
  },

  "the revision is another one after each change, and else the same": async (
    { store },
  ) => {
    const seen = new Set<number>();
    const look = async () => {
      const { revision } = await store.read();
      ok(!seen.has(revision), `revision ${revision} comes twice`);
      seen.add(revision);
      deepEqual(await store.read(revision), { revision });
      return revision;
    };
    await look();
    await store.add(keyOf(1));
    await look();
    await store.rotate(idOf(1), hash("b"));
    await look();
    await store.rotate(idOf(1), hash("c"), 5);
    const before = await look();
    await store.touch(new Map([[idOf(1), 7]]));
    deepEqual(await store.read(before), { revision: before });
    await store.remove(idOf(1));
    await look();
    const { revision, keys } = await store.read(before);
    notEqual(revision, before);
    deepEqual(keys, []);
  },

  "an id is given once": async ({ store }) => {
    await store.add(keyOf(1));
    const other = keyOf(1, { name: "other", hash: hash("b") });
    await rejects(store.add(other), { code: "conflict" });
    deepEqual(await all(store), [keyOf(1)]);
  },

  "of those that want to be first, at the same time, one is": async (
    { store },
  ) => {
    const wants = Array.from({ length: 20 }, (_, n) => keyOf(n));
    const kept = await Promise.all(
      wants.map((key) => store.add(key, { onlyFirst: true })),
    );
    equal(kept.filter((isKept) => isKept).length, 1);
    deepEqual(await all(store), [wants[kept.indexOf(true)]]);
    equal(await store.add(keyOf(21), { onlyFirst: true }), false);
    equal(await store.add(keyOf(21)), true);
  },

  "a rotation ends the secret at once, or keeps it for a while": async (
    { store },
  ) => {
    await store.add(keyOf(1));
    await store.add(keyOf(2));
    equal(await store.rotate(idOf(1), hash("b"), 99), true);
    const first = { hash: hash("b"), formerHash: hash("a"), formerUntil: 99 };
    deepEqual(await all(store), [keyOf(1, first), keyOf(2)]);
    await store.rotate(idOf(1), hash("c"), 100);
    const second = { hash: hash("c"), formerHash: hash("b"), formerUntil: 100 };
    deepEqual((await all(store))[0], keyOf(1, second));
    await store.rotate(idOf(1), hash("d"));
    deepEqual((await all(store))[0], keyOf(1, { hash: hash("d") }));
    equal(await store.rotate(idOf(3), hash("b")), false);
  },

  "a key that is dropped is gone, and dropped once": async ({ store }) => {
    await store.add(keyOf(1));
    await store.add(keyOf(2));
    equal(await store.remove(idOf(1)), true);
    equal(await store.remove(idOf(1)), false);
    deepEqual(await all(store), [keyOf(2)]);
    equal(await store.rotate(idOf(1), hash("b")), false);
  },

  "the newest use counts, in whichever order they are noted": async (
    { store },
  ) => {
    await store.add(keyOf(1));
    await store.add(keyOf(2));
    await store.touch(new Map([[idOf(1), 50], [idOf(9), 50]]));
    await store.touch(new Map([[idOf(2), 70], [idOf(1), 40]]));
    await store.touch(new Map());
    deepEqual(await all(store), [
      keyOf(1, { lastUsedAt: 50 }),
      keyOf(2, { lastUsedAt: 70 }),
    ]);
    const many = Array.from(
      { length: MAX_KEY_USES },
      (_, n) => [idOf(n), 90] as const,
    );
    await store.touch(new Map(many));
    deepEqual((await all(store)).map(({ lastUsedAt }) => lastUsedAt), [90, 90]);
    await rejects(
      store.touch(new Map([...many, [idOf(MAX_KEY_USES), 1]])),
      { code: "invalid" },
    );
  },

  "uses of the same keys at the same time do not hinder each other": async (
    { store },
  ) => {
    const keys = Array.from({ length: 8 }, (_, n) => keyOf(n));
    for (const key of keys) await store.add(key);
    await Promise.all(Array.from({ length: 16 }, (_, at) => {
      const uses = keys.map(({ id }) => [id, at] as const);
      return store.touch(new Map(at % 2 ? uses : uses.toReversed()));
    }));
    const newest = (await all(store)).map(({ lastUsedAt }) => lastUsedAt);
    deepEqual(newest, keys.map(() => 15));
  },

  "what secrets are hashed under is what was proposed first": async (
    { store },
  ) => {
    const texts = Array.from({ length: 10 }, (_, n) => `pepper ${n}`);
    const given = await Promise.all(texts.map((text) => store.pepper(text)));
    equal(new Set(given).size, 1);
    ok(texts.includes(given[0]!));
    equal(await store.pepper("another"), given[0]);
  },

  "keys that are not what they must be are refused": async ({ store }) => {
    const bad: readonly Partial<StoredApiKey>[] = [
      { name: "" },
      { name: "x".repeat(MAX_KEY_NAME_CHARS + 1) },
      { name: "a\0" },
      { scopes: [] },
      { scopes: ["read", "read"] },
      { user: undefined },
      { expiresAt: 1.5 },
      { createdAt: NaN },
      { hash: "" },
      { hash: hash("A") },
    ];
    for (const more of bad) {
      await rejects(store.add(keyOf(1, more)), { code: "invalid" });
    }
    await rejects(store.rotate(idOf(1), "plain"), { code: "invalid" });
    deepEqual(await all(store), []);
  },

  "an aborted call does nothing": async ({ store }) => {
    const gone = AbortSignal.abort(new Error("gone"));
    await rejects(store.read(undefined, gone), { message: "gone" });
    await rejects(store.add(keyOf(1), {}, gone), { message: "gone" });
    await rejects(store.rotate(idOf(1), hash("b"), 1, gone), {
      message: "gone",
    });
    await rejects(store.remove(idOf(1), gone), { message: "gone" });
    await rejects(store.touch(new Map(), gone), { message: "gone" });
    await rejects(store.pepper("a", gone), { message: "gone" });
    deepEqual(await all(store), []);
  },

  "a closed store rejects, and closes twice": async ({ store }) => {
    await store[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
    await rejects(store.read(), { code: "closed" });
    await rejects(store.add(keyOf(1)), { code: "closed" });
    await rejects(store.rotate(idOf(1), hash("b")), { code: "closed" });
    await rejects(store.remove(idOf(1)), { code: "closed" });
    await rejects(store.touch(new Map()), { code: "closed" });
    await rejects(store.pepper("a"), { code: "closed" });
  },
} satisfies Laws<ApiKeyStoreSubject>;

/** Holds each store `open` returns to every law, save those waived by name. */
export function testApiKeyStore(
  adapter: string,
  open: () => Promise<ApiKeyStoreSubject>,
  waived: Waivers<typeof API_KEY_STORE_LAWS> = {},
): void {
  testLaws(adapter, API_KEY_STORE_LAWS, open, waived);
}
