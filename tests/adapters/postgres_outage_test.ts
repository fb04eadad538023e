/**
 * Postgres down, back, frozen, copied and promoted; nobody is restarted.
 *
 * @module
 */
import { deepEqual, equal, ok, rejects } from "../support/assert.ts";
import { createNoopTelemetry } from "../../adapters/noop/telemetry.ts";
import { openPostgresEventBus } from "../../adapters/postgres/event_bus.ts";
import { openPostgresSettingsStore } from "../../adapters/postgres/settings_store.ts";
import { parseSettingsKey } from "../../domain/settings.ts";
import { anEvent } from "../support/events.ts";
import { needs, skip } from "../support/needs.ts";
import {
  allowConnections,
  endHoldfast,
  takeAllConnections,
} from "../support/postgres_connections.ts";
import {
  createPostgres,
  findPostgres,
  type PrivatePostgres,
} from "../support/postgres_server.ts";
import { connectPsql, openDatabase } from "../support/postgres_world.ts";

const KEY = parseSettingsKey("user:1:settings:all");
const DEADLINES = { connectMs: 400, readMs: 400, writeMs: 400 };

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** A log of what was said. */
function createLines() {
  const lines: string[] = [];
  const telemetry = {
    ...createNoopTelemetry(),
    log: (_: string, message: string) => lines.push(message),
  };
  return { lines, telemetry };
}

/** Makes the call until it works, and tells the codes of its failures. */
async function insist<T>(call: () => Promise<T>): Promise<[T, Set<string>]> {
  const codes = new Set<string>();
  for (let tries = 0;; tries++) {
    try {
      return [await call(), codes];
    } catch (error) {
      codes.add((error as { code: string }).code);
      if (tries === 100) throw error;
      await sleep(50);
    }
  }
}

/** Resolves once `standby` has all that `server` has written. */
async function caughtUp(
  standby: PrivatePostgres,
  server: PrivatePostgres,
): Promise<void> {
  await using behind = connectPsql(standby.url);
  await using ahead = connectPsql(server.url);
  const [row] = await ahead`SELECT pg_current_wal_lsn()::text AS written`;
  const has = () =>
    behind`SELECT WHERE pg_last_wal_replay_lsn() >= ${row!.written}::pg_lsn`;
  while ((await has()).length === 0) await sleep(5);
}

