/**
 * The trade ledger in Postgres obeys its contract, also where several
 * instances write at once and where connections are lost.
 *
 * @module
 */
import type { PostgresDatabase } from "../../adapters/postgres/database.ts";
import { openPostgresEventBus } from "../../adapters/postgres/event_bus.ts";
import { openPostgresSettingsStore } from "../../adapters/postgres/settings_store.ts";
import { openPostgresTradeLedger } from "../../adapters/postgres/trade_ledger.ts";
import { parseSettingsKey } from "../../domain/settings.ts";
import { testTradeLedger } from "../contracts/trade_ledger.ts";
import { testLedgerAgreement } from "../contracts/trade_ledger_agreement.ts";
import {
  ANN,
  listAll,
  order,
  refs,
  rowOf,
} from "../contracts/trade_ledger_cases.ts";
import { deepEqual, equal, ok, rejects } from "../support/assert.ts";
import { anEvent } from "../support/events.ts";
import { subject } from "../support/memory_world.ts";
import {
  connectPsql,
  createPostgresWorld,
  makeSchema,
  openDatabase,
  type Psql,
} from "../support/postgres_world.ts";
import { requireService } from "../support/services.ts";

/** A database that tells what is asked of it. */
function spyOn(db: PostgresDatabase) {
  const asked: { readonly text: string; readonly values: unknown }[] = [];
  const spying: PostgresDatabase = {
    ...db,
    read(text, values, signal) {
      asked.push({ text, values });
      return db.read(text, values, signal);
    },
    write(text, values) {
      asked.push({ text, values });
      return db.write(text, values);
    },
  };
  return { asked, spying };
}

/** Waits until the server has one that waits for a lock, and tells who it is. */
async function waiterOf(psql: Psql, application: string): Promise<number> {
  for (;;) {
    const [row] = await psql`SELECT pid FROM pg_stat_activity
      WHERE application_name = ${application} AND wait_event_type = 'Lock'`;
    if (row) return row["pid"] as number;
  }
}

