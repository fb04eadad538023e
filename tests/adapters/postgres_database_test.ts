/**
 * The Postgres database when things go wrong: killed connections, late and
 * lost answers, wrong passwords, people who drop tables.
 *
 * @module
 */
import { deepEqual, equal, match, ok, rejects } from "../support/assert.ts";
import { createNoopTelemetry } from "../../adapters/noop/telemetry.ts";
import { openPostgresEventBus } from "../../adapters/postgres/event_bus.ts";
import { openPostgresFeatureStore } from "../../adapters/postgres/feature_store.ts";
import { openPostgresSequencePort } from "../../adapters/postgres/sequence_port.ts";
import { openPostgresSettingsStore } from "../../adapters/postgres/settings_store.ts";
import { parseSequenceDay } from "../../domain/sequence.ts";
import { parseSettingsKey } from "../../domain/settings.ts";
import { parseUserId } from "../../domain/user_id.ts";
import type { LogLevel } from "../../ports/telemetry.ts";
import { anEvent } from "../support/events.ts";
import {
  makeSchema,
  openDatabase,
  type Psql,
} from "../support/postgres_world.ts";
import { requireService } from "../support/services.ts";

const KEY = parseSettingsKey("user:1:settings:all");

/** `url` with some of its parts replaced. */
function withParts(url: string, parts: Partial<URL>): string {
  return Object.assign(new URL(url), parts).href;
}

/** `url` with a setting of the session. */
function withSetting(url: string, name: string, value: string): string {
  const address = new URL(url);
  address.searchParams.set(name, value);
  return address.href;
}

/** Ends every connection of the adapter's to this schema. */
async function killAll(psql: Psql): Promise<number> {
  const killed = await psql`
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = current_schema() AND pid <> pg_backend_pid()`;
  return killed.length;
}

/** Backends that run a statement of the adapter's in which `word` occurs. */
async function running(psql: Psql, word: string): Promise<number[]> {
  const rows = await psql`SELECT pid FROM pg_stat_activity
    WHERE application_name = current_schema() AND pid <> pg_backend_pid()
      AND state = 'active' AND query LIKE ${`%${word}%`}`;
  return rows.map((row) => row["pid"] as number);
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (await isSo()) return;
    await sleep(10);
  }
  throw new Error("it does not come about");
}

/** Passes bytes on to the server at `url` until it is told to lose the answers. */
function createProxy(url: string) {
  const { hostname, port } = new URL(url);
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open: Deno.Conn[] = [];
  let isLosing = false;

  async function pass(from: Deno.Conn, to: Deno.Conn, isAnswer: boolean) {
    const bytes = new Uint8Array(65536);
    for (let count; (count = await from.read(bytes)) !== null;) {
      if (isAnswer && isLosing) break;
      for (let sent = 0; sent < count;) {
        sent += await to.write(bytes.subarray(sent, count));
      }
    }
  }
  const close = (connection: Deno.Conn) => {
    try {
      connection.close();
    } catch {
      // Its other end has ended it.
    }
  };
  const accepting = (async () => {
    for await (const client of listener) {
      const server = await Deno.connect({ hostname, port: Number(port) });
      open.push(client, server);
      for (const [from, to] of [[client, server], [server, client]] as const) {
        pass(from, to, from === server).catch(() => {})
          .finally(() => [from, to].forEach(close));
      }
    }
  })();
  return {
    url: withParts(url, {
      host: `127.0.0.1:${(listener.addr as Deno.NetAddr).port}`,
    }),
    loseAnswers(lose: boolean) {
      isLosing = lose;
    },
    async [Symbol.asyncDispose]() {
      listener.close();
      open.forEach(close);
      await accepting;
    },
  };
}