function testOutages(bin: string): void {
  let server: PrivatePostgres;
  Deno.test.beforeAll(async () => {
    server = await createPostgres(bin);
  });
  Deno.test.afterAll(async () => {
    await server[Symbol.asyncDispose]();
  });

  /** Holds `hold` to be true of the server, which is up when it begins. */
  const testUp = (name: string, hold: () => Promise<void>) =>
    Deno.test(name, async () => {
      await server.start();
      try {
        await hold();
      } finally {
        await server.stop();
      }
    });

  Deno.test("postgres: opened while the server is down, it works once that is up", async () => {
    const { lines, telemetry } = createLines();
    await using db = openDatabase(server.url, { telemetry });
    await using bus = openPostgresEventBus(db);
    for (const call of [() => bus.head(), () => bus.publish([anEvent()])]) {
      await rejects(call, {
        code: "unavailable",
        message: /^Cannot reach database postgres at \S+ as nothing listens at/,
      });
    }
    const wait = bus.wait(0);
    await wait; // so that whoever waits goes and hears why
    await server.start();
    await db.ready;
    equal((await bus.publish([anEvent()]))[0]!.position, 1);
    await server.stop();
    const last = lines.indexOf("The database is used again");
    deepEqual(lines.slice(last - 1, last), ["Migrated the database"]);
    // Starting up, it refuses for another reason than when it was down.
    const said = lines.slice(0, last).filter((line) =>
      line !== "Migrated the database"
    );
    ok(said.length <= 2, `${lines}`);
  });

  testUp(
    "postgres: a restart costs failures while it lasts, and nothing else",
    async () => {
      const { lines, telemetry } = createLines();
      await using db = openDatabase(server.url, { telemetry });
      await using bus = openPostgresEventBus(db);
      const { position, epoch } = await bus.head();
      const wait = bus.wait(position);
      await server.stop();
      await wait;
      await rejects(bus.publish([anEvent()]), { code: "unavailable" });
      await rejects(bus.head(), { code: "unavailable" });
      const event = anEvent();
      const insisting = insist(() => bus.publish([event]));
      await server.start();
      const [[receipt], codes] = await insisting;
      equal(receipt!.position, position + 1);
      deepEqual([...codes].filter((c) => c !== "timeout"), ["unavailable"]);
      equal((await bus.head()).epoch, epoch);
      const next = bus.wait(position + 1);
      await bus.publish([anEvent()]);
      await next;
      ok(lines.length >= 2 && lines.length <= 4, `${lines}`);
      equal(lines.at(-1), "The database is used again");
    },
  );

  testUp(
    "postgres: a frozen server costs callers a deadline, and works when it thaws",
    async () => {
      await using db = openDatabase(server.url, { deadlines: DEADLINES });
      await using bus = openPostgresEventBus(db);
      await using settings = openPostgresSettingsStore(db);
      const [version] = await settings.write([{ key: KEY, json: "1" }], "1");
      await settings.read([KEY]);
      const event = anEvent();
      await server.freeze();
      try {
        const began = performance.now();
        const frozen = await Promise.allSettled([
          bus.publish([event]),
          settings.read([KEY]),
          bus.head(),
        ]);
        const took = performance.now() - began;
        deepEqual(
          frozen.map((r) => r.status === "rejected" && r.reason.code),
          ["timeout", "timeout", "timeout"],
        );
        ok(took >= 300 && took < 1500, `${took} ms`);
        // Now it cannot even be connected to.
        await rejects(settings.read([KEY]), {
          code: "unavailable",
          message: /does not answer$/,
        });
        await rejects(bus.publish([anEvent()]), { code: "unavailable" });
      } finally {
        await server.thaw();
      }
      const [snapshot] = await insist(() => settings.read([KEY]));
      equal(snapshot.documents[0]!.version, version);
      const [[receipt]] = await insist(() => bus.publish([event]));
      equal(receipt!.position, version! + 1);
    },
  );

  testUp(
    "postgres: a server without a connection left is told, and used once one is free",
    async () => {
      await allowConnections(server, 10);
      const taken = await takeAllConnections(server.url);
      const { lines, telemetry } = createLines();
      await using db = openDatabase(server.url, { telemetry });
      await using bus = openPostgresEventBus(db);
      await using settings = openPostgresSettingsStore(db);
      const calls = [
        () => bus.head(),
        () => bus.publish([anEvent()]),
        () => settings.read([KEY]),
        () => settings.write([{ key: KEY, json: "1" }], "1"),
      ];
      async function areRefused(): Promise<void> {
        for (const call of calls) {
          await rejects(call, {
            name: "PortError",
            code: "unavailable",
            message:
              /^Cannot reach database postgres at \S+ as its server has no connection left: Postgres says 53300, /,
          });
        }
      }
      async function areServed(): Promise<void> {
        for (const call of calls) await insist<unknown>(call);
        ok(lines.includes("The database cannot be used"), `${lines}`);
        equal(lines.splice(0).at(-1), "The database is used again");
      }
      await areRefused();
      await taken[Symbol.asyncDispose]();
      await areServed();
      {
        await using _ = await takeAllConnections(server.url);
        // Links that were lost are found out by whoever uses them.
        await Promise.allSettled(calls.map((call) => call()));
        await areRefused();
      }
      await areServed();
    },
  );

  testUp(
    "postgres: tables that are being prepared when the connection is lost leave no call in doubt",
    async () => {
      await using psql = connectPsql(server.url);
      const lock = "(hashtext('holdfast'), hashtext(current_schema()))";
      await psql.unsafe(`SELECT pg_advisory_lock${lock}`);
      await using db = openDatabase(server.url);
      await using bus = openPostgresEventBus(db);
      while (await endHoldfast(psql) === 0) await sleep(5);
      await rejects(bus.publish([anEvent()]), {
        code: "unavailable",
        message: /^Cannot reach database postgres at .* ends the connection$/,
      });
      await psql.unsafe(`SELECT pg_advisory_unlock${lock}`);
      await insist(() => bus.publish([anEvent()]));
    },
  );

  testUp(
    "postgres: a standby says what it is, and promoted gives the log another epoch",
    async () => {
      await using standby = await server.copy();
      await standby.start();
      await using db = openDatabase(standby.url);
      await using bus = openPostgresEventBus(db);
      await rejects(bus.head(), {
        code: "unavailable",
        message:
          /^Cannot use database postgres at \S+ as its server is a standby$/,
      });

      await using original = openDatabase(server.url);
      await using before = openPostgresEventBus(original);
      const [last] = await before.publish([anEvent()]);
      const { epoch } = await before.head();
      await caughtUp(standby, server);
      await standby.promote();
      await db.ready;
      const head = await bus.head();
      equal(head.position, last!.position);
      ok(head.epoch !== epoch);
      // The same position on both, told apart by the epoch.
      const [ours] = await before.publish([anEvent()]);
      const [theirs] = await bus.publish([anEvent()]);
      equal(ours!.position, theirs!.position);
      equal((await before.head()).epoch, epoch);
      await rejects(bus.read({ after: last!.position, limit: 1, epoch }), {
        code: "epoch_changed",
      });
    },
  );

  testUp(
    "postgres: of two hosts the one that was promoted takes over",
    async () => {
      await using standby = await server.copy();
      await standby.start();
      const { host } = new URL(server.url);
      const both = server.url.replace(
        host,
        `${host},${new URL(standby.url).host}`,
      );
      await using db = openDatabase(both);
      await using bus = openPostgresEventBus(db);
      const { epoch, position } = await bus.head();
      await caughtUp(standby, server);
      await server.stop();
      await standby.promote();
      const [head] = await insist(() => bus.head());
      equal(head.position, position);
      ok(head.epoch !== epoch);
      const [[receipt]] = await insist(() => bus.publish([anEvent()]));
      equal(receipt!.position, position + 1);
    },
  );
}

const FILE = import.meta.url;
if (await needs(FILE, ["read", "write", "net", "env", "run", "sys"])) {
  const bin = await findPostgres();
  if (bin) testOutages(bin);
  else skip(FILE, "Postgres's programs are not on this machine");
}
