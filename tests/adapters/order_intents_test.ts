/**
 * The order intents obey their contract, on every database of record.
 *
 * @module
 */
import { openMemoryOrderIntents } from "../../adapters/memory/order_intents.ts";
import { openNoopOrderIntents } from "../../adapters/noop/order_intents.ts";
import { openPostgresOrderIntents } from "../../adapters/postgres/order_intents.ts";
import { openSqliteOrderIntents } from "../../adapters/sqlite/order_intents.ts";
import { parseUserId } from "../../domain/user_id.ts";
import type { OrderIntents } from "../../ports/order_intents.ts";
import {
  ORDER_INTENTS_LAWS,
  testOrderIntents,
} from "../contracts/order_intents.ts";
import { deepEqual, rejects } from "../support/assert.ts";
import { createMemoryWorld, subject } from "../support/memory_world.ts";
import { needs } from "../support/needs.ts";
import {
  createPostgresWorld,
  makeSchema,
  openDatabase,
} from "../support/postgres_world.ts";
import { requireService } from "../support/services.ts";
import {
  createSqliteWorld,
  makeFolder,
  openDatabase as openFile,
} from "../support/sqlite_world.ts";

const ANN = parseUserId("ann");
const INTENT = { name: "a", json: "1", keptUntil: 1000 };

testOrderIntents("memory", async () => {
  const intents = createMemoryWorld().intents();
  return subject({ intents }, intents);
});

const KEEPS_NOTHING = "it refuses to keep anything";
testOrderIntents("noop", async () => {
  const intents = openNoopOrderIntents();
  return subject({ intents }, intents);
}, {
  "what is kept is found again byte for byte, in the order asked for":
    KEEPS_NOTHING,
  "what is held stays as it was first kept": KEEPS_NOTHING,
  "all intents of a call are kept, or none": KEEPS_NOTHING,
  "users do not see each other's intents": KEEPS_NOTHING,
  "of concurrent calls for one name one is first, and all others are told of it":
    KEEPS_NOTHING,
  "calls whose names cross do not hinder each other for good": KEEPS_NOTHING,
  "what is not to be kept any more is forgotten, and nothing else":
    KEEPS_NOTHING,
  "one call forgets a bounded number": KEEPS_NOTHING,
  "the longest of all are kept": KEEPS_NOTHING,
  "a user is forgotten with all that is kept for him, and nobody else":
    KEEPS_NOTHING,
  "what is kept agrees with a plain model on random calls": KEEPS_NOTHING,
});

Deno.test("noop: keeping an intent is refused rather than forgotten", async () => {
  await using intents = openNoopOrderIntents();
  await rejects(intents.keep(ANN, [INTENT]), { code: "unsupported" });
});

Deno.test("memory: what is more than it may hold is refused, and nothing lost", async () => {
  await using intents = openMemoryOrderIntents(new Map(), 2);
  const of = (...names: string[]) => names.map((name) => ({ ...INTENT, name }));
  deepEqual(await intents.keep(ANN, of("a")), []);
  await rejects(intents.keep(ANN, of("b", "c")), { code: "full" });
  deepEqual(await intents.find(ANN, ["b"]), [undefined]);
  deepEqual(await intents.keep(ANN, of("b")), []);
});

if (await needs(import.meta.url, ["read", "write"])) {
  testOrderIntents("sqlite", async () => {
    const world = await createSqliteWorld();
    const intents = openSqliteOrderIntents(world.db);
    return subject({ intents }, intents, world);
  });

  Deno.test("sqlite: an intent is held by the file", async () => {
    await using folder = await makeFolder();
    {
      await using db = await openFile(folder.path);
      await openSqliteOrderIntents(db).keep(ANN, [INTENT]);
    }
    await using db = await openFile(folder.path);
    const intents = openSqliteOrderIntents(db);
    deepEqual(await intents.find(ANN, ["a"]), [INTENT]);
  });
}

const url = await requireService(import.meta.url, "postgres");
if (url) {
  testOrderIntents("postgres", async () => {
    const world = await createPostgresWorld(url);
    const intents = openPostgresOrderIntents(world.db);
    return subject({ intents }, intents, world);
  });

  Deno.test("postgres: where what was in the way is forgotten meanwhile, all is kept after all", async () => {
    await using schema = await makeSchema(url);
    await using db = openDatabase(schema.url);
    const intents = openPostgresOrderIntents(db);
    const [a, b] = [INTENT, { ...INTENT, name: "b" }];
    await intents.keep(ANN, [{ ...b, json: "0" }]);
    // Forgets b as soon as a is taken back, which b stood in the way of.
    await schema.psql.unsafe(`CREATE FUNCTION forget() RETURNS trigger
      LANGUAGE plpgsql AS $$ BEGIN
        DELETE FROM order_intent WHERE name = 'b'; RETURN OLD; END $$;
      CREATE TRIGGER forget BEFORE DELETE ON order_intent FOR EACH ROW
        WHEN (OLD.name = 'a') EXECUTE FUNCTION forget()`);
    deepEqual(await intents.keep(ANN, [a, b]), []);
    deepEqual(await intents.find(ANN, ["a", "b"]), [a, b]);
  });

  Deno.test("postgres: of two instances that keep one name at once one is first", async () => {
    await using world = await createPostgresWorld(url);
    await using other = openDatabase(world.url);
    const [one, two] = [
      openPostgresOrderIntents(world.db),
      openPostgresOrderIntents(other),
    ];
    for (let i = 0; i < 50; i++) {
      const names = [`${i}`, `${i}:x`];
      const told = await Promise.all(
        [one, two].map((port, at) =>
          port.keep(
            ANN,
            (at ? names.toReversed() : names)
              .map((name) => ({ ...INTENT, name, json: `${at}` })),
          )
        ),
      );
      const [first] = await two.find(ANN, [names[0]!]);
      deepEqual(
        told.map((inTheWay) => inTheWay.map(({ json }) => json)),
        first!.json === "0" ? [[], ["0", "0"]] : [["1", "1"], []],
      );
    }
  });
}

Deno.test("the laws notice a port that keeps what comes last", async () => {
  const intents = openMemoryOrderIntents();
  const held = new Map<string, string>();
  const broken: OrderIntents = {
    ...intents,
    async keep(_user, list) {
      for (const { name, json } of list) held.set(name, json);
      return [];
    },
    async find(_user, names) {
      return names.map((name) => {
        const json = held.get(name);
        return json === undefined ? undefined : { ...INTENT, name, json };
      });
    },
  };
  for (
    const law of [
      "what is held stays as it was first kept",
      "all intents of a call are kept, or none",
      "of concurrent calls for one name one is first, and all others are told of it",
    ] as const
  ) {
    const subject = { intents: broken, async [Symbol.asyncDispose]() {} };
    await rejects(ORDER_INTENTS_LAWS[law](subject));
  }
});
