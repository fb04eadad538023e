/**
 * Group commit: one transaction for many writers, each on its own when it fails.
 *
 * @module
 */
import { deepEqual, equal, rejects } from "../support/assert.ts";
import {
  type Connection,
  openConnection,
  type Sql,
} from "../../adapters/sqlite/connection.ts";
import {
  createGroupCommit,
  type GroupCommit,
  MAX_GROUP,
  MAX_WAITING,
} from "../../adapters/sqlite/group_commit.ts";
import {
  appendEvents,
  createLogHead,
  readLogHead,
} from "../../adapters/sqlite/log.ts";
import { readEventPage } from "../../adapters/sqlite/log_reading.ts";
import { migrate } from "../../adapters/sqlite/migrate.ts";
import { begin } from "../../adapters/sqlite/transaction.ts";
import { createSystemClock } from "../../adapters/system/clock.ts";
import { PortError } from "../../ports/port_error.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import { anEvent } from "../support/events.ts";
import { needs } from "../support/needs.ts";
import { createSeededEntropy } from "../support/seeded_entropy.ts";
import { createHurriedClock, makeFolder } from "../support/sqlite_world.ts";

/** Looks at a statement before it runs; it may throw in its place. */
type Watch = (text: string) => void;

interface Rig extends AsyncDisposable {
  readonly writes: GroupCommit;
  /** The connection without the watch. */
  readonly sql: Connection;
  /** Another one, as another process has. */
  readonly other: Connection;
  readonly logged: string[];
}

async function setUp(watch: Watch = () => {}, clock = createSystemClock()) {
  const folder = await makeFolder();
  const sql = openConnection(folder.path);
  migrate(sql, folder.path, 0);
  createLogHead(sql, "epoch", 0);
  sql.script(`
    CREATE TABLE parent (id INTEGER PRIMARY KEY) STRICT;
    CREATE TABLE child (
      id INTEGER REFERENCES parent DEFERRABLE INITIALLY DEFERRED
    ) STRICT`);
  const other = openConnection(folder.path);
  const watched: Connection = Object.assign(Object.create(sql), {
    run(text: string, ...values: []) {
      watch(text);
      return sql.run(text, ...values);
    },
  });
  const logged: string[] = [];
  const writes = createGroupCommit({
    sql: watched,
    clock,
    entropy: createSeededEntropy(),
    onCommit: () => {},
    telemetry: {
      log: (_level: string, message: string) => logged.push(message),
    } as unknown as Telemetry,
  });
  return {
    writes,
    sql,
    other,
    logged,
    async [Symbol.asyncDispose]() {
      await writes[Symbol.asyncDispose]();
      sql.close();
      other.close();
      await folder[Symbol.asyncDispose]();
    },
  } satisfies Rig;
}

/** An error as node:sqlite throws it. */
function sqliteError(errcode: number): Error {
  return Object.assign(new Error("made up"), {
    code: "ERR_SQLITE_ERROR",
    errcode,
  });
}

const append = (sql: Sql) => appendEvents(sql, [anEvent()], 0)[0]!.position;

/** Positions as the log holds them, from the beginning. */
function positions(sql: Sql): number[] {
  return readEventPage(sql, { after: 0, limit: 1000 }).events
    .map((event) => event.position);
}

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

/** A watch that counts, and fails the first statement `text` as `fault` says. */
function counting(text: string, fault?: () => Error) {
  const counts = new Map<string, number>();
  const watch = (run: string) => {
    const count = (counts.get(run) ?? 0) + 1;
    counts.set(run, count);
    if (run === text && count === 1 && fault) throw fault();
  };
  return { watch, count: (text: string) => counts.get(text) ?? 0 };
}

