/**
 * The trade ledger obeys its contract, on every database of record.
 *
 * @module
 */
import { createMemoryLog } from "../../adapters/memory/log.ts";
import { openMemoryTradeLedger } from "../../adapters/memory/trade_ledger.ts";
import { openNoopEventBus } from "../../adapters/noop/event_bus.ts";
import { openNoopTradeLedger } from "../../adapters/noop/trade_ledger.ts";
import { openSqliteEventBus } from "../../adapters/sqlite/event_bus.ts";
import { openSqliteTradeLedger } from "../../adapters/sqlite/trade_ledger.ts";
import type { TradeLedger } from "../../ports/trade_ledger.ts";
import {
  testTradeLedger,
  TRADE_LEDGER_LAWS,
} from "../contracts/trade_ledger.ts";
import {
  openMemoryLedger,
  testLedgerAgreement,
} from "../contracts/trade_ledger_agreement.ts";
import {
  ANN,
  BOB,
  listAll,
  order,
  rowOf,
} from "../contracts/trade_ledger_cases.ts";
import { deepEqual, equal, ok, rejects } from "../support/assert.ts";
import { anEvent } from "../support/events.ts";
import { createFakeClock } from "../support/fake_clock.ts";
import { subject } from "../support/memory_world.ts";
import { needs } from "../support/needs.ts";
import { createSeededEntropy } from "../support/seeded_entropy.ts";
import {
  createSqliteWorld,
  makeFolder,
  openDatabase as openFile,
} from "../support/sqlite_world.ts";

testTradeLedger("memory", openMemoryLedger);

const HOLDS_NOTHING = "it refuses to hold anything";
testTradeLedger("noop", async () => {
  const [ledger, bus] = [openNoopTradeLedger(), openNoopEventBus()];
  return subject({ ledger, bus }, ledger, bus);
}, {
  "rows are found as they were written, byte for byte, in the order asked for":
    HOLDS_NOTHING,
  "the largest rows, and as many as may be, are kept": HOLDS_NOTHING,
  "each change makes the next version, and says all of the row": HOLDS_NOTHING,
  "a change of another version is refused, and told what the version is":
    HOLDS_NOTHING,
  "where the last change is refused nothing is written, and no event appended":
    HOLDS_NOTHING,
  "of several conflicts the first is told": HOLDS_NOTHING,
  "of those who write on one version one succeeds, and all others conflict":
    HOLDS_NOTHING,
  "commits at one time that cross do not hinder each other, and lose nothing":
    HOLDS_NOTHING,
  "events are appended in the order of their commit, which is one batch":
    HOLDS_NOTHING,
  "an event that the log holds keeps its first place, whatever comes with it":
    HOLDS_NOTHING,
  "of commits at one time each hears of its own events": HOLDS_NOTHING,
  "an event of the channel of settings is appended as any other": HOLDS_NOTHING,
  "users do not see each other's rows": HOLDS_NOTHING,
  "kinds are apart": HOLDS_NOTHING,
  "rows are listed the newest first, then by user and id in the order of bytes":
    HOLDS_NOTHING,
  "page by page each row comes once, whatever is asked for": HOLDS_NOTHING,
  "a row that was closed is not listed among the open ones any more":
    HOLDS_NOTHING,
});

Deno.test("noop: committing is refused rather than forgotten", async () => {
  await using ledger = openNoopTradeLedger();
  const commit = ledger.commit(ANN, [order("a")]);
  await rejects(commit, { code: "unsupported" });
});

Deno.test("memory: what is more than it may hold is refused, and nothing lost", async () => {
  const log = createMemoryLog({
    clock: createFakeClock(),
    entropy: createSeededEntropy(),
  });
  await using ledger = openMemoryTradeLedger(log, 2);
  await ledger.commit(ANN, [order("a")]);
  const many = [order("a", 1), order("b"), order("c")];
  await rejects(ledger.commit(ANN, many, [anEvent()]), { code: "full" });
  equal(log.position(), 0);
  await ledger.commit(ANN, [order("a", 1), order("b")]);
  await ledger.commit(BOB, [order("a")]).then(
    () => ok(false),
    ({ code }) => equal(code, "full"),
  );
});