const url = await requireService(import.meta.url, "postgres");
if (url) {
  Deno.test("postgres: connections killed under load cost no acknowledged event, and need no restart", async () => {
    await using schema = await makeSchema(url);
    await using db = openDatabase(schema.url);
    await using bus = openPostgresEventBus(db);
    await db.ready;
    const positions = new Map<string, number>();
    let failures = 0;
    let over = false;
    const publishers = Array.from({ length: 16 }, async () => {
      while (!over) {
        const event = anEvent();
        for (;;) {
          try {
            const [receipt] = await bus.publish([event]);
            positions.set(event.id, receipt!.position);
            break;
          } catch (error) {
            const { code } = error as { code: string };
            ok(["unavailable", "timeout"].includes(code), String(error));
            failures++;
            await sleep(1);
          }
        }
      }
    });
    let killed = 0;
    for (let i = 0; i < 10; i++) {
      await sleep(30);
      killed += await killAll(schema.psql);
    }
    over = true;
    await Promise.all(publishers);
    ok(killed > 0 && failures > 0, `${killed} killed, ${failures} failures`);

    let after = 0;
    for (;;) {
      const { events, scannedTo } = await bus.read({ after, limit: 1000 });
      if (events.length === 0) break;
      for (const { position, id } of events) {
        equal(position, ++after);
        equal(positions.get(id), position);
      }
      equal(scannedTo, after);
    }
    equal(after, positions.size);
  });

  Deno.test("postgres: an address cannot change what the promises stand on", async () => {
    await using schema = await makeSchema(url);
    const address = withSetting(
      withSetting(schema.url, "synchronous_commit", "off"),
      "default_transaction_isolation",
      "serializable",
    );
    await using db = openDatabase(address);
    const show = (name: string) => db.read<[string]>(`SHOW ${name}`, []);
    deepEqual([...await show("synchronous_commit")], [["on"]]);
    deepEqual([...await show("transaction_isolation")], [["read committed"]]);
  });

  Deno.test("postgres: rows of a statement that fails half way are in no other answer", async () => {
    await using schema = await makeSchema(url);
    await using db = openDatabase(schema.url);
    await db.ready;
    const halfWay = "SELECT 10 / (3 - i) FROM generate_series(1, 5) AS i";
    for (const after of ["SELECT 7", "SELECT 7 WHERE false"]) {
      const calls = [db.read(halfWay), db.read(halfWay), db.read(after)];
      const [one, other, good] = await Promise.allSettled(calls);
      deepEqual([one!.status, other!.status], ["rejected", "rejected"]);
      const rows = after.endsWith("false") ? [] : [[7]];
      deepEqual(good?.status === "fulfilled" && [...good.value], rows);
      await rejects(db.read(halfWay));
      deepEqual([...await db.read(after)], rows);
      deepEqual([...await db.read("SELECT 8")], [[8]]);
    }
  });

  Deno.test("postgres: a read whose connection is killed is made again, up to a point", async () => {
    await using schema = await makeSchema(url);
    await using db = openDatabase(schema.url);
    await db.ready;
    const killed = new Set<number>();
    const killNext = async () => {
      let pid: number | undefined;
      await until(async () => {
        const pids = await running(schema.psql, "pg_sleep");
        return (pid = pids.find((pid) => !killed.has(pid))) !== undefined;
      });
      killed.add(pid!);
      await schema.psql`SELECT pg_terminate_backend(${pid!})`;
    };
    const read = db.read("SELECT 7, pg_sleep(1)");
    await killNext();
    equal((await read)[0]![0], 7);

    const doomed = db.read("SELECT pg_sleep(2)");
    doomed.catch(() => {});
    // As many as there may be links that were lost together, and one more.
    for (let i = 0; i < 5; i++) await killNext();
    await rejects(doomed, {
      code: "unavailable",
      message: "Cannot read from the database as the connection was lost",
    });
    equal((await openPostgresEventBus(db).head()).position, 0);
  });

  Deno.test("postgres: a commit whose answer is lost is unknown, and found again by its id", async () => {
    await using schema = await makeSchema(url);
    await using proxy = createProxy(schema.url);
    await using db = openDatabase(proxy.url);
    await using bus = openPostgresEventBus(db);
    const event = anEvent();
    await bus.publish([anEvent()]);
    proxy.loseAnswers(true);
    await rejects(bus.publish([event]), {
      code: "timeout",
      message:
        "Cannot tell whether the database has kept the write as the connection was lost",
    });
    proxy.loseAnswers(false);
    deepEqual(await bus.publish([event]), [
      { id: event.id, position: 2, duplicate: true },
    ]);
    equal((await bus.head()).position, 2);
  });

  Deno.test("postgres: a statement past its deadline is cancelled on the server", async () => {
    await using schema = await makeSchema(url);
    const patient = withSetting(schema.url, "statement_timeout", "0");
    await using db = openDatabase(patient, { deadlines: { readMs: 150 } });
    await db.ready;
    const read = db.read("SELECT pg_sleep(60)");
    await rejects(read, {
      code: "timeout",
      message:
        "Cannot read from the database as it has not answered within 150 ms",
    });
    await until(async () =>
      (await running(schema.psql, "pg_sleep")).length === 0
    );
    equal((await openPostgresEventBus(db).head()).position, 0);
  });

  Deno.test("postgres: the server gives a statement up before the deadline", async () => {
    await using schema = await makeSchema(url);
    await using db = openDatabase(schema.url, { deadlines: { readMs: 2000 } });
    await rejects(db.read("SELECT pg_sleep(60)"), {
      code: "unavailable",
      message:
        /^Cannot read from the database as it took too long: Postgres says 57014/,
    });
  });

  Deno.test("postgres: a caller that gives up does not wait for the answer", async () => {
    await using schema = await makeSchema(url);
    await using db = openDatabase(schema.url, { deadlines: { readMs: 3000 } });
    await db.ready;
    const stop = new AbortController();
    const read = db.read("SELECT pg_sleep(1)", [], stop.signal);
    setTimeout(() => stop.abort(new Error("enough")), 20);
    const began = performance.now();
    await rejects(read, { message: "enough" });
    ok(performance.now() - began < 900);
    deepEqual(
      (await db.read("SELECT 1", [], new AbortController().signal))[0],
      [1],
    );
  });

  Deno.test("postgres: a wrong password is said once, loudly, without the password", async () => {
    const lines: [LogLevel, string, string][] = [];
    const telemetry = {
      ...createNoopTelemetry(),
      log: (level: LogLevel, message: string, fields: { reason: string }) =>
        lines.push([level, message, fields.reason]),
    };
    const wrong = withParts(url, { password: "open-sesame" });
    await using db = openDatabase(wrong, { telemetry });
    const refusals = [];
    for (let i = 0; i < 3; i++) {
      refusals.push(
        await openPostgresEventBus(db).head().catch((error) => error),
        await openPostgresEventBus(db).publish([anEvent()]).catch((e) => e),
      );
      await sleep(300);
    }
    const { username } = new URL(url);
    for (const { code, message, stack, cause } of refusals) {
      equal(code, "unavailable");
      match(
        message,
        new RegExp(`as it refuses the password of user ${username}$`),
      );
      ok(!`${stack} ${cause} ${Deno.inspect(cause)}`.includes("sesame"));
    }
    equal(lines.length, 1);
    deepEqual(lines[0]!.slice(0, 2), ["error", "The database cannot be used"]);
    match(lines[0]![2], /as it refuses the password/);
    ok(!lines[0]![2].includes("sesame"));
  });

  const unreachable = [
    [{ pathname: "/nowhere" }, /as there is no database nowhere$/],
    [
      { host: "127.0.0.1:1" },
      /at 127.0.0.1:1 as nothing listens at 127.0.0.1:1$/,
    ],
    [
      { hostname: "no.such.host.invalid" },
      /as there is no host no.such.host.invalid$/,
    ],
  ] as const;
  for (const [parts, message] of unreachable) {
    Deno.test(`postgres: an address that leads nowhere is unavailable: ${message.source}`, async () => {
      await using db = openDatabase(withParts(url, parts));
      await rejects(openPostgresEventBus(db).head(), {
        code: "unavailable",
        message,
      });
    });
  }

  Deno.test("postgres: of several hosts the one that answers is used", async () => {
    await using schema = await makeSchema(url);
    const { host } = new URL(url);
    const several = schema.url.replace(host, `127.0.0.1:1,${host}`);
    await using db = openDatabase(several);
    await using bus = openPostgresEventBus(db);
    equal((await bus.publish([anEvent()]))[0]!.position, 1);
    equal((await bus.head()).position, 1);
  });

  Deno.test("postgres: a user without permissions is told which", async () => {
    await using schema = await makeSchema(url);
    await (async () => {
      await using db = openDatabase(schema.url);
      await db.ready;
    })();
    const name = new URL(schema.url).searchParams.get("search_path")!;
    await schema.psql.unsafe(`CREATE ROLE ${name} LOGIN PASSWORD 'x';
      GRANT USAGE ON SCHEMA ${name} TO ${name};
      GRANT SELECT ON ALL TABLES IN SCHEMA ${name} TO ${name}`);
    const theirs = withParts(schema.url, { username: name, password: "x" });
    {
      await using db = openDatabase(theirs);
      await rejects(openPostgresEventBus(db).publish([anEvent()]), {
        code: "unavailable",
        message:
          /as its user lacks a permission: Postgres says 42501, permission denied/,
      });
    }
    await schema.psql.unsafe(`DROP OWNED BY ${name}; DROP ROLE ${name}`);
  });

  Deno.test("postgres: tables that somebody has dropped are corrupt, to every port", async () => {
    await using schema = await makeSchema(url);
    await using db = openDatabase(schema.url);
    await db.ready;
    await schema.psql.unsafe(
      "DELETE FROM log_head; DROP TABLE settings, sequence, feature CASCADE",
    );
    const corrupt = { name: "PortError", code: "corrupt" };
    const features = openPostgresFeatureStore(db);
    const [user, day] = [parseUserId("ann"), parseSequenceDay("20260105")];
    const vector = { symbol: "A", date: "2026-01-05", json: "{}", stamp: {} };
    for (
      const call of [
        () => openPostgresEventBus(db).publish([anEvent()]),
        () => openPostgresSettingsStore(db).read([KEY]),
        () =>
          openPostgresSettingsStore(db).write([{ key: KEY, json: "1" }], "1"),
        () => openPostgresSequencePort(db).next(user, day),
        () => features.size(),
        () => features.invalidate({}),
        () => features.fill("0" as never, [vector as never], [60]),
        () => db.renewEpoch(),
      ]
    ) await rejects(async () => await call(), corrupt);
  });
}