if (await needs(import.meta.url, ["read", "write"])) {
  Deno.test("group commit: writers of one turn share one transaction, in order", async () => {
    const { watch, count } = counting("");
    await using rig = await setUp(watch);
    const results = await Promise.all(
      upTo(100).map(() => rig.writes.write(append)),
    );
    deepEqual(results, upTo(100));
    equal(count("BEGIN IMMEDIATE"), 1);
    equal(count("COMMIT"), 1);
    equal(count("SAVEPOINT work"), 1);
  });

  Deno.test("group commit: nothing is acknowledged before it is committed", async () => {
    await using rig = await setUp();
    await Promise.all(
      upTo(10).map(async () => {
        const position = await rig.writes.write(append);
        equal(rig.sql.inTransaction, false);
        equal(readLogHead(rig.other).position >= position, true);
      }),
    );
  });

  Deno.test("group commit: a group is bounded, and the rest follows", async () => {
    const { watch, count } = counting("");
    await using rig = await setUp(watch);
    await Promise.all(
      upTo(MAX_GROUP + 1).map(() => rig.writes.write(append)),
    );
    equal(count("COMMIT"), 2);
    deepEqual(positions(rig.sql), upTo(MAX_GROUP + 1));
  });

  Deno.test("group commit: work that throws takes back what it did, and only that", async () => {
    const { watch, count } = counting("");
    await using rig = await setUp(watch);
    const results = await Promise.allSettled(
      upTo(9).map((i) =>
        rig.writes.write((sql) => {
          const position = append(sql);
          if (i % 3 === 0) throw new PortError("invalid", `not ${i}`);
          return position;
        })
      ),
    );
    deepEqual(
      results.map((r) => r.status === "fulfilled" ? r.value : r.reason.message),
      [1, 2, "not 3", 3, 4, "not 6", 5, 6, "not 9"],
    );
    deepEqual(positions(rig.sql), upTo(6));
    equal(count("BEGIN IMMEDIATE"), 1);
    equal(count("COMMIT"), 1);
  });

  Deno.test("group commit: work that breaks a rule of the tables fails alone", async () => {
    await using rig = await setUp();
    const twice = (sql: Sql) => {
      sql.run("INSERT INTO parent VALUES (1)");
      sql.run("INSERT INTO parent VALUES (1)");
    };
    const [first, broken, last] = await Promise.allSettled(
      [append, twice, append].map((work) => rig.writes.write<unknown>(work)),
    );
    equal(first!.status, "fulfilled");
    equal(broken!.status, "rejected");
    equal(last!.status, "fulfilled");
    equal(rig.sql.get("SELECT 1 FROM parent"), undefined);
  });

  Deno.test("group commit: a commit that SQLite refuses fails all, and leaves no hole", async () => {
    await using rig = await setUp();
    await rig.writes.write(append);
    // The missing parent is noticed at COMMIT, which leaves the transaction open.
    const orphan = (sql: Sql) => sql.run("INSERT INTO child VALUES (99)");
    const results = await Promise.allSettled(
      [append, append, orphan].map((work) => rig.writes.write(work)),
    );
    deepEqual(results.map((r) => r.status), upTo(3).map(() => "rejected"));
    equal(rig.sql.inTransaction, false);
    equal(await rig.writes.write(append), 2);
    deepEqual(positions(rig.sql), [1, 2]);
    deepEqual(rig.logged, [
      "The database takes no writes",
      "The database takes writes again",
    ]);
  });

  const commitFaults = [
    [10, "unavailable"], // SQLITE_IOERR
    [778, "unavailable"], // SQLITE_IOERR_WRITE
    [1034, "timeout"], // SQLITE_IOERR_FSYNC: it may be there after a crash
    [13, "full"], // SQLITE_FULL
    [11, "corrupt"], // SQLITE_CORRUPT
  ] as const;
  for (const [errcode, code] of commitFaults) {
    Deno.test(`group commit: a commit that fails with ${errcode} is ${code} to all`, async () => {
      const { watch } = counting("COMMIT", () => sqliteError(errcode));
      await using rig = await setUp(watch);
      const results = await Promise.allSettled(
        upTo(3).map(() => rig.writes.write(append)),
      );
      deepEqual(
        results.map((r) => r.status === "rejected" && r.reason.code),
        [code, code, code],
      );
      equal(await rig.writes.write(append), 1);
      deepEqual(positions(rig.sql), [1]);
    });
  }

  Deno.test("group commit: a failed transaction that cannot be ended refuses writes until it can", async () => {
    let broken = true;
    await using rig = await setUp((text) => {
      if (broken && /^(COMMIT|ROLLBACK)$/.test(text)) throw sqliteError(10);
    });
    const group = upTo(3).map(() => rig.writes.write(append));
    const results = await Promise.allSettled(group);
    deepEqual(
      results.map((r) => r.status === "rejected" && r.reason.message),
      upTo(3).map(() => "Cannot write to the database as its disk has failed"),
    );
    equal(rig.sql.inTransaction, true);
    for (let i = 0; i < 2; i++) {
      await rejects(rig.writes.write(append), {
        code: "unavailable",
        message:
          "Cannot use the database as a transaction that failed cannot be ended",
      });
    }
    broken = false;
    equal(await rig.writes.write(append), 1);
    deepEqual(positions(rig.sql), [1]);
  });

  Deno.test("group commit: a read ends a failed transaction before it begins", async () => {
    await using rig = await setUp();
    rig.sql.run("BEGIN IMMEDIATE");
    append(rig.sql);
    begin(rig.sql, "BEGIN");
    equal(readLogHead(rig.sql).position, 0);
    rig.sql.run("COMMIT");
  });

  Deno.test("group commit: no transaction is open while other code runs", async () => {
    await using rig = await setUp();
    const stop = new AbortController();
    const open: boolean[] = [];
    const dropped = rig.writes.write(append, stop.signal)
      .catch(() => open.push(rig.sql.inTransaction));
    const kept = rig.writes.write(append);
    stop.abort(new Error("enough"));
    await dropped;
    equal(await kept, 1);
    deepEqual(open, [false]);
  });

  Deno.test("group commit: a refusal that is returned costs the others nothing", async () => {
    const { watch, count } = counting("");
    await using rig = await setUp(watch);
    let runs = 0;
    const results = await Promise.allSettled(
      upTo(9).map((i) =>
        rig.writes.write((sql) => {
          runs++;
          return i === 5 ? new PortError("invalid", "not 5") : append(sql);
        })
      ),
    );
    deepEqual(
      results.map((r) => r.status === "fulfilled" ? r.value : r.reason.message),
      [1, 2, 3, 4, "not 5", 5, 6, 7, 8],
    );
    equal(runs, 9);
    equal(count("ROLLBACK TO work"), 0);
  });

  Deno.test("group commit: a transaction that cannot begin fails its callers", async () => {
    const { watch } = counting("BEGIN IMMEDIATE", () => sqliteError(10));
    await using rig = await setUp(watch);
    await rejects(rig.writes.write(append), { code: "unavailable" });
    equal(await rig.writes.write(append), 1);
  });

  Deno.test("group commit: a transaction that SQLite ends by itself fails all", async () => {
    await using rig = await setUp();
    const end = (sql: Sql) => {
      sql.run("ROLLBACK"); // as SQLite does on some errors
      throw sqliteError(13);
    };
    const results = await Promise.allSettled(
      [append, end, append].map((work) => rig.writes.write<unknown>(work)),
    );
    deepEqual(
      results.map((r) => r.status === "rejected" && r.reason.code),
      ["full", "full", "full"],
    );
    equal(await rig.writes.write(append), 1);
  });

  Deno.test("group commit: a signal that has aborted before the group drops the call", async () => {
    await using rig = await setUp();
    const stop = new AbortController();
    const dropped = rig.writes.write(append, stop.signal);
    const kept = rig.writes.write(append);
    stop.abort(new Error("enough"));
    await rejects(dropped, { message: "enough" });
    equal(await kept, 1);
    // A group of nobody begins nothing.
    await rejects(rig.writes.write(append, stop.signal), {
      message: "enough",
    });
    deepEqual(positions(rig.sql), [1]);
  });

  Deno.test("group commit: a lock held elsewhere is waited for", async () => {
    const { watch, count } = counting("");
    const clock = {
      ...createSystemClock(),
      async sleep() {
        if (count("BEGIN IMMEDIATE") === 3) rig.other.run("COMMIT");
      },
    };
    await using rig = await setUp(watch, clock);
    rig.other.run("BEGIN IMMEDIATE");
    equal(append(rig.other), 1);
    equal(await rig.writes.write(append), 2);
    equal(count("BEGIN IMMEDIATE"), 4);
  });

  Deno.test("group commit: a lock that is never given up makes writes unavailable", async () => {
    await using rig = await setUp(undefined, createHurriedClock());
    rig.other.run("BEGIN IMMEDIATE");
    const stop = new AbortController();
    const stopped = rig.writes.write(append, stop.signal);
    const late = rig.writes.write(append);
    stop.abort(new Error("enough"));
    await rejects(stopped, { message: "enough" });
    await rejects(late, {
      code: "unavailable",
      message: "Cannot write to the database as another process holds its lock",
    });
    rig.other.run("COMMIT");
    equal(await rig.writes.write(append), 1);
  });

  Deno.test("group commit: a queue that is too long refuses more", async () => {
    await using rig = await setUp();
    const stop = new AbortController();
    const queued = upTo(MAX_WAITING).map(() =>
      rig.writes.write(append, stop.signal)
    );
    await rejects(rig.writes.write(append), {
      code: "unavailable",
      message: /too many writes are waiting: current value is 10000$/,
    });
    stop.abort(new Error("enough"));
    const results = await Promise.allSettled(queued);
    deepEqual(new Set(results.map((r) => r.status)), new Set(["rejected"]));
    equal(await rig.writes.write(append), 1);
  });

  Deno.test("group commit: closing commits what is queued and refuses the rest", async () => {
    await using rig = await setUp();
    const queued = upTo(MAX_GROUP + 10).map(() => rig.writes.write(append));
    const closing = rig.writes[Symbol.asyncDispose]();
    await rejects(rig.writes.write(append), { code: "closed" });
    await closing;
    equal(readLogHead(rig.other).position, queued.length);
    deepEqual(await Promise.all(queued), upTo(queued.length));
  });
}