if (await needs(import.meta.url, ["read", "write"])) {
  const open = async () => {
    const world = await createSqliteWorld();
    const ledger = openSqliteTradeLedger(world.db);
    const bus = openSqliteEventBus(world.db);
    return subject({ ledger, bus }, ledger, bus, world);
  };
  testTradeLedger("sqlite", open);
  testLedgerAgreement("sqlite", open);

  Deno.test("sqlite: rows are held by the file, and their events with them", async () => {
    await using folder = await makeFolder();
    {
      await using db = await openFile(folder.path);
      await openSqliteTradeLedger(db).commit(ANN, [order("a")], [anEvent()]);
    }
    await using db = await openFile(folder.path);
    const ledger = openSqliteTradeLedger(db);
    deepEqual(await ledger.find(ANN, [order("a")]), [rowOf(ANN, order("a"))]);
    equal((await openSqliteEventBus(db).head()).position, 1);
  });

  Deno.test("sqlite: who waits for events hears of those of a commit", async () => {
    await using world = await createSqliteWorld();
    const wait = openSqliteEventBus(world.db).wait(0);
    await openSqliteTradeLedger(world.db)
      .commit(ANN, [order("a")], [anEvent()]);
    await wait;
  });

  Deno.test("sqlite: every list goes along an index, and sorts nothing", async () => {
    await using world = await createSqliteWorld();
    const texts = new Set<string>();
    const spying = {
      ...world.db,
      read: (work: Parameters<typeof world.db.read>[0]) =>
        world.db.read((sql) =>
          work({
            ...sql,
            all: (text, ...values) => {
              texts.add(text);
              return sql.all(text, ...values);
            },
          })
        ),
    } as typeof world.db;
    await listAll(openSqliteTradeLedger(spying));
    equal(texts.size, 18);
    for (const text of texts) {
      const plan = await world.db.read((sql) =>
        sql.all<[number, number, number, string]>(`EXPLAIN QUERY PLAN ${text}`)
      );
      const steps = plan.map(([, , , step]) => step).join("\n");
      ok(!/SCAN trade_row|TEMP B-TREE/.test(steps), `${text}\n${steps}`);
      ok(!/is_open = 1/.test(text) || /trade_row_open_by/.test(steps), steps);
    }
  });
}

Deno.test("the laws notice a ledger that heeds no version, and one that keeps half", async () => {
  const heedless = (ledger: TradeLedger): TradeLedger => ({
    ...ledger,
    async commit(user, changes, events) {
      for (;;) {
        const held = await ledger.find(user, changes);
        const forced = changes.map((change, i) => ({
          ...change,
          ifVersion: held[i]?.version ?? 0,
        }));
        const told = ledger.commit(user, forced, events);
        const receipts = await told.catch(() => undefined);
        if (receipts) return receipts;
      }
    },
  });
  const torn = (ledger: TradeLedger): TradeLedger => ({
    ...ledger,
    async commit(user, changes, events) {
      for (const one of changes.slice(0, -1)) {
        await ledger.commit(user, [one]);
      }
      return await ledger.commit(user, changes.slice(-1), events);
    },
  });
  const broken = [
    [
      heedless,
      "a change of another version is refused, and told what the version is",
    ],
    [
      heedless,
      "where the last change is refused nothing is written, and no event appended",
    ],
    [
      heedless,
      "of those who write on one version one succeeds, and all others conflict",
    ],
    [
      torn,
      "of those who write on one version one succeeds, and all others conflict",
    ],
    [
      torn,
      "where the last change is refused nothing is written, and no event appended",
    ],
  ] as const;
  for (const [by, law] of broken) {
    await using one = await openMemoryLedger();
    await rejects(TRADE_LEDGER_LAWS[law]({ ...one, ledger: by(one.ledger) }));
  }
});
