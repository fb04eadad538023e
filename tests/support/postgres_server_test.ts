/**
 * What can be done to a private Postgres really happens to it.
 *
 * @module
 */
import postgres from "postgres";
import { deepEqual, equal, rejects } from "./assert.ts";
import { needs, skip } from "./needs.ts";
import {
  createPostgres,
  findPostgres,
  type PrivatePostgres,
} from "./postgres_server.ts";
import { openTcpProxy } from "./tcp_proxy.ts";

/** A client that gives up at once, and says nothing of its own. */
function openSql(url: string) {
  const sql = postgres(url, { max: 1, onnotice: () => {}, backoff: false });
  return { sql, [Symbol.asyncDispose]: () => sql.end({ timeout: 1 }) };
}

/** The system and the timeline that a server is on. */
async function historyOf(url: string): Promise<unknown> {
  await using client = openSql(url);
  const [row] = await client.sql`
    SELECT system_identifier AS system,
      substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) AS timeline
    FROM pg_control_system()`;
  return { ...row };
}

async function rows(url: string): Promise<number[]> {
  await using client = openSql(url);
  const all = await client.sql`SELECT n FROM t ORDER BY n`;
  return all.map(({ n }) => n);
}

async function add(url: string, n: number): Promise<void> {
  await using client = openSql(url);
  await client.sql`INSERT INTO t VALUES (${n})`;
}

function testServers(bin: string): void {
  let server: PrivatePostgres;
  Deno.test.beforeAll(async () => {
    server = await createPostgres(bin);
    await server.start();
    await using client = openSql(server.url);
    await client.sql`CREATE TABLE t (n integer)`;
    await server.shutdown();
  });
  Deno.test.afterAll(async () => {
    await server[Symbol.asyncDispose]();
  });

  /** Holds `hold` to be true of a server that is up and has an empty table. */
  const testUp = (name: string, hold: () => Promise<void>) =>
    Deno.test(`private postgres: ${name}`, async () => {
      await server.start();
      await using _down = { [Symbol.asyncDispose]: server.stop };
      await using client = openSql(server.url);
      await client.sql`TRUNCATE t`;
      await hold();
    });

  testUp("a crash and a shutdown keep what was committed", async () => {
    await add(server.url, 1);
    await server.stop();
    await server.start();
    await add(server.url, 2);
    await server.shutdown();
    await server.start();
    deepEqual(await rows(server.url), [1, 2]);
  });

  testUp(
    "an older snapshot takes it back and cannot be told by its timeline",
    async () => {
      await add(server.url, 1);
      const history = await historyOf(server.url);
      await rejects(server.snapshot(), /server is up/);
      await server.stop();
      const snapshot = await server.snapshot();
      await server.start();
      await add(server.url, 2);
      await server.shutdown();
      for (const n of [3, 4]) {
        await server.restore(snapshot);
        await server.start();
        deepEqual(await rows(server.url), [1]);
        await add(server.url, n);
        deepEqual(await historyOf(server.url), history);
        await rejects(server.restore(snapshot), /server is up/);
        await server.stop();
      }
    },
  );

  testUp("terminated backends are told, and new ones are welcome", async () => {
    await using client = openSql(server.url);
    await client.sql`SELECT 1`;
    const sleeping = client.sql`SELECT pg_sleep(60)`.execute();
    sleeping.catch(() => {});
    equal(await server.terminateBackends() >= 1, true);
    await rejects(sleeping, { code: /^(57P01|CONNECTION_CLOSED)$/ });
    equal(await server.terminateBackends(), 0);
    await add(server.url, 1);
  });

  testUp("a lost reply is to a commit that happened", async () => {
    const { hostname, port } = new URL(server.url);
    await using proxy = await openTcpProxy({ hostname, port: Number(port) });
    const url = new URL(server.url);
    url.port = `${proxy.port}`;
    proxy.loseReplies(1, (request) => /\bCOMMIT\b/i.test(request));
    await using client = openSql(url.href);
    const writing = client.sql.begin((sql) => sql`INSERT INTO t VALUES (7)`);
    await rejects(writing, { code: "ECONNRESET" });
    equal(proxy.counts.lost, 1);
    deepEqual(await rows(server.url), [7]);
  });
}

const FILE = import.meta.url;
if (await needs(FILE, ["read", "write", "net", "env", "run", "sys"])) {
  const bin = await findPostgres();
  if (bin) testServers(bin);
  else skip(FILE, "Postgres's programs are not on this machine");
}
