/**
 * The API key stores obey their contract, on every database of record.
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite";
import { openMemoryApiKeyStore } from "../../adapters/memory/api_key_store.ts";
import { openNoopApiKeyStore } from "../../adapters/noop/api_key_store.ts";
import { openPostgresApiKeyStore } from "../../adapters/postgres/api_key_store.ts";
import { openSqliteApiKeyStore } from "../../adapters/sqlite/api_key_store.ts";
import type { ApiKeyId } from "../../domain/api_key.ts";
import { type ApiKeyStore, MAX_API_KEYS } from "../../ports/api_key_store.ts";
import {
  API_KEY_STORE_LAWS,
  keyOf,
  testApiKeyStore,
} from "../contracts/api_key_store.ts";
import { deepEqual, equal, notEqual, rejects } from "../support/assert.ts";
import { subject } from "../support/memory_world.ts";
import { needs } from "../support/needs.ts";
import {
  createPostgresWorld,
  openDatabase,
} from "../support/postgres_world.ts";
import { requireService } from "../support/services.ts";
import {
  createSqliteWorld,
  makeFolder,
  openDatabase as openFile,
} from "../support/sqlite_world.ts";

testApiKeyStore("memory", async () => {
  const store = openMemoryApiKeyStore();
  return subject({ store }, store);
});

const KEEPS_NOTHING = "it refuses to keep anything";
testApiKeyStore("noop", async () => {
  const store = openNoopApiKeyStore();
  return subject({ store }, store);
}, {
  "what is kept is read again, by id": KEEPS_NOTHING,
  "the revision is another one after each change, and else the same":
    KEEPS_NOTHING,
  "an id is given once": KEEPS_NOTHING,
  "of those that want to be first, at the same time, one is": KEEPS_NOTHING,
  "a rotation ends the secret at once, or keeps it for a while": KEEPS_NOTHING,
  "a key that is dropped is gone, and dropped once": KEEPS_NOTHING,
  "the newest use counts, in whichever order they are noted": KEEPS_NOTHING,
  "uses of the same keys at the same time do not hinder each other":
    KEEPS_NOTHING,
  "what secrets are hashed under is what was proposed first": KEEPS_NOTHING,
});

Deno.test("noop: keeping a key is refused rather than forgotten", async () => {
  await using store = openNoopApiKeyStore();
  await rejects(store.add(keyOf(1)), { code: "unsupported" });
});

Deno.test("memory: the most keys are kept, and no more", async () => {
  await using store = openMemoryApiKeyStore();
  await holdToLimit(store, (n) => store.add(keyOf(n)));
});

if (await needs(import.meta.url, ["read", "write"])) {
  testApiKeyStore("sqlite", async () => {
    const world = await createSqliteWorld();
    const store = openSqliteApiKeyStore(world.db);
    return subject({ store }, store, world);
  });

  Deno.test("sqlite: keys are held by the file, and changes by hand are seen", async () => {
    await using folder = await makeFolder();
    {
      await using db = await openFile(folder.path);
      const store = openSqliteApiKeyStore(db);
      await store.add(keyOf(1));
      equal(await store.pepper("kept"), "kept");
    }
    await using db = await openFile(folder.path);
    const store = openSqliteApiKeyStore(db);
    const { revision, keys } = await store.read();
    equal(keys?.[0]?.name, "bot 1");
    equal(await store.pepper("other"), "kept");
    using hand = new DatabaseSync(folder.path);
    hand.exec("DELETE FROM api_key");
    deepEqual((await store.read(revision)).keys, []);
  });

  Deno.test("sqlite: the most keys are kept, and no more", async () => {
    await using world = await createSqliteWorld();
    const store = openSqliteApiKeyStore(world.db);
    await holdToLimit(store, (n) => store.add(keyOf(n)));
  });
}

const url = await requireService(import.meta.url, "postgres");
if (url) {
  testApiKeyStore("postgres", async () => {
    const world = await createPostgresWorld(url);
    const store = openPostgresApiKeyStore(world.db);
    return subject({ store }, store, world);
  });

  Deno.test("postgres: of two instances that want the first key one gets it", async () => {
    await using world = await createPostgresWorld(url);
    await using other = openDatabase(world.url);
    const stores = [world.db, other].map(openPostgresApiKeyStore);
    for (let round = 0; round < 20; round++) {
      const kept = await Promise.all(
        stores.map((store, n) => store.add(keyOf(n), { onlyFirst: true })),
      );
      deepEqual(kept.toSorted(), [false, true]);
      await world.psql.unsafe("TRUNCATE api_key");
    }
  });

  Deno.test("postgres: changes by hand are seen", async () => {
    await using world = await createPostgresWorld(url);
    const store = openPostgresApiKeyStore(world.db);
    await store.add(keyOf(1));
    for (
      const change of [
        "UPDATE api_key SET expires_at = 5",
        "DELETE FROM api_key",
        "TRUNCATE api_key",
      ]
    ) {
      const { revision } = await store.read();
      await world.psql.unsafe(change);
      notEqual((await store.read()).revision, revision, change);
    }
  });

  Deno.test("postgres: the most keys are kept, and no more", async () => {
    await using world = await createPostgresWorld(url);
    const store = openPostgresApiKeyStore(world.db);
    await world.psql.unsafe(`INSERT INTO api_key (id, name, scopes, user_id,
        created_at, created_by, hash)
      SELECT 'x' || lpad(n::text, 11, '0'), 'n', 'read', 'ann', 0, 'x', 'h'
      FROM generate_series(1, ${MAX_API_KEYS - 1}) n`);
    equal(await store.add(keyOf(1)), true);
    await rejects(store.add(keyOf(2)), { code: "full" });
    await rejects(store.add(keyOf(1)), { code: /full|conflict/ });
    await store.remove("x00000000001" as ApiKeyId);
    equal(await store.add(keyOf(2)), true);
  });
}

/** Fills a store that has no other way than `add`. */
async function holdToLimit(
  store: ApiKeyStore,
  add: (n: number) => Promise<boolean>,
): Promise<void> {
  await Promise.all(Array.from({ length: MAX_API_KEYS }, (_, n) => add(n)));
  await rejects(add(MAX_API_KEYS), { code: "full" });
  equal((await store.read()).keys?.length, MAX_API_KEYS);
  await store.remove(keyOf(7).id);
  equal(await add(MAX_API_KEYS), true);
}

Deno.test("the laws notice a store that forgets what it must not", async () => {
  const broken = (more: Partial<ApiKeyStore>) => {
    const store = openMemoryApiKeyStore();
    return subject({ store: { ...store, ...more } }, store);
  };
  const kept = openMemoryApiKeyStore();
  await rejects(
    API_KEY_STORE_LAWS[
      "of those that want to be first, at the same time, one is"
    ](broken({ add: (key) => kept.add(key), read: (n) => kept.read(n) })),
  );
  await rejects(
    API_KEY_STORE_LAWS[
      "what secrets are hashed under is what was proposed first"
    ](broken({ pepper: async (proposed) => proposed })),
  );
  await rejects(
    API_KEY_STORE_LAWS[
      "the newest use counts, in whichever order they are noted"
    ](broken({ touch: async () => {} })),
  );
});