const url = await requireService(import.meta.url, "postgres");
if (url) {
  const open = async () => {
    const world = await createPostgresWorld(url);
    const ledger = openPostgresTradeLedger(world.db);
    const bus = openPostgresEventBus(world.db);
    return subject({ ledger, bus }, ledger, bus, world);
  };
  testTradeLedger("postgres", open);
  testLedgerAgreement("postgres", open);

  Deno.test("postgres: commits of one turn share one statement, also where some conflict", async () => {
    await using world = await createPostgresWorld(url);
    const { asked, spying } = spyOn(world.db);
    await using ledger = openPostgresTradeLedger(spying);
    await ledger.commit(ANN, [order("7")]);
    asked.length = 0;
    const told = await Promise.allSettled(
      Array.from(
        { length: 50 },
        (_, i) => ledger.commit(ANN, [order(`${i}`)], i % 2 ? [anEvent()] : []),
      ),
    );
    equal(asked.length, 1);
    deepEqual(
      told.flatMap(({ status }, i) => status === "rejected" ? [i] : []),
      [7],
    );
    equal((await openPostgresEventBus(world.db).head()).position, 24);
  });

  Deno.test("postgres: who waits for events hears of those of a commit", async () => {
    await using world = await createPostgresWorld(url); // no time passes
    const wait = openPostgresEventBus(world.db).wait(0);
    await openPostgresTradeLedger(world.db)
      .commit(ANN, [order("a")], [anEvent()]);
    await wait;
  });

  Deno.test("postgres: the log knows where the newest event of settings is, also one of a commit", async () => {
    await using world = await createPostgresWorld(url);
    await using ledger = openPostgresTradeLedger(world.db);
    const event = anEvent({}, { channel: "settings.updated" });
    await ledger.commit(ANN, [order("a")], [event, anEvent()]);
    const rows = await world.psql`SELECT pos, set_pos FROM log_head`;
    deepEqual([...rows], [{ pos: "2", set_pos: "1" }]);
  });

  Deno.test("postgres: events of commits are held to every server that is used later", async () => {
    await using world = await createPostgresWorld(url);
    const noted: unknown[] = [];
    const known = {
      ...world.db.known,
      note: (...some: unknown[]) => noted.push(some),
    };
    await using ledger = openPostgresTradeLedger({ ...world.db, known });
    const receipts = await ledger.commit(ANN, [order("a")], [anEvent()]);
    const { epoch } = await openPostgresEventBus(world.db).head();
    await ledger.commit(ANN, [order("b")]);
    deepEqual(noted, [[epoch, receipts]]);
  });

  Deno.test("postgres: of two instances that write on the same versions one succeeds", async () => {
    await using schema = await makeSchema(url);
    await using one = openDatabase(schema.url, { seed: 1 });
    await using two = openDatabase(schema.url, { seed: 2 });
    const ledgers = [one, two].map(openPostgresTradeLedger);
    const won = [0, 0];
    for (let i = 0; i < 60; i++) {
      // Each second time the rows are new.
      const count = i < 20 ? 400 : 3;
      const ids = Array.from(
        { length: count },
        (_, k) => `${Math.floor(i / 2)}:${k}`,
      );
      const told = await Promise.allSettled(ledgers.map((ledger, at) => {
        const changes = ids.map((id) => order(id, i % 2, { json: `${at}` }));
        if (at) changes.reverse();
        return ledger.commit(ANN, changes, [anEvent({ i, at })]);
      }));
      const winner = told.findIndex(({ status }) => status === "fulfilled");
      won[winner]!++;
      const lost = told[1 - winner]!;
      equal(lost.status === "rejected" && lost.reason.code, "version_conflict");
      const rows = await ledgers[1 - winner]!.find(ANN, refs(...ids));
      deepEqual(
        rows.map((row) => [row?.version, row?.json]),
        ids.map(() => [i % 2 + 1, `${winner}`]),
      );
    }
    equal((await openPostgresEventBus(one).head()).position, 60);
    equal(won[0]! + won[1]!, 60);
  });

  Deno.test("postgres: instances that make and change rows crosswise never deadlock", async () => {
    await using schema = await makeSchema(url);
    await using one = openDatabase(schema.url, { seed: 1 });
    await using two = openDatabase(schema.url, { seed: 2 });
    const ledgers = [one, two].map(openPostgresTradeLedger);
    const settings = [one, two].map(openPostgresSettingsStore);
    const key = parseSettingsKey("user:ann:mode:scalp");
    const ids = Array.from({ length: 12 }, (_, i) => `${i}`);
    let [kept, refused] = [0, 0];
    async function write(n: number): Promise<void> {
      const ledger = ledgers[n % 2]!;
      for (let i = 0; i < 12; i++) {
        const some = ids.filter((_, k) => (k * 7 + i * 5 + n) % 3 > 0);
        if (n % 3) some.reverse();
        const rows = await ledger.find(ANN, refs(...some));
        const changes = some.map((id, k) => order(id, rows[k]?.version ?? 0));
        await settings[n % 2]!.write([{ key, json: `${i}` }], "ann");
        try {
          await ledger.commit(ANN, changes, [anEvent({ n, i })]);
          kept += changes.length;
        } catch (error) {
          equal((error as { code: string }).code, "version_conflict");
          refused++;
        }
      }
    }
    await Promise.all(Array.from({ length: 8 }, (_, n) => write(n)));
    ok(refused > 0);
    const rows = await ledgers[0]!.find(ANN, refs(...ids));
    equal(rows.reduce((sum, row) => sum + (row?.version ?? 0), 0), kept);
    const { position } = await openPostgresEventBus(one).head();
    equal(position, 8 * 12 * 2 - refused);
  });

  Deno.test("postgres: a row that somebody holds stays its writers' matter, and is written once he lets go", async () => {
    await using schema = await makeSchema(url);
    await using db = openDatabase(schema.url);
    await using ledger = openPostgresTradeLedger(db);
    await ledger.commit(ANN, [order("a"), order("b")]);
    const held = await schema.psql.reserve();
    await held`BEGIN`;
    await held`SELECT FROM trade_row WHERE id = 'a' FOR UPDATE`;
    const writing = ledger.commit(ANN, [order("c"), order("a", 1)]);
    await ledger.commit(ANN, [order("b", 1)], [anEvent()]);
    // Not even what is new in the call is there.
    deepEqual(await ledger.find(ANN, refs("c")), [undefined]);
    await using other = openDatabase(schema.url, { seed: 2 });
    const late = openPostgresTradeLedger(other);
    await rejects(late.commit(ANN, [order("d"), order("a", 0)]), {
      facts: { kind: "order", id: "a", version: 1 },
    });
    await held`COMMIT`;
    held.release();
    await writing;
    const rows = await ledger.find(ANN, refs("a", "b", "c", "d"));
    deepEqual(rows.map((row) => row?.version), [2, 2, 1, undefined]);
  });

  Deno.test("postgres: where a connection is lost nobody knows whether it is written, and the versions tell", async () => {
    await using schema = await makeSchema(url);
    await using db = openDatabase(schema.url);
    await using ledger = openPostgresTradeLedger(db);
    await using bus = openPostgresEventBus(db);
    await ledger.commit(ANN, [order("a")]);
    const application = new URL(schema.url).searchParams
      .get("application_name")!;
    await using psql = connectPsql(url);
    const held = await schema.psql.reserve();
    await held`BEGIN`;
    await held`SELECT FROM log_head FOR UPDATE`;
    const event = anEvent();
    const changes = [order("a", 1), order("b")];
    const writing = ledger.commit(ANN, changes, [event]);
    const told = rejects(writing, {
      name: "PortError",
      code: "timeout",
      message: /^Cannot tell whether the database has kept the write/,
    });
    await psql`SELECT pg_terminate_backend(${await waiterOf(
      psql,
      application,
    )})`;
    await told;
    await held`COMMIT`;
    held.release();
    deepEqual(await ledger.find(ANN, refs("a", "b")), [
      rowOf(ANN, order("a")),
      undefined,
    ]);
    const [receipt] = await ledger.commit(ANN, changes, [event]);
    deepEqual(receipt, { id: event.id, position: 1, duplicate: false });
    // As if the answer had been lost: it was written, and is not again.
    await rejects(ledger.commit(ANN, changes, [event]), {
      code: "version_conflict",
      facts: { kind: "order", id: "a", version: 2 },
    });
    equal((await bus.head()).position, 1);
  });

  Deno.test("postgres: lists go along the index made for them, and read no more than a page of it", async () => {
    await using world = await createPostgresWorld(url);
    const { asked, spying } = spyOn(world.db);
    await using ledger = openPostgresTradeLedger(spying);
    await listAll(ledger);
    equal(asked.length, 12);
    await world.psql.unsafe(FILL);
    await world.psql`ANALYZE trade_row`;
    for (const { text, values } of asked) {
      const rows = await world.db.read<[string]>(
        `EXPLAIN ${text}`,
        values as string[],
      );
      const plan = rows.map(([line]) => line).join("\n");
      const of = text.includes("user_id = $3") ? "user" : "time";
      const open = text.includes("AND is_open") ? "open_" : "";
      const used = [...plan.matchAll(/ using (\w+) on/g)].map((m) => m[1]);
      deepEqual(new Set(used), new Set([`trade_row_${open}by_${of}`]), plan);
      // Each part ends where the page does, before anything is sorted.
      const parts = plan.match(/Limit .*\n *-> +Index Scan/g) ?? [];
      equal(parts.length, text.includes("UNION") ? 2 : 1, plan);
    }
  });

  Deno.test("postgres: rows are found by their key, also by statements that were planned when there were none", async () => {
    await using world = await createPostgresWorld(url);
    const { asked, spying } = spyOn(world.db);
    await using ledger = openPostgresTradeLedger(spying);
    const change = order("a3", 1);
    await rejects(ledger.commit(ANN, [change]), { code: "version_conflict" });
    await ledger.find(ANN, [change]);
    const { psql } = world;
    await psql`SET plan_cache_mode = force_generic_plan`;
    await psql`SET enable_seqscan = off`;
    await psql`SET enable_hashjoin = off`;
    await psql`SET enable_mergejoin = off`;
    const ask = () =>
      asked.map(({ text, values }) => psql.unsafe(text, values as never[]));
    await Promise.all(ask());
    await psql.unsafe(FILL);
    await psql`BEGIN`;
    await Promise.all(ask());
    const reads = await psql`
      SELECT relname, pg_stat_get_xact_tuples_returned(oid)::integer AS reads
      FROM pg_class WHERE relname LIKE 'trade_row%' AND relkind = 'i'
        AND pg_stat_get_xact_tuples_returned(oid) > 0
        AND relnamespace = current_schema()::regnamespace`;
    const [row] = await psql`SELECT version FROM trade_row WHERE id = 'a3'`;
    await psql`ROLLBACK`;
    equal(row!["version"], "2");
    deepEqual(reads.map((row) => row["relname"]), ["trade_row_pkey"]);
    ok(reads[0]!["reads"] < 10, `${reads[0]!["reads"]}`);
  });
}

/** Many rows of several users, few of them open. */
const FILL = `INSERT INTO trade_row
  SELECT (ARRAY['ann', 'bob', 'eve'])[i % 3 + 1], 'order',
    chr(97 + i % 3) || i, 1, i % 50 = 0, i / 10, '{}'
  FROM generate_series(1, 6000) i`;
